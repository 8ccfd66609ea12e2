"""Sizes and rates of looks for faces in videos: what stays visible, what is covered, what it costs.

A face that the detector finds at 0.7 in the frame as it is counts as visible where less than 0.6 of it is covered.
Looks are made once and shared by all rows, so that only what a row asks for counts as its time.
"""

import json
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.tables import table
from regard.analysis.cuts import CutFinder
from regard.analysis.face_search import FaceDetector
from regard.analysis.tracks import Found, Tracker
from regard.models.centerface import CenterFace
from regard.models.yunet import FaceBoxes, YuNet
from regard.redaction.finding_faces import FaceRates, VideoFaces
from regard.redaction.finding_second import SecondOpinion
from regard.redaction.plan import PlannedTrack, Timeline

Pixels = NDArray[np.uint8]

Networks = tuple[YuNet, CenterFace]

_CLIPS = (("talk_show.mp4", 1), ("one_by_one_person.mp4", 2), ("edited_20_cuts.mp4", 2), ("film_with_sound.mp4", 1))
_VISIBLE, _SURE, _MARGIN, _GRID = 0.6, 0.7, 0.15, 4
_SELDOM = 10**12
_WAYS = {
    "as chosen": FaceRates(),
    "without fine looks": FaceRates(most_enlargement=0.01, turned_us=_SELDOM),
    "without turned looks": FaceRates(turned_us=_SELDOM, turned_score=2.0),
    "without a second network": FaceRates(second_side=32),
    "second network every 0.25 s": FaceRates(second_us=250_000),
    "second network at 960": FaceRates(second_side=960),
    "fine every 0.25 s, whatever it shows": FaceRates(idle_us=250_000),
    "fine every 0.5 s": FaceRates(fine_us=500_000),
    "fine at 1280": FaceRates(fine_side=1280),
    "fine at twice the size": FaceRates(most_enlargement=2.0),
    "coarse at 480": FaceRates(coarse_side=480),
    "coarse at 960": FaceRates(coarse_side=960),
}


def report(networks: Networks, testdata: Path) -> str:
    """A table for each clip, and for crowds in 1080p put together from WIDER FACE."""
    parts = [_of_one(networks, "crowds, 1080p", list(crowds(testdata / "wider")))]
    parts += [_of_one(networks, name, list(_clip(testdata / "clips" / name, step))) for name, step in _CLIPS]
    return "\n".join(parts)


def crowds(folder: Path, shots: int = 3, length: int = 40) -> Iterator[tuple[int, Pixels]]:
    """Four crowds in each frame, each drifting its own way, with noise and compression: many small faces."""
    entries = json.loads((folder / "faces.json").read_text())
    small = {e["image"]: sum(14 <= f["bbox_xywh"][3] <= 60 and not f["invalid"] for f in e["faces"]) for e in entries}
    chosen = sorted((name for name in small if small[name] >= 5), key=lambda name: (-small[name], name))[2:60:3]
    random = np.random.default_rng(3)
    for shot in range(shots):
        quarters = [_wide(folder / chosen[(4 * shot + number) % len(chosen)]) for number in range(4)]
        drifts = random.uniform(-3, 3, (4, 2))
        for number in range(length):
            views = [_view(q, drift * number, random) for q, drift in zip(quarters, drifts, strict=True)]
            frame = np.vstack([np.hstack(views[:2]), np.hstack(views[2:])])
            noisy = np.clip(frame + random.normal(0, 4, frame.shape), 0, 255).astype(np.uint8)
            coded = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 70])[1]
            yield (shot * length + number) * 40_000, np.asarray(cv2.imdecode(coded, 1), np.uint8)


def _wide(path: Path) -> Pixels:
    image = np.asarray(Image.open(path).convert("RGB"))
    return np.asarray(cv2.resize(image, (1060, max(600, round(image.shape[0] * 1060 / image.shape[1])))), np.uint8)


