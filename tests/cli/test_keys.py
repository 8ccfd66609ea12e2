"""`regard keys` as a person types it."""

import base64
from pathlib import Path

import pytest
from typer.testing import CliRunner

from regard.cli.keys import app
from regard.storage.errors import KeyProblem
from regard.storage.open import open_storage

_run = CliRunner().invoke


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without a key, and no key in the environment."""
    for variable in ("REGARD_MASTER_KEY", "REGARD_MASTER_KEY_FILE", "REGARD_DATA", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def data(home: Path) -> Path:
    """A data folder under the default key."""
    open_storage(home / "data", None, None, {"XDG_DATA_HOME": str(home)}).close()
    return home / "data"


def test_show_tells_where_the_key_is_and_never_the_key(data: Path, home: Path) -> None:
    result = _run(app, ["show"])
    lines = dict(line.split() for line in result.stdout.splitlines())
    key = (home / "regard" / "master-key").read_text().strip()
    assert (result.exit_code, lines["source"]) == (0, str(home / "regard" / "master-key"))
    assert len(lines["fingerprint"]) == 16
    assert not {key, base64.b64decode(key).hex()} & set(lines.values())


def test_fingerprint_is_of_the_key_and_not_of_its_place(
    data: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _run(app, ["show"]).stdout.splitlines()[1]
    monkeypatch.setenv("REGARD_MASTER_KEY", (home / "regard" / "master-key").read_text())
    assert _run(app, ["show"]).stdout.splitlines() == ["source       REGARD_MASTER_KEY", before]


def test_show_without_a_key_says_where_one_will_be(home: Path) -> None:
    result = _run(app, ["show"])
    assert (result.exit_code, result.stdout) == (
        1,
        f"There is no master key yet; `regard serve` makes one in {home}/regard/master-key\n",
    )


def test_rotate_replaces_the_key_and_says_where_the_old_one_is(data: Path, home: Path) -> None:
    old = (home / "regard" / "master-key").read_text()
    fingerprint = _run(app, ["show"]).stdout.split()[-1]
    aside = home / "regard" / f"master-key.old-{fingerprint}"
    result = _run(app, ["rotate", "--data", str(data)])
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"1 key of {data} is sealed under the new master key in {home}/regard/master-key",
        f"The old key opens nothing there now; delete {aside} once no backup needs it",
    ]
    with pytest.raises(KeyProblem):
        open_storage(data, None, old, {})
    open_storage(data, None, None, {"XDG_DATA_HOME": str(home)}).close()


def test_rotate_into_a_named_file_says_how_to_start(data: Path, home: Path) -> None:
    result = _run(app, ["rotate", "--data", str(data), "--new-key-file", str(home / "new")])
    assert result.stdout.splitlines()[1] == (
        f"Start the server with REGARD_MASTER_KEY_FILE={home}/new; the old key opens nothing there now"
    )
    open_storage(data, home / "new", None, {}).close()


def test_rotate_under_a_running_server_is_one_sentence(data: Path, home: Path) -> None:
    with open_storage(data, None, None, {"XDG_DATA_HOME": str(home)}):
        result = _run(app, ["rotate", "--data", str(data)])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"regard: the data folder {data} is in use by process ")
    assert "Traceback" not in result.output


def test_rotate_without_data_is_one_sentence(home: Path) -> None:
    result = _run(app, ["rotate", "--data", str(home / "nowhere")])
    assert (result.exit_code, result.stderr) == (1, f"regard: {home}/nowhere holds no data\n")
