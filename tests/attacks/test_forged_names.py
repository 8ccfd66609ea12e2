"""No header and no form of a path leads elsewhere than the path itself: CVE-2026-48710 ("BadHost") and its kin."""

import json
from pathlib import Path

import pytest

from tests.attacks.attacked import OPERATOR, code_of, rpc
from tests.media.picture_files import png
from tests.server.service import Answer, Service, received
from tests.server.signing import signed

FORGED_HOSTS = [
    "localhost/v1/x?",
    "localhost/healthz?",
    "localhost/healthz#",
    "localhost:80/healthz",
    "localhost\\healthz",
    "localhost%2fhealthz",
    "localhost:0x50",
    "localhost:123456",
    "a:b@c/..",
    "user@localhost",
    "attacker.example@localhost",
    "localhost,attacker.example",
    "localhost attacker.example",
    "[::1]attacker.example",
    "[::1]@attacker.example",
    "//localhost",
]
FORWARDING = [
    "X-Forwarded-Host",
    "X-Forwarded-Server",
    "X-Forwarded-Prefix",
    "X-Forwarded-Path",
    "X-Forwarded-Uri",
    "X-Forwarded-For",
    "X-Real-IP",
    "X-Original-URL",
    "X-Original-Host",
    "X-Original-URI",
    "X-Rewrite-URL",
    "X-Script-Name",
    "X-Host",
    "Forwarded",
]


def sent(service: Service, target: str, *headers: str) -> Answer:
    """The answer to a GET of exactly that target, with exactly those headers."""
    with service.connect() as connection:
        connection.sendall("\r\n".join([f"GET {target} HTTP/1.1", *headers, "", ""]).encode("latin-1"))
        return received(connection)


@pytest.mark.parametrize("host", FORGED_HOSTS)
def test_a_host_that_is_more_than_a_name_is_none_of_ours(service: Service, host: str) -> None:
    assert service.ask("GET", "/v1/models", None, {"Host": host}).status == 403
    assert service.call("ListCollections", Host=host).status == 403


@pytest.mark.parametrize("host", FORGED_HOSTS)
@pytest.mark.parametrize("path", ["/v1/models", "/v1/collections", "/v1/consents?collection=x"])
def test_a_forged_host_opens_no_path_without_a_signature(keyed: Service, path: str, host: str) -> None:
    assert code_of(keyed.ask("GET", path, None, {"Host": host})) == "MissingAuthenticationTokenException"


@pytest.mark.parametrize("host", FORGED_HOSTS)
def test_a_forged_host_opens_no_operation_without_a_signature(keyed: Service, host: str) -> None:
    assert code_of(keyed.call("ListCollections", Host=host)) == "MissingAuthenticationTokenException"


@pytest.mark.parametrize("hosts", [("localhost", "attacker.example"), ("attacker.example", "localhost")], ids=str)
def test_two_hosts_are_refused(service: Service, hosts: tuple[str, str]) -> None:
    """Else a proxy could believe the one and this server the other. RFC 9112 3.2."""
    answer = sent(service, "/v1/models", *(f"Host: {host}" for host in hosts))
    assert (answer.status, answer.body) == (400, b"A request has one Host.")


def test_a_target_with_a_host_of_its_own_does_not_stand_in_for_the_host(service: Service) -> None:
    assert sent(service, "http://localhost/v1/models", "Host: attacker.example").status == 403
    assert sent(service, "http://localhost/v1/models").status == 403


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost/v1/models",
        "http://localhost:80/v1/models?/healthz",
        "http://localhost/healthz/../v1/models",
        "http://healthz@localhost/v1/models",
        "/healthz/../v1/models",
        "/healthz/..%2fv1/models",
        "/healthz;/../v1/models",
        "/v1/models;/healthz",
        "/v1/models%00/healthz",
        "/v1/./models",
        "/v1/x/../models",
        "/v1//models",
        "//v1/models",
        "/V1/models",
        "/%76%31/models",
        "/v1%2fmodels",
        "/v1%252fmodels",
        "/v1/models#/healthz",
        "/v1/models%23/healthz",
        "/v1/models/",
        "/v1\\models",
    ],
)
def test_no_way_to_write_a_path_gets_round_the_signature(keyed: Service, target: str) -> None:
    answer = sent(keyed, target, "Host: localhost")
    assert answer.status >= 400
    assert b"yunet" not in answer.body


@pytest.mark.parametrize("name", FORWARDING)
def test_what_is_said_of_a_proxy_neither_moves_a_request_nor_lets_it_in(
    service: Service, keyed: Service, name: str
) -> None:
    refused = keyed.ask("GET", "/v1/models", None, {name: "/healthz"})
    assert code_of(refused) == "MissingAuthenticationTokenException"
    assert keyed.ask("GET", "/healthz", None, {name: "/v1/models"}).json == {"status": "ok"}
    assert service.ask("GET", "/v1/models", None, {"Host": "attacker.example", name: "localhost"}).status == 403


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_the_method_is_the_one_of_the_request(service: Service, name: str) -> None:
    assert service.ask("GET", "/v1/retention/sweep", None, {name: "POST"}).status == 405
    assert service.ask("GET", "/", None, rpc("ListCollections") | {name: "POST"}).status == 403


