"""A server whose log is on a file system of its own that is full for a while. Needs a mount namespace of its own.

python -m tests.people.full_log FOLDER
"""

import json
import os
import subprocess
import sys
from itertools import count
from pathlib import Path

from regard.ledger.errors import LedgerFull
from regard.people.open import People
from tests.people.log_replay import held_on_disk
from tests.people.rooms import ASKER, logged, opened, person


def main(folder: Path) -> None:
    """Prints the collection whose making failed, the collections on the disk, and those in the log."""
    log = folder / "ledger"
    log.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", log], check=True)
    with opened(folder) as people:
        _fill(log / "filler")
        failed = _made_until_full(people)
        try:
            people.matching.compare(ASKER, "1.0", person(1), person(1)[None], b"source", b"target")
            searched = "answered"
        except LedgerFull:
            searched = "refused"
        (log / "filler").unlink()
        people.collections.create(ASKER, "after", {})
    with opened(folder) as people:
        made = [entry["collection"] for entry in logged(people) if entry["act"] == "create collection"]
        acts = {entry["act"] for entry in logged(people)}
        told = {"failed": failed, "searched": searched, "acts": sorted(acts), "made": made}
        print(json.dumps(told | {"held": sorted(held_on_disk(people))}))


def _fill(file: Path) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(descriptor, bytes(4096)) == 4096:
            pass
    except OSError:
        os.close(descriptor)


def _made_until_full(people: People) -> str:
    """The last page of a file that is there takes some more."""
    for number in count():
        try:
            people.collections.create(ASKER, f"made-{number}", {})
        except LedgerFull:
            return f"made-{number}"
    raise AssertionError


if __name__ == "__main__":
    main(Path(sys.argv[1]))
