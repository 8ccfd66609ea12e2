"""Run by test_log_kills.py: kills a process that writes a log, again and again, and reads the log each time.

python -m tests.ledger.log_killer FOLDER KILLS SEED

A process of its own, since it forks, which one with threads must not. Prints how many entries there were.
"""

import random
import sys
from functools import partial
from pathlib import Path

from regard.ledger.reader import LogFiles
from tests.forked import lines_until_killed
from tests.ledger.written_log import request_of, unexplained, write_for_ever

_LONGEST_SECONDS = 0.15
_THREADS = 8


def main(folder: Path, kills: int, seed: int) -> None:
    """Fails where an acknowledged entry is not in its place, or one that was there is another one or gone."""
    luck, seen = random.Random(seed), list[bytes]()
    for kill in range(kills):
        act = partial(write_for_ever, folder, str(kill), _THREADS)
        lines = lines_until_killed(act, luck.uniform(0, _LONGEST_SECONDS))
        if not (folder / "checkpoint").exists():  # killed before there was a log
            assert lines == []
            continue
        assert unexplained(folder) == []
        now = list(LogFiles(folder).entries())
        assert now[: len(seen)] == seen
        for index, entry in (line.split(" ", 1) for line in lines):
            assert now[int(index)] == entry.encode()
        assert len(set(now)) == len(now)
        new = [request_of(entry) for entry in now[len(seen) :]]
        for thread in range(_THREADS):
            mine = [request for request in new if request.startswith(f"{kill}-{thread}-")]
            assert mine == [f"{kill}-{thread}-{number}" for number in range(len(mine))]
        seen = now
    print(len(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
