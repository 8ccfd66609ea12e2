"""`regard collections` against a running server."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.remote_server import make_governed, regard, without_credentials
from tests.server.service import Service, running

IN_A_YEAR = (datetime.now(UTC) + timedelta(days=365)).strftime("%Y-%m-%d")
PASSPHRASE = "correct horse battery staple"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("data"), face_model="1.0") as made:
        make_governed(made, "staff")
        made.client().create_collection(CollectionId="trial")
        yield made


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Service]:
    """Another server."""
    with running(tmp_path / "other") as made:
        yield made


@pytest.fixture(autouse=True)
def folder(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a signed notice and a passphrase; the person of the notice is in "staff"."""
    without_credentials(monkeypatch, tmp_path)
    (tmp_path / "notice.pdf").write_text("I agree.")
    (tmp_path / "passphrase").write_text(PASSPHRASE + "\n")
    return tmp_path


def export(service: Service, folder: Path, name: str = "staff", *more: str, typed: str | None = None) -> Any:
    return regard(
        "collections", "export", name, "--out", str(folder / "export"), "--url", service.url, *more, typed=typed
    )


def with_file(folder: Path) -> tuple[str, str]:
    return "--passphrase-file", str(folder / "passphrase")


def grant(service: Service, folder: Path, subject: str) -> None:
    regard(
        "consent", "grant", "--url", service.url, "--collection", "staff", "--subject", subject, "--purpose", "door",
        "--expires", IN_A_YEAR, "--evidence", str(folder / "notice.pdf"),
    )  # fmt: skip


def test_collections_are_listed(service: Service) -> None:
    shown = regard("collections", "list", "--url", service.url)
    assert shown.exit_code == 0
    assert [word in shown.stdout for word in ("staff", "governed", "Example Ltd", "trial", "sandbox")] == [True] * 5
    found = json.loads(regard("collections", "list", "--json", "--url", service.url).stdout)
    assert [(one["name"], one["kind"], one["purpose"]) for one in found] == [
        ("staff", "governed", "door"),
        ("trial", "sandbox", None),
    ]


def test_collection_moves_to_another_server(service: Service, other: Service, folder: Path) -> None:
    grant(service, folder, "p-1")
    exported = export(service, folder, "staff", *with_file(folder))
    assert exported.exit_code == 0
    file = folder / "export"
    assert file.stat().st_mode & 0o077 == 0
    moved = regard(
        "collections", "import", str(file), "--name", "people", *with_file(folder), "--url", other.url, "--json"
    )
    assert (moved.exit_code, json.loads(moved.stdout)["name"]) == (0, "people")
    found = json.loads(regard("consent", "list", "--collection", "people", "--json", "--url", other.url).stdout)
    assert [one["subject"] for one in found] == ["p-1"]


def test_passphrase_is_asked_for_twice_where_it_is_new(service: Service, folder: Path) -> None:
    result = export(service, folder, typed=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    assert result.exit_code == 0
    assert PASSPHRASE not in result.output


def test_wrong_passphrase_is_told(service: Service, other: Service, folder: Path) -> None:
    grant(service, folder, "p-2")
    export(service, folder, "staff", *with_file(folder))
    (folder / "passphrase").write_text("incorrect horse battery staple")
    result = regard("collections", "import", str(folder / "export"), *with_file(folder), "--url", other.url)
    assert result.exit_code == 1
    assert "does not open the file" in result.stderr


@pytest.mark.parametrize("content", [b"", b"\n", b"short", b"\xff\xfe"])
def test_passphrase_that_will_not_do_is_told(service: Service, folder: Path, content: bytes) -> None:
    (folder / "passphrase").write_bytes(content)
    result = export(service, folder, "staff", *with_file(folder))
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert not (folder / "export").exists()


def test_missing_files_are_told(service: Service, folder: Path) -> None:
    result = export(service, folder, "staff", "--passphrase-file", str(folder / "none"))
    assert result.exit_code == 1
    assert "No such file or directory" in result.stderr
    result = regard("collections", "import", str(folder / "none"), *with_file(folder), "--url", service.url)
    assert result.exit_code == 1
    assert "No such file or directory" in result.stderr


def test_earlier_export_is_not_overwritten(service: Service, folder: Path) -> None:
    (folder / "export").write_text("mine")
    result = export(service, folder, "staff", *with_file(folder))
    assert result.exit_code == 1
    assert "is there already" in result.stderr
    assert (folder / "export").read_text() == "mine"


def test_sandbox_is_not_exported(service: Service, folder: Path) -> None:
    result = export(service, folder, "trial", *with_file(folder))
    assert result.exit_code == 1
    assert "is a sandbox" in result.stderr
    assert not (folder / "export").exists()


def test_passphrase_cannot_be_given_on_the_command_line(service: Service, folder: Path) -> None:
    assert export(service, folder, "staff", "--passphrase", PASSPHRASE).exit_code == 2
