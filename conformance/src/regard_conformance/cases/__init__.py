"""The questions, a table a module. Their order matters where an answer is kept for a later case."""

from regard_conformance.case import Case
from regard_conformance.cases import (
    collections,
    comparing,
    constraints,
    coverage,
    equipment,
    faces,
    intake,
    labels,
    media_analysis,
    moderation,
    refusals,
    resources,
    stored_video,
    text,
)

# What `--groups` may name; `wire` and `signature` are put over plain HTTP (`wire.py`).
GROUPS = ("answers", "intake", "constraints", "coverage", "refusals", "wire", "signature")


def sdk_cases() -> list[Case]:
    """Every case that goes through an SDK."""
    modules = (
        faces,
        comparing,
        labels,
        text,
        moderation,
        equipment,
        collections,
        resources,
        stored_video,
        media_analysis,
        intake,
        refusals,
        coverage,
        constraints,
    )
    return [case for module in modules for case in module.CASES]
