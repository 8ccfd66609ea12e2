"""`regard subject` against a running server, and the receipt on a machine that has only files."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.cli.remote_server import make_governed, regard, without_credentials
from tests.server.service import Service, running, wait_until

IN_A_YEAR = (datetime.now(UTC) + timedelta(days=365)).strftime("%Y-%m-%d")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("data")) as made:
        make_governed(made, "staff")
        yield made


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a signed notice, on a machine without credentials."""
    without_credentials(monkeypatch, tmp_path)
    (tmp_path / "notice.pdf").write_bytes(b"I agree that my face opens the door.")
    return tmp_path


def agreed(service: Service, folder: Path, subject: str) -> None:
    made = regard(
        "consent", "grant", "--url", service.url, "--collection", "staff", "--subject", subject, "--purpose", "door",
        "--expires", IN_A_YEAR, "--evidence", str(folder / "notice.pdf"),
    )  # fmt: skip
    assert made.exit_code == 0


def test_report_is_read_on_the_screen_as_json_and_as_a_page(service: Service, folder: Path) -> None:
    agreed(service, folder, "p-1")
    shown = regard("subject", "report", "p-1", "--url", service.url)
    assert shown.exit_code == 0
    assert "staff: door, for Example Ltd" in shown.stdout
    assert "Consent for 'door' was recorded" in shown.stdout
    page = folder / "p-1.html"
    told = regard(
        "subject", "report", "p-1", "--collection", "staff", "--html", str(page), "--json", "--url", service.url
    )
    content: Any = json.loads(told.stdout.partition("\n")[2])
    assert [act["act"] for act in content["collections"][0]["acts"]] == [
        "grant consent",
        "read subject",
        "read subject",
    ]
    HTMLParser().feed(page.read_text())
    assert "What is held about p-1" in page.read_text()


def test_export_goes_into_a_new_file_that_nobody_else_may_read(service: Service, folder: Path) -> None:
    agreed(service, folder, "p-2")
    out = folder / "p-2.json"
    assert regard("subject", "export", "p-2", str(out), "--url", service.url).exit_code == 0
    assert json.loads(out.read_text())["format"] == "regard subject export 1"
    assert out.stat().st_mode & 0o777 == 0o600
    again = regard("subject", "export", "p-2", str(out), "--url", service.url)
    assert (again.exit_code, "is there already" in again.stderr) == (1, True)
    nobody = regard("subject", "export", "nobody", str(folder / "nobody.json"), "--url", service.url)
    assert (nobody.exit_code, (folder / "nobody.json").exists()) == (1, False)


def test_receipt_shows_on_another_machine_what_happened(service: Service, folder: Path) -> None:
    agreed(service, folder, "p-3")
    receipt = folder / "receipt.json"
    done = regard("subject", "erase", "p-3", "--receipt", str(receipt), "--yes", "--url", service.url)
    assert done.exit_code == 0
    assert "p-3 was erased in staff" in done.stdout
    assert receipt.stat().st_mode & 0o777 == 0o600
    log = folder / "elsewhere"
    size = len(json.loads(receipt.read_text())["receipts"][0]["says"]["acts"])
    wait_until(lambda: _copied(service.settings.data / "ledger", log))
    vkey = (service.settings.data / "ledger" / "vkey").read_text().strip()
    told = regard("subject", "verify", str(receipt), "--log", str(log), "--vkey", vkey)
    assert told.exit_code == 0
    assert "Consent for 'door' was recorded" in told.stdout
    assert "the secret key destroyed, because erasure was asked for: 0 faces, no picture." in told.stdout
    assert "What it cannot show" in told.stdout
    (story,) = json.loads(regard("subject", "verify", str(receipt), "--log", str(log), "--json").stdout)
    assert (story["subject"], len(story["happened"])) == ("p-3", size + 1)


def _copied(source: Path, target: Path) -> bool:
    """Copies the log's files as they lie there; a server that moves some of them meanwhile makes it another try."""
    shutil.rmtree(target, ignore_errors=True)
    try:
        shutil.copytree(source, target)
    except (OSError, shutil.Error):
        return False
    return True


def test_altered_receipts_and_files_that_are_none_are_told(service: Service, folder: Path) -> None:
    agreed(service, folder, "p-4")
    receipts = regard("subject", "erase", "p-4", "--yes", "--url", service.url)
    content = json.loads(receipts.stdout)
    content["receipts"][0]["says"]["faces"] = 7
    (folder / "readable.json").write_text(json.dumps(content))
    (folder / "jws").write_text(content["receipts"][0]["receipt"])
    (folder / "none.json").write_text("[]")
    log = str(service.settings.data / "ledger")
    altered = regard("subject", "verify", str(folder / "readable.json"), "--log", log)
    assert (altered.exit_code, "the readable part was altered" in altered.stderr) == (1, True)
    assert regard("subject", "verify", str(folder / "jws"), "--log", log).exit_code == 0
    for name in ("none.json", "notice.pdf"):
        wrong = regard("subject", "verify", str(folder / name), "--log", log)
        assert (wrong.exit_code, wrong.stdout) == (1, "")
    no_log = regard("subject", "verify", str(folder / "jws"), "--log", str(folder))
    assert (no_log.exit_code, "there is no log" in no_log.stderr) == (1, True)


def test_erasure_asks_first(service: Service, folder: Path) -> None:
    agreed(service, folder, "p-5")
    receipt = folder / "receipt.json"
    refused = regard("subject", "erase", "p-5", "--receipt", str(receipt), "--url", service.url, typed="n\n")
    assert (refused.exit_code, receipt.exists()) == (1, False)
    assert regard("subject", "report", "p-5", "--url", service.url).exit_code == 0


def test_nothing_is_erased_where_the_receipt_cannot_be_kept(service: Service, folder: Path) -> None:
    agreed(service, folder, "p-6")
    (folder / "receipt.json").write_text("an older one")
    refused = regard(
        "subject", "erase", "p-6", "--receipt", str(folder / "receipt.json"), "--yes", "--url", service.url
    )
    assert (refused.exit_code, "is there already" in refused.stderr) == (1, True)
    assert (folder / "receipt.json").read_text() == "an older one"
    told = json.loads(regard("subject", "report", "p-6", "--json", "--url", service.url).stdout)
    assert told["collections"][0]["consents"][0]["state"] == "live"


def test_receipt_file_is_not_left_where_nothing_was_erased(service: Service, folder: Path) -> None:
    receipt = folder / "receipt.json"
    refused = regard("subject", "erase", "nobody", "--receipt", str(receipt), "--yes", "--url", service.url)
    assert (refused.exit_code, receipt.exists()) == (1, False)
