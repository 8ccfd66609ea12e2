"""kill -9 at any moment, and a disk that is full: what was answered holds, and nothing is half there."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from regard.people.open import People
from regard.storage import schema
from regard.storage.errors import DataFolderInUse
from tests.people.rooms import ASKER, GOVERNED, enrol, found, grant, opened

ROOT = Path(__file__).parents[2]


def child(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.people.enrolling_child", str(folder), *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def numbers(lines: list[str], mark: str) -> set[int]:
    return {int(line.split()[1]) for line in lines if line.startswith(mark)}


@pytest.mark.slow
def test_killed_at_any_moment_everybody_acknowledged_is_found_and_nobody_withdrawn(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        people.collections.create(ASKER, "staff", GOVERNED)
    luck = random.Random(1)
    for first in range(0, 6000, 1000):
        with child(tmp_path, str(first)) as process:
            assert process.stdout is not None
            seen = [process.stdout.readline()]
            time.sleep(luck.uniform(0, 0.4))
            process.send_signal(signal.SIGKILL)
            lines = seen + process.stdout.read().splitlines()
        enrolled, withdrawn = numbers(lines, "+"), numbers(lines, "-")
        may_be_either = numbers(lines, "?") - withdrawn
        with opened(tmp_path) as people:
            staff = people.collections.get(ASKER, "staff")
            for number in enrolled - withdrawn - may_be_either:
                assert found(people, staff, number) == [str(number)]
            for number in withdrawn:
                assert found(people, staff, number) == []
            assert len(people.galleries.faces(staff)) == people.collections.counts(staff)[0]
            assert people.storage.blobs.names() == _crops(people)


def _crops(people: People) -> set[str | None]:
    with people.storage.reading() as connection:
        return set(connection.execute(select(schema.faces.c.crop)).scalars())


def test_full_disk_stops_enrolment_with_a_sentence_and_keeps_what_was_enrolled(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        people.collections.create(ASKER, "staff", GOVERNED)
    with child(tmp_path, "0", "400000") as process:
        assert process.stdout is not None
        lines = process.stdout.read().splitlines()
    assert process.returncode == 0
    assert "The disk of the data folder is full; nothing was enrolled" in lines[-1]
    enrolled = numbers(lines, "+")
    with opened(tmp_path) as people:
        staff = people.collections.get(ASKER, "staff")
        assert people.collections.counts(staff)[0] == len(enrolled) == len(people.galleries.faces(staff))
        assert found(people, staff, max(enrolled)) == ["ada"]
        grant(people, staff, "later")
        enrol(people, staff, "later", 9000)


def test_two_servers_on_one_data_folder_are_refused(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(DataFolderInUse, match=f"in use by process {os.getpid()}"), opened(tmp_path):
        pass
