"""`/v1/consents`, `/v1/receipt-key`, `/v1/collections` and `/v1/retention` on a running server."""

import base64
import hashlib
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from regard.server.rest_consents import jwk_of
from tests.server.service import Answer, Service, running

JSON = {"Content-Type": "application/json"}
EVIDENCE = hashlib.sha256(b"the signed notice").hexdigest()
NAMES = (f"collection-{number}" for number in itertools.count())
IN_A_YEAR = (datetime.now(UTC) + timedelta(days=365)).strftime("%Y-%m-%dT23:59:59Z")
GOVERNED = {"regard:purpose": "door", "regard:controller": "Example Ltd"}


def post(service: Service, path: str, content: Any) -> Answer:
    return service.ask("POST", f"/v1{path}", json.dumps(content).encode(), JSON)


def get(service: Service, path: str) -> Answer:
    return service.ask("GET", f"/v1{path}")


def consent(collection: str, **chosen: Any) -> dict[str, Any]:
    return {
        "collection": collection,
        "subject": "p-1",
        "purpose": "door",
        "expires": IN_A_YEAR,
        "evidence_sha256": EVIDENCE,
    } | chosen


def unsigned(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("data"), face_model="1.0") as made:
        yield made


@pytest.fixture
def governed(service: Service) -> str:
    name = next(NAMES)
    service.client().create_collection(CollectionId=name, Tags=GOVERNED)
    return name


@pytest.fixture
def sandbox(service: Service) -> str:
    name = next(NAMES)
    service.client().create_collection(CollectionId=name)
    return name


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Service]:
    """Another server."""
    with running(tmp_path / "other") as made:
        yield made


def test_consent_is_recorded_and_read(service: Service, governed: str) -> None:
    made = post(service, "/consents", consent(governed))
    assert made.status == 201
    assert {name: made.json[name] for name in made.json if name not in ("id", "granted")} == {
        "collection": governed,
        "subject": "p-1",
        "purpose": "door",
        "state": "live",
        "expires": IN_A_YEAR,
        "ended": None,
        "evidence_sha256": EVIDENCE,
        "given_by": "self",
        "guardian": None,
        "keep_crops": False,
    }
    read = get(service, f"/consents/{made.json['id']}")
    assert (read.status, read.json) == (200, made.json)


def test_guardian_gives_consent_for_another(service: Service, governed: str) -> None:
    made = post(service, "/consents", consent(governed, guardian="R. Roe", keep_crops=True)).json
    assert (made["given_by"], made["guardian"], made["keep_crops"]) == ("guardian", "R. Roe", True)


def test_withdrawn_consent_stays_as_a_record(service: Service, governed: str) -> None:
    made = post(service, "/consents", consent(governed)).json
    ended = post(service, f"/consents/{made['id']}/withdrawal", {}).json
    assert ended["state"] == "withdrawn"
    assert ended["ended"] >= made["granted"]
    assert ended.pop("erasure_receipt").count(".") == 2
    assert get(service, f"/consents/{made['id']}").json == ended


def test_consent_is_withdrawn_once(service: Service, governed: str) -> None:
    made = post(service, "/consents", consent(governed)).json
    first = post(service, f"/consents/{made['id']}/withdrawal", {}).json
    assert post(service, f"/consents/{made['id']}/withdrawal", {}).json == first | {"erasure_receipt": None}


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"purpose": "till"}, "its purpose is 'till'"),
        ({"expires": "2020-01-01T00:00:00Z"}, "would have expired already"),
        ({"expires": "2999-01-01T00:00:00Z"}, "longer than three years"),
        ({"subject": "all"}, "one person's own"),
    ],
)
def test_consent_that_would_not_hold_is_refused(
    service: Service, governed: str, chosen: dict[str, str], told: str
) -> None:
    answer = post(service, "/consents", consent(governed, **chosen))
    assert (answer.status, answer.json["code"]) == (400, "InvalidParameterException")
    assert told in answer.json["message"]


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"subject": "*"}, "subject: String should match pattern"),
        ({"subject": ""}, "subject: String should have at least 1 character"),
        ({"subject": "p" * 129}, "subject: String should have at most 128 characters"),
        ({"expires": "2027-01-01T00:00:00"}, "expires: Input should have timezone info"),
        ({"expires": None}, "expires: Input should be a valid datetime"),
        ({"evidence_sha256": EVIDENCE.upper()}, "evidence_sha256: String should match pattern"),
        ({"evidence_sha256": "yes"}, "evidence_sha256: String should match pattern"),
        ({"guardian": ""}, "guardian: String should have at least 1 character"),
        ({"colour": "blue"}, "colour: Extra inputs are not permitted"),
    ],
)
def test_member_in_a_wrong_form_is_told(service: Service, governed: str, chosen: dict[str, Any], told: str) -> None:
    answer = post(service, "/consents", consent(governed, **chosen))
    assert (answer.status, answer.json["code"]) == (400, "ValidationException")
    assert told in answer.json["message"]


