"""Who wears what is required: with, without, or not to be known."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from regard.analysis.ppe import EquippedPerson

EquipmentType = Literal["FACE_COVER", "HAND_COVER", "HEAD_COVER"]

LEAST_CONFIDENCE = 50.0  # nothing less sure is ever reported


@dataclass(frozen=True, slots=True)
class Summary:
    """Indices of persons; everyone is in exactly one list."""

    equipped: tuple[int, ...]
    unequipped: tuple[int, ...]
    indeterminate: tuple[int, ...]


class _Verdict(Enum):
    WORN = "worn"
    MISSING = "missing"
    UNKNOWN = "unknown"


def summarise(people: Sequence[EquippedPerson], required: Collection[EquipmentType], min_confidence: float) -> Summary:
    """Sorts people by what they wear, with AWS's rules.

    Equipped: every required type is worn. Unequipped: one is missing, whatever the others are. Indeterminate: the rest,
    where something was not seen, is less sure than `min_confidence`, or cannot be known. A `min_confidence` below 50
    acts as 50.
    """
    floor = max(min_confidence, LEAST_CONFIDENCE)
    lists: dict[_Verdict, list[int]] = {verdict: [] for verdict in _Verdict}
    for index, person in enumerate(people):
        lists[_overall(person, required, floor)].append(index)
    return Summary(*(tuple(lists[verdict]) for verdict in (_Verdict.WORN, _Verdict.MISSING, _Verdict.UNKNOWN)))


def _overall(person: EquippedPerson, required: Collection[EquipmentType], floor: float) -> _Verdict:
    if person.confidence < floor:
        return _Verdict.UNKNOWN
    verdicts = {_face_cover(person, floor) if kind == "FACE_COVER" else _Verdict.UNKNOWN for kind in required}
    if _Verdict.MISSING in verdicts:
        return _Verdict.MISSING
    return _Verdict.UNKNOWN if _Verdict.UNKNOWN in verdicts else _Verdict.WORN


def _face_cover(person: EquippedPerson, floor: float) -> _Verdict:
    face = person.part("FACE")
    if face is None or face.confidence < floor:
        return _Verdict.UNKNOWN
    if face.cover is not None:
        return _Verdict.WORN if face.cover.confidence >= floor else _Verdict.UNKNOWN
    is_bare = face.bare_confidence is not None and face.bare_confidence >= floor
    return _Verdict.MISSING if is_bare else _Verdict.UNKNOWN
