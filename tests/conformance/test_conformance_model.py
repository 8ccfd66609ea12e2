"""The shape check, against answers from AWS's documentation and small changes to them."""

from typing import Any

import pytest

from regard_conformance.model import operations, output_problems

BOX = {"Width": 0.2, "Height": 0.3, "Left": -0.095, "Top": 0.1}
FACE = {
    "BoundingBox": BOX,
    "Landmarks": [{"Type": "eyeLeft", "X": 0.45, "Y": 0.21}],
    "Pose": {"Roll": 1.5, "Yaw": -3.25, "Pitch": 4},
    "Quality": {"Brightness": 71.5, "Sharpness": 92.25},
    "Confidence": 99.97,
}


def test_the_model_has_75_operations() -> None:
    assert len(operations()) == 75


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("DetectFaces", {"FaceDetails": [FACE]}),
        ("DetectFaces", {"FaceDetails": []}),
        ("DescribeCollection", {"FaceCount": 0, "CreationTimestamp": 1569444828.274}),
        ("ListTagsForResource", {"Tags": {"team": "door 2"}}),
        ("GetLabelDetection", {"JobStatus": "IN_PROGRESS", "Labels": [], "JobId": "ab12"}),
        ("DeleteUser", {}),
        ("DeleteFaces", {"DeletedFaces": [], "UnsuccessfulFaceDeletions": []}),
    ],
    ids=["a face", "no face", "timestamp", "tags", "job", "nothing", "nothing deleted"],
)
def test_documented_answer_fits(operation: str, answer: dict[str, Any]) -> None:
    assert output_problems(operation, answer) == []


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ([], "DetectFaces is a list, not an object"),
        ({"FaceDetails": {}}, "DetectFaces.FaceDetails is an object, not a list"),
        ({"FaceDetails": None}, "DetectFaces.FaceDetails is null; leave it out"),
        ({"Faces": []}, "DetectFaces.Faces is not in the model"),
        ({"FaceDetails": [{"Confidence": "99"}]}, "DetectFaces.FaceDetails[0].Confidence is a string, not float"),
        ({"FaceDetails": [{"Confidence": True}]}, "DetectFaces.FaceDetails[0].Confidence is a boolean, not float"),
        ({"FaceDetails": [{"Confidence": 100.5}]}, "DetectFaces.FaceDetails[0].Confidence is 100.5, above 100"),
        ({"FaceDetails": [{"Pose": {"Yaw": -181}}]}, "DetectFaces.FaceDetails[0].Pose.Yaw is -181, below -180"),
        (
            {"FaceDetails": [{"Smile": {"Value": "true"}}]},
            "DetectFaces.FaceDetails[0].Smile.Value is a string, not boolean",
        ),
        (
            {"FaceDetails": [{"AgeRange": {"Low": 20.5}}]},
            "DetectFaces.FaceDetails[0].AgeRange.Low is a number, not integer",
        ),
    ],
)
def test_each_fault_is_named(answer: Any, problem: str) -> None:
    assert output_problems("DetectFaces", answer) == [problem]


def test_unknown_enum_value_is_named() -> None:
    answer = {"FaceDetails": [{"Landmarks": [{"Type": "chin"}]}]}
    (problem,) = output_problems("DetectFaces", answer)
    assert problem.startswith("DetectFaces.FaceDetails[0].Landmarks[0].Type is 'chin', not one of eyeLeft, eyeRight")


def test_missing_required_member_is_named() -> None:
    answer = {"JobId": "ab12", "Status": "SUCCEEDED"}
    assert "GetMediaAnalysisJob.CreationTimestamp is missing" in output_problems("GetMediaAnalysisJob", answer)
