"""A process that enrols and deletes until it is killed or the disk is full; says what was done once it was done.

python -m tests.people.enrolling_child FOLDER FIRST [BYTES]: people from number FIRST on; no file may grow beyond BYTES.
"""

import resource
import signal
import sys
from pathlib import Path

from regard.errors import ServiceQuotaExceeded
from tests.people.rooms import ASKER, enrol, grant, opened

_KEPT = 5  # subjects, before the oldest withdraws


def main(folder: Path, first: int, most_bytes: int | None) -> None:
    """Prints `+ NUMBER` for a person enrolled, `- NUMBER` for one withdrawn, `full` at the end of the disk."""
    consents: dict[int, str] = {}
    with opened(folder) as people:
        staff = people.collections.get(ASKER, "staff")
        if most_bytes is not None:
            grant(people, staff, "ada", keeps_crops=True)
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))
        number = first
        while True:
            try:
                if most_bytes is None:
                    consents[number] = grant(people, staff, str(number), keeps_crops=True)
                enrol(people, staff, str(number) if most_bytes is None else "ada", number, b"crop" * 1000)
            except ServiceQuotaExceeded as error:
                print("full", error, flush=True)
                resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                return
            print("+", number, flush=True)
            if most_bytes is None and len(consents) > _KEPT:
                gone = min(consents)
                print("?", gone, flush=True)
                people.consents.withdraw(ASKER, consents.pop(gone))
                print("-", gone, flush=True)
            number += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None)
