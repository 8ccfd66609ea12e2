"""DetectFaces: who may be seen how, in which order, and what is never said about a person."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import PIL.Image
import PIL.ImageOps

from regard_conformance.case import Answered, Case, Json
from regard_conformance.cases.checks import box_is_sound, descending, iou, lists_present, members_present
from regard_conformance.fixtures import FacePicture, Fixtures, Unavailable, encoded
from regard_conformance.pictures import blank_bytes, turned_jpeg

DEFAULT_MEMBERS = frozenset({"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"})
FIVE_LANDMARKS = frozenset({"eyeLeft", "eyeRight", "mouthLeft", "mouthRight", "nose"})
# The attribute asked for, and the member it adds.
VISIBLE = {
    "BEARD": "Beard",
    "EYEGLASSES": "Eyeglasses",
    "EYES_OPEN": "EyesOpen",
    "EYE_DIRECTION": "EyeDirection",
    "FACE_OCCLUDED": "FaceOccluded",
    "MOUTH_OPEN": "MouthOpen",
    "MUSTACHE": "Mustache",
    "SMILE": "Smile",
    "SUNGLASSES": "Sunglasses",
}
# Guesses about a person: an endpoint leaves them out, or refuses the request.
GUESSED = {"AGE_RANGE": "AgeRange", "EMOTIONS": "Emotions", "GENDER": "Gender"}
# Where a person's own left and right are, in the upright picture, however the head is turned within 45 degrees.
LEFT_OF = (("eyeLeft", "eyeRight"), ("mouthLeft", "mouthRight"))
ABOVE = (("eyeLeft", "mouthLeft"), ("eyeRight", "mouthRight"))


def faces_are_sound(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
    """What holds for every answer of DetectFaces."""
    yield from lists_present(answer, ["FaceDetails"], "answer")
    if "OrientationCorrection" in answer:
        yield "OrientationCorrection is there; it has not been produced since 2021"
    faces = answer.get("FaceDetails", [])
    for index, face in enumerate(faces):
        yield from _face_is_sound(face, f"FaceDetails[{index}]")
    boxes = [face["BoundingBox"] for face in faces if "BoundingBox" in face]
    yield from descending([box["Width"] * box["Height"] for box in boxes], "faces are not sorted by size")


def _face_is_sound(face: Json, path: str) -> Iterator[str]:
    yield from members_present(face, sorted(DEFAULT_MEMBERS), path)
    yield from box_is_sound(face.get("BoundingBox", {}), f"{path}.BoundingBox")
    yield from members_present(face.get("Pose", {}), ("Roll", "Yaw", "Pitch"), f"{path}.Pose")
    yield from members_present(face.get("Quality", {}), ("Brightness", "Sharpness"), f"{path}.Quality")
    for name in ("Brightness", "Sharpness"):
        if not 0 <= face.get("Quality", {}).get(name, 0) <= 100:
            yield f"{path}.Quality.{name} is not within 0 to 100"
    points = {point["Type"]: point for point in face.get("Landmarks", [])}
    if len(points) != len(face.get("Landmarks", [])):
        yield f"{path}.Landmarks names a point twice"
    yield from members_present(points, sorted(FIVE_LANDMARKS), f"{path}.Landmarks")


def one_face(answer: Json, fixtures: Fixtures) -> Iterator[str]:
    """The one face of the face picture, upright, where it is."""
    yield from faces_are_sound(answer, fixtures)
    faces = answer["FaceDetails"]
    if len(faces) != 1:
        yield f"{len(faces)} faces were found in a picture with one"
        return
    points = {point["Type"]: point for point in faces[0]["Landmarks"]}
    yield from (f"{a} is not left of {b}" for a, b in LEFT_OF if not points[a]["X"] < points[b]["X"])
    yield from (f"{a} is not above {b}" for a, b in ABOVE if not points[a]["Y"] < points[b]["Y"])
    if fixtures.face.box is not None:
        overlap = iou(faces[0]["BoundingBox"], fixtures.face.box, fixtures.face.picture.size)
        if overlap < 0.4:
            yield f"the box overlaps the face by {overlap:.2f} only"


def only(members: frozenset[str]) -> Callable[[Json, Fixtures], Iterator[str]]:
    """One face with the default members and `members`, and no others: clients test for the key."""

    def check(answer: Json, fixtures: Fixtures) -> Iterator[str]:
        yield from one_face(answer, fixtures)
        for face in answer["FaceDetails"]:
            extra = face.keys() - DEFAULT_MEMBERS - members
            yield from (f"{name} is there and was not asked for" for name in sorted(extra))
            yield from _attributes_are_sound(face)
            if members - face.keys():
                raise Unavailable(f"the endpoint does not answer {', '.join(sorted(members - face.keys()))}")

    return check


def _attributes_are_sound(face: Json) -> Iterator[str]:
    for name in VISIBLE.values():
        if name in face and name != "EyeDirection":
            yield from members_present(face[name], ("Value", "Confidence"), name)
    if "EyeDirection" in face:
        yield from members_present(face["EyeDirection"], ("Yaw", "Pitch", "Confidence"), "EyeDirection")


def everything_visible(answer: Json, fixtures: Fixtures) -> Iterator[str]:
    """ALL: more landmarks than five, and attributes of which each is there or honestly absent."""
    yield from one_face(answer, fixtures)
    for face in answer["FaceDetails"]:
        yield from _attributes_are_sound(face)
        if len(face["Landmarks"]) <= len(FIVE_LANDMARKS):
            yield "ALL answers no landmarks beyond the default five"
        if not face.keys() & set(VISIBLE.values()):
            yield "ALL answers no attribute"


def nothing_guessed(answer: Json, fixtures: Fixtures) -> Iterator[str]:
    """A face, and no guess about the person it belongs to."""
    yield from faces_are_sound(answer, fixtures)
    for face in answer["FaceDetails"]:
        yield from (f"{name} is guessed" for name in GUESSED.values() if name in face)


def sizes_fall(answer: Json, fixtures: Fixtures) -> Iterator[str]:
    """Three copies of one face, the smallest first in the picture."""
    yield from faces_are_sound(answer, fixtures)
    if len(answer["FaceDetails"]) != 3:
        yield f"{len(answer['FaceDetails'])} faces were found in a picture with three"


def no_face(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
    """200 with an empty list."""
    if answer.get("FaceDetails") != []:
        yield f"FaceDetails is {answer.get('FaceDetails')!r}, not an empty list"


def _request(make: Callable[[FacePicture], bytes], attributes: list[str] | None = None) -> Callable[[Fixtures], Json]:
    members: Mapping[str, Any] = {} if attributes is None else {"Attributes": attributes}
    return lambda fixtures: {"Image": {"Bytes": make(fixtures.face)}, **members}


def _turned(face: FacePicture) -> bytes:
    return turned_jpeg(face.picture)


def _three_sizes(face: FacePicture) -> bytes:
    width, height = face.picture.size
    side = max(width, height)
    canvas = PIL.Image.new("RGB", (side * 9 // 4, side), "white")
    left = 0
    for scale in (0.5, 0.75, 1.0):
        copy = face.picture.resize((round(width * scale), round(height * scale)))
        canvas.paste(copy, (left, 0))
        left += copy.width
    return encoded(canvas, "JPEG", quality=92)


# Kinds of JPEG and PNG that people have; one face is on each.
KINDS: dict[str, Callable[[FacePicture], bytes]] = {
    "progressive JPEG": lambda face: encoded(face.picture, "JPEG", progressive=True, quality=92),
    "grey JPEG": lambda face: encoded(face.picture.convert("L"), "JPEG", quality=92),
    "CMYK JPEG": lambda face: encoded(face.picture.convert("CMYK"), "JPEG", quality=92),
    "PNG": lambda face: encoded(face.picture),
    "palette PNG": lambda face: encoded(face.picture.quantize(256)),
    "PNG with alpha": lambda face: encoded(face.picture.convert("RGBA")),
    "16-bit grey PNG": lambda face: encoded(
        face.picture.convert("L").convert("I").point(lambda value: value * 257).convert("I;16")
    ),
    "JPEG with restart markers": lambda face: encoded(face.picture, "JPEG", restart_marker_rows=1, quality=92),
}
EVERY_SDK = ("boto3", "cli", "js")
PROGRAMS = ("boto3", "js")  # the command line takes a second for a call and would learn nothing new


def _case(
    name: str,
    request: Callable[[Fixtures], Json],
    check: Callable[[Json, Fixtures], Iterator[str]],
    sdks: tuple[str, ...] = EVERY_SDK,
) -> Case:
    return Case("DetectFaces", name, request, Answered(check), "answers", sdks)


CASES = [
    _case("one face, default attributes", _request(FacePicture.jpeg), only(frozenset())),
    _case("one face, DEFAULT", _request(FacePicture.jpeg, ["DEFAULT"]), only(frozenset())),
    _case("one face, ALL", _request(FacePicture.jpeg, ["ALL"]), everything_visible),
    _case("an empty list of attributes is DEFAULT", _request(FacePicture.jpeg, []), only(frozenset())),
    _case("Exif says the picture lies on its side", _request(_turned), one_face),
    _case("three sizes of a face, the largest first", _request(_three_sizes), sizes_fall),
    _case("no face in the picture", lambda _: {"Image": {"Bytes": blank_bytes()}}, no_face),
    *(_case(f"one face in a {kind}", _request(make), one_face, PROGRAMS) for kind, make in KINDS.items()),
    *(
        _case(
            f"attribute {attribute} and no other",
            _request(FacePicture.jpeg, [attribute]),
            only(frozenset({member})),
            PROGRAMS,
        )
        for attribute, member in VISIBLE.items()
    ),
    *(
        Case(
            "DetectFaces",
            f"attribute {attribute} is not answered",
            _request(FacePicture.jpeg, [attribute]),
            Answered(nothing_guessed, or_refused=("AccessDeniedException",)),
            "refusals",
        )
        for attribute in GUESSED
    ),
    Case(
        "DetectFaces", "ALL guesses nothing", _request(FacePicture.jpeg, ["ALL"]), Answered(nothing_guessed), "refusals"
    ),
]
