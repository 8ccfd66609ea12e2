"""Faces of a picture: where, how turned, how usable, and what can be seen of them.

Nothing here says who somebody is, or guesses at what cannot be seen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from regard.analysis import face_geometry
from regard.analysis.eyewear import sunglasses_score
from regard.analysis.face_confidence import confidence, score
from regard.analysis.face_search import FaceSearch
from regard.analysis.labels import TagNetwork
from regard.analysis.quality import face_quality
from regard.analysis.results import Claim, EyeDirection, Face, PixelSource
from regard.models.face_mask import face_crop
from regard.models.face_mesh import FaceMeshes
from regard.models.yunet import FaceBoxes

_CROP_PIXELS = 160  # what the largest face should measure in the array that crops are cut from
_MESH_PIXELS = 32  # below this in that array a mesh is guesswork and five points serve
_MIN_LONGER_SIDE = 640  # what the search decoded anyway

# Indices into MediaPipe's 52 blendshapes.
_BLINKS, _SMILES = (9, 10), (44, 45)
_INNER_LIPS, _MOUTH_CORNERS = (13, 14), (61, 291)


@dataclass(frozen=True, slots=True)
class Curve:
    """A logistic from a measure to the belief that something is so."""

    middle: float  # where it is as likely as not
    width: float  # a negative one for a measure that falls

    def __call__(self, measure: float) -> float:
        """0..1."""
        return float(1 / (1 + np.exp(-(measure - self.middle) / self.width)))


# Set by looking at 700 LFW faces sorted by each measure; `docs/concepts/faces.md` says how surely they separate.
EYES_OPEN = Curve(0.62, -0.07)  # mean blink weight
MOUTH_OPEN = Curve(0.15, 0.03)  # gap between the lips over the mouth's width
SMILE = Curve(0.62, 0.07)  # mean smile weight
COVERED = Curve(0.7, 0.1)  # the mask network's probability; 0.7 as in ppe.py, whose comment has the rates

SUNGLASSES = Curve(-1.0, 0.15)  # log10 of the score of two views

ATTRIBUTES = frozenset({"EYES_OPEN", "MOUTH_OPEN", "SMILE", "SUNGLASSES", "FACE_OCCLUDED", "EYE_DIRECTION"})
_LEAST_SCORE = 0.01  # lower ones count as this: pale lenses score as low as none, so none is that sure


class MeshNetwork(Protocol):
    """`models.face_mesh.FaceMesh`."""

    def find(self, image: NDArray[np.uint8], boxes: NDArray[np.float32], landmarks: NDArray[np.float32]) -> FaceMeshes:
        """Meshes of the faces in `boxes`."""


class ExpressionNetwork(Protocol):
    """`models.face_mesh.Blendshapes`."""

    def weigh(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 52) weights."""


