"""The service model's patterns, which are Java's, as Python's.

`java_pattern(text)` matches with `fullmatch` what `java.util.regex.Pattern.matches` accepts.
`LONGEST_UNBOUNDED` is the longest value that a pattern without a length limit is tried on.

Why no pattern of the model can be made to run for long: none nests a quantifier in a quantifier over the same
characters, so none is exponential. `^[a-z0-9](-*[a-z0-9])*` nests, but each round must end in the one character that
`-*` cannot take, so there is one way to read any text. The quadratic ones, `.*\\S.*` and `^arn:aws:sns:.*:\\w{12}:.+$`,
are only tried on values of at most 2,048 characters: `constraints.py` looks at the length first.
"""

import re

# An ARN, the only thing the model leaves unbounded besides ids, is at most 2,048 characters long.
LONGEST_UNBOUNDED = 2048

# In Java a dot is anything but a line terminator, of which Python knows only the first.
_DOT = "[^\\n\\r\\u0085\\u2028\\u2029]"

# Letters, separators, numbers and the underscore. Python's `\w` is letters, numbers and the underscore, and Unicode
# has 19 separators. Java spells it out in both patterns that need it (TagKey, TagValue).
_WORDS_JAVA = "\\p{L}\\p{Z}\\p{N}_"
_WORDS = "\\w \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"

_TOKEN = re.compile("|".join((re.escape(_WORDS_JAVA), r"\\p\{\w+\}", r"\\.", "&&", ".")), re.DOTALL)


def java_pattern(text: str) -> re.Pattern[str]:
    """`text` compiled for `fullmatch`.

    Raises ValueError for Java's own constructs that the model of today does not use (other categories, classes within
    classes, intersections), rather than compile something that matches differently.
    """
    tokens = _TOKEN.findall(text)
    is_unicode = _WORDS_JAVA in tokens
    translated = []
    in_class = False
    for token in tokens:
        if token.startswith("\\p") and token != _WORDS_JAVA:
            raise ValueError(f"pattern {text!r} names a category that has no translation: {token}")
        if in_class and token in ("[", "&&"):
            raise ValueError(f"pattern {text!r} has a class within a class, which Python reads differently")
        if is_unicode and token in ("\\d", "\\D", "\\w", "\\W", "\\s", "\\S"):
            raise ValueError(f"pattern {text!r} mixes {token}, ASCII in Java, with Unicode categories")
        translated.append(_translated(token, in_class))
        in_class = (in_class or token == "[") and token != "]"
    # Java's \d, \w and \s are ASCII.
    return re.compile("".join(translated), re.UNICODE if is_unicode else re.ASCII)


def _translated(token: str, in_class: bool) -> str:
    if token == _WORDS_JAVA:
        return _WORDS
    return _DOT if token == "." and not in_class else token
