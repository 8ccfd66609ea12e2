"""All five analyses of one made video, with the real networks: an astronaut, then a sign behind a cut."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from regard.app import App
from regard.jobs.kinds import Row, StepWatch
from regard.jobs.results import ResultReader
from regard.jobs.videos import analyse_video
from regard.media.video_limits import VideoLimits
from regard.operations import stored_video_wishes as wishes
from regard.settings import Settings

pytestmark = pytest.mark.weights

RATE, FRAMES_EACH = 20, 40  # two seconds of each picture
FACE = (177, 64, 271, 181)  # of the astronaut, by eye: left, top, right, bottom of 512


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, astronaut: NDArray[np.uint8]) -> "Found":
    folder = tmp_path_factory.mktemp("real")
    video = _video(folder / "clip.mp4", astronaut, _sign())
    asked: dict[str, Mapping[str, Any]] = {
        "labels": wishes.label_wish({}),
        "faces": wishes.face_wish({"FaceAttributes": "ALL"}),
        "text": wishes.text_wish({}),
        "moderation": wishes.moderation_wish({"MinConfidence": 1}),
        "segments": wishes.segment_wish({"SegmentTypes": ["SHOT"]}),
    }
    app = App(Settings.read({}, limits="relaxed", data=folder / "data"), {})
    watch = StepWatch(lambda _: None, lambda: False)
    facts = analyse_video(video, app.kinds, asked, folder / "results", VideoLimits(), watch)
    return Found(folder / "results", dict(facts))


class Found:
    """The results of all five."""

    def __init__(self, folder: Path, facts: dict[str, Any]) -> None:
        self.facts = facts
        self._folder = folder

    def rows(self, kind: str, view: str = "ALL") -> list[Row]:
        """Of one view."""
        return list(ResultReader(self._folder / kind).rows(view))


def _sign() -> NDArray[np.uint8]:
    picture = Image.new("RGB", (512, 512), "white")
    ImageDraw.Draw(picture).text((60, 200), "EXIT GATE", fill="black", font=ImageFont.load_default(72))
    return np.asarray(picture)


def _video(path: Path, *pictures: NDArray[np.uint8]) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 512, 512, "yuv420p"
        for number in range(FRAMES_EACH * len(pictures)):
            frame = av.VideoFrame.from_ndarray(pictures[number // FRAMES_EACH], format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_a_person_is_seen_until_the_cut(found: Found) -> None:
    runs = {row["Label"]["Name"]: row for row in found.rows("labels", "TIMESTAMP/SEGMENTS")}

    assert (runs["Person"]["StartTimestampMillis"], runs["Person"]["EndTimestampMillis"]) == (0, 2000)


def test_the_face_is_where_it_is_and_gone_behind_the_cut(found: Found) -> None:
    rows = found.rows("faces")

    box = rows[0]["Face"]["BoundingBox"]
    edges = np.array([box["Left"], box["Top"], box["Left"] + box["Width"], box["Top"] + box["Height"]]) * 512
    assert edges == pytest.approx(np.array(FACE), abs=25)
    assert {row["Timestamp"] // 2000 for row in rows} == {0}
    assert rows[0]["Face"]["Smile"]["Value"] is True
    assert len(rows[0]["Face"]["Landmarks"]) == 30


def test_nothing_is_guessed_about_the_person(found: Found) -> None:
    members = set().union(*(row["Face"] for row in found.rows("faces")))

    assert members == {
        *("BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"),
        *("Smile", "EyesOpen", "MouthOpen", "Sunglasses"),
    }


def test_the_sign_is_read_behind_the_cut(found: Found) -> None:
    rows = [row for row in found.rows("text") if row["TextDetection"]["DetectedText"] == "EXIT GATE"]

    assert rows[0]["Timestamp"] == 2000
    assert {row["TextDetection"]["Type"] for row in rows} == {"LINE"}


def test_an_astronaut_is_not_explicit(found: Found) -> None:
    sure = [
        row for row in found.rows("moderation", "TIMESTAMP/TIMESTAMPS") if row["ModerationLabel"]["Confidence"] > 50
    ]

    assert sure == []


def test_the_cut_divides_two_shots(found: Found) -> None:
    assert [(row["StartFrameNumber"], row["EndFrameNumber"]) for row in found.rows("segments")] == [(0, 39), (40, 79)]


def test_the_video_is_described(found: Found) -> None:
    names = ("codec", "duration_ms", "width", "height", "frame_rate", "color_range")
    described = [found.facts[name] for name in names]

    assert described == ["h264", 4000, 512, 512, 20.0, "LIMITED"]
