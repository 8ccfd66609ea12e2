"""What names and sizes of objects are taken, and how it is told that one cannot be read."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from regard.errors import ImageTooLarge, InvalidS3Object

OnBytes = Callable[[int], None]
BLOCK_BYTES = 1 << 20
UNREADABLE = "Unable to get object metadata from S3. Check object key, region and/or access permissions."
# As the service model has it. botocore takes other texts for ARNs, and some of those make it call Amazon's own hosts.
_BUCKET = re.compile(r"(?!\.{1,2}$)[0-9A-Za-z._-]{1,255}")
_STEPS = frozenset((".", ".."))


def copied(body: Any, copy: BinaryIO, max_bytes: int, bucket: str, key: str, on_bytes: OnBytes = lambda _: None) -> int:
    """How many bytes were copied; `on_bytes` is told so far. Raises as `check_size`."""
    size = 0
    while block := body.read(BLOCK_BYTES):
        size += len(block)
        check_size(size, max_bytes, bucket, key)
        copy.write(block)
        on_bytes(size)
    check_size(size, max_bytes, bucket, key)
    return size


def check_names(bucket: str, key: str, error: Callable[[str, str, str], InvalidS3Object] | None = None) -> None:
    """Raises InvalidS3Object for what is no bucket's name, and for keys that climb.

    S3 itself knows no climbing, but what stands between here and an S3 service may.
    """
    told = error or unreadable
    if not _BUCKET.fullmatch(bucket):
        raise told(bucket, key, "no such bucket")
    if not _STEPS.isdisjoint(key.split("/")):
        raise told(bucket, key, "no such object")


def unreadable(bucket: str, key: str, reason: str) -> InvalidS3Object:
    """The error for an object that cannot be read."""
    return InvalidS3Object(f"{UNREADABLE} (bucket '{bucket}', key '{key}': {reason})")


def check_not_empty(size: int, bucket: str, key: str) -> None:
    """Raises InvalidS3Object for an empty object."""
    if size == 0:
        raise unreadable(bucket, key, "the object is empty")


def check_size(size: int, max_bytes: int, bucket: str, key: str) -> None:
    """Raises InvalidS3Object for an empty object, ImageTooLarge for one above `max_bytes`."""
    check_not_empty(size, bucket, key)
    if size > max_bytes:
        raise ImageTooLarge(
            f"Image size is too large. Object '{key}' in bucket '{bucket}' is {size} bytes; the limit is {max_bytes}."
        )


@contextmanager
def told_of_reading(bucket: str, key: str) -> Iterator[None]:
    """Turns what keeps a file from being read into InvalidS3Object."""
    try:
        yield
    except OSError as error:
        raise unreadable(bucket, key, error.strerror or "cannot be read") from error
    except RuntimeError as error:  # what pathlib makes of a loop of links before Python 3.13
        raise unreadable(bucket, key, "no such object") from error
