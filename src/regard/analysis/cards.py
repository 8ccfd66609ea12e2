"""What is written on a picture that is mostly plain ground: how many lines, and whether they are those of a slate."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# What the fields of a slate are called and nothing else is, before a colon, a number or the end of the line. Roles such
# as a director's are left out: credits have them.
_FIELD = re.compile(
    r"\W*(agency|aspect|audio|channels|client|clock|date|duration|episode|format|fps|frame ?rate|house|isci|length|"
    r"network|prod|product|programm?e?|resolution|roll|runtime|scene|season|series|slate|take|time ?code|title|trt|tx|"
    r"version)\b(?:[ .\w]{0,12}[:#=]|\W*\d|\W*$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Card:
    """A picture's text."""

    lines: int
    fields: int  # different fields of a slate that lines begin with


def card_of(lines: Iterable[str]) -> Card:
    """Of the lines of a picture, as they were read."""
    texts = list(lines)
    return Card(len(texts), len({found[1].lower() for text in texts if (found := _FIELD.match(text))}))
