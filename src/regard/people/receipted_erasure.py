"""Erasure with a receipt: what the person keeps when nothing of them is kept.

Each entry of the log that concerned them is in it, opened: the salts that were under their key go to them and nowhere
else. With the proofs beside them the receipt shows, from the log's files alone, what happened; without it the same
entries say nothing of anybody. `people/erasure_receipts.py` checks one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regard.errors import Conflict, ResourceNotFound
from regard.ledger.entries import canonical
from regard.ledger.reader import LogFiles
from regard.people.acts import Acts, Asker
from regard.people.erasure import Erasure
from regard.people.personal import Opening
from regard.people.receipts import ERASURE, ReceiptSigner
from regard.people.records import Collection
from regard.people.subjects import subject_key
from regard.storage.open import Storage

RECEIPT_TYPE = "regard erasure receipt 1"
_About = tuple[int, dict[str, Any], Opening]  # index, entry, opening


@dataclass(frozen=True, slots=True)
class ErasureReceipt:
    """The proof of one erasure. The server keeps no copy: it would be what was just erased."""

    collection: str
    receipt: str  # compact JWS
    says: dict[str, Any]  # what is signed


class ReceiptedErasure:
    """Erases subjects and issues receipts of it."""

    def __init__(self, storage: Storage, acts: Acts, erasure: Erasure, signer: ReceiptSigner) -> None:
        self._storage = storage
        self._acts = acts
        self._erasure = erasure
        self._signer = signer

    def erase(self, asker: Asker, collection: Collection, subject: str, why: str) -> ErasureReceipt:
        """`Erasure.subject`, and the receipt. Where the server dies in between, the erasure stands without a receipt.

        Raises ResourceNotFound where the collection has no such subject, Conflict where another call erased it
        meanwhile.
        """
        with self._storage.reading() as connection:
            found = subject_key(connection, self._storage, collection, subject)
        if found is None:
            raise ResourceNotFound(f"Collection {collection.name} has no subject '{subject}'")
        erased = self._erasure.subject(collection, subject, asker=asker, why=why)
        # Looked for with the key that this call still holds, so that nothing that came before the erasure is missed.
        about = self._acts.entries_about(found[1])
        erasures = [one for one in about if one[1]["id"] == erased.entry_id]
        if not erasures:
            raise Conflict(f"Subject '{subject}' was erased by another call at the same time, which has the receipt")
        acts = [one for one in about if one is not erasures[0]]
        entry = erasures[0][1]
        says = {
            "type": RECEIPT_TYPE,
            "subject": subject,
            "collection": collection.name,
            "purpose": collection.purpose,
            "controller": collection.controller,
            "erased_at": entry["ended"],
            "why": why,
            "faces": erased.faces,
            "crops": erased.crops,
            **self._shown(acts, erasures[0]),
        }
        return ErasureReceipt(collection.name, self._signer.sign(says, ERASURE), says)

    def _shown(self, acts: list[_About], erasure: _About) -> dict[str, Any]:
        """The entries, opened, each with its place under one checkpoint."""
        files = LogFiles(self._acts.ledger.folder)  # the log as it is at one moment
        shown = [
            _opened(index, entry, opening) | {"inclusion": [one.hex() for one in files.prove(index).hashes]}
            for index, entry, opening in [*acts, erasure]
        ]
        return {
            "acts": shown[:-1],
            "erasure": shown[-1],
            "log": {"vkey": files.vkey, "checkpoint": files.note.decode()},
        }


def _opened(index: int, entry: Mapping[str, Any], opening: Opening) -> dict[str, Any]:
    # The entry as text: what is hashed is its bytes.
    return {
        "index": index,
        "entry": canonical(entry).decode(),
        "salt": opening.salt.hex(),
        "fields": opening.fields,
    }
