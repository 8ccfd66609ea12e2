"""What may be a subject's name: a pseudonym of one person."""

import re

from regard.errors import InvalidParameter

_SUBJECT = re.compile(r"[a-zA-Z0-9_.\-:]{1,128}")  # what both ExternalImageId and UserId allow
_EVERYBODY = frozenset({"all", "any", "anybody", "anyone", "everybody", "everyone"})


def check_subject(name: str) -> None:
    """Raises InvalidParameter for what cannot be one person's pseudonym."""
    if "*" in name or name.lower() in _EVERYBODY:
        raise InvalidParameter(f"subject is '{name}'; a consent is one person's own, never of several")
    if not _SUBJECT.fullmatch(name):
        raise InvalidParameter(f"subject is '{name}'; it must be 1 to 128 of the characters a-z A-Z 0-9 _ . - :")
