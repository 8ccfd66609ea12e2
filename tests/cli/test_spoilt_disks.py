"""Every command that writes to a data folder says clearly that the disk is full or may only be read."""

import base64
from pathlib import Path

import pytest

from regard.storage.backup import back_up
from tests.cli.spoilt_disks import on_full_disk, on_read_only_disk
from tests.jobs.job_room import JobRoom
from tests.people.rooms import ASKER, GOVERNED, opened

KEY = base64.b64encode(bytes(range(32))).decode()
COMMANDS = {
    "serve": ["serve", "--port", "0"],
    "worker": ["worker"],
    "migrate": ["migrate"],
    "backup": ["backup", "{beside}/out.tar"],
    "jobs list": ["jobs", "list"],
    "jobs cancel": ["jobs", "cancel", "{job}"],
    "jobs retry": ["jobs", "retry", "{job}"],
    "jobs priority": ["jobs", "priority", "{job}", "3"],
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a collection and a job."""
    with opened(tmp_path / "data") as people:
        people.collections.create(ASKER, "staff", GOVERNED)
    return tmp_path / "data"


def words(name: str, data: Path) -> list[str]:
    """The command's words, for a data folder with one job."""
    room = JobRoom(data / "jobs")
    job = room.submit()
    room.store.close()
    filled = [word.format(beside=data.parent, job=job.id) for word in COMMANDS[name]]
    return [*filled, "--data", str(data)]


@pytest.mark.parametrize("name", COMMANDS)
def test_disk_that_may_only_be_read_is_told_in_one_line(data: Path, name: str) -> None:
    result = on_read_only_disk(data, *words(name, data), REGARD_MASTER_KEY=KEY)
    assert result.returncode == 1
    [line] = result.stderr.splitlines()
    assert line.startswith("regard: ")


@pytest.mark.parametrize("name", COMMANDS)
def test_full_disk_is_told_in_one_line(data: Path, name: str) -> None:
    result = on_full_disk(data, *words(name, data), REGARD_MASTER_KEY=KEY)
    assert result.returncode == 1
    [line] = result.stderr.splitlines()
    assert line.startswith("regard: ")


def test_restoring_to_where_nothing_may_be_written_is_told_in_one_line(data: Path, tmp_path: Path) -> None:
    back_up(data, tmp_path / "out.tar", {}, lambda done, total: None, has_buckets=False)
    (tmp_path / "disk").mkdir()
    options = ("restore", str(tmp_path / "out.tar"), "--data", str(tmp_path / "disk/new"))
    result = on_read_only_disk(tmp_path / "disk", *options)
    assert (result.returncode, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    assert line.startswith(f"regard: {tmp_path}/disk/")
    assert line.endswith(": Read-only file system")
