"""What the log can fail with. `people` and `operations` turn these into errors of the API.

LedgerError
├── LedgerCorrupt  the files are not what they should be
├── LedgerFull     nothing was stored
└── ProofError     a proof, a note or a checkpoint does not hold
"""


class LedgerError(Exception):
    """The message names the thing and what to do about it."""


class LedgerCorrupt(LedgerError):
    """The files of a log were changed, cut or lost; more than a crash does. Nothing is repaired."""

    def __init__(self, message: str, place: str) -> None:
        """place: the file within the log's folder, and where in it."""
        super().__init__(message, place)
        self.place = place

    def __str__(self) -> str:
        """The message and the place."""
        return f"{self.args[0]} ({self.place})"


class LedgerFull(LedgerError):
    """There was no room on the disk, or in the quota: nothing of it was stored."""


class ProofError(LedgerError):
    """A proof, a signed note or a checkpoint does not hold, or is malformed."""
