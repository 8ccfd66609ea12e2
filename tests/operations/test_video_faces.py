"""Faces of videos, from looks to the view, with an analyser that sees one face in every picture."""

from dataclasses import replace

from regard.analysis.results import Claim, EyeDirection, Face, PixelSource, Pose, Quality
from regard.operations.video_faces import FaceKind
from tests.operations.made_looks import look, settled

FIVE = ((60.0, 30.0), (80.0, 30.0), (70.0, 40.0), (62.0, 50.0), (78.0, 50.0))
FACE = Face(
    box=(50.0, 20.0, 90.0, 60.0),
    confidence=99.0,
    landmarks=(("chinBottom", 70.0, 60.0),),
    pose=Pose(1.0, 2.0, 3.0),
    quality=Quality(80.0, 70.0),
    claims=(("Smile", Claim(True, 95.0)),),
    five=FIVE,
)
DEFAULT, ALL = {"FaceAttributes": "DEFAULT"}, {"FaceAttributes": "ALL"}


class StubAnalyser:
    """One face; what is asked of it is kept."""

    def __init__(self, face: Face = FACE) -> None:
        self.face = face
        self.asked: list[tuple[frozenset[str], bool, int | None]] = []

    def analyse(
        self, source: PixelSource, attributes: frozenset[str], *, has_all_landmarks: bool, limit: int | None
    ) -> list[Face]:
        """The face."""
        self.asked.append((attributes, has_all_landmarks, limit))
        return [self.face]


def test_the_default_set_is_box_five_landmarks_pose_quality_and_confidence() -> None:
    rows = settled(FaceKind(StubAnalyser, 100), DEFAULT, [look(0), look(500)])["ALL"]

    assert [row["Timestamp"] for row in rows] == [0, 500]
    assert rows[0]["Face"] == {
        "BoundingBox": {"Left": 0.25, "Top": 0.2, "Width": 0.2, "Height": 0.4},
        "Landmarks": [
            {"Type": "eyeLeft", "X": 0.3, "Y": 0.3},
            {"Type": "eyeRight", "X": 0.4, "Y": 0.3},
            {"Type": "nose", "X": 0.35, "Y": 0.4},
            {"Type": "mouthLeft", "X": 0.31, "Y": 0.5},
            {"Type": "mouthRight", "X": 0.39, "Y": 0.5},
        ],
        "Pose": {"Roll": 1.0, "Yaw": 2.0, "Pitch": 3.0},
        "Quality": {"Brightness": 80.0, "Sharpness": 70.0},
        "Confidence": 99.0,
    }


def test_all_adds_what_can_be_seen() -> None:
    face = settled(FaceKind(StubAnalyser, 100), ALL, [look(0)])["ALL"][0]["Face"]

    assert face["Smile"] == {"Value": True, "Confidence": 95.0}
    assert face["Landmarks"] == [{"Type": "chinBottom", "X": 0.35, "Y": 0.6}]
    assert face["BoundingBox"] == {"Left": 0.25, "Top": 0.2, "Width": 0.2, "Height": 0.4}


def test_neither_covers_nor_the_eyes_direction_are_asked_for_in_videos() -> None:
    analyser = StubAnalyser()
    settled(FaceKind(lambda: analyser, 7), ALL, [look(0)])

    assert analyser.asked == [(frozenset({"EYES_OPEN", "MOUTH_OPEN", "SMILE", "SUNGLASSES"}), True, 7)]


def test_a_default_job_gets_the_same_beside_one_that_wants_all() -> None:
    kind = FaceKind(StubAnalyser, None)

    assert settled(kind, DEFAULT, [look(0)], others=[ALL]) == settled(kind, DEFAULT, [look(0)])


def test_what_an_analyser_says_unasked_is_not_passed_on_to_a_default_job() -> None:
    gazing = replace(FACE, eye_direction=EyeDirection(1.0, 2.0, 90.0))
    face = settled(FaceKind(lambda: StubAnalyser(gazing), None), DEFAULT, [look(0)])["ALL"][0]["Face"]

    assert sorted(face) == ["BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"]
