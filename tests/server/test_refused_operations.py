"""What Regard refuses and what it does not offer yet, as SDKs see it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.loaders import Loader

from regard.operations.call import Call, Operation
from tests.media.picture_files import png
from tests.server.service import Service, running

ARN = "arn:aws:rekognition:us-east-1:123456789012:streamprocessor/x"
VIDEO = {"Video": {"S3Object": {"Bucket": "clips", "Name": "a.mp4"}}}
REFUSED: dict[str, dict[str, Any]] = {
    "StartFaceSearch": VIDEO | {"CollectionId": "people"},
    "GetFaceSearch": {"JobId": "abc"},
    "StartPersonTracking": VIDEO,
    "GetPersonTracking": {"JobId": "abc"},
    "RecognizeCelebrities": {"Image": {"Bytes": png()}},
    "GetCelebrityInfo": {"Id": "3Ir0du6"},
    "StartCelebrityRecognition": VIDEO,
    "GetCelebrityRecognition": {"JobId": "abc"},
    "CreateStreamProcessor": {
        "Name": "door",
        "Input": {"KinesisVideoStream": {"Arn": "arn:aws:kinesisvideo:us-east-1:123456789012:stream/x/1"}},
        "Output": {"KinesisDataStream": {"Arn": "arn:aws:kinesis:us-east-1:123456789012:stream/x"}},
        "RoleArn": "arn:aws:iam::123456789012:role/x",
        "Settings": {"FaceSearch": {"CollectionId": "people"}},
    },
}


def method(client: Any, operation: str) -> Any:
    return getattr(client, next(m for m, name in client.meta.method_to_api_mapping.items() if name == operation))


@pytest.mark.parametrize("operation", REFUSED)
def test_a_refused_operation_says_what_and_why_and_is_counted(service: Service, client: Any, operation: str) -> None:
    before = service.metric("regard_refusals_total", operation=operation)
    with pytest.raises(client.exceptions.AccessDeniedException) as caught:
        method(client, operation)(**REFUSED[operation])
    message = caught.value.response["Error"]["Message"]
    assert re.fullmatch(r"Regard does not [a-z ]+: [a-z', ]+\. See /refusals on this server\.", message)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert service.metric("regard_refusals_total", operation=operation) == before + 1


@pytest.mark.parametrize("limits", ["service", "relaxed"])
def test_no_limits_lift_a_refusal(limits: str, request: pytest.FixtureRequest) -> None:
    answer = request.getfixturevalue(limits).call("GetFaceSearch", {"JobId": "abc"})
    assert (answer.status, answer.json["__type"]) == (400, "AccessDeniedException")


@pytest.mark.parametrize(
    "attributes", [["EMOTIONS"], ["GENDER"], ["AGE_RANGE"], ["ALL", "EMOTIONS"], ["SMILE", "GENDER"]]
)
def test_a_guess_about_a_person_is_refused(service: Service, client: Any, attributes: list[str]) -> None:
    before = service.metric("regard_refusals_total", operation="DetectFaces")
    with pytest.raises(client.exceptions.AccessDeniedException, match="Regard does not guess"):
        client.detect_faces(Image={"Bytes": png()}, Attributes=attributes)
    assert service.metric("regard_refusals_total", operation="DetectFaces") == before + 1


@pytest.mark.parametrize("attributes", [["ALL"], ["DEFAULT"], [], ["SMILE", "EYES_OPEN", "BEARD"], ["DEFAULT", "ALL"]])
def test_no_answer_guesses_about_a_person(client: Any, attributes: list[str]) -> None:
    [face] = client.detect_faces(Image={"Bytes": png()}, Attributes=attributes)["FaceDetails"]
    assert face.keys().isdisjoint({"Emotions", "Gender", "AgeRange"})
    assert {"BoundingBox", "Landmarks", "Pose", "Quality", "Confidence"} <= face.keys()


def test_the_page_of_refusals_names_each_and_its_reason(service: Service) -> None:
    page = service.ask("GET", "/refusals")
    assert page.headers["Content-Type"].startswith("text/html")
    text = page.body.decode()
    names = [name for name in REFUSED if name != "CreateStreamProcessor"] + ["EMOTIONS", "GENDER", "AGE_RANGE"]
    assert [name for name in names if f"<code>{name}</code>" not in text] == []
    assert "being known is not consent to being identified" in text
    assert "a person&#x27;s age" in text


def test_an_operation_not_offered_yet_is_told_so(client: Any) -> None:
    with pytest.raises(ClientError, match="this version of Regard does not offer; see /v1/operations") as caught:
        client.describe_projects()
    assert caught.value.response["Error"]["Code"] == "NotImplementedException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.fixture
def counted(tmp_path: Path) -> Iterator[tuple[Service, list[str]]]:
    """A server, and the operations that it was asked for and ran."""
    ran: list[str] = []

    def busy(call: Call) -> dict[str, Any]:
        ran.append(call.operation)
        raise ValueError("a bug")

    operations: Mapping[str, Operation] = {"DetectText": busy}
    with running(tmp_path, operations) as service:
        yield service, ran


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_no_sdk_repeats_what_is_not_offered_or_refused(service: Service, mode: str) -> None:
    """Repeating would make programs slow, and not change the answer."""
    client = service.client(retries={"mode": mode, "total_max_attempts": 5})
    asked: list[str] = []
    client.meta.events.register("before-send.rekognition", lambda request, **_: asked.append(request.url))
    with pytest.raises(ClientError):
        client.describe_projects()
    with pytest.raises(ClientError):
        client.get_face_search(JobId="abc")
    with pytest.raises(ClientError):
        client.detect_faces(Image={"Bytes": b"x"})
    assert len(asked) == 3


def test_sdks_do_repeat_an_internal_error(counted: tuple[Service, list[str]]) -> None:
    service, ran = counted
    client = service.client(retries={"mode": "standard", "total_max_attempts": 2})
    with pytest.raises(client.exceptions.InternalServerError):
        client.detect_text(Image={"Bytes": png()})
    assert ran == ["DetectText", "DetectText"]


def test_where_each_operation_stands_is_told(service: Service) -> None:
    standings = service.ask("GET", "/v1/operations").json
    assert sorted(standings) == sorted(Loader().load_service_model("rekognition", "service-2")["operations"])
    assert {name for name, standing in standings.items() if standing == "refused"} == REFUSED.keys() - {
        "CreateStreamProcessor"
    }
    assert {name for name, standing in standings.items() if standing == "served"} == {
        "AssociateFaces",
        "CompareFaces",
        "CreateCollection",
        "CreateUser",
        "DeleteCollection",
        "DeleteFaces",
        "DeleteUser",
        "DescribeCollection",
        "DetectFaces",
        "DetectLabels",
        "DetectModerationLabels",
        "DetectProtectiveEquipment",
        "DetectText",
        "DisassociateFaces",
        "IndexFaces",
        "ListCollections",
        "ListFaces",
        "ListUsers",
        "SearchFaces",
        "SearchFacesByImage",
        "SearchUsers",
        "SearchUsersByImage",
        "ListTagsForResource",
        "TagResource",
        "UntagResource",
        *(f"{word}{pair}Detection" for word in ("Start", "Get") for pair in ("Label", "Face", "Text", "Segment")),
        *("StartContentModeration", "GetContentModeration"),
        *("StartMediaAnalysisJob", "GetMediaAnalysisJob", "ListMediaAnalysisJobs"),
    }
    assert standings["CreateProject"] == "not yet"
