"""DetectFaces."""

from typing import Any

from regard.analysis.faces import ATTRIBUTES, FaceAnalyser
from regard.analysis.results import Face
from regard.operations.call import Call
from regard.operations.images import ImageRules, Pictures
from regard.operations.shapes import bounding_box

_RULES = ImageRules()


class FaceOperations:
    """Operations on faces that say nothing of who they are."""

    def __init__(self, pictures: Pictures, analyser: FaceAnalyser, max_faces: int | None) -> None:
        self._pictures = pictures
        self._analyser = analyser
        self._max_faces = max_faces

    def detect_faces(self, call: Call) -> dict[str, Any]:
        """Faces, largest first. A list without ALL gives the default set and what it names.

        Of ALL, eyeglasses, beards and moustaches have no network under a usable licence and are absent; age, gender
        and emotions are refused by name (`people/refusals.py`) and absent from ALL.
        """
        asked = frozenset(call.input.get("Attributes", ()))
        has_all = "ALL" in asked
        picture = self._pictures.open(call.input["Image"], _RULES)
        faces = self._analyser.analyse(
            picture, ATTRIBUTES if has_all else asked & ATTRIBUTES, has_all_landmarks=has_all, limit=self._max_faces
        )
        return {"FaceDetails": [face_detail(face, picture.size) for face in faces]}


def face_detail(face: Face, size: tuple[int, int]) -> dict[str, Any]:
    """Rekognition's FaceDetail of a face in a picture of `size` (width, height)."""
    width, height = size
    detail: dict[str, Any] = {
        "BoundingBox": bounding_box(face.box, size),
        "Landmarks": [{"Type": name, "X": x / width, "Y": y / height} for name, x, y in face.landmarks],
        "Pose": {"Roll": face.pose.roll, "Yaw": face.pose.yaw, "Pitch": face.pose.pitch},
        "Quality": {"Brightness": face.quality.brightness, "Sharpness": face.quality.sharpness},
        "Confidence": face.confidence,
    }
    for name, claim in face.claims:
        detail[name] = {"Value": claim.value, "Confidence": claim.confidence}
    if face.eye_direction is not None:
        gaze = face.eye_direction
        detail["EyeDirection"] = {"Yaw": gaze.yaw, "Pitch": gaze.pitch, "Confidence": gaze.confidence}
    return detail