@pytest.mark.parametrize(
    ("method", "signed_path", "sent_path"),
    [
        ("GET", "/v1/models", "/v1/operations"),
        ("GET", "/v1/models", "/v1/models?x=1"),
        ("GET", "/v1/collections", "/v1/collections?limit=1"),
        ("GET", "/v1/models", "/v1/x/%2e%2e/models"),
        ("POST", "/", "/v1/retention/sweep"),
        ("POST", "/v1/retention/sweep", "/"),
        ("POST", "/v1/retention/sweep", "/v1/count"),
    ],
)
def test_a_signature_is_for_one_path(keyed: Service, method: str, signed_path: str, sent_path: str) -> None:
    headers = signed(
        keyed, OPERATOR, method, signed_path, b"{}", rpc("ListCollections") | {"Content-Type": "application/json"}
    )
    answer = keyed.ask(method, sent_path, b"{}", headers)
    assert answer.status in (400, 404)
    assert b"yunet" not in answer.body


def test_a_signature_of_our_own_interface_calls_no_operation_of_amazons(keyed: Service) -> None:
    """Paths are signed without doubled slashes, so the signature fits; the operation was not signed."""
    headers = signed(
        keyed, OPERATOR, "POST", "/v1/retention/sweep", b"{}", {"Content-Type": "application/x-amz-json-1.1"}
    )
    target = {"X-Amz-Target": "RekognitionService.ListCollections"}
    answer = keyed.ask("POST", "//v1/retention/sweep", b"{}", headers | target)
    assert code_of(answer) == "InvalidSignatureException"


def test_no_route_redirects_wherever_the_host_says(service: Service, keyed: Service) -> None:
    """Frameworks answer a slash too many with a redirect to the Host that was named (CVE-2026-40096 and others)."""
    paths = [f"/v1{path}/" for path in service.ask("GET", "/v1/openapi.json").json["paths"]]
    paths += [
        "/healthz/",
        "/readyz/",
        "/metrics/",
        "/refusals/",
        "/v1",
        "//attacker.example/",
        "/%2f%2fattacker.example/",
    ]
    answers = [
        server.ask(method, path, None, {"Host": host})
        for server in (service, keyed)
        for method in ("GET", "POST")
        for path in paths
        for host in ("localhost", "attacker.example", "localhost/v1/x?")
    ]
    assert {answer.status for answer in answers} <= {400, 403, 404, 405}
    assert {answer.headers["Location"] for answer in answers} == {None}


@pytest.fixture
def photos(service: Service) -> Path:
    """A bucket beside secrets, with links that lead to them."""
    folder = service.settings.buckets
    (folder / "photos").mkdir(exist_ok=True)
    (folder / "photos" / "a.png").write_bytes(png())
    (folder / "secret.png").write_bytes(png())
    for name, target in {"link.png": "../secret.png", "folder": "..", "device.png": "/dev/zero"}.items():
        link = folder / "photos" / name
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    return folder


@pytest.mark.parametrize(
    ("bucket", "key"),
    [
        ("photos", "../secret.png"),
        ("photos", "%2e%2e/secret.png"),
        ("photos", "%2e%2e%2fsecret.png"),
        ("photos", "..%2fsecret.png"),
        ("photos", "..%c0%afsecret.png"),
        ("photos", "%252e%252e%252fsecret.png"),
        ("photos", "..\\secret.png"),
        ("photos", "\uff0e\uff0e/secret.png"),
        ("photos", "\u2024\u2024/secret.png"),
        ("photos", "..\u2215secret.png"),
        ("photos", ".\u200b./secret.png"),
        ("photos", "a.png/../../secret.png"),
        ("photos", "a.png/"),
        ("photos", "a.png\0"),
        ("photos", "a.png\0.jpg"),
        ("photos", "/etc/passwd"),
        ("photos", "//etc/passwd"),
        ("photos", "~/secret.png"),
        ("photos", "$HOME/secret.png"),
        ("photos", "file:///etc/passwd"),
        ("photos", "link.png"),
        ("photos", "folder/secret.png"),
        ("photos", "device.png"),
        ("..", "secret.png"),
        (".", "secret.png"),
        ("%2e%2e", "secret.png"),
    ],
)
def test_no_name_of_an_object_leads_out_of_its_bucket(service: Service, photos: Path, bucket: str, key: str) -> None:
    ours = {"object": {"bucket": bucket, "key": key}}
    amazons = {"Image": {"S3Object": {"Bucket": bucket, "Name": key}}}
    answer = service.ask("POST", "/v1/count", json.dumps(ours).encode(), {"Content-Type": "application/json"})
    assert code_of(answer) == "InvalidS3ObjectException"
    assert code_of(service.call("DetectFaces", amazons)) in ("InvalidS3ObjectException", "ValidationException")


@pytest.mark.parametrize("path", ["/v1/consents/..", "/v1/consents/%2e%2e", "/v1/consents/..%2f..%2fhealthz"])
def test_no_id_in_a_path_leads_out_of_its_kind(service: Service, path: str) -> None:
    assert service.ask("GET", path).status in (400, 404)
