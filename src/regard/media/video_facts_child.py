"""The child of `media/video_facts.py`."""

import json
from pathlib import Path

from regard.media.sandbox_child import Channel
from regard.media.video_limits import VideoLimits


def describe(channel: Channel, path: Path, limits: VideoLimits, table: str | None) -> None:
    """Sends shares of the file that were read, then the facts."""
    from regard.media.packet_facts import described_packets

    found = described_packets(
        path, limits, Path(table) if table is not None else None, lambda share: _tell(channel, share)
    )
    channel.send(json.dumps(found).encode())


def _tell(channel: Channel, share: float) -> None:
    channel.send(json.dumps(share).encode())
