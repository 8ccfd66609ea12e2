"""`regard consent` against a running server."""

import base64
import hashlib
import http.server
import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.remote_server import make_governed, regard, without_credentials
from tests.server.service import Service, running

IN_A_YEAR = (datetime.now(UTC) + timedelta(days=365)).strftime("%Y-%m-%d")
NOTICE = b"I agree that my face opens the door."
KEYS = """
[default]
aws_access_key_id = AKIDEFAULT
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("data")) as made:
        make_governed(made, "staff")
        yield made


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("keyed")
    (folder / "keys").write_text(KEYS)
    (folder / "keys").chmod(0o600)
    with running(folder / "data", access_keys=folder / "keys") as made:
        yield made


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a signed notice, on a machine without credentials."""
    without_credentials(monkeypatch, tmp_path)
    (tmp_path / "notice.pdf").write_bytes(NOTICE)
    return tmp_path


def grant(service: Service, folder: Path, subject: str, *more: str) -> Any:
    return regard(
        "consent", "grant", "--url", service.url, "--collection", "staff", "--subject", subject, "--purpose", "door",
        "--expires", IN_A_YEAR, "--evidence", str(folder / "notice.pdf"), *more,
    )  # fmt: skip


def granted(service: Service, folder: Path, subject: str) -> str:
    """The id of a new consent."""
    consent_id: str = json.loads(grant(service, folder, subject, "--json").stdout)["id"]
    return consent_id


def test_consent_is_granted_and_shown(service: Service, folder: Path) -> None:
    made = grant(service, folder, "p-1")
    assert made.exit_code == 0
    consent_id = made.stdout.split()[1]
    shown = regard("consent", "show", consent_id, "--url", service.url, "--json")
    assert {k: v for k, v in json.loads(shown.stdout).items() if k not in ("id", "granted")} == {
        "collection": "staff",
        "subject": "p-1",
        "purpose": "door",
        "state": "live",
        "expires": f"{IN_A_YEAR}T23:59:59Z",
        "ended": None,
        "evidence_sha256": hashlib.sha256(NOTICE).hexdigest(),
        "given_by": "self",
        "guardian": None,
        "keep_crops": False,
    }


def test_guardian_and_crops_are_recorded(service: Service, folder: Path) -> None:
    made = json.loads(grant(service, folder, "p-2", "--guardian", "R. Roe", "--keep-crops", "--json").stdout)
    assert (made["given_by"], made["guardian"], made["keep_crops"]) == ("guardian", "R. Roe", True)


def test_consents_are_listed(service: Service, folder: Path) -> None:
    consent_id = granted(service, folder, "p-3")
    shown = regard("consent", "list", "--url", service.url, "--collection", "staff", "--subject", "p-3")
    assert consent_id in shown.stdout
    found = regard("consent", "list", "--url", service.url, "--subject", "p-3", "--json")
    assert [one["id"] for one in json.loads(found.stdout)] == [consent_id]


def test_consent_is_withdrawn(service: Service, folder: Path) -> None:
    consent_id = granted(service, folder, "p-4")
    ended = regard("consent", "withdraw", consent_id, "--url", service.url)
    assert ended.exit_code == 0
    assert "state            withdrawn\n" in ended.stdout


def test_receipt_of_a_withdrawal_goes_to_a_file_of_its_own(service: Service, folder: Path) -> None:
    consent_id, file = granted(service, folder, "p-6w"), folder / "erasure.receipt"
    ended = regard("consent", "withdraw", consent_id, "--receipt", str(file), "--url", service.url)
    assert ended.exit_code == 0
    says = json.loads(base64.urlsafe_b64decode(file.read_text().split(".")[1] + "=="))
    assert (says["subject"], says["why"]) == ("p-6w", "withdrawn")
    again = regard("consent", "withdraw", consent_id, "--receipt", str(file), "--url", service.url)
    assert (again.exit_code, "is there already" in again.stderr) == (1, True)


