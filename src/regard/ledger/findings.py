"""What verification finds."""

from dataclasses import dataclass

MOST_PROBLEMS = 1000  # a log that was replaced as a whole has one for every entry


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a log that is not as it was written."""

    place: str  # the file within the log's folder, and where in it
    what: str


class Findings:
    """Problems, in the order in which they were found."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.untold = 0  # problems beyond the most that are kept

    def add(self, place: str, what: str) -> None:
        """One more."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(place, what))
        else:
            self.untold += 1