class CoverNetwork(Protocol):
    """`models.face_mask.FaceMask`."""

    def covered(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """(N,) belief that mouth and nose are covered, for (H, W, 3) RGB crops of face boxes."""


@dataclass(frozen=True, slots=True)
class FaceNetworks:
    """What `FaceAnalyser` runs. All but the search are made when first needed."""

    search: FaceSearch
    mesh: Callable[[], MeshNetwork]
    expressions: Callable[[], ExpressionNetwork]
    cover: Callable[[], CoverNetwork]
    tags: Callable[[], TagNetwork]


class FaceAnalyser:
    """Finds and describes faces."""

    def __init__(self, networks: FaceNetworks) -> None:
        self._networks = networks

    def analyse(
        self,
        source: PixelSource,
        attributes: frozenset[str] = frozenset(),
        *,
        has_all_landmarks: bool = False,
        limit: int | None = None,
        min_confidence: float = 50.0,
    ) -> list[Face]:
        """Faces of `source`, largest first, at most `limit`.

        attributes: of `ATTRIBUTES`; nothing is said of others. min_confidence: 0..100. A face under 32 pixels
        in the picture has its pose from five points and none of the attributes that need a mesh.
        """
        found = self._networks.search.find(source, score(min_confidence))
        found = found.pick(np.arange(len(found))[:limit])
        if not len(found):
            return []
        longer = max(source.size)
        largest = float(np.max(found.boxes[0, 2:] - found.boxes[0, :2]))
        image = source.pixels(at_least=max(_MIN_LONGER_SIDE, round(longer * _CROP_PIXELS / max(largest, 1.0))))
        scale = longer / max(image.shape[:2])
        return self._described(image, found.moved(1 / scale, 0, 0), scale, attributes, has_all_landmarks)

    def boxes(self, source: PixelSource, min_confidence: float = 50.0) -> NDArray[np.float32]:
        """(N, 4) boxes alone, largest first, in pixels of the whole picture."""
        return self.scored_boxes(source, min_confidence)[0]

    def scored_boxes(
        self, source: PixelSource, min_confidence: float
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(N, 4) boxes, largest first, in pixels of the whole picture, and their (N,) confidences, 0..100."""
        found = self._networks.search.find(source, score(min_confidence))
        return found.boxes, np.array([confidence(float(value)) for value in found.scores], np.float32)

    def _described(
        self, image: NDArray[np.uint8], faces: FaceBoxes, scale: float, attributes: frozenset[str], has_all: bool
    ) -> list[Face]:
        sides = np.max(faces.boxes[:, 2:] - faces.boxes[:, :2], axis=1)
        meshed = np.flatnonzero(sides >= _MESH_PIXELS)
        part = faces.pick(meshed)
        meshes = self._networks.mesh().find(image, part.boxes, part.landmarks).points
        views = self._views(image, part, meshes, attributes)
        view_of = dict(zip(meshed.tolist(), views, strict=True))
        return [
            _face(image, faces, index, scale, view_of.get(index), attributes, has_all) for index in range(len(faces))
        ]

    def _views(
        self, image: NDArray[np.uint8], faces: FaceBoxes, meshes: NDArray[np.float32], attributes: frozenset[str]
    ) -> list["_View"]:
        """One for each of `faces`, with the networks that `attributes` ask for and no others run."""
        networks, count = self._networks, len(faces)
        weights = networks.expressions().weigh(meshes) if attributes & _FROM_EXPRESSIONS else [None] * count
        covers, shades = [0.0] * count, [0.0] * count
        if "FACE_OCCLUDED" in attributes:
            crops = [face_crop(image, box) for box in faces.boxes]
            covers = [float(probability) for probability in networks.cover().covered(crops)]
        if "SUNGLASSES" in attributes:
            pairs = zip(faces.boxes, meshes, strict=True)
            shades = [sunglasses_score(image, box, mesh, networks.tags) for box, mesh in pairs]
        return [_View(*seen) for seen in zip(meshes, weights, covers, shades, strict=True)]


_FROM_EXPRESSIONS = frozenset({"EYES_OPEN", "SMILE", "EYE_DIRECTION"})


@dataclass(frozen=True, slots=True)
class _View:
    """What the networks said of one face that is large enough for them."""

    mesh: NDArray[np.float32]  # (478, 3)
    expressions: NDArray[np.float32] | None  # (52,)
    cover: float
    sunglasses: float

    def openness(self) -> float:
        assert self.expressions is not None
        return EYES_OPEN(float(self.expressions[list(_BLINKS)].mean()))

    def smile(self) -> float:
        assert self.expressions is not None
        return SMILE(float(self.expressions[list(_SMILES)].mean()))

    def mouth_opening(self) -> float:
        gap, width = (np.hypot(*(self.mesh[a, :2] - self.mesh[b, :2])) for a, b in (_INNER_LIPS, _MOUTH_CORNERS))
        return MOUTH_OPEN(float(gap / max(width, 1e-6)))


def _claims(view: _View, attributes: frozenset[str]) -> tuple[tuple[str, Claim], ...]:
    """The yes-or-no attributes asked for, by Rekognition's member name."""
    beliefs: dict[str, tuple[str, Callable[[], float]]] = {
        "SMILE": ("Smile", view.smile),
        "EYES_OPEN": ("EyesOpen", view.openness),
        "MOUTH_OPEN": ("MouthOpen", view.mouth_opening),
        "SUNGLASSES": ("Sunglasses", lambda: SUNGLASSES(float(np.log10(max(view.sunglasses, _LEAST_SCORE))))),
        "FACE_OCCLUDED": ("FaceOccluded", lambda: COVERED(view.cover)),
    }
    return tuple((name, _claim(belief())) for key, (name, belief) in beliefs.items() if key in attributes)


def _claim(belief: float) -> Claim:
    return Claim(belief >= 0.5, 100 * max(belief, 1 - belief))


def _face(
    image: NDArray[np.uint8],
    faces: FaceBoxes,
    index: int,
    scale: float,
    view: _View | None,
    attributes: frozenset[str],
    has_all: bool,
) -> Face:
    """Face `index` in pixels of the whole picture, which is `scale` times `image`."""
    five = faces.landmarks[index]
    rotation = face_geometry.rotation_from_five(five) if view is None else face_geometry.head_rotation(view.mesh)
    points = (
        face_geometry.named_landmarks(view.mesh)
        if has_all and view is not None
        else tuple((name, float(x), float(y)) for name, (x, y) in zip(face_geometry.FIVE, five, strict=True))
    )
    gaze: EyeDirection | None = None
    if view is not None and "EYE_DIRECTION" in attributes:
        gaze = face_geometry.eye_direction(view.mesh, rotation, view.openness())
    left, top, right, bottom = (float(value) * scale for value in faces.boxes[index])
    return Face(
        box=(left, top, right, bottom),
        confidence=confidence(float(faces.scores[index])),
        landmarks=tuple((name, x * scale, y * scale) for name, x, y in points),
        pose=face_geometry.pose(rotation),
        quality=face_quality(image, faces.boxes[index]),
        claims=() if view is None else _claims(view, attributes),
        eye_direction=gaze,
        five=tuple((float(x) * scale, float(y) * scale) for x, y in five),
    )
