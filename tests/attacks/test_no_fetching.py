"""No name in a request makes the server call an address: SSRF by key, by bucket, by redirect.

LMDeploy's `load_image` (CVE-2026-33626) and Roboflow's GHSA-hjmm-hr52-vrp2 were used so; DeepFace took any path or URL.
"""

import base64
import contextlib
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

from tests.attacks.attacked import code_of
from tests.media.picture_files import png
from tests.server.service import Answer, Service, running

MODEL = ServiceModel(Loader().load_service_model("rekognition", "service-2"))


@dataclass
class Web:
    """A server that answers everything the same, and what it was asked for."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    asked: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")


@contextlib.contextmanager
def listening(body: bytes) -> Iterator[Web]:
    web = Web(body=body)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.asked.append(self.path)
            self.send_response(web.status)
            for name, value in ({"Content-Length": str(len(web.body))} | web.headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(web.body)

        do_HEAD = do_POST = do_PUT = do_GET

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def canary() -> Iterator[Web]:
    """What nobody may call. It would give a picture."""
    with listening(png()) as made:
        yield made
        assert made.asked == []


@pytest.fixture(scope="module")
def only_store() -> Iterator[Web]:
    with listening(b"") as made:
        yield made


@pytest.fixture
def store(only_store: Web) -> Web:
    """The configured object store, as new."""
    only_store.status, only_store.headers, only_store.body, only_store.asked = 200, {}, b"", []
    return only_store


@pytest.fixture(scope="module")
def with_store(only_store: Web, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server whose buckets are the object store's."""
    with running(tmp_path_factory.mktemp("with-store"), s3_endpoint=only_store.url) as made:
        yield made


def amazons(service: Service, bucket: str, key: str) -> Answer:
    return service.call("DetectFaces", {"Image": {"S3Object": {"Bucket": bucket, "Name": key}}})


def ours(service: Service, bucket: str, key: str) -> Answer:
    body = {"object": {"bucket": bucket, "key": key}}
    return service.ask("POST", "/v1/count", json.dumps(body).encode(), {"Content-Type": "application/json"})


ROUTES = pytest.mark.parametrize("read", [amazons, ours])


@ROUTES
def test_the_configured_store_is_read(with_store: Service, store: Web, read: Any) -> None:
    """Else the tests below would prove nothing."""
    store.body = png()
    assert read(with_store, "photos", "a.png").status == 200
    assert store.asked == ["/photos/a.png"]


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["{url}/a.png", "//{host}/a.png", "file:///etc/passwd", "/photos/b.png"])
@ROUTES
def test_a_redirect_of_the_store_is_not_followed(
    with_store: Service, store: Web, canary: Web, read: Any, location: str, status: int
) -> None:
    store.status = status
    store.headers = {"Location": location.format(url=canary.url, host=canary.host)}
    assert code_of(read(with_store, "photos", "a.png")) == "InvalidS3ObjectException"
    assert store.asked == ["/photos/a.png"]


@pytest.mark.parametrize("region", ["eu-west-1", "{host}", "x.{host}/"])
def test_a_store_that_says_the_bucket_is_elsewhere_is_not_followed(
    with_store: Service, store: Web, canary: Web, region: str
) -> None:
    """S3 tells so in a header, in which botocore believes."""
    store.status = 301
    store.headers = {"x-amz-bucket-region": region.format(host=canary.host)}
    store.body = f"<Error><Code>PermanentRedirect</Code><Endpoint>{canary.host}</Endpoint></Error>".encode()
    assert code_of(amazons(with_store, "photos", "a.png")) == "InvalidS3ObjectException"
    assert store.asked == ["/photos/a.png"]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (300, b""),
        (300, b"\xff\xfe"),
        (400, b"<"),
        (403, b"<Error><Code/></Error>"),
        (404, b"<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><Error><Code>&y;</Code></Error>"),
    ],
    ids=str,
)
def test_a_store_that_answers_nonsense_is_told_as_unreadable(
    with_store: Service, store: Web, status: int, body: bytes
) -> None:
    store.status, store.body = status, body
    answer = amazons(with_store, "photos", "a.png")
    assert code_of(answer) == "InvalidS3ObjectException"
    assert b"root:" not in answer.body