def test_receipt_is_verified_without_the_server(service: Service, folder: Path) -> None:
    consent_id = granted(service, folder, "p-5")
    receipt, key = folder / "receipt.json", folder / "key.json"
    assert regard("consent", "receipt", consent_id, "--out", str(receipt), "--url", service.url).exit_code == 0
    assert regard("consent", "receipt-key", "--out", str(key), "--url", service.url).exit_code == 0
    checked = regard("consent", "verify-receipt", str(receipt), "--key", str(key), "--url", "http://127.0.0.1:1")
    assert checked.exit_code == 0
    assert json.loads(checked.stdout)["record_header"]["record_id"] == consent_id
    assert checked.stderr == "the signature is right\n"


def test_receipt_is_verified_with_the_servers_own_key(service: Service, folder: Path) -> None:
    consent_id = granted(service, folder, "p-6")
    answer = regard("consent", "receipt", consent_id, "--url", service.url)
    (folder / "receipt.jws").write_text(json.loads(answer.stdout)["receipt"] + "\n")
    assert regard("consent", "verify-receipt", str(folder / "receipt.jws"), "--url", service.url).exit_code == 0


@pytest.fixture
def receipt(service: Service, folder: Path) -> dict[str, Any]:
    """A receipt's content."""
    consent_id = granted(service, folder, "p-7")
    content: dict[str, Any] = json.loads(regard("consent", "receipt", consent_id, "--url", service.url).stdout)
    return content


def verified(service: Service, folder: Path, content: str, *more: str) -> Any:
    (folder / "altered").write_text(content)
    return regard("consent", "verify-receipt", str(folder / "altered"), "--url", service.url, *more)


def test_receipt_whose_readable_part_was_altered_is_told(
    service: Service, folder: Path, receipt: dict[str, Any]
) -> None:
    receipt["says"]["record_header"]["pii_principal_id"] = "p-8"
    checked = verified(service, folder, json.dumps(receipt))
    assert (checked.exit_code, checked.stdout) == (1, "")
    assert "the readable part was altered" in checked.stderr


def test_receipt_whose_signed_part_was_altered_is_told(service: Service, folder: Path, receipt: dict[str, Any]) -> None:
    head, _, signature = receipt["receipt"].split(".")
    altered = base64.urlsafe_b64encode(b'{"pii_principal_id":"p-8"}').decode().rstrip("=")
    checked = verified(service, folder, ".".join((head, altered, signature)))
    assert checked.exit_code == 1
    assert "the signature does not fit" in checked.stderr


def test_receipt_of_another_server_is_told(folder: Path, service: Service, receipt: dict[str, Any]) -> None:
    # The public key of RFC 8037, appendix A.2.
    key = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    (folder / "key.json").write_text(json.dumps(key))
    checked = verified(service, folder, json.dumps(receipt), "--key", str(folder / "key.json"))
    assert checked.exit_code == 1
    assert "signed with another key" in checked.stderr


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"receipt": 1, "says": {}}', "a.b", "a.b.c", "é.é.é"])
def test_what_is_no_receipt_is_told(service: Service, folder: Path, content: str) -> None:
    checked = verified(service, folder, content)
    assert checked.exit_code == 1
    assert checked.stderr.startswith("regard: ")
    assert len(checked.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "key", [{}, {"kty": "RSA"}, {"kty": "OKP", "crv": "Ed25519", "x": "AA"}, {"kty": "OKP", "crv": "Ed25519", "x": "é"}]
)
def test_what_is_no_key_is_told(service: Service, folder: Path, receipt: dict[str, Any], key: dict[str, str]) -> None:
    (folder / "key.json").write_text(json.dumps(key))
    checked = verified(service, folder, json.dumps(receipt), "--key", str(folder / "key.json"))
    assert checked.exit_code == 1
    assert "the key is no Ed25519 key" in checked.stderr


def test_file_that_is_there_is_not_overwritten(service: Service, folder: Path) -> None:
    (folder / "mine").write_text("mine")
    result = regard("consent", "receipt-key", "--out", str(folder / "mine"), "--url", service.url)
    assert result.exit_code == 1
    assert "is there already" in result.stderr
    assert (folder / "mine").read_text() == "mine"


def people(folder: Path, *rows: str) -> str:
    """A CSV file, and a notice for each row's person."""
    for row in rows:
        (folder / f"{row.partition(',')[0]}.pdf").write_text(f"signed by {row}")
    file = folder / "people.csv"
    file.write_text("\n".join(["subject,purpose,expires,evidence", *(f"{r},{r.partition(',')[0]}.pdf" for r in rows)]))
    return str(file)


