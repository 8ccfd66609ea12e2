"""What a video may cost before it is refused."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VideoLimits:
    """Of one video; each child process that reads it is held to them."""

    max_pixels: int = 36_000_000  # width times height of a frame; 8K is 33 million
    max_streams: int = 32  # video, sound, subtitles and data together
    max_seconds: float = 24 * 3600.0  # from the first frame to the last
    address_space_bytes: int = 6 << 30  # of a child; an 8K film in ten bits with 16 references takes about 3 GiB
    patience_seconds: float = 120.0  # a child that has work and says nothing for so long is stopped
    open_files: int = 128  # of a child
    threads: int = 8  # of a decoder, at most; each keeps a frame
