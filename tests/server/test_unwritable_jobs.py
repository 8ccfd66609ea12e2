"""What a client is told whose job cannot be written down."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from regard.lazy import Lazy
from regard.storage.job_store import JobStore
from tests.server.service import StubbedApp, running
from tests.storage.limits import run_with_file_limit

VIDEO = {"Video": {"S3Object": {"Bucket": "media", "Name": "clip.mp4"}}}


def test_a_start_on_a_full_disk_is_told_plainly_and_the_next_one_is_taken(tmp_path: Path) -> None:
    put(tmp_path)
    refused, taken = run_with_file_limit(
        "from tests.server.service import running\n"
        "from tests.server.test_unwritable_jobs import VIDEO\n"
        "with running(folder, job_workers=0) as service:\n"
        "    limit(0)\n"
        "    refused = service.call('StartFaceDetection', VIDEO)\n"
        "    limit(-1)\n"
        "    print(refused.status, refused.body.decode())\n"
        "    print(service.call('StartFaceDetection', VIDEO).status)\n",
        tmp_path,
    )
    status, body = refused.split(" ", 1)
    assert (int(status), told(body)) == (500, error("The disk of the data folder is full; make room and ask again"))
    assert taken == "200"


def test_a_start_on_a_disk_that_may_only_be_read_is_told_plainly_and_the_log_says_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(tmp_path)
    with running(tmp_path, make=ReadingApp, job_workers=0) as service:
        answer = service.call("StartFaceDetection", VIDEO)

    said = answer.status, told(answer.body)
    assert said == (500, error("The data folder cannot be used; the server's log says why"))
    assert f"{tmp_path}/jobs/jobs.sqlite: it cannot be written to" in caplog.text


def put(folder: Path) -> None:
    (folder / "buckets" / "media").mkdir(parents=True)
    (folder / "buckets" / "media" / "clip.mp4").write_bytes(b"film")


def told(body: str | bytes) -> dict[str, str]:
    """All that an answer says but the name that it has in the log."""
    members: dict[str, str] = json.loads(body)
    del members["Logref"]
    return members


def error(message: str) -> dict[str, str]:
    return {"__type": "InternalServerError", "Code": "InternalServerError", "Message": message}


class ReadOnlyStore(JobStore):
    """What SQLite says of a file system that is mounted for reading it says of such a connection too."""

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with self.reading() as connection:
            yield connection


class ReadingApp(StubbedApp):
    """The application over such a store."""

    def __init__(self, *settings: Any) -> None:
        super().__init__(*settings)
        self.job_store = self.stored.store = Lazy(lambda: ReadOnlyStore.open(self.settings.data / "jobs"))
