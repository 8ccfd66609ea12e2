"""Pictures of drawn people, and a server that sees them: a chequered square on white is a face.

Each person has a pattern of colours; a stand-in finds the squares, and another (`stub_embedder.py`) compares patterns.
"""

import contextlib
import io
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from regard.analysis.face_search import FaceSearch
from regard.analysis.faces import FaceAnalyser, FaceNetworks
from regard.lazy import Lazy
from regard.models.yunet import FaceBoxes
from regard.operations.call import Operation
from regard.people.open import open_people
from regard.settings import Settings
from regard.storage.open import Storage
from tests.operations.stub_embedder import CELLS, StubEmbedder, strengths
from tests.people.rooms import ASKER, GOVERNED, MASTER, Wall, grant
from tests.server.service import NoLargeFace, Service, StubbedApp, running

VERSION, DIMENSION = "1.0", 128
_PAPER = 240  # what is as bright or brighter in every colour is background

# Where ArcFace's template has the five landmarks, in shares of its side, so that a crop is the square itself.
_PLACES = np.array([[38.3, 51.7], [73.5, 51.5], [56.0, 71.7], [41.5, 92.4], [70.7, 92.2]], np.float32) / 112


@dataclass(frozen=True, slots=True)
class Drawn:
    """A face to draw."""

    person: int
    left: int = 200
    top: int = 100
    side: int = 240
    likeness: float = 1.0  # less: so much of the pattern is somebody else's
    is_blurred: bool = False
    is_grey: bool = False  # which the embedding network's stand-in makes little of


def picture(*faces: Drawn, size: tuple[int, int] = (640, 480)) -> bytes:
    """A PNG of the faces on white."""
    canvas = np.full((size[1], size[0], 3), 255, np.uint8)
    for face in faces:
        # Without edges: the pattern's corner alone, smoothly.
        pattern, way = (
            (_pattern(face)[:4, :4], cv2.INTER_CUBIC) if face.is_blurred else (_pattern(face), cv2.INTER_NEAREST)
        )
        square = cv2.resize(np.ascontiguousarray(pattern), (face.side, face.side), interpolation=way)
        canvas[face.top : face.top + face.side, face.left : face.left + face.side] = square
    buffer = io.BytesIO()
    Image.fromarray(canvas).save(buffer, "PNG")
    return buffer.getvalue()


def row_of(count: int, side: int = 80) -> list[Drawn]:
    """So many people side by side, of one size."""
    return [
        Drawn(100 + i, left=10 + (i % 6) * (side + 20), top=10 + (i // 6) * (side + 20), side=side)
        for i in range(count)
    ]


def _pattern(face: Drawn) -> NDArray[np.uint8]:
    own, other = (np.random.default_rng(seed).integers(0, 221, (CELLS, CELLS, 3)) for seed in (face.person, 9999))
    mixed = face.likeness * own + (1 - face.likeness) * other
    return np.asarray(mixed[..., :1].repeat(3, 2) if face.is_grey else mixed, np.uint8)


class SquareFinder:
    """Finds the squares."""

    def detect(self, image: NDArray[np.uint8], longer_side: int, min_score: float) -> FaceBoxes:
        """A box for each, with landmarks where an upright face has them."""
        mask = (image.min(2) < _PAPER).astype(np.uint8)
        _, _, found, _ = cv2.connectedComponentsWithStats(mask)
        corners, sizes = found[1:, :2].astype(np.float32), found[1:, 2:4].astype(np.float32)
        landmarks = corners[:, None] + _PLACES * sizes[:, None]
        return FaceBoxes(np.hstack([corners, corners + sizes]), landmarks, np.full(len(corners), 0.9, np.float32))


class DrawnApp(StubbedApp):
    """The application that sees drawn people, with a clock that the test moves."""

    def __init__(self, settings: Settings, operations: Mapping[str, Operation]) -> None:
        super().__init__(settings, operations)
        closer: dict[str, Any] = {field.name: NoLargeFace for field in fields(FaceNetworks)}
        analyser = FaceAnalyser(FaceNetworks(**closer | {"search": FaceSearch(SquareFinder())}))
        self.faces = lambda: analyser  # type: ignore[assignment]  # a made thing in place of one made when needed
        self.wall = Wall()
        self.people = Lazy(
            lambda: open_people(
                Storage.open(settings.data, MASTER),
                model_version=VERSION,
                dimension_of=lambda version: DIMENSION,
                wall=self.wall,
            )
        )

    def embedder(self, version: str) -> Any:
        """The stand-in, for any version."""
        return StubEmbedder(version, DIMENSION)

    def strengths(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The stand-in's."""
        return strengths(crops)


@dataclass(frozen=True, slots=True)
class Room:
    """A server that sees drawn people, and a client of it."""

    service: Service
    app: DrawnApp
    client: Any

    def sandbox(self) -> str:
        """The name of a new sandbox collection."""
        name = f"sandbox-{uuid.uuid4()}"
        self.client.create_collection(CollectionId=name)
        return name

    def governed(self, *subjects: str, **tags: str) -> str:
        """The name of a new governed collection in which these have consented for a year."""
        name = f"governed-{uuid.uuid4()}"
        self.client.create_collection(CollectionId=name, Tags=GOVERNED | tags)
        for subject in subjects:
            self.consent(name, subject)
        return name

    def consent(self, collection: str, subject: str, **changes: object) -> str:
        """Records a consent for a year; returns its id."""
        return grant(self.app.people(), self.app.people().collections.get(ASKER, collection), subject, **changes)

    def enrol(self, collection: str, *faces: Drawn, name: str | None = None, **members: Any) -> list[str]:
        """The FaceIds of what IndexFaces makes of one picture, whatever its quality unless `members` say otherwise."""
        named = {} if name is None else {"ExternalImageId": name}
        answer = self.client.index_faces(
            CollectionId=collection, Image=image(*faces), **{"QualityFilter": "NONE"} | named | members
        )
        return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]

    def found(self, collection: str, *faces: Drawn, **members: Any) -> list[str]:
        """The FaceIds that SearchFacesByImage finds."""
        answer = self.client.search_faces_by_image(CollectionId=collection, Image=image(*faces), **members)
        return [match["Face"]["FaceId"] for match in answer["FaceMatches"]]


@contextlib.contextmanager
def serving(folder: Path, **chosen: Any) -> Iterator[Room]:
    """A server that sees drawn people."""
    made: list[DrawnApp] = []

    def make(settings: Settings, operations: Mapping[str, Operation]) -> DrawnApp:
        made.append(DrawnApp(settings, operations))
        return made[0]

    with running(folder, make=make, face_model=VERSION, **chosen) as service:
        yield Room(service, made[0], service.client())


def headers(answer: Any) -> Any:
    """Of an answer of boto3."""
    return answer["ResponseMetadata"]["HTTPHeaders"]


def image(*faces: Drawn, **options: Any) -> dict[str, bytes]:
    """An `Image` with `picture`."""
    return {"Bytes": picture(*faces, **options)}
