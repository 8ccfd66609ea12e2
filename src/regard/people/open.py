"""The rooms of one data folder, wired."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from regard.ledger.entries import parse
from regard.ledger.log import Ledger
from regard.ledger.notes import NoteSigner
from regard.people.access import AccessKeys
from regard.people.acts import Acts
from regard.people.clock import Clock, wall_ms
from regard.people.collections import Collections
from regard.people.consent import Consents
from regard.people.erasure import Erasure
from regard.people.faces import MOST_FACES, Faces
from regard.people.galleries import Galleries
from regard.people.matching import Matching
from regard.people.pace import Pace
from regard.people.portability import Portability
from regard.people.questions import Questions
from regard.people.receipted_erasure import ReceiptedErasure
from regard.people.receipts import ReceiptSigner
from regard.people.retention import Retention
from regard.people.reviews import Reviews
from regard.people.secret_keys import kept_secret
from regard.people.subject_rights import SubjectRights
from regard.people.transparency import ActCounts, Transparency
from regard.people.users import Users
from regard.storage.open import Storage

LOG_FOLDER = "ledger"


@dataclass(frozen=True, slots=True)
class People:
    """Everything that may be asked about people, over one data folder."""

    storage: Storage
    clock: Clock
    acts: Acts
    counts: ActCounts
    galleries: Galleries
    erasure: Erasure
    collections: Collections
    faces: Faces
    users: Users
    pace: Pace
    reviews: Reviews
    matching: Matching
    consents: Consents
    retention: Retention
    portability: Portability
    access: AccessKeys
    rights: SubjectRights
    transparency: Transparency

    def close(self) -> None:
        """Ends the retention thread and the log, and lets go of the data folder."""
        self.retention.stop()
        self.galleries.close()
        self.acts.close()
        self.storage.close()


def log_folder(data: Path) -> Path:
    """Where the log of a data folder is."""
    return data / LOG_FOLDER


def open_people(
    storage: Storage,
    *,
    model_version: str,
    dimension_of: Callable[[str], int],
    wall: Callable[[], int] = wall_ms,
    most_faces: int = MOST_FACES,
    settings: Mapping[str, Any] | None = None,
) -> People:
    """Makes good what a crash left, erases what is due, and is ready.

    model_version: of the face networks for new collections. dimension_of: length of a vector by model version. wall:
    milliseconds since 1970 UTC. most_faces: of one governed collection. settings: what the log is to say of this start.
    Raises LedgerCorrupt where the log was altered or cut.
    """
    clock = Clock(storage, wall)
    ledger = _ledger(storage, clock)
    acts = Acts(storage, clock, ledger)
    signer = ReceiptSigner(storage)
    _note_start(acts, signer, ledger, settings or {})
    galleries = Galleries(storage, dimension_of)
    erasure = Erasure(storage, clock, acts, galleries)
    erasure.orphans()
    erasure.sweep()
    collections = Collections(storage, clock, acts, erasure, model_version)
    pace, reviews = Pace(acts), Reviews(storage, clock, acts)
    counts = ActCounts(ledger)
    questions = Questions(storage, clock, acts, galleries, pace, reviews)
    return People(
        storage=storage,
        clock=clock,
        acts=acts,
        counts=counts,
        galleries=galleries,
        erasure=erasure,
        collections=collections,
        faces=Faces(storage, clock, acts, galleries, erasure, most_faces),
        users=Users(storage, clock, acts, galleries),
        pace=pace,
        reviews=reviews,
        matching=Matching(storage, clock, galleries, questions),
        consents=Consents(storage, clock, acts, erasure, ReceiptedErasure(storage, acts, erasure, signer), signer),
        retention=Retention(storage, clock, erasure, galleries, pace, reviews),
        portability=Portability(storage, clock, acts, galleries, collections, erasure),
        access=AccessKeys(storage, clock, acts),
        rights=SubjectRights(storage, clock, acts, galleries, erasure, signer),
        transparency=Transparency(storage, clock, counts, ledger),
    )


def _ledger(storage: Storage, clock: Clock) -> Ledger:
    seed = kept_secret(storage, "log")
    # Two logs never have the same name, so that a checkpoint of one cannot be taken for one of the other.
    name = f"regard-log-{kept_secret(storage, 'log name').hex()[:16]}"
    ledger = Ledger.open(log_folder(storage.folder), NoteSigner(name, seed))
    if ledger.size:
        last = parse(next(ledger.entries(ledger.size - 1)))
        clock.hold(round(datetime.fromisoformat(last["ended"]).timestamp() * 1000))
    return ledger


def _note_start(acts: Acts, signer: ReceiptSigner, ledger: Ledger, settings: Mapping[str, Any]) -> None:
    details = {"receipt_key": signer.public_key.hex(), "log_key": ledger.vkey, "settings": dict(settings)}
    acts.note("start", asker=None, details=details)
