"""What the Start… operations on stored videos ask for, checked and with its defaults, as JSON that a job keeps."""

from collections.abc import Mapping
from typing import Any

from regard.errors import InvalidParameter
from regard.jobs.records import Media
from regard.operations.moderation import DEFAULT_MIN_CONFIDENCE as MODERATION_MIN_CONFIDENCE
from regard.operations.text import TextFilters
from regard.operations.video_labels import DEFAULT_MIN_CONFIDENCE as LABEL_MIN_CONFIDENCE

Members = Mapping[str, Any]
_INVALID = "Request has invalid parameters. {}"


def label_wish(members: Members) -> Members:
    """GENERAL_LABELS is the only feature there is, so that it need not be asked for."""
    settings = members.get("Settings") or {}
    return {
        "MinConfidence": float(members.get("MinConfidence", LABEL_MIN_CONFIDENCE)),
        "Filters": settings.get("GeneralLabels") or {},
    }


def moderation_wish(members: Members) -> Members:
    """How sure labels have to be."""
    return {"MinConfidence": float(members.get("MinConfidence", MODERATION_MIN_CONFIDENCE))}


def face_wish(members: Members) -> Members:
    """DEFAULT or ALL."""
    return {"FaceAttributes": members.get("FaceAttributes", "DEFAULT")}


def text_wish(members: Members) -> Members:
    """Raises InvalidParameter for a region that is no region."""
    filters = members.get("Filters") or {}
    TextFilters.of(filters)
    return {"Filters": filters}


def segment_wish(members: Members) -> Members:
    """Each type once, in the order asked for."""
    return {
        "SegmentTypes": list(dict.fromkeys(members["SegmentTypes"])),
        "Filters": members.get("Filters") or {},
    }


def media_of(video: Members) -> Media:
    """The object of a `Video` member. Raises InvalidParameter where it names none."""
    named = video.get("S3Object")
    if named is None:
        raise InvalidParameter(_INVALID.format("Video has no S3Object."))
    for member in ("Bucket", "Name"):
        if not named.get(member):
            raise InvalidParameter(_INVALID.format(f"S3Object has no {member}."))
    return Media(named["Bucket"], named["Name"], named.get("Version"))


def topic_of(members: Members, has_endpoint: bool) -> str | None:
    """Where the end is to be told. Raises InvalidParameter where nobody could be: no message is lost without a word."""
    channel = members.get("NotificationChannel")
    if channel is None:
        return None
    topic: str = channel["SNSTopicArn"]
    if not has_endpoint:
        raise InvalidParameter(
            _INVALID.format(
                f"NotificationChannel names the topic {topic}, but this server publishes to no SNS service: "
                "the setting sns_endpoint is empty."
            )
        )
    return topic
