"""Which ways of telling the settings give, and who is told of each job then."""

from typing import Any

import pytest

from regard.app_notices import make_announcer, make_channels
from regard.jobs.records import Job, Media, NewJob
from regard.settings import Settings

NEW = NewJob("123456789012", "us-east-1", "key", "labels", "StartLabelDetection", Media("media", "clip.mp4"), topic="t")
ENDED = Job(7, "9b" * 32, NEW, "succeeded", created_ms=1_000, ended_ms=5_000)
ENDPOINT = {"sns_endpoint": "http://127.0.0.1:4566"}
WEBHOOK = {"webhook_url": "https://example.com/hook", "webhook_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
BROKER = {"mqtt_url": "mqtt://127.0.0.1"}


@pytest.mark.parametrize(
    ("chosen", "channels", "told"),
    [
        ({}, set(), {("sns", "t")}),
        (ENDPOINT, {"sns"}, {("sns", "t")}),
        (WEBHOOK, {"webhook"}, {("sns", "t"), ("webhook", "")}),
        (BROKER, {"mqtt"}, {("sns", "t"), ("mqtt", "")}),
        (BROKER | WEBHOOK | ENDPOINT, {"sns", "webhook", "mqtt"}, {("sns", "t"), ("webhook", ""), ("mqtt", "")}),
    ],
    ids=["nothing", "sns", "webhook", "mqtt", "all"],
)
def test_settings_say_who_hears_of_each_job_and_by_what_way(
    chosen: dict[str, Any], channels: set[str], told: set[tuple[str, str]]
) -> None:
    settings = Settings.read({}, **chosen)
    assert set(make_channels(settings)) == channels
    assert {(place.channel, place.target) for place in make_announcer(settings).places(ENDED)} == told
