"""Why the picture of a face is a poor one to compare, in the words of ISO/IEC 29794-5.

    assess(source, faces)   the quality components of each face, with a reason where one is low

The native values and their scale of 0 to 100 are those of ISO/IEC 29794-5:2025 as its open implementation has them, so
far as the picture, the landmarks and the pose can give them. Four components have our own measures and say so. What
needs networks that are not here (background, compression, expression, head coverings) is not claimed.

Source: OFIQ, https://github.com/BSI-OFIQ/OFIQ-Project, OFIQlib/modules/measures.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from regard.analysis.canonical_face import EYE_DISTANCE, CanonicalFace, Points, canonical_face, eyes, middle
from regard.analysis.face_crops import crops_of_faces
from regard.analysis.face_sharpness import weakest_detail
from regard.analysis.results import Face, PixelSource

# What `FaceAnalyser.analyse` must be asked for, beside all landmarks.
NEEDS = frozenset({"FACE_OCCLUDED", "MOUTH_OPEN"})


@dataclass(frozen=True, slots=True)
class QualityComponent:
    """One property of a face's picture."""

    name: str  # as OFIQ writes the standard's component
    native: float  # in the component's own unit
    scalar: int  # the standard's quality component value: 0, useless, to 100, ideal
    reason: str  # what is wrong, in a sentence; empty where it is no hindrance to comparison
    is_standard: bool  # computed as the standard does; otherwise our own measure under its name


def assess(
    source: PixelSource, faces: Sequence[Face], strengths: Sequence[float] = (), limit: int | None = None
) -> list[tuple[QualityComponent, ...]]:
    """The components of each of the first `limit` faces.

    faces: all of the picture, as `FaceAnalyser.analyse` gives them for `NEEDS` with all landmarks. A face too small for
    a mesh has no chin and no outline: only what its eyes, pose and sharpness tell is said of it. strengths: lengths of
    the raw SFace embeddings of the first faces, as far as they are known.
    """
    points = [{name: (x, y) for name, x, y in face.landmarks} for face in faces[:limit]]
    if not points:
        return []
    longer = max(source.size)
    narrowest = max(min(math.dist(*eyes(each)) for each in points), 1.0)
    image = source.pixels(at_least=math.ceil(longer * EYE_DISTANCE / narrowest))
    scale = max(image.shape[:2]) / longer
    details = [weakest_detail(crop) for crop in crops_of_faces(source, faces[:limit])]
    views = []
    for face, own, detail, strength in zip_longest(faces[:limit], points, details, strengths[: len(points)]):
        scaled = {name: (x * scale, y * scale) for name, (x, y) in own.items()}
        canonical = canonical_face(image, scaled) if "chinBottom" in own else None
        views.append(_View(face, faces, source.size, own, canonical, detail, strength))
    return [tuple(row.component(view) for row in _ROWS if row.applies(view)) for view in views]


@dataclass(frozen=True, slots=True)
class _View:
    """One face with all that is known of it."""

    face: Face
    faces: Sequence[Face]  # all of the picture
    size: tuple[int, int]  # width and height of the picture
    points: Points  # in pixels of the picture
    canonical: CanonicalFace | None
    detail: float  # as `weakest_detail` has it
    strength: float | None

    @property
    def pixels(self) -> CanonicalFace:
        assert self.canonical is not None  # `_Row.applies` saw to it
        return self.canonical

    def chin_distance(self) -> float:
        """From between the eyes to the chin, the standard's T."""
        return max(math.dist(middle(*eyes(self.points)), self.points["chinBottom"]), 1e-6)

    def belief(self, claim: str) -> float:
        """0..1 that the claim is true."""
        found = dict(self.face.claims)[claim]
        return (found.confidence if found.value else 100 - found.confidence) / 100


def _single_face(view: _View) -> float:
    """The second largest face's side over the largest one's; 0 where there is one face."""
    areas = sorted(((f.box[2] - f.box[0]) * (f.box[3] - f.box[1]) for f in view.faces), reverse=True)
    return math.sqrt(areas[1] / max(areas[0], 1e-6)) if len(areas) > 1 else 0.0


def _eye_distance(view: _View) -> float:
    """Pixels, as they would be if the head were turned to the camera."""
    return math.dist(*eyes(view.points)) / max(math.cos(math.radians(view.face.pose.yaw)), 1e-3)


def _eyes_open(view: _View) -> float:
    """The smaller opening between two lids over T."""
    at = view.points
    return min(math.dist(at[f"{side}EyeUp"], at[f"{side}EyeDown"]) for side in ("left", "right")) / view.chin_distance()


def _uniformity(view: _View) -> float:
    """What the luminance histograms of both cheeks share, 0..1."""
    cheeks = [view.pixels.luminance[zone].ravel() for zone in view.pixels.cheeks]
    left, right = (np.bincount(cheek, minlength=256) / cheek.size for cheek in cheeks)
    return float(np.minimum(left, right).sum())


def _entropy(view: _View) -> float:
    """Bits."""
    shares = np.bincount(view.pixels.values()) / view.pixels.values().size
    return float(-(shares[shares > 0] * np.log2(shares[shares > 0])).sum())


def _colour_distance(view: _View) -> float:
    """How far the cheeks are from the colours of skin, in CIELAB; 100 where they are green or blue."""
    a, b = view.pixels.cheek_colour()
    # Grey is 0 by definition and a little less by the rounding of the constants.
    return 100.0 if a < -0.05 or b < -0.05 else math.hypot(max(5 - a, a - 25, 0), max(5 - b, b - 35, 0))


