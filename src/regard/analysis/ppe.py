"""Persons, the parts of them that can be seen, and whether a mask covers the face.

Head covers and gloves are not looked for: no network for them may be used (`docs/concepts/protective-equipment.md`).
Nobody is told from anybody else; persons are numbered by size within one picture.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from regard.analysis.confidence import percent
from regard.analysis.face_search import FaceDetector, FaceSearch
from regard.analysis.faces import CoverNetwork
from regard.analysis.ppe_matching import BodyPoints, PoseNetwork, body_points, faces_of
from regard.analysis.results import ArraySource, Box
from regard.geometry import area
from regard.models.efficientdet import Detections
from regard.models.face_mask import face_crop
from regard.models.movenet import Point
from regard.models.yunet import FaceBoxes

PartName = Literal["FACE", "HEAD", "LEFT_HAND", "RIGHT_HAND"]

SIDE = 1600  # pixels of the longer side that suffice for the smallest face that is judged
# Smallest person: 100 pixels each way in a picture of 800 by 1300, says AWS, in proportion.
_PERSON_SHARE = 100 / 1300
# Measured by bench/equipment.py on 154 persons of that size in 177 COCO pictures: recall 0.84, precision 0.92; at 0.3
# 0.88 and 0.8, at 0.5 0.79 and 0.93.
_PERSON_SCORE = 0.4
_PERSONS_AT_MOST = 100
_FACE_SCORE = 0.5
# Smaller side of a face, in pixels. At 24, six in ten faces with a drawn-on mask are found at all; at 16 none is.
_FACE_PIXELS = 24
# Faces whose cover is judged: surely faces, and not in profile (eyes apart by this share of the box's width).
_JUDGED_FACE_SCORE = 0.7
_JUDGED_EYES_APART = 0.25
# With these 1.5 in 100 faces of LFW and 5.4 in 100 of WIDER, many of them half hidden, pass for covered, where hardly
# anybody wears a mask, and 76 in 100 faces with a drawn-on mask do (bench/equipment.py).
_MASK_SCORE = 0.7
_BARE_SCORE = 0.5
# A mask's place in the face box, as shares of its height: the mean of the four masks of AWS's recorded answer.
_MASK_TOP, _MASK_BOTTOM = 0.4, 1.05
_HEAD_POINT_SCORE = 0.3
_WRIST_SCORE = 0.2
# From wrist to the middle of the hand, as a share of the forearm: 0.054 and 0.146 of the height, by Winter's
# Biomechanics and Motor Control of Human Movement.
_HAND_BEYOND_WRIST = 0.37


@dataclass(frozen=True, slots=True)
class FaceCover:
    """A mask over mouth and nose."""

    box: Box  # estimated from the face's box, not detected
    confidence: float  # 50 to 100


@dataclass(frozen=True, slots=True)
class BodyPart:
    """A part of a person that is in view; left and right are the person's own."""

    name: PartName
    confidence: float  # 50 to 100
    cover: FaceCover | None = None  # only ever of a FACE
    bare_confidence: float | None = None  # 50 to 100, of a FACE that nothing covers; of an unclear one both are None


@dataclass(frozen=True, slots=True)
class EquippedPerson:
    """A person and what of them was located. What could not be located is not listed."""

    box: Box
    confidence: float  # 50 to 100
    parts: tuple[BodyPart, ...]

    def part(self, name: PartName) -> BodyPart | None:
        """The part of that name, where it was located."""
        return next((part for part in self.parts if part.name == name), None)


class PersonNetwork(Protocol):
    """`models.efficientdet.EfficientDet`."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names by the index that detections carry; one is "person"."""
        ...

    def detect(self, image: NDArray[np.uint8], threshold: float, limit: int) -> Detections:
        """At most `limit` objects of a (H, W, 3) RGB picture whose score is above `threshold`."""
        ...


