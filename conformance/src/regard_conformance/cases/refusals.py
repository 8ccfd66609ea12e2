"""What this project's rules refuse: identification in video, following people, celebrities.

An endpoint with other rules leaves the group `refusals` out.
"""

from collections.abc import Callable

from regard_conformance.case import Case, Json, Refused
from regard_conformance.cases.minimal import ROLE_ARN, VIDEO, minimal
from regard_conformance.fixtures import Fixtures

# The message says why, and where it is written down.
DENIED = Refused(("AccessDeniedException",), r"(?s).{20,}")

FACE_SEARCH: Json = {
    "Name": "regard-conformance",
    "Input": {"KinesisVideoStream": {"Arn": "arn:aws:kinesisvideo:us-east-1:123456789012:stream/door/1533422155042"}},
    "Output": {"KinesisDataStream": {"Arn": "arn:aws:kinesis:us-east-1:123456789012:stream/alerts"}},
    "RoleArn": ROLE_ARN,
    "Settings": {"FaceSearch": {"CollectionId": "watch-list", "FaceMatchThreshold": 80.0}},
}
OPERATIONS = (
    "RecognizeCelebrities",
    "GetCelebrityInfo",
    "StartCelebrityRecognition",
    "GetCelebrityRecognition",
    "StartFaceSearch",
    "GetFaceSearch",
    "StartPersonTracking",
    "GetPersonTracking",
)
GUESSES = ("AGE_RANGE", "EMOTIONS", "GENDER")


def _asking(guess: str) -> Callable[[Fixtures], Json]:
    return lambda fixtures: {**minimal("IndexFaces")(fixtures), "DetectionAttributes": [guess]}


CASES = [
    *(Case(operation, "is refused", minimal(operation), DENIED, "refusals") for operation in OPERATIONS),
    *(Case("IndexFaces", f"{guess} is not guessed", _asking(guess), DENIED, "refusals") for guess in GUESSES),
    Case("CreateStreamProcessor", "FaceSearch is refused", lambda _: FACE_SEARCH, DENIED, "refusals"),
    Case(
        "StartFaceSearch",
        "is refused whatever the threshold",
        lambda _: {"Video": VIDEO, "CollectionId": "staff", "FaceMatchThreshold": 99.9},
        DENIED,
        "refusals",
    ),
]