KEYS = [
    "{url}/a.png",
    "//{host}/a.png",
    "/{host}/a.png",
    "@{host}/a.png",
    "?x@{host}/a.png",
    "#@{host}/a.png",
    "\\\\{host}\\share\\a.png",
    "file:///etc/passwd",
    "ftp://{host}/a.png",
    "gopher://{host}/_GET",
    "jar:{url}!/a.png",
    "s3://photos/a.png",
    "arn:aws:s3:::photos/a.png",
    "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "a.png\r\nHost: {host}",
    "a.png HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "data:image/png;base64,AAAA",
]
BUCKETS = [
    "{url}",
    "{host}",
    "photos@{host}",
    "photos:80@{host}",
    "169.254.169.254",
    "metadata.google.internal",
    "arn:aws:s3:us-east-1:123456789012:accesspoint/photos",
    "arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint/photos",
    "photos--use1-az4--x-s3",
    "mfzwi23gnjvgw.mrap",
]


@pytest.mark.parametrize("key", KEYS)
@ROUTES
def test_a_key_that_names_an_address_is_a_key(
    with_store: Service, store: Web, service: Service, canary: Web, read: Any, key: str
) -> None:
    store.status = 404
    named = key.format(url=canary.url, host=canary.host)
    assert code_of(read(with_store, "photos", named)) == "InvalidS3ObjectException"
    assert code_of(read(service, "photos", named)) == "InvalidS3ObjectException"
    assert all(path.startswith("/photos/") for path in store.asked)


@pytest.mark.parametrize("bucket", BUCKETS)
@ROUTES
def test_a_bucket_that_names_an_address_is_a_bucket_or_refused(
    with_store: Service, store: Web, service: Service, canary: Web, read: Any, bucket: str
) -> None:
    store.status = 404
    named = bucket.format(url=canary.url, host=canary.host)
    refusals = {code_of(read(server, named, "a.png")) for server in (with_store, service)}
    assert refusals <= {"InvalidS3ObjectException", "ValidationException"}
    assert set(store.asked) <= {f"/{named}/a.png"}


def filled(shape: Shape, text: str) -> Any:
    """An input in which every string says the same and everything else is there."""
    match shape.type_name:
        case "structure":
            return {name: filled(member, text) for name, member in shape.members.items()}
        case "list":
            return [filled(shape.member, text)]
        case "map":
            return {text: filled(shape.value, text)}
        case "blob":
            return base64.b64encode(text.encode()).decode()
        case "string":
            return text
    return 1


@pytest.mark.parametrize("operation", MODEL.operation_names)
@pytest.mark.parametrize("text", ["{url}/a.png", "arn:aws:s3:::{host}/a.png"])
def test_no_member_of_any_operation_is_fetched(service: Service, canary: Web, operation: str, text: str) -> None:
    body = filled(MODEL.operation_model(operation).input_shape, text.format(url=canary.url, host=canary.host))
    assert service.call(operation, body).status in (200, 400)
    assert canary.asked == []


def test_no_member_of_our_own_interface_is_fetched(service: Service, canary: Web) -> None:
    paths = service.ask("GET", "/v1/openapi.json").json["paths"]
    schemas = {
        path: methods["post"]["requestBody"]["content"]["application/json"]["schema"]
        for path, methods in paths.items()
        if "requestBody" in methods.get("post", {})
    }
    answers = [
        service.ask("POST", f"/v1{path}", body(schema, canary.url), {"Content-Type": "application/json"})
        for path, schema in schemas.items()
    ]
    assert len(answers) >= 7
    assert {answer.status for answer in answers} <= {400, 404}
    assert canary.asked == []


def body(schema: dict[str, Any], text: str) -> bytes:
    """A body in which every member, of whatever type, says the same."""
    return json.dumps({name: text for name in schema["properties"]}).encode()


def test_a_picture_that_is_an_address_is_no_picture(service: Service, canary: Web, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png())
    addresses = [f"{canary.url}/a.png", str(tmp_path / "a.png"), f"file://{tmp_path}/a.png"]
    codes = {
        code_of(service.call("DetectFaces", {"Image": {"Bytes": base64.b64encode(text.encode()).decode()}}))
        for text in addresses
    }
    assert codes == {"InvalidImageFormatException"}
