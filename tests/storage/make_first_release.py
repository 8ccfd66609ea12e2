"""Makes the data folder of the first form that `first_release/` holds, with the code of that time.

    git archive 4cb4ea9 src tests | tar -x -C OLD        # before the work on the second form began
    PYTHONPATH=OLD/src:OLD python tests/storage/make_first_release.py tests/storage/first_release

People are unit vectors of random numbers, names and texts are made up, the clock stands in January 2027, and the master
key is the 32 bytes 0 to 31. Ids and keys are random: another run makes another folder that says the same.
"""

import base64
import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from tests.people.rooms import ASKER, GOVERNED, Wall, enrol, face, found, grant, opened, person


def main(target: Path) -> None:
    """Writes the database as SQL, and the files beside it as base64."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "data"
        _fill(folder)
        with closing(sqlite3.connect(folder / "regard.sqlite")) as database:
            (target / "regard.sql").write_text("".join(f"{line}\n" for line in database.iterdump()), "utf-8")
        files = {
            path.relative_to(folder).as_posix(): base64.b64encode(path.read_bytes()).decode()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.startswith(("regard.sqlite", "lock"))
        }
    (target / "files.json").write_text(json.dumps(files, indent=1) + "\n", "utf-8")


def _fill(folder: Path) -> None:
    with opened(folder, Wall()) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        grant(people, staff, "p-1")
        grant(people, staff, "p-2", keeps_crops=True)
        left = grant(people, staff, "p-3")
        enrol(people, staff, "p-1", 1)
        enrol(people, staff, "p-2", 2, crop=b"a crop of person 2")
        enrol(people, staff, "p-3", 3)
        people.users.create(ASKER, staff, "p-1", None)
        people.consents.withdraw(ASKER, left)
        gate = people.collections.create(ASKER, "gate", GOVERNED | {"regard:verify-only": "true", "floor": "2 Süd"})
        grant(people, gate, "p-1")
        enrol(people, gate, "p-1", 1)
        tryout = people.collections.create(ASKER, "tryout", {})
        people.faces.enrol(ASKER, tryout, b"a picture", None, [face(person(4)), face(person(5))])
        assert found(people, staff, 2) == ["p-2"]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
