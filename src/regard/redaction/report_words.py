"""What a report says in words: reasons, their risks, settings, times, and what it cannot show."""

import math
from collections.abc import Iterable, Mapping

from regard.redaction.settings import RedactionSettings

# How bad it would be if the doubt were justified, for the order of review, and what the reason means. By words in it:
# those of `analysis/track_doubts.py`. What an editor of a plan wrote counts as ordinary.
_REASONS: Mapping[str, tuple[float, str]] = {
    "lost while moving fast": (
        3.0,
        "It was moving fast when it was lost, so that it may have gone on outside of the cover.",
    ),
    "video is damaged": (3.0, "The file is damaged there; what was found in its frames may be wrong."),
    "not found": (
        2.5,
        "Nothing was found in a longer row of frames. The cover went along with the motion of the picture.",
    ),
    "box jumped": (2.0, "What was found jumped from one frame to the next; it may have been two things."),
    "hardly recognised": (1.5, "It was found, but with little certainty; its place may be inexact."),
    "lost near the edge": (1.0, "It was lost near the edge, and has most likely left the picture."),
    "seen only once": (1.0, "It was found in a single frame, and covered for a short while around it."),
}
_ORDINARY = 2.0
_LEAST_SECONDS = 0.2  # a doubt that lasts a frame is a doubt
_LEAST_SIZE, _MOST_SIZE = 0.25, 2.0

KIND_WORDS: Mapping[str, tuple[str, str]] = {
    "face": ("face", "faces"),
    "plate": ("number plate", "number plates"),
    "person": ("person", "people"),
    "text": ("text", "texts"),
    "screen": ("screen", "screens"),
    "region": ("drawn region", "drawn regions"),
}

CANNOT_SHOW = (
    "What no network found and no one drew is neither covered nor listed here. A face that was missed from its first "
    "frame to its last leaves no trace in this report; the check looks again, with the same networks.",
    "Whether a covered person can still be told from their clothes, their gait, their voice, the place or what others "
    "say. Sound is kept unless it was muted or dropped.",
    "Whether a cover is in the right place in every frame: between two frames in which something was found it moves "
    "along a straight line.",
    "What the pictures on its page leave open: they are of the output, so that a face that neither the first look nor "
    "the check found can be seen in them as in the output. Give the page only to those who may have the output.",
    "Who is in the video. Regard does not know: faces are found, never recognised, and number plates are not read.",
    "Who made this report. Its hashes show that nothing was changed by accident or carelessness; somebody who changes "
    "the video can make a report anew. Keep the report's own hash in a place that they cannot reach.",
)


def risk_of(why: str, duration_us: int, share: float) -> float:
    """For comparing uncertain spans: how bad, times how long in seconds, times how large.

    share: of the picture's area that the thing takes; a face of a fifth of the picture's height counts about once.
    """
    said = why.lower()
    severity = next((risk for words, (risk, _) in _REASONS.items() if words in said), _ORDINARY)
    size = min(_MOST_SIZE, max(_LEAST_SIZE, 5 * math.sqrt(max(0.0, share))))
    return round(severity * max(_LEAST_SECONDS, duration_us / 1e6) * size, 3)


def meanings(reasons: Iterable[str]) -> list[tuple[str, str]]:
    """What the reasons mean that are known, each once."""
    said = " ".join(reasons).lower()
    return [(words, meaning) for words, (_, meaning) in _REASONS.items() if words in said]


def kind_words(kind: str, count: int) -> str:
    """As "1 face" or "1,200 faces"."""
    one, several = KIND_WORDS.get(kind, (kind, f"{kind}s"))
    return f"{count:,} {one if count == 1 else several}"


def plural(word: str, count: int) -> str:
    """The word, with an s where there is not one."""
    return word if count == 1 else f"{word}s"


def moment(time_us: int) -> str:
    """As 0:07.25 or 1:02:03.50, from the first frame."""
    hundredths = round(time_us / 10_000)
    minutes, rest = divmod(hundredths, 6_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest // 100:02}.{rest % 100:02}"
    return f"{hours}:{minutes:02}:{seconds}" if hours else f"{minutes}:{seconds}"


def span_words(begin_us: int, end_us: int) -> str:
    """As 0:07.25 to 0:08.00, or one moment where they are the same."""
    begin, end = moment(begin_us), moment(end_us)
    return begin if begin == end else f"{begin} to {end}"


def size_words(size: int) -> str:
    """As 3.2 MB (3,215,019 bytes)."""
    if size < 1_000_000:
        return f"{size:,} bytes"
    return f"{size / 1e6:,.1f} MB ({size:,} bytes)"


def settings_words(settings: RedactionSettings) -> list[tuple[str, str]]:
    """Names and values, as a person says them."""
    ways = {
        "blur": "blurred beyond recovery",
        "pixelate": "pixelated coarsely",
        "fill": f"filled with {settings.fill}",
    }
    shapes = {"oval": "ovals", "box": "boxes", "outline": "their outlines"}
    told = [
        ("Covered", ", ".join(settings.what) or "drawn regions only"),
        ("How", f"{ways[settings.way]}; faces and people as {shapes[settings.shape]}"),
        ("Margin", f"{settings.margin:.0%} of the box on each side"),
        ("From confidence", f"{settings.confidence:g}%"),
        (
            "Frames looked at",
            "every frame" if settings.stride == 1 else f"one of {settings.stride}; between them it is followed",
        ),
        ("Sound", _sound_words(settings)),
        ("Metadata", "taken out" if settings.metadata == "strip" else "kept"),
    ]
    for region in settings.regions:
        left, top, right, bottom = (f"{side:.1%}" for side in region.box)
        end = "the end" if region.end_us is None else moment(region.end_us)
        told.append(("Drawn region", f"{left}, {top} to {right}, {bottom}; {moment(region.begin_us)} to {end}"))
    told += [
        ("Kept visible", f"what was at {mark.x:.1%}, {mark.y:.1%} at {moment(mark.time_us)}") for mark in settings.marks
    ]
    return told


def _sound_words(settings: RedactionSettings) -> str:
    if settings.sound == "drop":
        return "left out"
    if not settings.mute:
        return "kept"
    return f"kept, silent at {'; '.join(span_words(*span) for span in settings.mute)}"
