"""No picture makes the server open a file, a connection or a program: Python's audit events tell."""

import base64
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from regard.errors import InvalidImageFormat, InvalidS3Object
from regard.media.images import ALL_FORMATS, Budget, Picture
from regard.media.sources import LocalBuckets
from tests.media.picture_files import encoded, jpeg, png, png_chunk

RELAXED = Budget(ALL_FORMATS)
REACHING = (
    "open",
    "socket.connect",
    "socket.getaddrinfo",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "urllib.Request",
)
SVG = (
    b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="99" height="99">'
    b'<image xlink:href="http://127.0.0.1:9/x.png"/><text>&x;</text></svg>'
)


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    """Plug-ins are imported when first needed, and that opens files."""
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "HEIF", "AVIF"):
        Picture(encoded(Image.new("RGB", (90, 90)), kind), RELAXED).pixels()


class Reached:
    """What was opened, connected to or started."""

    def __init__(self, events: list[tuple[str, Any]]) -> None:
        self._events = events

    @property
    def all(self) -> list[tuple[str, Any]]:
        return [(event, arguments[0]) for event, arguments in self._events if event in REACHING]


@pytest.fixture
def reached(imported: None, audited: list[tuple[str, Any]]) -> Reached:
    return Reached(audited)


def test_the_watch_sees_what_it_is_for(reached: Reached, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"")
    assert reached.all == [("open", str(tmp_path / "x"))]


@pytest.mark.parametrize(
    "data",
    [
        SVG,
        b"push graphic-context\nviewbox 0 0 99 99\nimage over 0,0 0,0 'https://127.0.0.1:9/x'\npop graphic-context",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n%%EndComments\n(%pipe%id) (r) file\n",
        b"%PDF-1.4\n1 0 obj<</S/URI/URI(http://127.0.0.1:9/)>>endobj",
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"/etc/passwd",
        b"file:///etc/passwd",
        b"http://127.0.0.1:9/picture.jpg",
        b"data:image/png;base64," + base64.b64encode(png()),
        b"BM" + b"/etc/passwd\0" * 40,
        b"GIF89a<img src=file:///etc/passwd>",
        b"\0\0\0\x18ftypmif1/etc/passwd" + bytes(99),
    ],
    ids=["svg", "mvg", "eps", "pdf", "m3u", "path", "file-url", "url", "data-url", "bmp", "gif", "heif"],
)
def test_what_names_a_path_or_a_host_is_refused_unread(data: bytes, reached: Reached) -> None:
    with pytest.raises(InvalidImageFormat):
        Picture(data, RELAXED).pixels()
    assert reached.all == []


@pytest.mark.parametrize(
    "data",
    [
        png()[:33] + png_chunk(b"tEXt", b"XML:com.adobe.xmp\0" + SVG) + png()[33:],
        jpeg(comment=b"http://127.0.0.1:9/"),
        jpeg() + SVG,
        encoded(Image.new("RGB", (90, 90)), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0" + SVG),
    ],
    ids=["xmp", "comment", "tail", "exif"],
)
def test_what_a_picture_says_beside_its_pixels_is_not_followed(data: bytes, reached: Reached) -> None:
    assert Picture(data, RELAXED).pixels().shape[2] == 3
    assert reached.all == []


@pytest.mark.parametrize(
    ("bucket", "key"),
    [
        ("photos", "../../secret.jpg"),
        ("photos", "a/../../../secret.jpg"),
        ("photos", "/etc/passwd"),
        ("photos", "..\\..\\secret.jpg"),
        ("photos", "a/./secret.jpg"),
        ("photos", "a//secret.jpg"),
        ("photos", "secret.jpg\0.png"),
        ("photos", "http://127.0.0.1:9/secret.jpg"),
        ("photos", "file:///etc/passwd"),
        ("photos", ".."),
        ("..", "secret.jpg"),
        ("../..", "etc/passwd"),
        ("photos/..", "secret.jpg"),
        (".", "secret.jpg"),
        ("", "secret.jpg"),
        ("photos\0", "secret.jpg"),
        ("/etc", "passwd"),
        ("http://127.0.0.1:9", "x"),
        ("arn:aws:s3:us-east-1:123456789012:accesspoint/x", "x"),
    ],
)
def test_no_name_leads_out_of_the_buckets(
    bucket: str, key: str, tmp_path: Path, reached: Reached, audited: list[tuple[str, Any]]
) -> None:
    (tmp_path / "buckets" / "photos" / "a").mkdir(parents=True)
    (tmp_path / "secret.jpg").write_bytes(jpeg())
    (tmp_path / "buckets" / "secret.jpg").write_bytes(jpeg())
    audited.clear()
    with pytest.raises(InvalidS3Object):
        LocalBuckets(tmp_path / "buckets").read(bucket, key, None, 1 << 20)
    assert reached.all == []
