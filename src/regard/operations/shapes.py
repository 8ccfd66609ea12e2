"""Members that several operations answer with."""

from regard.analysis.results import Box


def bounding_box(box: Box, size: tuple[int, int]) -> dict[str, float]:
    """Rekognition's BoundingBox, in ratios, of a box in pixels of a picture of `size` (width, height)."""
    left, top, right, bottom = box
    width, height = size
    return {
        "Width": (right - left) / width,
        "Height": (bottom - top) / height,
        "Left": left / width,
        "Top": top / height,
    }
