"""Members that several operations answer with."""

from typing import Any

from regard.analysis.results import Box
from regard.people.records import Ratios, StoredFace

_DECIMALS = 6  # of stored boxes in lists and search results, contract 5.6


def bounding_box(box: Box, size: tuple[int, int]) -> dict[str, float]:
    """Rekognition's BoundingBox, in ratios, of a box in pixels of a picture of `size` (width, height)."""
    return ratio_box(ratios(box, size))


def ratios(box: Box, size: tuple[int, int]) -> Ratios:
    """Left, top, width and height, in ratios, of a box in pixels of a picture of `size` (width, height)."""
    left, top, right, bottom = box
    width, height = size
    return left / width, top / height, (right - left) / width, (bottom - top) / height


def ratio_box(box: Ratios) -> dict[str, float]:
    """Rekognition's BoundingBox."""
    left, top, width, height = box
    return {"Width": width, "Height": height, "Left": left, "Top": top}


def stored_face(face: StoredFace) -> dict[str, Any]:
    """Rekognition's Face, as lists and searches answer it."""
    answer: dict[str, Any] = {
        "FaceId": face.face_id,
        "BoundingBox": {name: round(ratio, _DECIMALS) for name, ratio in ratio_box(face.box).items()},
        "ImageId": face.image_id,
        "Confidence": face.confidence,
        "IndexFacesModelVersion": face.model_version,
    }
    if face.external_image_id is not None:
        answer["ExternalImageId"] = face.external_image_id
    if face.user is not None:
        answer["UserId"] = face.user
    return answer