def _view(image: Pixels, moved: NDArray[np.float64], random: np.random.Generator) -> Pixels:
    most = np.array([image.shape[1] - 961, image.shape[0] - 541])
    left, top = np.clip(np.array([50, (image.shape[0] - 540) / 3]) + moved + random.normal(0, 0.3, 2), 0, most)
    shift = np.array([[1, 0, -left], [0, 1, -top]], np.float32)
    return np.asarray(cv2.warpAffine(image, shift, (960, 540)), np.uint8)


def _clip(path: Path, step: int) -> Iterator[tuple[int, Pixels]]:
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % step == 0:
                yield round((frame.time or 0) * 1e6), np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


class _Shared:
    """The detector, asked once for each picture and size; counts the time of what is asked."""

    def __init__(self, network: FaceDetector) -> None:
        self._network = network
        self._made: dict[tuple[int, int], tuple[FaceBoxes, float]] = {}
        self.seconds = 0.0

    def detect(self, image: Pixels, longer_side: int, min_score: float) -> FaceBoxes:
        key = zlib.crc32(image[::5, ::5].tobytes()), longer_side
        if key not in self._made:
            begin = time.process_time()
            faces = self._network.detect(image, longer_side, 0.2)
            self._made[key] = faces, time.process_time() - begin
        faces, seconds = self._made[key]
        self.seconds += seconds
        return faces.pick(np.flatnonzero(faces.scores >= min_score))


def _of_one(networks: Networks, name: str, frames: list[tuple[int, Pixels]]) -> str:
    shared, second = _Shared(networks[0]), _Shared(networks[1])
    opinion = SecondOpinion(lambda: second)
    longer = max(frames[0][1].shape[:2])
    truth = [faces.boxes for _, image in frames for faces in [shared.detect(image, longer, _SURE)]]
    rows = []
    for way, rates in _WAYS.items():
        shared.seconds = second.seconds = 0.0
        timeline = _covered(VideoFaces(lambda: shared, lambda: opinion, rates), frames)
        cost = 1000 * (shared.seconds + second.seconds) / len(frames)
        visible, share = _judged(timeline, frames, truth)
        rows.append([way, str(visible), f"{100 * share:.2f} %", f"{cost:.1f}"])
    faces = sum(map(len, truth))
    heads = ("looks", f"visible of {faces:,}", "area covered", "ms a frame")
    return f"### {name}, {len(frames)} frames\n\n{table(heads, rows)}\n"


def _covered(faces: VideoFaces, frames: list[tuple[int, Pixels]]) -> Timeline:
    tracker, cuts, timeline = Tracker(), CutFinder(), Timeline(_MARGIN)
    pieces = []
    for time_us, image in frames:
        is_cut = cuts.add(time_us, image)
        seen = faces.find(image, time_us, is_cut)
        boxes = seen.boxes.astype(np.float64)
        found = [Found("face", box, float(score)) for box, score in zip(boxes, seen.scores, strict=True)]
        pieces += tracker.add(time_us, image, 1.0, found, is_cut)
    pieces += tracker.finish()
    timeline.add([PlannedTrack(piece.track, piece.kind, piece.positions) for piece in pieces])
    return timeline


def _judged(
    timeline: Timeline, frames: list[tuple[int, Pixels]], truth: list[NDArray[np.float32]]
) -> tuple[int, float]:
    """How many faces are visible, and the mean share of the frame that is covered, by boxes."""
    visible, share = 0, 0.0
    for (time_us, image), faces in zip(frames, truth, strict=True):
        height, width = image.shape[:2]
        mask = np.zeros((-(-height // _GRID), -(-width // _GRID)), bool)
        for place in timeline.areas_at(time_us):
            left, top, right, bottom = np.clip(np.round(place.box / _GRID), 0, None).astype(int)
            mask[top:bottom, left:right] = True
        share += float(mask.mean()) / len(frames)
        for face in faces:
            left, top, right, bottom = (np.clip(face, 0, [width, height, width, height]) / _GRID).astype(int)
            visible += bool(mask[top : bottom + 1, left : right + 1].mean() < _VISIBLE)
    return visible, share
