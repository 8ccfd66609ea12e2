"""kill -9 at any moment: what was acknowledged is in the log, and the log says what is on the disk."""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from regard.ledger.errors import LedgerError
from regard.ledger.verifying import verify_log
from tests.people.dying_ledger import MOMENTS
from tests.people.log_replay import Replay, held_on_disk
from tests.people.rooms import ASKER, logged, opened, person

ROOT = Path(__file__).parents[2]
KILLS = 200
_CUT_OFF = re.compile(r"Cut \d+ bytes of a group that was never acknowledged from \S+/journal/\d+")
_ACTS = {
    *("start", "create collection", "delete collection", "grant consent", "enrol", "refuse enrolment", "delete faces"),
    *("create user", "search faces", "verify", "compare", "refuse question", "erase subject"),
}


@pytest.mark.slow
def test_killed_at_any_moment_the_log_has_what_was_acknowledged_and_says_what_is_there(tmp_path: Path) -> None:
    seed = secrets.randbelow(1_000_000)
    done = _run("tests.people.log_kills", str(tmp_path), str(KILLS), str(seed))
    print(done.stdout)
    # A kill in the middle of a write leaves a torn group, and the start that cuts it off says so.
    strange = [line for line in done.stderr.splitlines() if not _CUT_OFF.fullmatch(line)]
    assert (done.returncode, strange) == (0, []), f"seed {seed}"
    told = json.loads(done.stdout.splitlines()[1])
    assert sum(told["moments"].values()) == KILLS
    assert told["moments"]["opening"] > 0
    assert told["moments"]["acting"] > KILLS / 2
    assert told["acknowledged"] > 10 * KILLS
    assert _replayed(tmp_path).acts.keys() >= _ACTS


def _run(module: str, *arguments: str, within: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*within, sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def _replayed(folder: Path) -> Replay:
    """The whole log, after one more start, and compared with the disk."""
    replay = Replay()
    with opened(folder) as people:
        for entry in people.acts.ledger.entries(0):
            replay.take(entry)
        assert replay.held == held_on_disk(people)
    assert verify_log(folder / "ledger").problems == []
    return replay


@pytest.mark.parametrize("moment", MOMENTS)
def test_change_has_one_entry_whenever_it_was_cut_off(moment: str, tmp_path: Path) -> None:
    done = _run("tests.people.dying_ledger", str(tmp_path), moment)
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, "")
    for starts in (2, 3):
        with opened(tmp_path) as people:
            assert held_on_disk(people) == {"trial": (0, 0)}
            acts = [entry["act"] for entry in logged(people)]
            assert acts == ["start", "create collection", *["start"] * (starts - 1)]


def test_log_that_is_full_for_a_while_gets_the_entry_of_what_was_changed_and_refuses_to_answer(tmp_path: Path) -> None:
    namespace = ["unshare", "--user", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*namespace, "true"], check=False).returncode:
        pytest.skip("this machine lets nobody mount file systems")
    done = _run("tests.people.full_log", str(tmp_path), within=namespace)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["searched"] == "refused"
    assert told["acts"] == ["create collection", "start"]
    assert told["made"][-2:] == [told["failed"], "after"]
    assert sorted(told["made"]) == told["held"]


def test_log_replaced_by_an_older_copy_is_told_with_both_sizes(tmp_path: Path) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy"
    with opened(data) as people:
        people.collections.create(ASKER, "trial", {})
    shutil.copytree(data / "ledger", copy)
    with opened(data) as people:
        trial = people.collections.get(ASKER, "trial")
        people.matching.faces_like(ASKER, trial, person(1), 80.0, 5, b"picture")
        people.collections.create(ASKER, "later", {})
        size = people.acts.ledger.size
    shutil.rmtree(data / "ledger")
    copy.rename(data / "ledger")
    with pytest.raises(LedgerError, match=rf"holds 2 entries; the database saw it hold {size}"), opened(data):
        pass


def test_removed_log_is_not_begun_anew(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        people.collections.create(ASKER, "trial", {})
    shutil.rmtree(tmp_path / "ledger")
    with pytest.raises(LedgerError, match="holds 0 entries; the database saw it hold 2"), opened(tmp_path):
        pass
