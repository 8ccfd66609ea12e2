"""What a frame says beside its pixels that a copy must say as well: which way is up, and what HDR was mastered on."""

from dataclasses import dataclass
from typing import cast

import av
import numpy as np
from av.sidedata.sidedata import SideData, SideDataContainer
from numpy.typing import NDArray

DisplayMatrix = tuple[int, ...]  # nine numbers, as FFmpeg has them

# AVMasteringDisplayMetadata: ten fractions, and whether the first eight and the last two are set.
_MASTERING_BYTES = 88
# Units of H.265's message, D.3.28.
_OF_CHROMATICITY, _OF_LUMINANCE = 50_000, 10_000


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """Of one frame."""

    matrix: DisplayMatrix | None = None
    # x, y of red, green, blue and white in 1/50000; least and most candela a square metre in 1/10000
    mastering: tuple[int, ...] | None = None
    content_light: tuple[int, int] | None = None  # candela a square metre: of the brightest pixel, and frame

    def x265_parameters(self) -> list[str]:
        """As x265 is told of them."""
        told = []
        if self.mastering is not None:
            red, green, blue, white = (self.mastering[at : at + 2] for at in (0, 2, 4, 6))
            least, most = self.mastering[8:]
            points = "".join(
                f"{name}({x},{y})"
                for name, (x, y) in zip(("G", "B", "R", "WP"), (green, blue, red, white), strict=True)
            )
            told.append(f"master-display={points}L({most},{least})")
        if self.content_light is not None:
            told.append("max-cll={},{}".format(*self.content_light))
        return told


def picture_facts(frame: av.VideoFrame) -> PictureFacts:
    """What is known; nothing of it has to be there."""
    found = {data.type.name: data for data in _side_data(frame)}
    return PictureFacts(
        _matrix(found.get("DISPLAYMATRIX")),
        _mastering(found.get("MASTERING_DISPLAY_METADATA")),
        _content_light(found.get("CONTENT_LIGHT_LEVEL")),
    )


def _side_data(frame: av.VideoFrame) -> list[SideData]:
    sides = cast(SideDataContainer, frame.side_data)
    return [sides[number] for number in range(len(sides))]


def _numbers(data: SideData, count: int) -> NDArray[np.int32]:
    return np.frombuffer(bytes(data), np.int32, count)


def _matrix(data: SideData | None) -> DisplayMatrix | None:
    if data is None or data.buffer_size < 36:
        return None
    return tuple(_numbers(data, 9).tolist())


def _mastering(data: SideData | None) -> tuple[int, ...] | None:
    if data is None or data.buffer_size < _MASTERING_BYTES:
        return None
    *fractions, has_primaries, has_luminance = _numbers(data, 22).tolist()
    parts = list(zip(fractions[0::2], fractions[1::2], strict=True))
    if not (has_primaries and has_luminance) or any(under <= 0 or over < 0 for over, under in parts):
        return None
    units = [*8 * [_OF_CHROMATICITY], *2 * [_OF_LUMINANCE]]
    return tuple(round(over * unit / under) for (over, under), unit in zip(parts, units, strict=True))


def _content_light(data: SideData | None) -> tuple[int, int] | None:
    if data is None or data.buffer_size < 8:
        return None
    brightest, average = _numbers(data, 2).tolist()
    return (brightest, average) if 0 <= average <= 65_535 and 0 < brightest <= 65_535 else None
