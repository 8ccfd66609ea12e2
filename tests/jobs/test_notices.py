"""Who is told of a job's end."""

import uuid
from dataclasses import replace

import pytest

from regard.jobs.notices import MQTT, SNS, WEBHOOK, Announcer, NoticePlace, notice_id
from regard.jobs.records import Job, Media, NewJob

TOPIC = "arn:aws:sns:us-east-1:123456789012:AmazonRekognition-done"
NEW = NewJob("123456789012", "us-east-1", "AKID", "labels", "StartLabelDetection", Media("media", "in/clip.mp4"))
ENDED = Job(7, "9b" * 32, NEW, "succeeded", created_ms=1_000, ended_ms=5_000)


def words(job: Job) -> str:
    return f"{job.id} {job.state} {job.ended_ms}"


SAID = words(ENDED)


@pytest.mark.parametrize(
    ("topic", "everything", "told"),
    [
        (None, [], []),
        (TOPIC, [], [NoticePlace(SNS, TOPIC, SAID)]),
        (None, [WEBHOOK, MQTT], [NoticePlace(MQTT, "", SAID), NoticePlace(WEBHOOK, "", SAID)]),
        (TOPIC, [WEBHOOK], [NoticePlace(SNS, TOPIC, SAID), NoticePlace(WEBHOOK, "", SAID)]),
    ],
    ids=["nobody", "the-clients-topic", "the-operators-places", "both"],
)
def test_a_topic_hears_of_its_job_and_the_operators_places_hear_of_each(
    topic: str | None, everything: list[str], told: list[NoticePlace]
) -> None:
    job = replace(ENDED, new=replace(NEW, topic=topic))
    assert list(Announcer(words, everything).places(job)) == told


def test_nobody_has_to_find_words_that_nobody_hears() -> None:
    def speechless(job: Job) -> str:
        raise AssertionError(job)

    assert list(Announcer(speechless, []).places(ENDED)) == []


def test_the_id_of_a_notice_is_the_same_each_time() -> None:
    first, again = (notice_id(ENDED.id, NoticePlace(SNS, TOPIC, body)) for body in ("one", "another"))
    assert first == again
    assert uuid.UUID(first).version == 5


@pytest.mark.parametrize(
    ("job_id", "place"),
    [
        ("9c" * 32, NoticePlace(SNS, TOPIC, SAID)),
        (ENDED.id, NoticePlace(WEBHOOK, TOPIC, SAID)),
        (ENDED.id, NoticePlace(SNS, f"{TOPIC}-too", SAID)),
    ],
    ids=["job", "channel", "target"],
)
def test_no_two_notices_share_an_id(job_id: str, place: NoticePlace) -> None:
    assert notice_id(job_id, place) != notice_id(ENDED.id, NoticePlace(SNS, TOPIC, SAID))
