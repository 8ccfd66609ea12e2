"""Every route of `/v1` has the name that policies call it by, and is refused to a key without that name."""

import re
from collections.abc import Iterator

import pytest

from regard.wire.model import ServiceModel
from tests.server.service import Service, running
from tests.server.signing import Key, ask, make_key, signed

# As docs/concepts/access.md has them.
NAMES = {
    "GET /models": "ReadService",
    "GET /operations": "ReadService",
    "POST /count": "CountPeople",
    "POST /redactions": "Redact",
    "GET /redactions": "Redact",
    "GET /redactions/{job}": "Redact",
    "DELETE /redactions/{job}": "Redact",
    "POST /redactions/{job}/cancel": "Redact",
    "GET /redactions/{job}/video": "Redact",
    "GET /redactions/{job}/report": "Redact",
    "GET /redactions/{job}/page": "Redact",
    "GET /redactions/{job}/plan": "Redact",
    "POST /compare": "CompareFaces",
    "POST /verifications": "VerifySubject",
    "POST /consents": "GrantConsent",
    "POST /consents/batch": "GrantConsent",
    "GET /consents": "ReadConsents",
    "GET /consents/{id}": "ReadConsents",
    "GET /consents/{id}/receipt": "ReadConsents",
    "GET /receipt-key": "ReadConsents",
    "POST /consents/{id}/withdrawal": "WithdrawConsent",
    "GET /collections": "ListCollections",
    "POST /collections/import": "ImportCollection",
    "POST /collections/{name}/export": "ExportCollection",
    "GET /retention": "ReadRetention",
    "POST /retention/sweep": "EraseDue",
    "GET /access-keys": "ReadAccessKeys",
    "POST /access-keys": "ManageAccessKeys",
    "POST /access-keys/{id}/revocation": "ManageAccessKeys",
    "POST /access-keys/{id}/test": "ReadAccessKeys",
    "GET /reviews": "ReviewSearches",
    "GET /reviews/{id}": "ReviewSearches",
    "POST /reviews/{id}/approval": "ReviewSearches",
    "GET /subjects/{subject}": "ReadSubject",
    "GET /subjects/{subject}/page": "ReadSubject",
    "POST /subjects/{subject}/export": "ExportSubject",
    "POST /subjects/{subject}/erasure": "EraseSubject",
}
AWS = frozenset(ServiceModel.load().operations)


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("keyed")) as made:
        yield made


@pytest.fixture(scope="module")
def admin(keyed: Service) -> Key:
    return make_key(keyed, None, "*")


@pytest.fixture(scope="module")
def nobody(keyed: Service, admin: Key) -> Key:
    """A key that may call an operation that there is not."""
    return make_key(keyed, admin, "NoSuchOperation")


def test_every_route_is_refused_by_its_name(keyed: Service, nobody: Key) -> None:
    paths = keyed.ask("GET", "/v1/openapi.json").json["paths"]
    routes = [(method.upper(), path) for path, methods in paths.items() for method in methods]
    told = {f"{method} {path}": refused_name(keyed, nobody, method, path) for method, path in routes}
    assert told == {route: NAMES.get(route, "a row of this table") for route in told}


def refused_name(service: Service, key: Key, method: str, path: str) -> str:
    """The operation that the refusal names, or the code of another answer."""
    answer = ask(service, key, method, "/v1" + re.sub(r"\{\w+\}", "x", path)).json
    match = re.fullmatch(
        rf"User: arn:aws:iam::123456789012:user/{key.id} is not authorized to perform: rekognition:(\w+) "
        r"on resource: arn:aws:rekognition:us-east-1:123456789012:\*",
        answer["message"],
    )
    return match[1] if match else str(answer["code"])


@pytest.mark.parametrize("operation", sorted(AWS))
def test_every_operation_of_amazon_is_refused_by_its_name(keyed: Service, nobody: Key, operation: str) -> None:
    """Before the body is looked at, and whether Regard offers it or not."""
    target = f"RekognitionService.{operation}"
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
    answer = keyed.ask("POST", "/", b"[]", signed(keyed, nobody, "POST", "/", b"[]", headers)).json
    assert (answer["__type"], answer["Message"].split(" on resource")[0]) == (
        "AccessDeniedException",
        f"User: arn:aws:iam::123456789012:user/{nobody.id} is not authorized to perform: rekognition:{operation}",
    )


def test_right_to_one_operation_is_no_right_to_another(keyed: Service, admin: Key) -> None:
    key = make_key(keyed, admin, "ReadService")
    answers = [ask(keyed, key, "GET", path) for path in ("/v1/models", "/v1/operations", "/v1/retention")]
    assert [answer.status for answer in answers] == [200, 200, 400]