def test_people_are_imported(service: Service, folder: Path) -> None:
    file = people(folder, f"c-1,door,{IN_A_YEAR}", f"c-2,door,{IN_A_YEAR}")
    result = regard("consent", "import", file, "--collection", "staff", "--url", service.url)
    assert (result.exit_code, result.stdout) == (0, "2 consents recorded in staff\n")
    found = regard("consent", "list", "--url", service.url, "--subject", "c-2", "--json")
    assert [one["evidence_sha256"] for one in json.loads(found.stdout)] == [
        hashlib.sha256(f"signed by c-2,door,{IN_A_YEAR}".encode()).hexdigest()
    ]


@pytest.mark.parametrize(
    ("row", "told"),
    [("all,door,{date}", "people.csv line 3: subject is 'all'"), ("d-2,till,{date}", "Consent of subject 'd-2'")],
)
def test_one_wrong_row_keeps_all_out(service: Service, folder: Path, row: str, told: str) -> None:
    file = people(folder, f"d-1,door,{IN_A_YEAR}", row.format(date=IN_A_YEAR))
    result = regard("consent", "import", file, "--collection", "staff", "--url", service.url)
    assert result.exit_code == 1
    assert told in result.stderr
    found = regard("consent", "list", "--url", service.url, "--subject", "d-1", "--json")
    assert json.loads(found.stdout) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "none"), "The consent id: none does not exist (ResourceNotFoundException)"),
        (("show", "é ?#"), "The consent id: é ?# does not exist"),
        (("withdraw", "none"), "The consent id: none does not exist (ResourceNotFoundException)"),
        (("list", "--collection", "nobody"), "The collection id: nobody does not exist (ResourceNotFoundException)"),
    ],
)
def test_refusal_is_one_sentence(service: Service, arguments: tuple[str, ...], told: str) -> None:
    result = regard("consent", *arguments, "--url", service.url)
    assert result.exit_code == 1
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_server_that_is_not_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    result = regard("consent", "list", "--url", f"http://127.0.0.1:{port}")
    assert result.exit_code == 1
    assert f"no server answers at http://127.0.0.1:{port}: Connection refused" in result.stderr
    assert "`regard serve`" in result.stderr


class OtherServer(http.server.BaseHTTPRequestHandler):
    """A server that is no Regard."""

    def do_GET(self) -> None:
        self.send_response(404 if "receipt-key" in self.path else 200)
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing."""


@pytest.mark.parametrize(
    ("command", "told"), [("list", "is no Regard server"), ("receipt-key", "is it a Regard server?")]
)
def test_server_of_another_kind_is_told(command: str, told: str) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), OtherServer) as server:
        threading.Thread(target=server.handle_request).start()
        result = regard("consent", command, "--url", f"http://127.0.0.1:{server.server_address[1]}")
    assert result.exit_code == 1
    assert told in result.stderr


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://h:port", "http://h:99999", "http://me:pw@h"]
)
def test_url_that_is_none_is_told(url: str) -> None:
    result = regard("consent", "list", "--url", url)
    assert result.exit_code == 1
    assert f"--url is {url!r}" in result.stderr


def test_requests_are_signed_where_the_environment_has_credentials(
    keyed: Service, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = regard("consent", "list", "--url", keyed.url)
    assert refused.exit_code == 1
    assert "MissingAuthenticationToken" in refused.stderr
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEFAULT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    make_governed(
        keyed,
        "staff",
        aws_access_key_id="AKIDEFAULT",
        aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    )
    consent_id = granted(keyed, folder, "p:1.x_y-z")
    found = regard("consent", "list", "--url", keyed.url, "--subject", "p:1.x_y-z", "--json")
    assert [one["id"] for one in json.loads(found.stdout)] == [consent_id]
    assert regard("consent", "withdraw", consent_id, "--url", keyed.url).exit_code == 0


def test_credentials_that_are_wrong_are_told(keyed: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEFAULT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    result = regard("consent", "list", "--url", keyed.url)
    assert result.exit_code == 1
    assert "(InvalidSignatureException)" in result.stderr
