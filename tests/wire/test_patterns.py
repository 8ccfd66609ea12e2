import re
import sys
import unicodedata

import pytest

from regard.wire.model import Scalar, ServiceModel, Shape, Structure
from regard.wire.patterns import java_pattern

# What java.util.regex of OpenJDK 17 said of the model's own patterns.
ANY = ".{1,}"
ARN = r"(^arn:aws:sns:.*:\w{12}:.+$)"
COLLECTION = r"[a-zA-Z0-9_.\-]+"
FILTER = "[A-Za-z0-9àâèçñó'-_(). ]*"
JOB = "^[a-zA-Z0-9-_]+$"
KEY_PREFIX = r"\S*"
POLICY = r"[\u0009\u000A\u000D\u0020-\u00FF]+"
TAG_KEY = r"^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]*$"
VERSION = r"^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$"


@pytest.mark.parametrize(
    ("pattern", "value", "is_accepted"),
    [
        (ANY, "a b", True),
        (ANY, "", False),
        (ANY, "a\nb", False),
        (ANY, "a\rb", False),
        (ANY, "a\u2028b", False),
        (ANY, "a\u0085b", False),
        (ANY, "a\x1cb", True),
        (ARN, "arn:aws:sns:eu-west-1:123456789012:topic", True),
        (ARN, "arn:aws:sns:eu-west-1:12345678901٢:topic", False),
        (ARN, "xarn:aws:sns:eu-west-1:123456789012:topic", False),
        (COLLECTION, "my.faces_2-a", True),
        (COLLECTION, "my faces", False),
        (COLLECTION, "faces\n", False),
        (COLLECTION, "faces:x", False),
        (FILTER, "Grüße", False),
        (FILTER, "à [x] <y>", True),
        (FILTER, "!", False),
        (JOB, "a-b_C9", True),
        (JOB, "a.b", False),
        (JOB, "a\n", False),
        (KEY_PREFIX, "a/b", True),
        (KEY_PREFIX, "a b", False),
        (KEY_PREFIX, "a\u00a0b", True),
        (KEY_PREFIX, "", True),
        (POLICY, "{\t\r\n\u00ff}", True),
        (POLICY, "\u0100", False),
        (POLICY, "\x0b", False),
        (TAG_KEY, "Größe 中 ٣ Ⅷ ½\u2028\u3000", True),
        (TAG_KEY, "regard:purpose", True),
        (TAG_KEY, "aws:purpose", False),
        (TAG_KEY, "a!", False),
        (TAG_KEY, "ⓐ", False),
        (TAG_KEY, "a\tb", False),
        (VERSION, "1.20.300", True),
        (VERSION, "01.2.3", False),
        (VERSION, "1.2.3\n", False),
        (VERSION, "1.2.٣", False),
    ],
)
def test_pattern_accepts_what_java_accepts(pattern: str, value: str, is_accepted: bool) -> None:
    assert (java_pattern(pattern).fullmatch(value) is not None) is is_accepted


def test_tag_characters_are_the_unicode_letters_numbers_and_separators() -> None:
    accepted = java_pattern(TAG_KEY)
    listed = {character for character in map(chr, range(sys.maxunicode + 1)) if accepted.fullmatch(character)}
    expected = {
        character
        for character in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(character)[0] in "LNZ" or character in "_.:/=+-@"
    }
    assert listed == expected


@pytest.mark.parametrize("pattern", [r"\p{Lu}+", "[a[b]]", "[a-z&&[^b]]", r"[\p{L}\p{Z}\p{N}_]\d"])
def test_pattern_without_translation_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(pattern))):
        java_pattern(pattern)


def test_no_pattern_of_the_model_hangs_on_a_hostile_value(model: ServiceModel) -> None:
    """An exponential pattern would not return; the values go up to what `constraints` lets a pattern see."""
    stems = ["-", "a-", "arn:aws:sns:" + ":aaaaaaaaaaaa" * 9, ":aaaaaaaaaaaa", " ", "{", "}", "a", "/", "0."]
    hostile = [(stem * 2048)[:2046] + "\u2030\n" for stem in stems]
    patterns = {shape.pattern for shape in _scalars(model) if shape.pattern is not None}
    assert len(patterns) == 30
    assert not [value for pattern in patterns for value in hostile if pattern.fullmatch(value)]


def _scalars(model: ServiceModel) -> set[Scalar]:
    found: set[Shape] = set()
    waiting: list[Shape] = [
        shape for operation in model.operations.values() for shape in (operation.input, operation.output)
    ]
    while waiting:
        shape = waiting.pop()
        if shape not in found:
            found.add(shape)
            waiting += _parts(shape)
    return {shape for shape in found if isinstance(shape, Scalar)}


def _parts(shape: Shape) -> list[Shape]:
    if isinstance(shape, Scalar):
        return []
    if isinstance(shape, Structure):
        return list(shape.members.values())
    return [shape.item, getattr(shape, "key", shape.item)]
