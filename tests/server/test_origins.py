"""Which names and which pages a server without access keys answers, and one with keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from regard.server.http import make_asgi
from regard.server.origins import is_loopback
from regard.settings import Settings, SettingsError
from tests.server.service import Answer, Service, StubbedApp, running

AMAZONS = "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date"
OURS = (
    "x-regard-effective-threshold,x-regard-false-match-rate,x-regard-gallery,x-regard-sandbox,x-regard-sandbox-expires"
)
EXPOSED = f"{AMAZONS},{OURS}"


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("keyed")
    keys = folder / "keys"
    keys.write_text("[one]\naws_access_key_id = AKIA\naws_secret_access_key = secret\n")
    keys.chmod(0o600)
    with running(folder / "data", access_keys=keys) as made:
        yield made


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8080", "localhost", "LOCALHOST:80", "[::1]:8080", "regard.localhost", "127.1.2.3"]
)
def test_without_keys_this_machines_own_names_are_answered(service: Service, host: str) -> None:
    assert service.call("DetectFaces", Host=host).json["__type"] == "ValidationException"


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example",
        "attacker.example:8080",
        "127.0.0.1.attacker.example",
        "localhost.attacker.example",
        "notlocalhost",
        "192.168.1.5",
        "169.254.169.254",
        "0.0.0.0",
        "[::1",
        "[fe80::1]",
        "127.0.0.1@attacker.example",
        "",
        "a b",
    ],
)
@pytest.mark.parametrize("path", ["/", "/v1/count"])
def test_without_keys_no_other_name_is_answered(service: Service, path: str, host: str) -> None:
    """A page whose name was made to resolve to 127.0.0.1 cannot use the server (DNS rebinding)."""
    answer = service.call("DetectFaces", Host=host) if path == "/" else service.ask("POST", path, b"{}", {"Host": host})
    code = answer.json.get("__type") or answer.json["code"]
    assert (answer.status, code) == (403, "AccessDeniedException")


def test_with_keys_any_name_is_answered(keyed: Service) -> None:
    answer = keyed.call("DetectFaces", Host="regard.example")
    assert answer.json["__type"] == "MissingAuthenticationTokenException"


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "http://127.0.0.1", "https://[::1]:8443", "http://a.localhost"]
)
def test_without_keys_pages_of_this_machine_may_call(service: Service, origin: str) -> None:
    answer = service.call("DetectFaces", Origin=origin)
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert answer.headers["Access-Control-Expose-Headers"] == EXPOSED
    assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    "origin", ["https://attacker.example", "null", "http://localhost.attacker.example", "http://[::1", "file://", ""]
)
def test_without_keys_pages_from_elsewhere_may_not(service: Service, origin: str) -> None:
    assert allowed(service.call("DetectFaces", Origin=origin)) is None
    assert allowed(preflight(service, origin)) is None


def preflight(service: Service, origin: str) -> Answer:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-amz-target,content-type",
    }
    return service.ask("OPTIONS", "/", None, headers)


def allowed(answer: Answer) -> str | None:
    return answer.headers["Access-Control-Allow-Origin"]


def test_a_preflight_is_answered_as_by_amazon(keyed: Service) -> None:
    answer = preflight(keyed, "https://app.example")
    assert (answer.status, answer.body, allowed(answer)) == (200, b"", "*")
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"
    assert answer.headers["Access-Control-Allow-Headers"] == "x-amz-target,content-type"
    assert answer.headers["Access-Control-Max-Age"] == "172800"
    assert answer.headers["Access-Control-Expose-Headers"] == EXPOSED


def test_a_preflight_of_a_page_of_this_machine_is_answered(service: Service) -> None:
    answer = preflight(service, "http://localhost:3000")
    assert (answer.status, allowed(answer)) == (200, "http://localhost:3000")
    assert answer.headers["Access-Control-Allow-Headers"] == "x-amz-target,content-type"


def test_with_keys_any_page_may_call(keyed: Service) -> None:
    answer = keyed.call("DetectFaces", Origin="https://app.example")
    assert allowed(answer) == "*"


def test_options_without_an_origin_is_a_wrong_method(service: Service) -> None:
    answer = service.ask("OPTIONS", "/")
    assert (answer.status, answer.json["__type"]) == (403, "AccessDeniedException")


def test_a_caller_that_is_no_page_gets_no_page_headers(service: Service) -> None:
    assert allowed(service.call("DetectFaces")) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_without_keys_nothing_but_loopback_is_listened_on(host: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"there are no access keys; listen on 127\.0\.0\.1, make a key"):
        make_asgi(StubbedApp(Settings(host=host, data=tmp_path / "data"), {}))
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.255.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("x.localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_loopback_is_what_the_standards_say(host: str, expected: bool) -> None:
    """RFC 1122 3.2.1.3, RFC 4291 2.5.3, RFC 6761 6.3."""
    assert is_loopback(host) is expected