class EquipmentInspector:
    """Looks at pictures with four networks."""

    def __init__(
        self,
        persons: PersonNetwork,
        poses: PoseNetwork,
        faces: FaceDetector,
        masks: CoverNetwork,
        person_limit: int | None,
    ) -> None:
        """person_limit: how many persons are reported, the largest ones; None for all that are found."""
        self._persons = persons
        self._poses = poses
        self._faces = FaceSearch(faces)
        self._masks = masks
        self._person_limit = person_limit

    def inspect(self, image: NDArray[np.uint8]) -> list[EquippedPerson]:
        """Persons of a (H, W, 3) RGB picture, largest first, in its pixels."""
        boxes, scores = self._find_persons(image)
        if not len(boxes):
            return []
        bodies = body_points(self._poses, image, boxes)
        faces, parts_of_faces = self.faces(image)
        owned = faces_of(boxes, bodies, faces)
        people = []
        for box, score, body, face in zip(boxes, scores, bodies, owned, strict=True):
            parts = _parts(body, None if face is None else parts_of_faces[face], image.shape)
            people.append(EquippedPerson(_as_box(box), percent(float(score), _PERSON_SCORE), parts))
        return people

    def _find_persons(self, image: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(N, 4) boxes and (N,) scores of persons that are large enough, largest first."""
        found = self._persons.detect(image, _PERSON_SCORE, _PERSONS_AT_MOST)
        smaller = np.minimum(found.boxes[:, 2] - found.boxes[:, 0], found.boxes[:, 3] - found.boxes[:, 1])
        is_person = found.classes == self._persons.classes.index("person")
        kept = np.flatnonzero(is_person & (smaller >= _PERSON_SHARE * max(image.shape[:2])))
        kept = kept[np.argsort(-area(found.boxes[kept]), kind="stable")][: self._person_limit]
        return found.boxes[kept], found.scores[kept]

    def faces(self, image: NDArray[np.uint8]) -> tuple[FaceBoxes, list[BodyPart]]:
        """Faces of a (H, W, 3) RGB picture, large enough to be judged, and a FACE for each in the same order."""
        faces = self._faces.find(ArraySource(image), _FACE_SCORE)
        faces = faces.pick(np.flatnonzero(_visible_sides(faces, image.shape) >= _FACE_PIXELS))
        covered = self._masks.covered([face_crop(image, box) for box in faces.boxes])
        eyes_apart = np.linalg.norm(faces.landmarks[:, 1] - faces.landmarks[:, 0], axis=1)
        is_clear = eyes_apart >= _JUDGED_EYES_APART * (faces.boxes[:, 2] - faces.boxes[:, 0])
        is_clear &= faces.scores >= _JUDGED_FACE_SCORE
        rows = zip(faces.boxes, faces.scores.tolist(), covered.tolist(), is_clear.tolist(), strict=True)
        return faces, [_face(box, score, probability if clear else None) for box, score, probability, clear in rows]


def _face(box: NDArray[np.float32], score: float, covered: float | None) -> BodyPart:
    """The FACE of a face box; `covered` is the mask network's probability, None where it is not to be asked."""
    cover = bare = None
    if covered is not None and covered >= _MASK_SCORE:
        cover = FaceCover(_mask_box(box), percent(covered, _MASK_SCORE))
    elif covered is not None and 1 - covered >= _BARE_SCORE:
        bare = percent(1 - covered, _BARE_SCORE)
    return BodyPart("FACE", percent(score, _FACE_SCORE), cover, bare)


def _parts(body: BodyPoints | None, face: BodyPart | None, shape: tuple[int, ...]) -> tuple[BodyPart, ...]:
    """What of a person is in view, in the order of AWS's recorded answers."""
    hands = [] if body is None else [_left_hand(body, shape), _right_hand(body, shape)]
    parts = [face, *hands, _head(body, face)]
    return tuple(part for part in parts if part is not None)


def _head(body: BodyPoints | None, face: BodyPart | None) -> BodyPart | None:
    """The HEAD, by the face or by the second surest of nose, eyes and ears, whichever is surer."""
    second = 0.0 if body is None else float(np.sort(body.scores[: Point.RIGHT_EAR + 1])[-2])
    confidence = max(percent(second, _HEAD_POINT_SCORE), 0.0 if face is None else face.confidence)
    return BodyPart("HEAD", confidence) if confidence >= 50 else None


def _left_hand(body: BodyPoints, shape: tuple[int, ...]) -> BodyPart | None:
    return _hand("LEFT_HAND", body, Point.LEFT_ELBOW, Point.LEFT_WRIST, shape)


def _right_hand(body: BodyPoints, shape: tuple[int, ...]) -> BodyPart | None:
    return _hand("RIGHT_HAND", body, Point.RIGHT_ELBOW, Point.RIGHT_WRIST, shape)


def _hand(name: PartName, body: BodyPoints, elbow: Point, wrist: Point, shape: tuple[int, ...]) -> BodyPart | None:
    """The hand at the end of a forearm, unless it reaches out of the picture."""
    score = float(body.scores[wrist])
    if score < _WRIST_SCORE:
        return None
    x, y = body.points[wrist] + _HAND_BEYOND_WRIST * (body.points[wrist] - body.points[elbow])
    if not (0 <= x < shape[1] and 0 <= y < shape[0]):
        return None
    return BodyPart(name, percent(score, _WRIST_SCORE))


def _visible_sides(faces: FaceBoxes, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """(N,) smaller sides of what lies inside the picture; faces at the edge may reach over it."""
    corners = faces.boxes.reshape(-1, 2, 2)
    inside = np.clip(corners, 0, np.array([shape[1], shape[0]], dtype=np.float32))
    return np.asarray((inside[:, 1] - inside[:, 0]).min(axis=1), dtype=np.float32)


def _mask_box(face: NDArray[np.float32]) -> Box:
    left, top, right, bottom = face.tolist()
    height = bottom - top
    return left, top + _MASK_TOP * height, right, top + _MASK_BOTTOM * height


def _as_box(box: NDArray[np.float32]) -> Box:
    left, top, right, bottom = box.tolist()
    return left, top, right, bottom
