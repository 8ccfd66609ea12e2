"""Where the master key is looked for, and what is refused."""

import base64
import stat
from pathlib import Path

import pytest

from regard.storage.errors import KeyProblem
from regard.storage.master_key import create_default, default_file, find_master_key

KEYS = {name: bytes([number]) * 32 for number, name in enumerate(("value", "file", "systemd", "default"))}


def _written(path: Path, key: bytes, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(base64.b64encode(key) + b"\n")
    path.chmod(mode)
    return path


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A home without any key."""
    return {"XDG_DATA_HOME": str(tmp_path / "home"), "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}


@pytest.mark.parametrize("first", list(KEYS))
def test_first_place_that_has_a_key_wins(first: str, environ: dict[str, str], tmp_path: Path) -> None:
    there = list(KEYS)[list(KEYS).index(first) :]
    value = base64.b64encode(KEYS["value"]).decode() if "value" in there else None
    file = _written(tmp_path / "key", KEYS["file"]) if "file" in there else None
    if "systemd" in there:
        _written(tmp_path / "credentials" / "regard-master-key", KEYS["systemd"], 0o440)
    _written(tmp_path / "home" / "regard" / "master-key", KEYS["default"])
    found = find_master_key(file, value, environ)
    assert found is not None
    assert found.key == KEYS[first]


def test_no_key_anywhere_is_none(environ: dict[str, str]) -> None:
    assert find_master_key(None, None, environ) is None


def test_default_file_ignores_a_relative_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert default_file({"XDG_DATA_HOME": "data"}) == Path("/home/ada/.local/share/regard/master-key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660], ids=["group reads", "all read", "group writes"])
def test_key_file_that_others_may_read_is_refused(mode: int, tmp_path: Path) -> None:
    path = _written(tmp_path / "key", KEYS["file"], mode)
    with pytest.raises(KeyProblem, match=f"others may read it; run: chmod 600 {path}"):
        find_master_key(path, None, {})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"not base64!", "is not base64; make one with: openssl rand -base64 32", id="not base64"),
        pytest.param(base64.b64encode(bytes(16)), "is 16 bytes; it must be 32", id="too short"),
        pytest.param(b"\xff" * 44, "does not hold a key in base64", id="not text"),
        pytest.param(b"", "is 0 bytes; it must be 32", id="empty"),
    ],
)
def test_malformed_key_file_is_refused_without_showing_it(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyProblem, match=message):
        find_master_key(path, None, {})


def test_malformed_variable_is_named(environ: dict[str, str]) -> None:
    with pytest.raises(KeyProblem, match="the master key in REGARD_MASTER_KEY is 3 bytes; it must be 32"):
        find_master_key(None, "AAAA", environ)


def test_named_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyProblem, match=f"{tmp_path}/key cannot be read: No such file or directory"):
        find_master_key(tmp_path / "key", None, {})


def test_made_key_is_random_private_and_found_again(environ: dict[str, str], tmp_path: Path) -> None:
    made = create_default(environ)
    path = tmp_path / "home" / "regard" / "master-key"
    assert (made.file, made.is_new, len(base64.b64decode(path.read_bytes()))) == (path, True, 32)
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    assert [entry.name for entry in path.parent.iterdir()] == ["master-key"]
    found = find_master_key(None, None, environ)
    assert found is not None
    assert (found.key, found.is_new) == (made.key, False)


def test_second_who_makes_the_key_gets_that_of_the_first(environ: dict[str, str]) -> None:
    first, second = create_default(environ), create_default(environ)
    assert (second.key, second.is_new) == (first.key, False)


def test_key_is_not_shown(environ: dict[str, str]) -> None:
    made = create_default(environ)
    assert repr(made.key) not in repr(made)
    assert made.key.hex()[:16] != made.fingerprint
