"""Crowds are not searched: how many faces a picture may show in a question about identity."""

from collections.abc import Sequence

from regard.errors import AccessDenied

MOST_TARGETS = 15  # scope.md: more faces than this in one picture are a crowd
CROWD = 5  # a search picture with more faces of comparable size is one too
_COMPARABLE = 0.5  # of the largest face's longer side
_RIVAL = 0.8  # of the largest face's area: a second face this large leaves open who is meant


def check_no_crowd(boxes: Sequence[tuple[float, float, float, float]]) -> None:
    """boxes: (left, top, right, bottom). Raises AccessDenied for more than five faces of comparable size."""
    sides = [max(right - left, bottom - top) for left, top, right, bottom in boxes]
    comparable = sum(side >= _COMPARABLE * max(sides) for side in sides) if sides else 0
    if comparable > CROWD:
        raise AccessDenied(
            f"The picture shows {comparable} faces of comparable size; the limit of a search is {CROWD}. "
            "Regard does not search crowds: who somebody is may be asked of one person at a time. See /refusals on "
            "this server."
        )


def check_no_target_crowd(count: int) -> None:
    """Raises AccessDenied for a target picture of more than fifteen faces."""
    if count > MOST_TARGETS:
        raise AccessDenied(
            f"The target picture shows {count} faces; the limit of a comparison is {MOST_TARGETS}. Regard does not "
            "search crowds. See /refusals on this server."
        )


def has_rival(boxes: Sequence[tuple[float, float, float, float]]) -> bool:
    """Whether the second largest of some faces is about as large as the largest. boxes: as in `check_no_crowd`."""
    areas = sorted(((right - left) * (bottom - top) for left, top, right, bottom in boxes), reverse=True)
    return len(areas) > 1 and areas[1] >= _RIVAL * areas[0]
