"""What reports, erasures and counts take in a long log: `python -m bench.rights [--entries N]`.

N searches of a governed collection are entered, every hundredth of them about one subject, whose report and erasure are
then timed, and the counts of `/transparency`. No networks. Half a minute for 100,000 entries.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bench.ledger_searches import ASKER, Gallery
from bench.speed import machine
from bench.tables import table
from regard.analysis.embedding import DEFAULT_VERSION, DIMENSIONS
from regard.ledger.reader import LogFiles
from regard.people.acts import About
from regard.people.erasure_receipts import verify_erasure_receipt
from regard.people.open import People, open_people
from regard.people.records import Collection
from regard.people.subjects import subject_key
from regard.people.transparency import ActCounts
from regard.storage.master_key import MasterKey
from regard.storage.open import Storage

SUBJECTS = 100
SUBJECT = "subject-0"
Answer = TypeVar("Answer")
DETAILS = {
    **{"purpose": "staff entrance", "gallery": 1000, "threshold": 95.0, "false_match_rate": 1e-6},
    **{"model": DEFAULT_VERSION, "probe": "0" * 64, "matches": 1, "outcome": "match"},
}


def measured(people: People, entries: int) -> str:
    """Markdown: seconds by what was asked."""
    gallery = Gallery(people, SUBJECTS * 10)
    _search(people, gallery.collection, entries)
    people.acts.ledger.publish()
    counts = ActCounts(people.acts.ledger)
    rows = [
        ["first counts of /transparency", _seconds(counts.totals)[0]],
        ["counts after that", _seconds(counts.totals)[0]],
        ["report on the subject", _seconds(lambda: people.rights.report(ASKER, SUBJECT, None))[0]],
    ]
    taken, (erased,) = _seconds(lambda: people.rights.erase(ASKER, SUBJECT, None))
    acts, size = len(erased.says["acts"]), len(erased.receipt)
    rows.append([f"erasure with a receipt over {acts} acts, {size / 1000:,.0f} kB", taken])
    log = LogFiles(people.acts.ledger.folder)
    rows.append(["that receipt verified", _seconds(lambda: verify_erasure_receipt(erased.receipt, log, None, None))[0]])
    return table((f"in a log of {people.acts.ledger.size:,} entries", "seconds"), rows)


def _search(people: People, collection: Collection, entries: int) -> None:
    """Enters searches: one in SUBJECTS about the subject under its own key, the rest under other keys."""
    with people.storage.reading() as connection:
        found = subject_key(connection, people.storage, collection, SUBJECT)
    assert found is not None, SUBJECT
    keys = [found[1], *(bytes([number]) * 32 for number in range(1, SUBJECTS))]
    fields = {"subject": SUBJECT, "similarity": 99.1, "face_ids": ["0" * 36]}
    for number in range(entries):
        about = About(keys[number % SUBJECTS], fields)
        people.acts.note("search faces", asker=ASKER, collection=collection.name, about=about, details=DETAILS)


def _seconds(work: Callable[[], Answer]) -> tuple[str, Answer]:
    began = time.perf_counter()
    answer = work()
    return f"{time.perf_counter() - began:.2f}", answer


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=100_000)
    options = parser.parse_args()
    print(f"{machine()}\n")
    with tempfile.TemporaryDirectory() as scratch:
        storage = Storage.open(Path(scratch) / "data", MasterKey(bytes(32), "the benchmark"))
        people = open_people(storage, model_version=DEFAULT_VERSION, dimension_of=DIMENSIONS.__getitem__)
        try:
            print(measured(people, options.entries))
        finally:
            people.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
