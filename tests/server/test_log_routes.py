"""`/log` over HTTP: the published files and no others."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.example_log import FILES, write_example
from tests.server.log_server import READER, ask, serving

HASHES = [file for file in FILES if file.startswith("tile/") and "entries" not in file]
BUNDLES = [file for file in FILES if file.startswith("tile/entries/")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log, with a secret beside it."""
    folder = tmp_path_factory.mktemp("served") / "ledger"
    write_example(folder)
    (folder.parent / "secret").write_text("secret")
    return folder


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    with serving(folder) as where:
        yield where


@pytest.mark.parametrize("file", ["checkpoint", "vkey"])
def test_text_is_given_and_asked_for_again(url: str, folder: Path, file: str) -> None:
    status, headers, body = ask(url, f"/log/{file}", {})
    assert (status, body) == (200, (folder / file).read_bytes())
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("file", HASHES)
def test_hashes_are_given_to_everybody_and_kept(url: str, folder: Path, file: str) -> None:
    status, headers, body = ask(url, f"/log/{file}", {})
    assert (status, body) == (200, (folder / file).read_bytes())
    assert headers["content-type"] == "application/octet-stream"
    assert headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("file", BUNDLES)
def test_entries_are_given_to_those_who_may_read(url: str, folder: Path, file: str) -> None:
    status, headers, body = ask(url, f"/log/{file}", READER)
    assert (status, body) == (200, (folder / file).read_bytes())
    assert headers["cache-control"] == "private, max-age=31536000, immutable"


@pytest.mark.parametrize("file", [BUNDLES[0], "tile/entries/900"], ids=["there", "not there"])
def test_entries_are_refused_to_others(url: str, file: str) -> None:
    status, headers, body = ask(url, f"/log/{file}", {"Authorization": "somebody"})
    assert (status, json.loads(body)["code"], headers["cache-control"]) == (403, "AccessDeniedException", "no-store")


def test_what_the_guard_raises_is_the_answer(url: str) -> None:
    status, headers, body = ask(url, f"/log/{BUNDLES[0]}", {})
    assert (status, json.loads(body)["code"]) == (400, "MissingAuthenticationTokenException")
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/003",
        "tile/9/000",
        "tile/64/000",
        "tile/00/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/002.p/0",
        "tile/0/002.p/08",
        "tile/0/002.p/256",
        "tile/0/002.p/88/",
        "tile/0/000%00",
        "tile/0/000%0a",
        "tile/0/../../vkey",
        "tile/0/%2e%2e/%2e%2e/vkey",
        "tile/%2e%2e/vkey",
        "tile/0/%2e%2e/0/000",
        "tile/0//000",
        "tile//0/000",
        "tile/%2fetc/passwd",
        "tile/..%2f..%2fsecret",
        "../secret",
        "tile/0/%D9%A0%D9%A0%D9%A0",
        "tile/0/%ff",
        "tile/entries/",
        "tile/",
        "tile",
        "journal/00000000000000000600",
        "checkpoint/",
        "",
    ],
)
def test_other_paths_are_not_found(url: str, path: str) -> None:
    status, _, body = ask(url, f"/log/{path}", READER)
    assert (status, b"secret" in body, b"RGDJ" in body) == (404, False, False)


def test_tile_is_found_by_the_path_and_not_by_its_spelling(url: str, folder: Path) -> None:
    assert ask(url, "/log/tile/0/00%30", {})[2] == (folder / "tile/0/000").read_bytes()


def test_head_gives_the_length_and_no_body(url: str) -> None:
    status, headers, body = ask(url, "/log/tile/0/000", {}, "HEAD")
    assert (status, headers["content-length"], body) == (200, "8192", b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written(url: str, method: str) -> None:
    assert ask(url, f"/log/{HASHES[0]}", READER, method)[0] == 405
