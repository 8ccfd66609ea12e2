"""Run by test_log_crashes.py: kills a process that has a data folder, again and again, and reads its log each time.

python -m tests.people.log_kills FOLDER KILLS SEED

A process of its own, since it forks (a start takes no time so), which one with threads must not. Prints what it did;
fails at the first thing that is not as it should be.
"""

import json
import random
import sys
from collections import Counter
from pathlib import Path

from regard.ledger.reader import LogFiles
from regard.people.clock import wall_ms
from tests.forked import Say, lines_until_killed
from tests.ledger.written_log import unexplained
from tests.people.log_actors import act_for_ever, prepare
from tests.people.log_replay import Replay, held_on_disk
from tests.people.rooms import Wall, opened

_READY_SHARE = 0.75  # of the kills, once the process is ready; the others while it opens the folder
_OPENING_SECONDS, _ACTING_SECONDS = 0.2, 0.4  # at most
_MOST_LINES = 40  # before the time of those that are ready begins, so that a slow machine acts as much as a quick one


class _Killed:
    """What became of one process."""

    def __init__(self, lines: list[str]) -> None:
        opened = [line for line in lines if line.startswith("{")]
        self.opened = json.loads(opened[0]) if opened else None
        self.acknowledged = [line.split(" ", 1) for line in lines if line[0].isdigit()]


class _Log:
    """The log as it was at the last kill, and what it said."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._replay = Replay()
        self._size, self._root = 0, b""
        self.acknowledged = 0

    def check(self, killed: _Killed) -> None:
        """Everything that was there is there, and what was acknowledged, and it says what was on the disk."""
        assert unexplained(self._folder) == []
        files = LogFiles(self._folder)
        assert files.size >= self._size, f"the log had {self._size} entries and has {files.size}"
        assert self._size == 0 or files.root_at(self._size) == self._root
        for size, entry in enumerate(files.entries(self._size), self._size + 1):
            self._replay.take(entry)
            if killed.opened is not None and killed.opened["size"] == size:
                told = {name: tuple(held) for name, held in killed.opened["held"].items()}
                assert self._replay.held == told, f"at {size}: the log says {self._replay.held}, the disk holds {told}"
                killed.opened = None
        assert killed.opened is None, "the log is shorter than it was when the process was ready"
        for request, act in killed.acknowledged:
            assert self._replay.done[request, act] == 1, f"{act} of {request} was acknowledged; not in the log"
        self.acknowledged += len(killed.acknowledged)
        self._size, self._root = files.size, files.root_at(files.size)

    def __str__(self) -> str:
        return f"{self._size} entries, {self.acknowledged} of them acknowledged: {dict(self._replay.acts)}"


def main(folder: Path, kills: int, seed: int) -> None:
    """See the module."""
    print(f"seed {seed}", flush=True)
    with opened(folder) as people:
        prepare(people)
    luck, moments, log = random.Random(seed), Counter[str](), _Log(folder / "ledger")
    for number in range(kills):
        killed = _run_and_kill(folder, number, luck)
        moments["acting" if killed.acknowledged else "ready" if killed.opened else "opening"] += 1
        log.check(killed)
    print(json.dumps({"moments": moments, "acknowledged": log.acknowledged}))
    print(log)


def _run_and_kill(folder: Path, number: int, luck: random.Random) -> _Killed:
    def act(say: Say) -> None:
        with opened(folder, Wall(wall_ms())) as people:
            say(json.dumps({"size": people.acts.ledger.size, "held": held_on_disk(people)}))
            act_for_ever(people, number, say)

    is_ready = luck.random() < _READY_SHARE
    seconds = luck.uniform(0, _ACTING_SECONDS if is_ready else _OPENING_SECONDS)
    return _Killed(lines_until_killed(act, seconds, after_lines=luck.randint(1, _MOST_LINES) if is_ready else 0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