def _sigmoid(value: float, centre: float, width: float) -> float:
    return 1 / (1 + math.exp(-min(max((value - centre) / width, -500.0), 500.0)))


def _rising(centre: float, width: float) -> Callable[[float], float]:
    return lambda native: 100 * _sigmoid(native, centre, width)


def _falling_from_0(width: float) -> Callable[[float], float]:
    return lambda distance: 200 * (1 - _sigmoid(distance, 0, width))


def _cosine(degrees: float) -> float:
    return 100 * max(math.cos(math.radians(degrees)), 0.0) ** 2


def _mean_scalar(mean: float) -> float:
    return 100 * _sigmoid(mean, 0.2, 0.05) * (1 - _sigmoid(mean, 0.8, 0.05))


def _variance_scalar(variance: float) -> float:
    return 100 * math.sin(60 * variance / (60 * variance + 1) * math.pi)


@dataclass(frozen=True, slots=True)
class _Row:
    """How one component is measured and mapped, and when it is worth a sentence."""

    name: str
    native: Callable[[_View], float]
    scalar: Callable[[float], float]
    low: int = 0  # the reason is given for a scalar below this
    reason: str = ""
    wants: str = ""  # the landmark or claim without which nothing is said, or "pixels" or "strength"
    is_standard: bool = True

    def applies(self, view: _View) -> bool:
        """Whether enough of the face is known."""
        if self.wants == "pixels":
            return view.canonical is not None
        if self.wants == "strength":
            return view.strength is not None
        return not self.wants or self.wants in view.points or self.wants in dict(view.face.claims)

    def component(self, view: _View) -> QualityComponent:
        native = self.native(view)
        scalar = round(min(max(self.scalar(native), 0.0), 100.0))
        return QualityComponent(self.name, native, scalar, self.reason if scalar < self.low else "", self.is_standard)


def _exposed(view: _View, low: int, high: int) -> float:
    """Share of the face whose luminance is in this range, both ends with it."""
    values = view.pixels.values()
    return float(((values >= low) & (values <= high)).mean())


# Every component of the standard that can be had. `low` is where bench/quality.py saw comparisons begin to fail, which
# for a passport is lenient: a face in a bad light, or 15 pixels between the eyes, is recognised well. Without a reason
# are those that were not seen to matter. The measures of our own are 50 where QualityFilter AUTO has its limits.
_ROWS = (
    _Row(
        "UnifiedQualityScore",
        lambda view: view.strength or 0.0,
        _rising(9.7, 0.8),
        50,
        "The network makes little of the face: it may be covered, disguised, drawn or badly lit.",
        "strength",
        is_standard=False,
    ),
    _Row(
        "IlluminationUniformity",
        _uniformity,
        lambda share: 100 * share**0.3,
        wants="pixels",
    ),
    _Row(
        "LuminanceMean",
        lambda view: float(view.pixels.values().mean() / 255),
        _mean_scalar,
        3,
        "The face is too dark.",
        "pixels",
    ),
    _Row(
        "LuminanceVariance",
        lambda view: float((view.pixels.values() / 255).var()),
        _variance_scalar,
        8,
        "The face has hardly any contrast.",
        "pixels",
    ),
    _Row(
        "UnderExposurePrevention",
        lambda view: _exposed(view, 0, 25),
        lambda share: 120 * (0.832 - _sigmoid(share, 0.92, 0.05)),
        wants="pixels",
    ),
    _Row(
        "OverExposurePrevention",
        lambda view: _exposed(view, 247, 255),
        lambda share: 1 / (share + 0.01),
        4,
        "A large part of the face is over-exposed.",
        "pixels",
    ),
    _Row("DynamicRange", _entropy, lambda bits: 12.5 * bits, 30, "The face has too few shades.", "pixels"),
    _Row("NaturalColour", _colour_distance, _falling_from_0(10), wants="pixels"),
    _Row(
        "Sharpness",
        lambda view: view.detail,
        _rising(-1.1, 0.25),
        50,
        "The face is blurred, or enlarged from a smaller picture.",
        is_standard=False,
    ),
    # A second face of 0.8 of the area, a side of 0.89, is where comparing refuses to guess whose face is meant.
    _Row("SingleFacePresent", _single_face, lambda share: 100 * (1 - share), 11, "Another face is nearly as large."),
    _Row("EyesOpen", _eyes_open, _rising(0.02, 0.01), wants="leftEyeUp"),
    _Row(
        "MouthClosed",
        lambda view: view.belief("MouthOpen"),
        lambda belief: 100 * (1 - belief),
        wants="MouthOpen",
        is_standard=False,
    ),
    _Row(
        "MouthOcclusionPrevention",
        lambda view: view.belief("FaceOccluded"),
        lambda belief: 100 * (1 - belief),
        50,
        "Mouth and nose are covered.",
        "FaceOccluded",
        is_standard=False,
    ),
    _Row("InterEyeDistance", _eye_distance, _rising(70, 20), 6, "The face has too few pixels."),
    _Row(
        "HeadSize",
        lambda view: view.chin_distance() / view.size[1],
        lambda share: _falling_from_0(0.05)(abs(share - 0.45)),
        wants="chinBottom",
    ),
    _Row("HeadPoseYaw", lambda view: view.face.pose.yaw, _cosine, 50, "The head is turned too far to a side."),
    _Row("HeadPosePitch", lambda view: view.face.pose.pitch, _cosine, 67, "The head is raised or lowered too far."),
    _Row("HeadPoseRoll", lambda view: view.face.pose.roll, _cosine),
)
