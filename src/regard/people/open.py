"""The rooms of one data folder, wired."""

from collections.abc import Callable
from dataclasses import dataclass

from regard.people.acts import Acts
from regard.people.clock import Clock, wall_ms
from regard.people.collections import Collections
from regard.people.consent import Consents
from regard.people.erasure import Erasure
from regard.people.faces import MOST_FACES, Faces
from regard.people.galleries import Galleries
from regard.people.matching import Matching
from regard.people.portability import Portability
from regard.people.receipts import ReceiptSigner
from regard.people.retention import Retention
from regard.people.users import Users
from regard.storage.open import Storage


@dataclass(frozen=True, slots=True)
class People:
    """Everything that may be asked about people, over one data folder."""

    storage: Storage
    clock: Clock
    acts: Acts
    galleries: Galleries
    erasure: Erasure
    collections: Collections
    faces: Faces
    users: Users
    matching: Matching
    consents: Consents
    retention: Retention
    portability: Portability

    def close(self) -> None:
        """Ends the retention thread and lets go of the data folder."""
        self.retention.stop()
        self.galleries.close()
        self.storage.close()


def open_people(
    storage: Storage,
    *,
    model_version: str,
    dimension_of: Callable[[str], int],
    wall: Callable[[], int] = wall_ms,
    most_faces: int = MOST_FACES,
) -> People:
    """Makes good what a crash left, erases what is due, and is ready.

    model_version: of the face networks for new collections. dimension_of: length of a vector by model version. wall:
    milliseconds since 1970 UTC. most_faces: of one governed collection.
    """
    clock = Clock(storage, wall)
    acts = Acts(clock)
    galleries = Galleries(storage, dimension_of)
    erasure = Erasure(storage, clock, acts, galleries)
    erasure.orphans()
    erasure.sweep()
    collections = Collections(storage, clock, acts, erasure, model_version)
    return People(
        storage=storage,
        clock=clock,
        acts=acts,
        galleries=galleries,
        erasure=erasure,
        collections=collections,
        faces=Faces(storage, clock, acts, galleries, erasure, most_faces),
        users=Users(storage, clock, acts, galleries),
        matching=Matching(storage, clock, acts, galleries),
        consents=Consents(storage, clock, acts, erasure, ReceiptSigner(storage)),
        retention=Retention(storage, erasure, galleries),
        portability=Portability(storage, clock, acts, galleries, collections, erasure),
    )
