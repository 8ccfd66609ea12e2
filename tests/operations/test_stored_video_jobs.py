"""Videos from a bucket to the answer through boto3, with the server's own workers. The face network is a stand-in."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.media.made_videos import MadeVideo, cut_out, encrypt, make_audio, make_video
from tests.server.service import PATIENCE, Service, running

# The stand-in finds a face of 5 by 7 hundredths of the picture at a quarter of its sides.
BOX = {"Left": 0.25, "Top": 0.25, "Width": 0.05, "Height": 0.07}
STILL = MadeVideo(width=320, height=240, frames=50, rate=25)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("jobs")) as made:
        yield made


@pytest.fixture(scope="module")
def client(service: Service) -> Any:
    return service.client()


def put(service: Service, name: str, make: Callable[[Path], object]) -> dict[str, Any]:
    """An object in the bucket `media` that `make` writes, as a `Video` member."""
    path = service.settings.buckets / "media" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    make(path)
    return {"S3Object": {"Bucket": "media", "Name": name}}


def waited(client: Any, pair: str, video: dict[str, Any], **members: Any) -> dict[str, Any]:
    """The answer about a job that has ended."""
    job_id = getattr(client, f"start_{pair}")(Video=video, **members)["JobId"]
    end = time.monotonic() + PATIENCE
    while True:
        answer: dict[str, Any] = getattr(client, f"get_{pair}")(JobId=job_id)
        if answer["JobStatus"] != "IN_PROGRESS":
            return answer
        assert time.monotonic() < end, "the job does not end"
        time.sleep(0.05)


def test_faces_of_a_video_by_the_frames_own_times(service: Service, client: Any) -> None:
    answer = waited(client, "face_detection", put(service, "clip.mp4", lambda path: make_video(path, STILL)))

    assert answer["JobStatus"] == "SUCCEEDED"
    times = [row["Timestamp"] for row in answer["Faces"]]
    assert times == sorted(set(times))
    assert times[0] == 0
    assert all(time_ms % 40 == 0 for time_ms in times)
    assert answer["Faces"][0]["Face"]["BoundingBox"] == pytest.approx(BOX, abs=1e-4)


def test_the_video_is_described(service: Service, client: Any) -> None:
    answer = waited(client, "face_detection", put(service, "described.mp4", lambda path: make_video(path, STILL)))

    assert answer["VideoMetadata"] == {
        "Codec": "h264",
        "DurationMillis": 2000,
        "Format": "QuickTime / MOV",
        "FrameRate": 25.0,
        "FrameHeight": 240,
        "FrameWidth": 320,
        "ColorRange": "LIMITED",
    }


def test_a_video_on_its_side_is_upright(service: Service, client: Any) -> None:
    turned = MadeVideo(width=320, height=240, frames=10, rotation=90)

    metadata = waited(client, "face_detection", put(service, "turned.mp4", lambda path: make_video(path, turned)))[
        "VideoMetadata"
    ]
    assert (metadata["FrameWidth"], metadata["FrameHeight"]) == (240, 320)


def test_sound_is_described_beside_segments(service: Service, client: Any) -> None:
    spoken = MadeVideo(width=320, height=240, frames=50, audio=1)
    answer = waited(
        client,
        "segment_detection",
        put(service, "spoken.mp4", lambda path: make_video(path, spoken)),
        SegmentTypes=["SHOT"],
    )

    assert answer["SelectedSegmentTypes"] == [{"Type": "SHOT", "ModelVersion": "2.0"}]
    assert [(one["Codec"], one["SampleRate"]) for one in answer["AudioMetadata"]] == [("aac", 48000)]
    assert len(answer["VideoMetadata"]) == 1


def test_a_video_of_one_frame_has_one_look(service: Service, client: Any) -> None:
    one = MadeVideo(width=320, height=240, frames=1)
    answer = waited(client, "face_detection", put(service, "one.mp4", lambda path: make_video(path, one)))

    assert (answer["JobStatus"], [row["Timestamp"] for row in answer["Faces"]]) == ("SUCCEEDED", [0])


def test_a_video_that_is_damaged_in_the_middle_is_analysed_before_and_behind_that(
    service: Service, client: Any
) -> None:
    ten_seconds = MadeVideo(width=320, height=240, frames=250)
    video = put(service, "hurt.mp4", lambda path: cut_out(make_video(path, ten_seconds), length=2000))

    answer = waited(client, "face_detection", video)

    assert answer["JobStatus"] == "SUCCEEDED"
    assert answer["Faces"][0]["Timestamp"] == 0
    # What moves is looked at at least every second; from 4 s to 6 s there may be nothing to look at.
    assert {0, 1, 2, 3, 6, 7, 8, 9} <= {row["Timestamp"] // 1000 for row in answer["Faces"]}


@pytest.mark.parametrize(
    ("name", "make", "text"),
    [
        ("song.m4a", make_audio, "song.m4a"),
        ("letter.mp4", lambda path: path.write_bytes(b"Dear reader, " * 1000), "letter.mp4"),
        ("new.mp4", lambda path: make_video(path, MadeVideo(codec="libx265", frames=5)), "encoded as hevc"),
        ("box.mkv", lambda path: make_video(path, MadeVideo(frames=5)), "in the container"),
        ("sealed.mp4", lambda path: encrypt(make_video(path, STILL)), "sealed.mp4 is encrypted (cenc)"),
        ("none.avi", lambda path: make_video(path, MadeVideo(frames=0)), "none.avi has no frame that can be decoded"),
    ],
    ids=["sound only", "no video at all", "codec", "container", "encrypted", "0 s"],
)
def test_what_cannot_be_analysed_fails_with_a_reason(
    service: Service, client: Any, name: str, make: Callable[[Path], object], text: str
) -> None:
    answer = waited(client, "face_detection", put(service, name, make))

    assert (answer["JobStatus"], answer["Faces"]) == ("FAILED", [])
    assert text in answer["StatusMessage"]
    assert str(service.settings.data) not in answer["StatusMessage"]
