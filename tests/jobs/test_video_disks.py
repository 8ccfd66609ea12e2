"""Disks and quotas under walks over videos."""

import errno

import pytest

from regard.jobs.kinds import JobFault
from regard.jobs.video_rules import AWS_RULES, RELAXED_RULES, VideoRules
from regard.media.looks import Look
from regard.storage.errors import DiskFull
from tests.jobs.films import SHORT, NewFilm
from tests.jobs.video_kinds import NumberKind
from tests.media.made_videos import make_video


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT], ids=["full", "over quota"])
def test_full_disk_is_no_fault_of_the_video(new_film: NewFilm, number: int) -> None:
    def fail(look: Look) -> None:
        raise OSError(number, "no room", "/data/jobs/walks/rows")

    film = new_film(kinds={"numbers": NumberKind(on_look=fail)})
    make_video(film.object, SHORT)

    with pytest.raises(DiskFull) as caught:
        film.do(*film.planned("numbers"))

    assert str(caught.value) == "in/clip.mp4 cannot be analysed: the disk of the data folder is full"
    assert film.chunk_files() == {}


def test_other_faults_of_a_disk_come_out_as_they_are(new_film: NewFilm) -> None:
    def fail(look: Look) -> None:
        raise OSError(errno.EIO, "cannot be read")

    film = new_film(kinds={"numbers": NumberKind(on_look=fail)})
    make_video(film.object, SHORT)

    with pytest.raises(OSError, match="cannot be read") as caught:
        film.do(*film.planned("numbers"))

    assert caught.value.errno == errno.EIO


@pytest.mark.parametrize(
    ("rules", "quota", "most"),
    [(RELAXED_RULES, 1000, 1000), (AWS_RULES, 1000, 1000), (AWS_RULES, 1 << 40, 10 << 30)],
    ids=["nothing else", "quota", "Amazon's"],
)
def test_the_lesser_of_rule_and_quota_holds(rules: VideoRules, quota: int, most: int) -> None:
    assert rules.within(quota).most_bytes == most


def test_object_above_the_quota_is_refused_before_it_is_fetched(new_film: NewFilm) -> None:
    film = new_film(rules=RELAXED_RULES.within(500))
    make_video(film.object, SHORT)

    with pytest.raises(JobFault, match=r"^in/clip\.mp4 is [0-9,]+ bytes; the limit is 500$"):
        film.planned()
