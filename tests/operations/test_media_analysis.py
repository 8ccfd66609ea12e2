"""What bulk image jobs find and where it is written. The networks are stubs but for one test."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from regard.app import App
from regard.jobs.queue import JobLimits
from regard.media.sources import LocalBuckets
from regard.models.weights import WeightStore
from regard.operations.images import Pictures
from regard.operations.limits import AWS
from regard.operations.moderation import ModerationOperations
from regard.settings import Settings
from tests.jobs.picture_lists import listed
from tests.operations.media_desk import Desk, desk_in, picture, stubbed_desk

REVOLVER = ["Weapons", "Violence"]  # what the stubs see in red pictures, both with 75 %


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with stubbed_desk(tmp_path) as made:
        yield made


def test_a_new_job_is_queued_and_says_what_was_asked_for(desk: Desk) -> None:
    job_id = desk.start(JobName="first")
    assert desk.get(job_id) == {
        "JobId": job_id,
        "JobName": "first",
        "Status": "QUEUED",
        "CreationTimestamp": datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        "OperationsConfig": {"DetectModerationLabels": {"MinConfidence": 60.0}},
        "Input": {"S3Object": {"Bucket": "lists", "Name": "input.jsonl"}},
        "OutputConfig": {"S3Bucket": "results", "S3KeyPrefix": "out"},
    }


def test_a_job_that_is_done_names_its_results_and_their_summary(desk: Desk) -> None:
    job_id = desk.start()
    answer = desk.ended(job_id)
    assert answer["Status"] == "SUCCEEDED"
    assert answer["CompletionTimestamp"] == datetime(2023, 11, 14, 22, 13, 25, tzinfo=UTC)
    assert answer["Results"] == {
        "S3Object": {"Bucket": "results", "Name": f"out/{job_id}/results.jsonl"},
        "ModelVersions": {"Moderation": "7.0"},
    }
    assert answer["ManifestSummary"] == {
        "S3Object": {"Bucket": "results", "Name": f"out/{job_id}/manifest-summary.json"}
    }
    assert "FailureDetails" not in answer
    assert [line["source-ref"] for line in desk.lines(answer)] == ["s3://photos/red.png", "s3://photos/black.png"]
    assert json.loads(desk.read(answer["ManifestSummary"]))["statistics"] == {
        "total-json-lines": 2,
        "valid-json-lines": 2,
        "invalid-json-lines": 0,
    }


@pytest.mark.parametrize("least", [None, 0.0, 60.0, 75.1], ids=["default", "0", "60", "75.1"])
def test_each_picture_is_answered_as_a_request_of_its_own_would_be(desk: Desk, least: float | None) -> None:
    config = {} if least is None else {"MinConfidence": least}
    answer = desk.ended(desk.start(OperationsConfig={"DetectModerationLabels": config}))
    named = {"S3Object": {"Bucket": "photos", "Name": "red.png"}}
    alone = desk.client.detect_moderation_labels(Image=named, **config)
    del alone["ResponseMetadata"]
    assert desk.lines(answer)[0]["detect-moderation-labels"] == alone


def test_jobs_over_one_list_may_ask_for_different_confidence(desk: Desk) -> None:
    strict = desk.start(OperationsConfig={"DetectModerationLabels": {"MinConfidence": 76.0}})
    mild = desk.start(OperationsConfig={"DetectModerationLabels": {"MinConfidence": 74.0}})
    desk.ended(strict)
    found = [desk.lines(desk.get(job))[0]["detect-moderation-labels"]["ModerationLabels"] for job in (strict, mild)]
    assert [[label["Name"] for label in labels] for labels in found] == [[], REVOLVER]


def test_what_is_wrong_with_lines_and_pictures_has_a_code_in_the_summary(desk: Desk) -> None:
    desk.put("photos/text.png", b"no picture")
    desk.put("photos/small.png", picture(255, side=79))
    desk.put("photos/large.png", bytes(15 * 1024 * 1024 + 1))
    desk.put(
        "lists/input.jsonl",
        b"{broken\n"
        + b'{"source-ref": "s3://photos/\xff.png"}\n'
        + listed("photos/red.png", "s3://photos/missing.png", "s3://photos/text.png", "s3://photos/small.png")
        + listed("s3://photos/large.png", "s3://photos/red.png"),
    )
    answer = desk.ended(desk.start())
    summary = json.loads(desk.read(answer["ManifestSummary"]))
    assert [(error["line-numer"], error["code"]) for error in summary["errors"]] == [
        (1, "INVALID_JSON_LINE"),
        (2, "INVALID_JSON_LINE"),
        (3, "INVALID_JSON_LINE"),
        (4, "INVALID_S3_OBJECT"),
        (5, "INVALID_IMAGE_FORMAT"),
        (6, "INVALID_PARAMETER"),
        (7, "IMAGE_TOO_LARGE"),
    ]
    assert answer["Status"] == "SUCCEEDED"
    assert [line["source-ref"] for line in desk.lines(answer)] == ["s3://photos/red.png"]


@pytest.mark.parametrize(
    ("name", "content", "code", "message"),
    [
        ("empty", b"\n", "INVALID_MANIFEST", "The manifest has no lines"),
        ("long", b"{}\n" * 10_001, "INVALID_MANIFEST", "The manifest has 10,001 lines; the limit is 10,000"),
    ],
)
def test_a_manifest_that_turns_out_to_be_unusable_fails_its_job(
    desk: Desk, name: str, content: bytes, code: str, message: str
) -> None:
    desk.put("lists/input.jsonl", content)
    answer = desk.ended(desk.start())
    assert answer["Status"] == "FAILED"
    assert answer["FailureDetails"] == {"Code": code, "Message": message}
    assert "Results" not in answer
    assert "ManifestSummary" not in answer


@pytest.mark.parametrize(
    ("gone", "code"),
    [("lists/input.jsonl", "INVALID_S3_OBJECT"), ("results", "INVALID_OUTPUT_CONFIG")],
    ids=["manifest", "bucket"],
)
def test_what_goes_away_after_the_start_fails_the_job(desk: Desk, gone: str, code: str) -> None:
    job_id = desk.start()
    (desk.buckets / gone).rename(desk.buckets / "elsewhere")
    answer = desk.ended(job_id)
    assert (answer["Status"], answer["FailureDetails"]["Code"]) == ("FAILED", code)
    assert "access permissions" in answer["FailureDetails"]["Message"]


def test_a_cancelled_job_has_failed_and_says_so(desk: Desk) -> None:
    job_id = desk.start()
    desk.queue.cancel(job_id)
    answer = desk.get(job_id)
    assert answer["Status"] == "FAILED"
    assert answer["FailureDetails"] == {"Code": "INTERNAL_ERROR", "Message": "The job was cancelled"}


@pytest.mark.weights
def test_a_photograph_is_answered_by_the_networks(
    tmp_path: Path, store: WeightStore, astronaut: NDArray[np.uint8]
) -> None:
    """The astronaut is nothing that would have to be moderated."""
    app = App(Settings.read({}, data=tmp_path / "unused", weights=store.folder, master_key="A" * 43 + "="), {})
    moderation = ModerationOperations(Pictures(LocalBuckets(tmp_path / "buckets"), AWS), app.moderation())
    with desk_in(tmp_path, moderation, JobLimits()) as desk:
        file = io.BytesIO()
        Image.fromarray(astronaut).save(file, "JPEG")
        desk.put("photos/astronaut.jpg", file.getvalue())
        desk.put("lists/input.jsonl", listed("s3://photos/astronaut.jpg"))
        (desk.buckets / "results").mkdir()
        (line,) = desk.lines(desk.ended(desk.start()))
    assert line == {
        "source-ref": "s3://photos/astronaut.jpg",
        "detect-moderation-labels": {"ModerationLabels": [], "ModerationModelVersion": "7.0", "ContentTypes": []},
    }
