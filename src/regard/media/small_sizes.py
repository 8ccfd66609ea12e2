"""How large small pictures of a video are."""

from regard.media.video_info import VideoInfo


def small_size(info: VideoInfo, longer_side: int) -> tuple[int, int]:
    """(width, height) of small upright pictures; never larger than the video's own."""
    scale = min(1.0, longer_side / max(info.width, info.height))
    return max(1, round(info.width * scale)), max(1, round(info.height * scale))
