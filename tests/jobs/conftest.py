"""A room of jobs, or a film in a bucket, for each test."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.jobs.films import LONG, Film, NewFilm
from tests.jobs.job_room import JobRoom
from tests.media.made_videos import make_video


@pytest.fixture
def room(tmp_path: Path) -> Iterator[JobRoom]:
    """Jobs in a folder of their own."""
    made = JobRoom(tmp_path / "jobs")
    yield made
    made.store.close()


@pytest.fixture
def new_film(tmp_path: Path) -> Iterator[NewFilm]:
    with contextlib.ExitStack() as stack:

        def made(**wanted: Any) -> Film:
            film = Film(tmp_path, **wanted)
            stack.callback(film.close)
            return film

        yield made


@pytest.fixture
def film(new_film: NewFilm) -> Film:
    return new_film()


@pytest.fixture
def long_film(film: Film) -> Film:
    make_video(film.object, LONG)
    return film
