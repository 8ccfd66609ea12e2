"""Compact measures of every frame of a chunk of a video, from which shots and technical cues are told afterwards.

FrameMeasurer     frames of one chunk in, `Measured` out
Measured          about 40 bytes a frame and 144 more for its tiny picture; `rows` and `of_rows` keep it as JSON

Chunks join without a seam: what a frame is compared with beyond its chunk's edge is kept as pictures at the edges.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import pybase64
from numpy.typing import NDArray

from regard.analysis import cuts
from regard.analysis.colour_bars import bars_score
from regard.analysis.plain_ground import Ground, ground_of
from regard.analysis.soft_transitions import TINY

Thumb = NDArray[np.uint8]
Gray = NDArray[np.uint8]
Row = dict[str, Any]  # JSON

PIXELS = 128 * 72
_BT709 = np.array([0.2126, 0.7152, 0.0722], np.float32)  # ITU-R BT.709, of full-range components
FRAME = np.dtype(
    [
        ("time_us", "<i8"),
        ("novelty", "<f8"),  # against the frame before in the chunk that is not damaged; 0 where there is none
        ("level", "<f4"),  # mean gray level
        ("is_flat", "?"),
        ("is_damaged", "?"),
        ("bars", "<f4"),  # `colour_bars.bars_score`
        ("ground", "<f4"),  # share of the plain ground
        ("ground_level", "u1"),
        ("marks", "<f4"),  # share of what stands out brighter from it
    ]
)


@dataclass(frozen=True, slots=True)
class Measured:
    """A chunk's frames, N of them, in order."""

    frames: NDArray[np.void]  # (N,) of FRAME
    tiny: NDArray[np.uint8]  # (N, 9, 16) gray
    dark: Mapping[float, NDArray[np.uint16]]  # by pixel threshold: (N,) pixels of a thumb that are as dark
    since: Mapping[tuple[int, int], float]  # novelty of a later frame against an earlier one, for flashes
    first: tuple[int, Gray] | None  # the first frame that is not damaged
    early: Mapping[int, Gray] = field(default_factory=dict)  # that may be cuts, within a flash's time from the start
    late: Mapping[int, Gray] = field(default_factory=dict)  # that a flash beyond the end may lead back to; the last one

    def rows(self) -> list[Row]:
        """As JSON; see `of_rows`."""
        return [
            {
                "frames": _packed(self.frames.view(np.uint8)),
                # Differences from frame to frame are small, and pack to a fraction.
                "tiny": _packed(np.diff(self.tiny, axis=0, prepend=np.zeros_like(self.tiny[:1]))),
                "dark": [[threshold, _packed(counts.view(np.uint8))] for threshold, counts in self.dark.items()],
                "since": [[earlier, later, value] for (earlier, later), value in self.since.items()],
                "first": None if self.first is None else [self.first[0], _packed(self.first[1])],
                "early": [[number, _packed(gray)] for number, gray in self.early.items()],
                "late": [[number, _packed(gray)] for number, gray in self.late.items()],
            }
        ]

    @staticmethod
    def of_rows(rows: Sequence[Row]) -> "Measured":
        """What gave these rows."""
        row = rows[0]
        first = row["first"]
        return Measured(
            frames=_unpacked(row["frames"]).view(FRAME),
            tiny=np.cumsum(_unpacked(row["tiny"]).reshape(-1, TINY[1], TINY[0]), axis=0, dtype=np.uint8),
            dark={float(threshold): _unpacked(packed).view(np.uint16) for threshold, packed in row["dark"]},
            since={(int(earlier), int(later)): float(value) for earlier, later, value in row["since"]},
            first=None if first is None else (int(first[0]), _gray(first[1])),
            early={int(number): _gray(packed) for number, packed in row["early"]},
            late={int(number): _gray(packed) for number, packed in row["late"]},
        )


@dataclass(frozen=True, slots=True)
class _Seen:
    number: int
    time_us: int
    gray: Gray
    is_flat: bool


