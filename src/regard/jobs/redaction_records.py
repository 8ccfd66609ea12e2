"""What is kept of a redaction job on the disk: one folder a job.

job.json             the record, written anew as a whole at each change of state
input, output.SUFFIX the video as it came, removed when the job ends, and as it went
output.SUFFIX.report.json, .html, plan.json
"""

import os
import re
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import orjson

from regard.redaction.settings import RedactionSettings

State = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED = frozenset({"done", "failed", "cancelled"})
_ID = re.compile("[0-9a-f]{32}")
_RECORD = "job.json"


@dataclass(frozen=True, slots=True)
class RedactionJob:
    """One video to be redacted, or one that was."""

    id: str
    owner: str  # the access key that asked; nobody else sees it
    suffix: str  # of the output: .mp4, .mkv, ...
    settings: RedactionSettings
    state: State
    created_ms: int
    ended_ms: int | None = None
    message: str = ""  # why it failed
    uncertain: int | None = None  # spans that somebody should look at; known when it is done

    def to_bytes(self) -> bytes:
        """As JSON."""
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2)

    @classmethod
    def from_bytes(cls, data: bytes) -> "RedactionJob":
        """What `to_bytes` wrote. Raises ValueError, TypeError or KeyError for anything else."""
        members: dict[str, Any] = orjson.loads(data)
        job = cls(**{**members, "settings": RedactionSettings.from_json(members["settings"])})
        if job.state not in get_args(State):
            raise ValueError(f"the state '{job.state}' is unknown")
        return job


class JobFolder:
    """Where one job is."""

    def __init__(self, top: Path, job_id: str) -> None:
        self.path = top / job_id
        self.input = self.path / "input"

    def output(self, job: RedactionJob) -> Path:
        """The redacted video."""
        return self.path / f"output{job.suffix}"

    @property
    def plan(self) -> Path:
        """The plan that was rendered."""
        return self.path / "plan.json"

    def write(self, job: RedactionJob) -> None:
        """Makes the record what `job` says; a crash leaves the old one or the new. Raises OSError."""
        draft = self.path / f"{_RECORD}.new"
        with draft.open("wb") as file:
            file.write(job.to_bytes())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path / _RECORD)

    def read(self) -> RedactionJob | None:
        """The record; None where a crash came before there was one. Raises OSError, ValueError."""
        try:
            return RedactionJob.from_bytes((self.path / _RECORD).read_bytes())
        except FileNotFoundError:
            return None
        except (TypeError, KeyError) as error:
            raise ValueError(f"{self.path / _RECORD} is no record of a job: {error}") from error


def new_id() -> str:
    """32 random hex digits."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    """Whether it can be a job's, and so the name of a folder."""
    return _ID.fullmatch(text) is not None
