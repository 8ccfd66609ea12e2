"""Pictures that are not in the request: folders that stand for buckets, and an S3 service."""

import functools
import http.server
import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from regard.errors import ImageTooLarge, InvalidS3Object
from regard.media.sources import LocalBuckets, ObjectSource, S3Endpoint

MOST = 1000
UNREADABLE = "Unable to get object metadata from S3. Check object key, region and/or access permissions."
KEY, SECRET = "AKIAEXAMPLE", "secret"


@dataclass
class Bucket:
    """A bucket `photos` that a test may fill, behind one kind of source."""

    source: ObjectSource
    put: Callable[[str, bytes], Any]


@pytest.fixture(scope="module")
def s3(moto: str) -> Any:
    client = boto3.client(
        "s3", endpoint_url=moto, region_name="us-east-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET
    )
    client.create_bucket(Bucket="photos")
    client.create_bucket(Bucket="others")
    client.put_object(Bucket="others", Key="private.jpg", Body=b"another's")
    return client


@functools.cache
def signed(endpoint: str) -> S3Endpoint:
    """A source with keys; one an endpoint, since botocore takes long to make a client."""
    return S3Endpoint(endpoint, "us-east-1", KEY, SECRET)


@pytest.fixture(params=["folder", "endpoint"])
def photos(request: pytest.FixtureRequest, tmp_path: Path) -> Bucket:
    if request.param == "endpoint":
        client, endpoint = request.getfixturevalue("s3"), request.getfixturevalue("moto")
        source = signed(endpoint)
        return Bucket(source, lambda key, data: client.put_object(Bucket="photos", Key=key, Body=data))

    def put(key: str, data: bytes) -> None:
        file = tmp_path / "photos" / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)

    (tmp_path / "photos").mkdir()
    return Bucket(LocalBuckets(tmp_path), put)


@pytest.mark.parametrize(
    "key",
    ["a.jpg", "deep/er/a.jpg", "with space.jpg", "a+b.jpg", "a%2Fb.jpg", "höhle/ねこ.jpg", "a?b#c&d=e.jpg", ".hidden"],
)
def test_an_object_is_read_by_the_key_as_it_is(photos: Bucket, key: str) -> None:
    photos.put(key, key.encode())
    assert photos.source.read("photos", key, None, MOST) == key.encode()


@pytest.mark.parametrize(
    ("bucket", "key"),
    [("photos", "missing.jpg"), ("missing-bucket", "a.jpg"), ("photos", "a.jpg/b"), ("photos", "n" * 1000)],
    ids=["key", "bucket", "below-a-file", "long-key"],
)
def test_what_is_missing_is_told_in_amazons_words(photos: Bucket, bucket: str, key: str) -> None:
    photos.put("a.jpg", b"data")
    with pytest.raises(InvalidS3Object) as caught:
        photos.source.read(bucket, key, None, MOST)
    assert caught.value.message.startswith(f"{UNREADABLE} (bucket '{bucket}', key '{key}': ")


def test_an_empty_object_is_no_picture(photos: Bucket) -> None:
    photos.put("empty.jpg", b"")
    with pytest.raises(InvalidS3Object, match="the object is empty"):
        photos.source.read("photos", "empty.jpg", None, MOST)


def test_an_object_may_be_as_large_as_the_limit_and_no_larger(photos: Bucket) -> None:
    photos.put("most.jpg", bytes(MOST))
    photos.put("more.jpg", bytes(MOST + 1))
    assert len(photos.source.read("photos", "most.jpg", None, MOST)) == MOST
    with pytest.raises(ImageTooLarge, match=r"'more\.jpg' in bucket 'photos' is 1001 bytes; the limit is 1000"):
        photos.source.read("photos", "more.jpg", None, MOST)


def test_an_unknown_version_is_missing(photos: Bucket) -> None:
    photos.put("a.jpg", b"data")
    with pytest.raises(InvalidS3Object):
        photos.source.read("photos", "a.jpg", "3/L4kqtJlcpXroDTDmpUMLUo", MOST)


