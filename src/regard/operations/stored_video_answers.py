"""The members that every Get… answer on a stored video has: the state of its job, the video, how it is encoded."""

from typing import Any

from regard.jobs.kinds import Facts
from regard.jobs.records import Job
from regard.operations.job_messages import STATUSES, status_message

IN_PROGRESS = "IN_PROGRESS"


def job_members(job: Job) -> dict[str, Any]:
    """The job's state, and what its start said."""
    media, status = job.new.media, STATUSES.get(job.state, IN_PROGRESS)
    version = {"Version": media.version} if media.version is not None else {}
    answer: dict[str, Any] = {
        "JobStatus": status,
        "JobId": job.id,
        "Video": {"S3Object": {"Bucket": media.bucket, "Name": media.name, **version}},
    }
    if job.new.tag is not None:
        answer["JobTag"] = job.new.tag
    if status == "FAILED":
        answer["StatusMessage"] = status_message(job)
    return answer


def media_members(facts: Facts) -> dict[str, Any]:
    """What is known of the video."""
    return {"VideoMetadata": video_metadata(facts)}


def listed_media_members(facts: Facts) -> dict[str, Any]:
    """The same in GetSegmentDetection's form: a list of one, and the sound."""
    return {"VideoMetadata": [video_metadata(facts)], "AudioMetadata": audio_metadata(facts)}


def video_metadata(facts: Facts) -> dict[str, Any]:
    """Rekognition's VideoMetadata; what is not known of a video is absent."""
    members = {
        "Codec": facts.get("codec"),
        "DurationMillis": facts.get("duration_ms"),
        "Format": facts.get("format"),
        "FrameRate": facts.get("frame_rate"),
        "FrameHeight": facts.get("height"),
        "FrameWidth": facts.get("width"),
        "ColorRange": facts.get("color_range"),
    }
    return {name: value for name, value in members.items() if value is not None}


def audio_metadata(facts: Facts) -> list[dict[str, Any]]:
    """Rekognition's AudioMetadata, one for each stream."""
    return [_audio(stream) for stream in facts.get("audio", ())]


def _audio(stream: Facts) -> dict[str, Any]:
    members = {
        "Codec": stream.get("codec"),
        "DurationMillis": stream.get("duration_ms"),
        "SampleRate": stream.get("sample_rate"),
        "NumberOfChannels": stream.get("channels"),
    }
    return {name: value for name, value in members.items() if value is not None}
