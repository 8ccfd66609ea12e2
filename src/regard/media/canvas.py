"""Drawing what was found over the picture it was found in."""

from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

# Colours that differ in lightness as well as hue, so that they can be told apart without colour vision.
# Source: Okabe and Ito, Color Universal Design, 2008.
PALETTE = ("#56B4E9", "#E69F00", "#009E73", "#F0E442", "#CC79A7", "#D55E00", "#0072B2")


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing to draw, in ratios of the picture's width and height."""

    corners: tuple[tuple[float, float], ...]  # a closed outline; two corners are a box's top left and bottom right
    text: str = ""
    points: tuple[tuple[float, float], ...] = field(default=())  # dots inside it
    colour: int = 0  # index into PALETTE, taken round


def overlay(image: NDArray[np.uint8], marks: list[Mark]) -> Image.Image:
    """`image`, (H, W, 3) RGB, with outlines, dots and labels over it. Lines scale with the picture."""
    picture = Image.fromarray(image)
    draw = ImageDraw.Draw(picture)
    unit = max(picture.size) / 1000
    line = max(2, round(2.4 * unit))
    font = ImageFont.load_default(max(11, round(15 * unit)))
    for mark in marks:
        colour = PALETTE[mark.colour % len(PALETTE)]
        corners = _outline(mark, picture.size)
        # A dark edge keeps light lines visible on light pictures.
        draw.line([*corners, corners[0]], fill="black", width=line + 2, joint="curve")
        draw.line([*corners, corners[0]], fill=colour, width=line, joint="curve")
        _dots(draw, mark, picture.size, colour, radius=max(1.0, 1.3 * unit))
    for mark in marks:
        if mark.text:
            _label(draw, mark, _outline(mark, picture.size), font)
    return picture


def encoded(picture: Image.Image, path: Path) -> bytes:
    """The picture in the format that `path`'s ending names, JPEG where it names none that Pillow writes."""
    buffer = BytesIO()
    kind = Image.registered_extensions().get(path.suffix.lower(), "JPEG")
    kind = kind if kind in Image.SAVE else "JPEG"  # some formats can only be read
    picture.save(buffer, kind, **({"quality": 92} if kind == "JPEG" else {}))
    return buffer.getvalue()


def _outline(mark: Mark, size: tuple[int, int]) -> list[tuple[float, float]]:
    corners = [(x * size[0], y * size[1]) for x, y in mark.corners]
    if len(corners) == 2:
        (left, top), (right, bottom) = corners
        return [(left, top), (right, top), (right, bottom), (left, bottom)]
    return corners


def _dots(draw: ImageDraw.ImageDraw, mark: Mark, size: tuple[int, int], colour: str, radius: float) -> None:
    for x, y in mark.points:
        centre_x, centre_y = x * size[0], y * size[1]
        draw.ellipse((centre_x - radius, centre_y - radius, centre_x + radius, centre_y + radius), fill=colour)


def _label(
    draw: ImageDraw.ImageDraw,
    mark: Mark,
    outline: list[tuple[float, float]],
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    """The mark's text on a plate above its outline, or inside where there is no room above."""
    left, top, right, bottom = draw.textbbox((0, 0), mark.text, font=font)
    width, height = right - left + 6, bottom - top + 6
    x = min(max(min(x for x, _ in outline), 0), max(draw.im.size[0] - width, 0))
    y = min(y for _, y in outline) - height
    y = y if y >= 0 else max(min(y for _, y in outline), 0)
    draw.rectangle((x, y, x + width, y + height), fill=PALETTE[mark.colour % len(PALETTE)])
    draw.text((x + 3 - left, y + 3 - top), mark.text, fill="black", font=font)
