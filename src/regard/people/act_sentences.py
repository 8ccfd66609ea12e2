"""Entries of the log in plain words, for the person they are about.

    sentence_of(entry, said)      "Their face was enrolled: 1 face."

The words for what a kind of act is in general are `ledger/entries.py`'s; these tell what one act did.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from regard.ledger.entries import ACTS

Said = Mapping[str, Any]

_WHY = {
    "withdrawn": "the consent was withdrawn",
    "expired": "the consent had expired",
    "no interaction": "there had been no interaction for three years",
    "erased": "erasure was asked for",
}


def sentence_of(entry: Mapping[str, Any], said: Said) -> str:
    """What an entry did to the person whom it is about. said: what it says under the person's key."""
    words = _SENTENCES.get(entry["act"])
    known = {**entry["details"], **said}
    return words(known) if words is not None else ACTS.get(entry["act"], f"An act named '{entry['act']}'.")


def reason_of(why: str) -> str:
    """Why something was erased, in words."""
    return _WHY.get(why, why)


def _granted(said: Said) -> str:
    giver = " by a guardian" if said.get("given_by") == "guardian" else ""
    until = str(said.get("expires"))[:16].replace("T", " ")
    return f"Consent for '{said.get('purpose')}' was recorded{giver}, until {until} UTC."


def _faces(said: Said, name: str = "faces") -> str:
    number = said.get(name)
    return "1 face" if number == 1 else f"{number:,} faces" if isinstance(number, int) else "faces"


def _searched(said: Said) -> str:
    whom = f"A picture was searched for among {_faces(said, 'gallery')}, and the answer was this person"
    return whom + _likeness(said)


def _verified(said: Said) -> str:
    answer = "it was them" if said.get("outcome") == "match" else "it was not them"
    return f"It was asked whether a picture shows this person, and the answer was that {answer}" + _likeness(said)


def _likeness(said: Said) -> str:
    similarity = said.get("similarity")
    # Rounded down: 100 is never reached.
    return "." if similarity is None else f", with a similarity of {math.floor(10 * similarity) / 10:.1f}."


def _erased(said: Said) -> str:
    crops = said.get("crops") or 0
    pictures = {0: "no picture", 1: "1 picture"}.get(crops, f"{crops} pictures")
    why = reason_of(str(said.get("why")))
    return f"Everything held was erased and the secret key destroyed, because {why}: {_faces(said)}, {pictures}."


_SENTENCES: Mapping[str, Callable[[Said], str]] = {
    "grant consent": _granted,
    "enrol": lambda said: f"Their face was enrolled: {_faces(said)}.",
    "delete faces": lambda said: f"Faces of theirs were erased: {_faces(said)}.",
    "create user": lambda said: "A user was made for them.",
    "delete user": lambda said: "Their user was removed; their faces stayed.",
    "associate faces": lambda said: f"Faces were given to their user: {_faces(said)}.",
    "disassociate faces": lambda said: f"Faces were taken from their user: {_faces(said)}.",
    "search faces": _searched,
    "search users": _searched,
    "verify": _verified,
    "import subject": lambda said: f"They came here with a collection from another server: {_faces(said)}.",
    "read subject": lambda said: "What is held about them was read.",
    "export subject": lambda said: "What is held about them was exported.",
    "erase subject": _erased,
}
