"""CompareFaces: one person, another, nobody, and which list a face goes into."""

from collections.abc import Callable, Iterator
from typing import Any

import PIL.Image
import PIL.ImageOps

from regard_conformance.case import Answered, Case, Json, Refused
from regard_conformance.cases.checks import box_is_sound, descending, lists_present, members_present
from regard_conformance.cases.faces import DEFAULT_MEMBERS
from regard_conformance.fixtures import FacePicture, Fixtures, encoded
from regard_conformance.pictures import blank_bytes

NO_FACE = Refused(("InvalidParameterException",), r"There are no faces in the image\. Should be at least 1\.")


def compared(matched: int, unmatched: int) -> Callable[[Json, Fixtures], Iterator[str]]:
    """So many faces in either list, all whole."""

    def check(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
        yield from lists_present(answer, ("FaceMatches", "UnmatchedFaces"), "answer")
        source = answer.get("SourceImageFace", {})
        yield from members_present(source, ("BoundingBox", "Confidence"), "SourceImageFace")
        yield from box_is_sound(source.get("BoundingBox", {}), "SourceImageFace.BoundingBox")
        matches, others = answer.get("FaceMatches", []), answer.get("UnmatchedFaces", [])
        if (len(matches), len(others)) != (matched, unmatched):
            yield f"{len(matches)} faces match and {len(others)} do not, where {matched} and {unmatched} were expected"
        yield from descending([match["Similarity"] for match in matches], "matches are not sorted")
        for face in [*(match["Face"] for match in matches), *others]:
            yield from members_present(face, sorted(DEFAULT_MEMBERS), "ComparedFace")
            yield from box_is_sound(face.get("BoundingBox", {}), "ComparedFace.BoundingBox")

    return check


def _two_sizes(face: FacePicture) -> bytes:
    """The face twice, the second smaller and mirrored."""
    width, height = face.picture.size
    canvas = PIL.Image.new("RGB", (width * 7 // 4, height), "white")
    canvas.paste(face.picture, (0, 0))
    canvas.paste(PIL.ImageOps.mirror(face.picture).resize((width * 3 // 4, height * 3 // 4)), (width, 0))
    return encoded(canvas, "JPEG", quality=92)


def _request(target: Callable[[FacePicture], bytes], **members: Any) -> Callable[[Fixtures], Json]:
    return lambda fixtures: {
        "SourceImage": {"Bytes": fixtures.face.jpeg()},
        "TargetImage": {"Bytes": target(fixtures.face)},
        **members,
    }


def _without_source(fixtures: Fixtures) -> Json:
    return {"SourceImage": {"Bytes": blank_bytes()}, "TargetImage": {"Bytes": fixtures.face.jpeg()}}


def _case(name: str, request: Callable[[Fixtures], Json], expect: Answered | Refused) -> Case:
    return Case("CompareFaces", name, request, expect, "answers")


CASES = [
    _case("a picture with itself", _request(FacePicture.jpeg), Answered(compared(1, 0))),
    _case(
        "with threshold 0 every face matches", _request(_two_sizes, SimilarityThreshold=0.0), Answered(compared(2, 0))
    ),
    _case("no face in the source", _without_source, NO_FACE),
    _case("no face in the target", _request(lambda _: blank_bytes()), NO_FACE),
]