def test_sandbox_needs_no_consent_and_takes_none(service: Service, sandbox: str) -> None:
    answer = post(service, "/consents", consent(sandbox))
    assert (answer.status, answer.json["code"]) == (400, "InvalidParameterException")
    assert "is a sandbox" in answer.json["message"]


@pytest.mark.parametrize("path", ["/consents/none", "/consents/none/receipt"])
def test_consent_that_is_not_there_is_told(service: Service, path: str) -> None:
    answer = get(service, path)
    assert (answer.status, answer.json["code"]) == (400, "ResourceNotFoundException")


def test_withdrawal_asks_for_json_as_every_change_does(service: Service) -> None:
    answer = service.ask("POST", "/v1/consents/none/withdrawal", b"{}", {"Content-Type": "text/plain"})
    assert (answer.status, answer.json["code"]) == (400, "SerializationException")


def test_batch_is_recorded_whole(service: Service, governed: str) -> None:
    grants = [consent("", subject=f"p-{number}") for number in range(3)]
    for grant in grants:
        del grant["collection"]
    made = post(service, "/consents/batch", {"collection": governed, "grants": grants})
    assert made.status == 201
    assert [one["subject"] for one in made.json["consents"]] == ["p-0", "p-1", "p-2"]


def test_batch_with_one_wrong_consent_is_not_recorded_at_all(service: Service, governed: str) -> None:
    grants = [consent("", subject="p-1"), consent("", subject="p-2", purpose="till")]
    for grant in grants:
        del grant["collection"]
    answer = post(service, "/consents/batch", {"collection": governed, "grants": grants})
    assert (answer.status, answer.json["code"]) == (400, "InvalidParameterException")
    assert "'p-2'" in answer.json["message"]
    assert get(service, f"/consents?collection={governed}").json == {"consents": [], "next": None}


def test_consents_are_listed_page_by_page(service: Service, governed: str) -> None:
    made = {post(service, "/consents", consent(governed, subject=f"p-{number}")).json["id"] for number in range(3)}
    first = get(service, f"/consents?collection={governed}&limit=2").json
    second = get(service, f"/consents?collection={governed}&limit=2&after={first['next']}").json
    assert [len(first["consents"]), len(second["consents"]), second["next"]] == [2, 1, None]
    assert {one["id"] for one in first["consents"] + second["consents"]} == made


def test_consents_of_one_person_are_listed(service: Service, governed: str) -> None:
    for subject in ("p-1", "p-2"):
        post(service, "/consents", consent(governed, subject=subject))
    found = get(service, f"/consents?collection={governed}&subject=p-2").json["consents"]
    assert [one["subject"] for one in found] == ["p-2"]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "subject=*", "collection=a/b"])
def test_query_in_a_wrong_form_is_told(service: Service, query: str) -> None:
    answer = get(service, f"/consents?{query}")
    assert (answer.status, answer.json["code"]) == (400, "ValidationException")
    assert f"query.{query.partition('=')[0]}: " in answer.json["message"]


def test_receipt_is_signed_with_the_servers_key(service: Service, governed: str) -> None:
    made = post(service, "/consents", consent(governed)).json
    answer = get(service, f"/consents/{made['id']}/receipt").json
    head, content, signature = answer["receipt"].split(".")
    public = Ed25519PublicKey.from_public_bytes(unsigned(get(service, "/receipt-key").json["x"]))
    public.verify(unsigned(signature), f"{head}.{content}".encode())
    assert json.loads(unsigned(head))["alg"] == "EdDSA"
    assert json.loads(unsigned(content)) == answer["says"]
    assert answer["says"]["record_header"]["record_id"] == made["id"]


def test_altered_receipt_does_not_verify(service: Service, governed: str) -> None:
    made = post(service, "/consents", consent(governed)).json
    head, content, signature = get(service, f"/consents/{made['id']}/receipt").json["receipt"].split(".")
    altered = base64.urlsafe_b64encode(unsigned(content).replace(b"p-1", b"p-2")).decode().rstrip("=")
    public = Ed25519PublicKey.from_public_bytes(unsigned(get(service, "/receipt-key").json["x"]))
    with pytest.raises(InvalidSignature):
        public.verify(unsigned(signature), f"{head}.{altered}".encode())