@pytest.mark.parametrize("key", ["../others/private.jpg", "a/../../others/private.jpg", "./a.jpg", "..", "a/.."])
def test_a_key_that_climbs_is_refused(photos: Bucket, key: str) -> None:
    photos.put("a.jpg", b"data")
    with pytest.raises(InvalidS3Object, match="no such object"):
        photos.source.read("photos", key, None, MOST)


@pytest.mark.parametrize(
    "bucket", ["..", ".", "", "photos/", "../photos", "pho tos", "photos\0", "photos?x", "a" * 256]
)
def test_a_bucket_that_is_no_buckets_name_is_refused(photos: Bucket, bucket: str) -> None:
    with pytest.raises(InvalidS3Object, match="no such bucket"):
        photos.source.read(bucket, "a.jpg", None, MOST)


def test_a_file_has_the_version_null(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"data")
    assert LocalBuckets(tmp_path).read("photos", "a.jpg", "null", MOST) == b"data"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of buckets that holds links to a file and a folder outside."""
    secrets, photos = tmp_path / "secrets", tmp_path / "buckets" / "photos"
    secrets.mkdir()
    (secrets / "secret.jpg").write_bytes(b"secret")
    photos.mkdir(parents=True)
    (photos / "file.jpg").symlink_to(secrets / "secret.jpg")
    (photos / "folder").symlink_to(secrets)
    (photos / "loop").symlink_to(photos / "loop")
    (photos / "device").symlink_to("/dev/zero")
    (photos / "real.jpg").write_bytes(b"real")
    (photos / "inside.jpg").symlink_to("real.jpg")
    (tmp_path / "buckets" / "linked").symlink_to(secrets)
    (tmp_path / "buckets" / "loose.jpg").write_bytes(b"loose")
    return tmp_path / "buckets"


@pytest.mark.parametrize(
    ("bucket", "key"),
    [
        ("photos", "file.jpg"),
        ("photos", "folder/secret.jpg"),
        ("photos", "loop"),
        ("photos", "loop/x"),
        ("photos", "device"),
        ("linked", "secret.jpg"),
        ("loose.jpg", "x"),
    ],
)
def test_links_out_of_a_bucket_are_as_good_as_missing(outside: Path, bucket: str, key: str) -> None:
    with pytest.raises(InvalidS3Object, match="no such"):
        LocalBuckets(outside).read(bucket, key, None, MOST)


def test_links_within_a_bucket_are_followed(outside: Path) -> None:
    assert LocalBuckets(outside).read("photos", "inside.jpg", None, MOST) == b"real"


def test_a_folder_is_no_object(tmp_path: Path) -> None:
    (tmp_path / "photos" / "folder").mkdir(parents=True)
    with pytest.raises(InvalidS3Object, match="no such object"):
        LocalBuckets(tmp_path).read("photos", "folder", None, MOST)


def test_a_pipe_is_no_object_and_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    os.mkfifo(tmp_path / "photos" / "pipe")
    with pytest.raises(InvalidS3Object, match="no such object"):
        LocalBuckets(tmp_path).read("photos", "pipe", None, MOST)


def test_versions_of_an_object_are_told_apart(moto: str, s3: Any) -> None:
    s3.create_bucket(Bucket="versions")
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    old, new = (s3.put_object(Bucket="versions", Key="a", Body=body)["VersionId"] for body in (b"old", b"new"))
    source = signed(moto)
    assert [source.read("versions", "a", version, MOST) for version in (old, new, None)] == [b"old", b"new", b"new"]


def test_an_endpoint_that_is_down_is_told_as_unreadable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(InvalidS3Object, match="the object store does not answer"):
        S3Endpoint(endpoint, "us-east-1", KEY, SECRET).read("photos", "a.jpg", None, MOST)


@dataclass
class Endpoint:
    """An S3 service that always answers the same, and what it was asked."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def only_endpoint() -> Iterator[Endpoint]:
    served = Endpoint()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            served.asked.append((self.path, self.headers.get("Authorization")))
            served.hosts.add(self.headers["Host"])
            self.send_response(served.status)
            headers = {"Content-Length": str(len(served.body))} | served.headers
            for name in filter(headers.get, headers):
                self.send_header(name, headers[name])
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            self.wfile.write(served.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield served
    server.shutdown()
    server.server_close()


@pytest.fixture
def endpoint(only_endpoint: Endpoint) -> Endpoint:
    """The endpoint as new."""
    fresh = Endpoint(only_endpoint.url)
    for attribute in ("status", "headers", "body", "asked", "hosts"):
        setattr(only_endpoint, attribute, getattr(fresh, attribute))
    return only_endpoint


def error(code: str) -> bytes:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>No.</Message></Error>".encode()


@pytest.mark.parametrize("code", ["InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied"])
def test_wrong_credentials_are_told_as_unreadable(endpoint: Endpoint, code: str) -> None:
    endpoint.status, endpoint.body = 403, error(code)
    with pytest.raises(InvalidS3Object, match=rf"key 'a\.jpg': {code}"):
        S3Endpoint(endpoint.url, "us-east-1", KEY, "wrong").read("photos", "a.jpg", None, MOST)
    assert len(endpoint.asked) == 1


def test_a_size_that_may_not_be_asked_for_is_told_as_unreadable(endpoint: Endpoint) -> None:
    """An answer to HEAD has no body that could say why."""
    endpoint.status = 403
    with pytest.raises(InvalidS3Object) as caught:
        signed(endpoint.url).size("films", "a.mp4", None)
    assert caught.value.message == f"{UNREADABLE} (bucket 'films', key 'a.mp4': AccessDenied)"
    assert len(endpoint.asked) == 1


def test_the_size_is_checked_before_the_object_is_read(endpoint: Endpoint) -> None:
    endpoint.headers = {"Content-Length": "9000000000"}  # of which not one byte comes
    with pytest.raises(ImageTooLarge, match="9000000000 bytes"):
        signed(endpoint.url).read("photos", "a.jpg", None, MOST)


def test_an_object_that_breaks_off_is_unreadable(endpoint: Endpoint) -> None:
    endpoint.headers, endpoint.body = {"Content-Length": "900"}, b"half"
    with pytest.raises(InvalidS3Object):
        signed(endpoint.url).read("photos", "a.jpg", None, MOST)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(endpoint: Endpoint, status: int, contacted: Iterable[tuple[str, int]]) -> None:
    endpoint.status, endpoint.body = status, error("PermanentRedirect")
    endpoint.headers = {"Location": "http://127.0.0.2:9/secret", "x-amz-bucket-region": "eu-west-1"}
    source = signed(endpoint.url)
    with pytest.raises(InvalidS3Object):
        source.read("photos", "a.jpg", None, MOST)
    assert {f"http://{host}:{port}" for host, port in contacted} == {endpoint.url}


def test_requests_are_unsigned_where_no_key_is_set(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, contacted: Iterable[tuple[str, int]]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone-elses")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    endpoint.body = b"data"
    assert S3Endpoint(endpoint.url, "us-east-1", None, None).read("photos", "a.jpg", None, MOST) == b"data"
    assert endpoint.asked == [("/photos/a.jpg", None)]
    assert {f"http://{host}:{port}" for host, port in contacted} == {endpoint.url}


def test_credentials_are_asked_of_nobody(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, contacted: Iterable[tuple[str, int]]
) -> None:
    """Neither the files of a user nor the metadata service of a machine in Amazon's cloud."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    endpoint.body = b"data"
    S3Endpoint(endpoint.url, "us-east-1", None, None).read("photos", "a.jpg", None, MOST)
    assert {f"http://{host}:{port}" for host, port in contacted} == {endpoint.url}


@pytest.mark.parametrize(
    "bucket",
    [
        "photos",
        "evil.example.com",
        "169.254.169.254",
        "photos.s3.amazonaws.com",
        "photos--use1-az4--x-s3",
        "arn:aws:s3:us-east-1:123456789012:accesspoint/x",
        "arn:aws:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap",
        "arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-1/accesspoint/x",
        "http://evil.example.com",
        "//evil.example.com",
        "photos@evil.example.com",
        "photos:80",
    ],
)
def test_only_the_configured_endpoint_is_contacted_whatever_the_bucket(
    endpoint: Endpoint, bucket: str, contacted: Iterable[tuple[str, int]]
) -> None:
    endpoint.status, endpoint.body = 404, error("NoSuchBucket")
    with pytest.raises(InvalidS3Object):
        signed(endpoint.url).read(bucket, "a.jpg", None, MOST)
    assert {f"http://{host}:{port}" for host, port in contacted} <= {endpoint.url}
    assert endpoint.hosts <= {endpoint.url.removeprefix("http://")}


def test_an_object_without_a_length_is_read_to_the_limit_and_no_further(endpoint: Endpoint) -> None:
    endpoint.headers, endpoint.body = {"Content-Length": ""}, bytes(MOST + 1)
    with pytest.raises(ImageTooLarge, match="1001 bytes"):
        signed(endpoint.url).read("photos", "a.jpg", None, MOST)


def test_the_environment_does_not_move_the_endpoint(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    endpoint.body = b"data"
    assert signed(endpoint.url).read("photos", "a.jpg", None, MOST) == b"data"


def test_an_object_is_copied_into_a_file(photos: Bucket, tmp_path: Path) -> None:
    photos.put("clip.mp4", b"c" * MOST)
    photos.source.copy("photos", "clip.mp4", None, MOST, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"c" * MOST


def test_too_large_an_object_is_not_copied(photos: Bucket, tmp_path: Path) -> None:
    photos.put("clip.mp4", b"c" * (MOST + 1))
    with pytest.raises(ImageTooLarge, match="is 1001 bytes; the limit is 1000"):
        photos.source.copy("photos", "clip.mp4", None, MOST, tmp_path / "copy")


def test_an_object_that_breaks_off_is_told_while_it_is_copied(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.headers, endpoint.body = {"Content-Length": "900"}, b"half"
    with pytest.raises(InvalidS3Object):
        signed(endpoint.url).copy("photos", "clip.mp4", None, MOST, tmp_path / "copy")


@pytest.mark.parametrize("size", [0, 1, MOST])
def test_an_objects_size_is_told_without_reading_it(photos: Bucket, size: int) -> None:
    photos.put("clip.mp4", bytes(size))
    assert photos.source.size("photos", "clip.mp4", None) == size


@pytest.mark.parametrize(
    ("bucket", "key"),
    [("photos", "missing"), ("missing-bucket", "a"), ("..", "a"), ("photos", "../others/private.jpg")],
)
def test_what_is_missing_has_no_size(photos: Bucket, bucket: str, key: str) -> None:
    with pytest.raises(InvalidS3Object) as caught:
        photos.source.size(bucket, key, None)
    assert caught.value.message.startswith(f"{UNREADABLE} (bucket '{bucket}', key '{key}': ")


def test_object_of_a_local_bucket_is_brought_as_another_name_of_it(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "a.mp4").write_bytes(b"film")

    LocalBuckets(tmp_path).bring("films", "a.mp4", None, 100, tmp_path / "here", lambda size: None)

    assert (tmp_path / "here").samefile(tmp_path / "films" / "a.mp4")


def test_object_of_a_service_is_brought_with_its_progress(photos: Bucket, tmp_path: Path) -> None:
    told: list[int] = []
    photos.put("clip.mp4", b"film" * 500_000)

    photos.source.bring("photos", "clip.mp4", None, 2_000_000, tmp_path / "here", told.append)

    assert (tmp_path / "here").read_bytes() == b"film" * 500_000
    assert told in ([], [1 << 20, 2_000_000])  # a link needs no time
