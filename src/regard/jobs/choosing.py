"""Which step of a walk a worker takes next."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StepPlace:
    """A step of a walk as far as choosing goes."""

    key: int
    number: int
    is_taken: bool  # somebody is at it
    is_free: bool  # ready, and its time has come


def next_of(steps: Sequence[StepPlace], done: int) -> StepPlace | None:
    """The step right behind number `done`, where the decoder of whoever did that stands already."""
    return next((step for step in steps if step.number == done + 1 and step.is_free), None)


def first_of(steps: Sequence[StepPlace], is_sequential: bool) -> StepPlace | None:
    """The first free step of a walk nobody is at. steps: those not done, by number.

    is_sequential: one behind another that waits cannot be reached.
    """
    if any(step.is_taken for step in steps):
        return None
    return next((step for step in steps[: 1 if is_sequential else None] if step.is_free), None)


def middle_of(steps: Sequence[StepPlace]) -> StepPlace | None:
    """The middle of the longest run of free steps, the first of equal ones: farthest from whoever walks already.

    steps: those not done, by number.
    """
    runs: list[list[StepPlace]] = [[]]
    for step in steps:
        if step.is_free and runs[-1] and runs[-1][-1].number == step.number - 1:
            runs[-1].append(step)
        elif step.is_free:
            runs.append([step])
    longest = max(runs, key=len)
    return longest[len(longest) // 2] if longest else None
