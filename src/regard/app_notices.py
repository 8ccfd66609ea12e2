"""The composition root's part about notices: who hears of the end of jobs, and by what way."""

from regard.jobs.channel_mqtt import MqttTopic
from regard.jobs.channel_sns import SnsTopics
from regard.jobs.channel_webhook import Webhook
from regard.jobs.delivery import Channel
from regard.jobs.notices import MQTT, SNS, WEBHOOK, Announcer
from regard.operations.job_messages import completion_message
from regard.settings import Settings


def make_announcer(settings: Settings) -> Announcer:
    """What the jobs that end in this process are announced to: their own topics, and all that is configured here."""
    configured = {WEBHOOK: settings.webhook_url, MQTT: settings.mqtt_url}
    return Announcer(completion_message, [channel for channel, url in configured.items() if url is not None])


def make_channels(settings: Settings) -> dict[str, Channel]:
    """The configured ways, by their names."""
    channels: dict[str, Channel] = {}
    if settings.sns_endpoint is not None:
        channels[SNS] = SnsTopics(
            settings.sns_endpoint, settings.sns_region, settings.sns_access_key_id, settings.sns_secret_access_key
        )
    if settings.webhook_url is not None:
        channels[WEBHOOK] = Webhook(settings.webhook_url, settings.webhook_keys)
    if settings.mqtt_url is not None:
        channels[MQTT] = MqttTopic(settings.mqtt_url, settings.mqtt_topic, settings.mqtt_user, settings.mqtt_password)
    return channels
