"""Whom to tell of a job's end, and in what words.

A notice is written in the transaction that ends its job, so that neither can be without the other; `jobs/delivery.py`
sends it afterwards, as often as it takes. Its id is a pure function of job and place: whoever gets it twice can tell.
"""

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from regard.jobs.records import Job

SNS, WEBHOOK, MQTT = "sns", "webhook", "mqtt"
_IDS = uuid.UUID("b0ef1d52-9ae6-4a0c-a6a5-6c1a1cf0a2d4")  # made for this purpose, once


@dataclass(frozen=True, slots=True)
class NoticePlace:
    """One place to be told, and what it is told."""

    channel: str  # SNS, WEBHOOK or MQTT
    target: str  # a topic; "" where the channel has one place, which its settings name
    body: str


def notice_id(job_id: str, place: NoticePlace) -> str:
    """The UUID of the notice of that job's end at that place, the same each time."""
    return str(uuid.uuid5(_IDS, "\n".join((job_id, place.channel, place.target))))


class Announcer:
    """Says who is told of a job's end. Threads may share it."""

    def __init__(self, message: Callable[[Job], str], everything: Collection[str]) -> None:
        """message: the words for a job that has ended. everything: those channels that hear of every job."""
        self._message = message
        self._everything = tuple(sorted(everything))

    def places(self, job: Job) -> Sequence[NoticePlace]:
        """For a job with its final state and `ended_ms`. Does not block: it needs the configuration and the job.

        The topic that a client named is told whether or not this process has an SNS endpoint: another one may.
        """
        topic = [(SNS, job.new.topic)] if job.new.topic is not None else []
        targets = [*topic, *((channel, "") for channel in self._everything)]
        body = self._message(job) if targets else ""
        return [NoticePlace(channel, target, body) for channel, target in targets]