class FrameMeasurer:
    """Frames of one chunk in order."""

    def __init__(self, pixel_thresholds: Iterable[float]) -> None:
        """pixel_thresholds: shares of the luminance range up to which a pixel counts as black."""
        self._thresholds = sorted(set(pixel_thresholds))
        self._records: list[tuple[Any, ...]] = []
        self._tiny: list[NDArray[np.uint8]] = []
        self._dark: list[list[int]] = []
        self._first: _Seen | None = None
        self._last: _Seen | None = None
        self._since: dict[tuple[int, int], float] = {}
        self._before: list[_Seen] = []  # that a flash may lead back to, of the last `FLASH_US`
        self._early: dict[int, Gray] = {}

    def add(self, time_us: int, thumb: Thumb, is_damaged: bool) -> Ground:
        """The next frame, (72, 128, 3) RGB. Returns what its ground is like."""
        gray = cuts.gray_of(thumb)
        now = _Seen(len(self._records), time_us, gray, cuts.is_flat(gray))
        novelty = 0.0 if is_damaged else self._compared(now)
        ground = ground_of(gray)
        level, bars = float(gray.mean()), bars_score(thumb)
        self._records.append(
            (time_us, novelty, level, now.is_flat, is_damaged, bars, ground.share, ground.level, ground.marks)
        )
        self._tiny.append(np.asarray(cv2.resize(gray, TINY, interpolation=cv2.INTER_AREA), np.uint8))
        luminance = thumb.reshape(-1, 3).astype(np.float32) @ _BT709
        self._dark.append([int((luminance <= threshold * 255 + 0.5).sum()) for threshold in self._thresholds])
        return ground

    def measured(self) -> Measured:
        """Of all frames added."""
        late = {seen.number: seen.gray for seen in self._before if self._is_late(seen)}
        if self._last is not None:
            late[self._last.number] = self._last.gray
        dark = np.array(self._dark, np.uint16).reshape(len(self._records), len(self._thresholds))
        return Measured(
            frames=np.array(self._records, FRAME),
            tiny=np.array(self._tiny, np.uint8).reshape(-1, TINY[1], TINY[0]),
            dark={threshold: dark[:, at].copy() for at, threshold in enumerate(self._thresholds)},
            since=self._since,
            first=None if self._first is None else (self._first.number, self._first.gray),
            early=self._early,
            late=late,
        )

    def _compared(self, now: _Seen) -> float:
        last, self._last = self._last, now
        if last is None:
            self._first = now
            return 0.0
        novelty = 0.0 if now.is_flat else cuts.novelty(last.gray, now.gray)
        if now.is_flat and not last.is_flat:
            self._keep(last)
        elif novelty > cuts.NOVEL:
            self._compare_back(now)
            self._keep(last)
        return novelty

    def _keep(self, seen: _Seen) -> None:
        """A frame to which a flash may lead back."""
        self._before = [one for one in self._before if seen.time_us - one.time_us <= cuts.FLASH_US]
        self._before.append(seen)

    def _compare_back(self, now: _Seen) -> None:
        for before in self._before:
            if now.time_us - before.time_us < cuts.FLASH_US:
                self._since[before.number, now.number] = cuts.novelty(before.gray, now.gray)
        if self._first is not None and now.time_us - self._first.time_us < cuts.FLASH_US:
            self._early[now.number] = now.gray

    def _is_late(self, seen: _Seen) -> bool:
        return self._last is not None and self._last.time_us - seen.time_us < cuts.FLASH_US


def _packed(values: NDArray[Any]) -> str:
    return pybase64.b64encode(zlib.compress(np.ascontiguousarray(values).tobytes(), 6)).decode()


def _unpacked(packed: str) -> NDArray[np.uint8]:
    return np.frombuffer(zlib.decompress(pybase64.b64decode(packed)), np.uint8)


def _gray(packed: str) -> Gray:
    return _unpacked(packed).reshape(72, 128)
