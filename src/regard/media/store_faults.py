"""What goes wrong between here and a store of objects, and whether another try may go better."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from regard.errors import InvalidS3Object

UNWRITABLE = "Unable to write object to S3. Check object key, region and/or access permissions."
# What another try would meet again, as long as nobody puts it right.
_LASTING = frozenset(
    (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EEXIST)
)
# What botocore has for a code where the answer has no body, and what S3 says of buckets.
_REASONS = {"403": "AccessDenied", "404": "no such bucket", "NoSuchBucket": "no such bucket"}


def may_pass(error: InvalidS3Object) -> bool:
    """Whether an object was unreadable because the service failed, so that another try may read it."""
    cause = error.__cause__
    return isinstance(cause, BotoCoreError) or (isinstance(cause, ClientError) and is_failure(cause))


@contextmanager
def told_of_file(bucket: str, key: str) -> Iterator[None]:
    """Turns what an operator has to put right into InvalidS3Object."""
    try:
        yield
    except OSError as error:
        if error.errno not in _LASTING:
            raise
        raise unwritable(bucket, key, error.strerror or "cannot be written") from error
    except RuntimeError as error:  # what pathlib makes of a loop of links before Python 3.13
        raise unwritable(bucket, key, "no such folder") from error


@contextmanager
def told_of_service(bucket: str, key: str) -> Iterator[None]:
    """Turns a refusal into InvalidS3Object, and a failure into ConnectionError."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "refused")
        if is_failure(error):
            raise ConnectionError(f"The object store failed to take '{key}' into bucket '{bucket}': {code}") from error
        raise unwritable(bucket, key, _REASONS.get(code, code)) from error
    except BotoCoreError as error:
        raise ConnectionError(f"The object store does not answer for '{key}' in bucket '{bucket}'") from error
    except ValueError as error:  # what botocore makes of numbers, times and texts that are none
        raise ConnectionError("The object store's answer cannot be read") from error


def is_failure(error: ClientError) -> bool:
    """Whether the service failed, or asked to be left alone for a while."""
    status = status_of(error)
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS


def status_of(error: ClientError) -> int:
    """The HTTP status of an S3 service's refusal; 0 where there was none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def unwritable(bucket: str, key: str, reason: str) -> InvalidS3Object:
    """The error for an object that cannot be written."""
    return InvalidS3Object(f"{UNWRITABLE} (bucket '{bucket}', key '{key}': {reason})")


def sync_folder(folder: Path) -> None:
    """Return once the names in `folder` are on the disk. As `storage/durable.py`, which is not below this room."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
