"""Blobs: whole or not there, private, and overwritten when removed."""

import stat
from pathlib import Path

import pytest

from regard.storage.blobs import Blobs
from regard.storage.errors import Corrupt
from tests.storage.limits import run_with_file_limit


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


@pytest.mark.parametrize("size", [0, 1, 65_536, 200_001])
def test_blob_comes_back_as_it_was(size: int, blobs: Blobs) -> None:
    data = bytes(number % 251 for number in range(size))
    assert blobs.get(blobs.put(data)) == data


def test_names_are_of_what_is_there(blobs: Blobs) -> None:
    first, second = blobs.put(b"1"), blobs.put(b"1")
    assert blobs.names() == {first, second}
    blobs.remove([first])
    assert blobs.names() == {second}


def test_folder_and_files_are_private(blobs: Blobs, tmp_path: Path) -> None:
    name = blobs.put(b"a crop")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "blobs", tmp_path / "blobs" / name)]
    assert modes == [0o700, 0o600]


def test_removed_blob_is_overwritten_before_it_is_unlinked(blobs: Blobs, tmp_path: Path) -> None:
    name = blobs.put(b"a crop" * 30_000)
    (tmp_path / "second name").hardlink_to(tmp_path / "blobs" / name)
    blobs.remove([name])
    assert (tmp_path / "second name").read_bytes() == bytes(180_000)


def test_removing_what_is_gone_is_no_error(blobs: Blobs) -> None:
    name = blobs.put(b"a crop")
    blobs.remove([name])
    blobs.remove([name])
    assert blobs.names() == set()


@pytest.mark.parametrize("name", ["../regard.sqlite", "", "A" * 32, "0" * 31])
def test_name_that_no_blob_can_have_is_refused(name: str, blobs: Blobs) -> None:
    with pytest.raises(Corrupt, match="is not the name of a blob"):
        blobs.get(name)


def test_missing_blob_is_told(blobs: Blobs) -> None:
    with pytest.raises(Corrupt, match="lacks the blob " + "0" * 32):
        blobs.get("0" * 32)


def test_what_a_killed_process_left_is_removed(blobs: Blobs, tmp_path: Path) -> None:
    name = blobs.put(b"a crop")
    left = tmp_path / "blobs" / ("0" * 32 + ".unfinished")
    left.write_bytes(b"half of a crop")
    assert Blobs(tmp_path / "blobs").names() == {name}
    assert not left.exists()


def test_full_disk_leaves_nothing_of_a_blob(tmp_path: Path) -> None:
    printed = run_with_file_limit(
        "from regard.storage.blobs import Blobs\n"
        "from regard.storage.errors import DiskFull\n"
        "blobs = Blobs(folder / 'blobs')\n"
        "kept = blobs.put(b'small')\n"
        "limit(100_000)\n"
        "try:\n"
        "    blobs.put(bytes(200_000))\n"
        "except DiskFull as error:\n"
        "    print(error)\n"
        "print(blobs.names() == {kept}, len(list((folder / 'blobs').iterdir())), blobs.get(kept))\n",
        tmp_path,
    )
    assert printed == [f"nothing more can be written to {tmp_path}/blobs: File too large", "True 1 b'small'"]
