"""`/v1/redactions`: pictures at once, videos as jobs; only for whoever asked."""

import base64
import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from regard.redaction.plan import Plan
from tests.media.made_videos import MadeVideo, make_video
from tests.redaction.red_squares import is_red, red_pixels
from tests.server.service import PATIENCE, Service, running
from tests.server.signing import ask, make_key


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("redactions")) as service:
        yield service


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("videos") / "in.mp4"
    return make_video(path, MadeVideo(audio=1)).read_bytes()


def asked(data: bytes, **members: Any) -> dict[str, Any]:
    return {"bytes": base64.b64encode(data).decode(), "way": "fill", "fill": "#00ff00", **members}


def picture() -> bytes:
    pixels = np.full((100, 160, 3), 128, np.uint8)
    pixels[30:60, 60:90] = (230, 60, 60)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def ended(service: Service, job: str) -> dict[str, Any]:
    """The job once it has ended."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        told: dict[str, Any] = service.ask("GET", f"/v1/redactions/{job}").json
        if told["state"] not in ("queued", "running"):
            return told
        time.sleep(0.02)
    raise AssertionError(told)


def test_picture_comes_back_redacted(service: Service) -> None:
    answer = ask(service, None, "POST", "/v1/redactions", asked(picture()))
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["x-regard-covered"] == "1"
    assert not is_red(np.asarray(Image.open(io.BytesIO(answer.body)).convert("RGB"))).any()


def test_video_becomes_a_job_whose_files_are_fetched(service: Service, video: bytes, tmp_path: Path) -> None:
    answer = ask(service, None, "POST", "/v1/redactions", asked(video))
    assert (answer.status, answer.json["state"], answer.json["files"]) == (202, "queued", {})
    told = ended(service, answer.json["id"])
    assert (told["state"], told["progress"], told["message"]) == ("done", 1.0, "")
    fetched = {what: service.ask("GET", path) for what, path in told["files"].items()}
    (tmp_path / "out.mp4").write_bytes(fetched["video"].body)
    assert red_pixels(tmp_path / "out.mp4") == [0] * 30
    assert Plan.from_bytes(fetched["plan"].body).input.frames == 30
    assert fetched["report"].json["output"]["bytes"] == len(fetched["video"].body)
    assert fetched["page"].body.startswith(b"<!doctype html>")
    assert told["id"] in [job["id"] for job in service.ask("GET", "/v1/redactions").json["redactions"]]


def test_video_of_a_bucket_is_taken(service: Service, video: bytes, folder: Path) -> None:
    (folder / "clip.mp4").write_bytes(video)
    answer = ask(
        service,
        None,
        "POST",
        "/v1/redactions",
        {"object": {"bucket": folder.name, "key": "clip.mp4"}, "container": "mkv"},
    )
    assert ended(service, answer.json["id"])["state"] == "done"


@pytest.fixture(scope="module")
def folder(service: Service) -> Path:
    path = service.settings.data / "buckets" / "clips"
    path.mkdir(parents=True)
    return path


def test_removed_job_leaves_nothing(service: Service, video: bytes) -> None:
    job = ask(service, None, "POST", "/v1/redactions", asked(video)).json["id"]
    ended(service, job)
    assert service.ask("DELETE", f"/v1/redactions/{job}").status == 204
    answer = service.ask("GET", f"/v1/redactions/{job}")
    assert (answer.status, answer.json["code"]) == (400, "ResourceNotFoundException")
    assert not (service.settings.data / "redactions" / job).exists()


def test_cancelled_job_is_told_so(service: Service, video: bytes) -> None:
    job = ask(service, None, "POST", "/v1/redactions", asked(video)).json["id"]
    assert ask(service, None, "POST", f"/v1/redactions/{job}/cancel").status == 200
    told = ended(service, job)
    assert told["state"] in ("cancelled", "done")  # it may have been quicker
    assert (told["files"] == {}) == (told["state"] == "cancelled")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"bytes": base64.b64encode(b"no video at all").decode()}, "The video is not a video"),
        ({}, "Give exactly one of bytes and object"),
        ({"what": [], "bytes": "AAAA"}, "Nothing is to be covered"),
        ({"bytes": "AAAA", "regions": [{"left": 0.5, "top": 0, "right": 0.4, "bottom": 1}]}, "is empty"),
        (
            {"bytes": base64.b64encode(picture()).decode(), "marks": [{"time": 1, "x": 0, "y": 0}]},
            "Marks are for videos",
        ),
    ],
    ids=["no video", "nothing", "nothing to cover", "empty region", "mark on a picture"],
)
def test_what_cannot_be_redacted_is_told(service: Service, members: dict[str, Any], message: str) -> None:
    answer = ask(service, None, "POST", "/v1/redactions", members)
    assert (answer.status, answer.json["code"]) == (400, "InvalidParameterException")
    assert message in answer.json["message"]
    assert not list((service.settings.data / "redactions").glob("arriving-*"))


def test_other_keys_see_nothing_of_a_job(tmp_path: Path, video: bytes) -> None:
    with running(tmp_path) as service:
        admin = make_key(service, None, "*")
        one, other = make_key(service, admin, "Redact"), make_key(service, admin, "Redact")
        job = ask(service, one, "POST", "/v1/redactions", asked(video)).json["id"]
        assert ask(service, one, "GET", f"/v1/redactions/{job}").status == 200
        assert ask(service, other, "GET", "/v1/redactions").json == {"redactions": []}
        answers = [ask(service, other, *request) for request in _requests(job)]
        assert {answer.json["code"] for answer in answers} == {"ResourceNotFoundException"}


def _requests(job: str) -> list[tuple[str, str]]:
    path = f"/v1/redactions/{job}"
    return [("GET", path), ("POST", f"{path}/cancel"), ("DELETE", path), ("GET", f"{path}/video")]


def test_job_goes_on_when_the_server_starts_again(tmp_path: Path, video: bytes) -> None:
    with running(tmp_path) as service:
        job = ask(service, None, "POST", "/v1/redactions", asked(video)).json["id"]
    with running(tmp_path) as service:
        assert ended(service, job)["state"] == "done"