def test_key_has_the_thumbprint_of_the_rfc() -> None:
    # RFC 8037, appendix A.2 and A.3.
    x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    key = jwk_of(unsigned(x))
    assert (key.kty, key.crv, key.x, key.kid) == ("OKP", "Ed25519", x, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")


@pytest.mark.parametrize("path", ["/consents", "/collections", "/retention", "/receipt-key", "/consents/none"])
def test_no_cache_keeps_what_is_said_of_people(service: Service, path: str) -> None:
    assert get(service, path).headers["Cache-Control"] == "no-store"


def test_answer_names_the_request(service: Service) -> None:
    first, second = (get(service, "/retention").headers["x-amzn-RequestId"] for _ in range(2))
    assert first != second


def test_collections_are_listed_with_what_they_are(service: Service, governed: str, sandbox: str) -> None:
    found = {one["name"]: one for one in get(service, "/collections?limit=1000").json["collections"]}
    mine, its = found[governed], found[sandbox]
    assert (mine["kind"], mine["purpose"], mine["controller"], mine["expires"]) == (
        "governed",
        "door",
        "Example Ltd",
        None,
    )
    assert (its["kind"], its["purpose"], its["faces"], its["users"]) == ("sandbox", None, 0, 0)
    lasts = datetime.fromisoformat(its["expires"]) - datetime.fromisoformat(its["created"])
    assert lasts == timedelta(hours=24)


def test_verify_only_collection_says_so(service: Service) -> None:
    name = next(NAMES)
    service.client().create_collection(CollectionId=name, Tags=GOVERNED | {"regard:verify-only": "true"})
    found = {one["name"]: one for one in get(service, "/collections?limit=1000").json["collections"]}
    assert found[name]["verify_only"] is True


def test_calendar_tells_what_will_be_erased(service: Service, governed: str, sandbox: str) -> None:
    post(service, "/consents", consent(governed))
    due = {one["collection"]: one for one in get(service, "/retention").json["due"]}
    assert (due[governed]["what"], due[governed]["subject"], due[governed]["at"]) == (
        "consent expiry",
        "p-1",
        IN_A_YEAR,
    )
    assert (due[sandbox]["what"], due[sandbox]["subject"]) == ("sandbox end", None)


def test_sweep_erases_nothing_that_is_not_due(service: Service, governed: str) -> None:
    post(service, "/consents", consent(governed))
    assert post(service, "/retention/sweep", {}).json == {"erased": 0}
    assert get(service, f"/consents?collection={governed}").json["consents"][0]["state"] == "live"


def test_collection_moves_to_another_server(service: Service, other: Service, governed: str) -> None:
    made = post(service, "/consents", consent(governed)).json
    exported = post(service, f"/collections/{governed}/export", {"passphrase": "correct horse battery"})
    assert exported.headers["Content-Type"] == "application/octet-stream"
    sent = {"data": base64.b64encode(exported.body).decode(), "passphrase": "correct horse battery", "name": "moved"}
    answer = post(other, "/collections/import", sent)
    assert (answer.status, answer.json["name"], answer.json["purpose"]) == (201, "moved", "door")
    assert get(other, f"/consents/{made['id']}").json["state"] == "live"
    receipts = [get(one, f"/consents/{made['id']}/receipt").json for one in (service, other)]
    assert receipts[0] == receipts[1]


def test_export_tells_nothing_without_its_passphrase(service: Service, other: Service, governed: str) -> None:
    post(service, "/consents", consent(governed, guardian="Rumpelstiltskin"))
    exported = post(service, f"/collections/{governed}/export", {"passphrase": "correct horse battery"})
    assert b"Rumpelstiltskin" not in exported.body
    sent = {"data": base64.b64encode(exported.body).decode(), "passphrase": "incorrect horse battery"}
    answer = post(other, "/collections/import", sent)
    assert (answer.status, answer.json["code"]) == (400, "InvalidParameterException")


@pytest.mark.parametrize("content", [{"passphrase": "short"}, {"passphrase": ""}, {}])
def test_export_needs_a_passphrase(service: Service, governed: str, content: Any) -> None:
    assert post(service, f"/collections/{governed}/export", content).status == 400


def test_sandbox_is_not_exported(service: Service, sandbox: str) -> None:
    answer = post(service, f"/collections/{sandbox}/export", {"passphrase": "correct horse battery"})
    assert (answer.status, answer.json["code"]) == (400, "InvalidParameterException")


@pytest.mark.parametrize("data", [b"", b"no export", b"regard collection 1\n"])
def test_what_is_no_export_is_not_imported(service: Service, data: bytes) -> None:
    sent = {"data": base64.b64encode(data).decode(), "passphrase": "correct horse battery"}
    answer = post(service, "/collections/import", sent)
    assert (answer.status, answer.json["code"]) == (400, "InvalidParameterException")
