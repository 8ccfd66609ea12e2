import hashlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from regard.media.encoding import choice_for
from regard.media.segments import SegmentEncoder, packets_of, with_pictures
from regard.media.video import Decoding
from regard.media.video_errors import VideoError
from regard.media.video_limits import VideoLimits
from tests.media.made_videos import MadeVideo, make_video


@pytest.fixture(scope="module")
def decoding(tmp_path_factory: pytest.TempPathFactory) -> Decoding:
    # A size that is no multiple of 16, with motion.
    path = make_video(tmp_path_factory.mktemp("source") / "source.mp4", MadeVideo(width=200, height=180, frames=24))
    return Decoding(path, VideoLimits())


def _segment(decoding: Decoding, path: Path, first: int = 0, last: int = 100) -> Path:
    encoder = SegmentEncoder(path, decoding.info, choice_for(decoding.info, ".mp4"))
    for decoded in decoding.frames():
        if first <= decoded.index < last:
            encoder.encode(decoded.frame, decoded.time_us)
    return encoder.close()


def test_same_frames_give_the_same_bytes_whatever_was_in_memory(decoding: Decoding, tmp_path: Path) -> None:
    made = set()
    random = np.random.default_rng(1)
    for number in range(6):
        _ = [random.integers(0, 255, size, np.uint8) for size in random.integers(1000, 600_000, 100)]
        made.add(hashlib.sha256(_segment(decoding, tmp_path / f"{number}.nut").read_bytes()).hexdigest())
    assert len(made) == 1


def test_segment_has_its_name_only_when_it_is_whole(decoding: Decoding, tmp_path: Path) -> None:
    path = tmp_path / "0.nut"
    encoder = SegmentEncoder(path, decoding.info, choice_for(decoding.info, ".mp4"))
    for decoded in decoding.frames():
        encoder.encode(decoded.frame, decoded.time_us)
    assert not path.exists()
    encoder.close()
    assert [file.name for file in tmp_path.iterdir()] == ["0.nut"]


def test_packets_have_the_times_of_all_frames(decoding: Decoding, tmp_path: Path) -> None:
    paths = [_segment(decoding, tmp_path / "0.nut", 0, 10), _segment(decoding, tmp_path / "1.nut", 10)]
    base = choice_for(decoding.info, ".mp4").time_base
    headers = _headers(paths[0])
    stamps = sorted(packet.pts for packet in packets_of(paths, base, headers) if packet.pts is not None)
    assert [round(stamp * base * 1_000_000) for stamp in stamps] == [40_000 * number for number in range(24)]


def test_segment_without_frames_is_whole_and_passed_over(decoding: Decoding, tmp_path: Path) -> None:
    empty, full = _segment(decoding, tmp_path / "0.nut", 0, 0), _segment(decoding, tmp_path / "1.nut")
    assert with_pictures([empty, full]) == [full]


def test_segment_of_another_encoder_is_refused(decoding: Decoding, tmp_path: Path) -> None:
    path = _segment(decoding, tmp_path / "0.nut")
    with pytest.raises(VideoError, match="other headers"):
        next(packets_of([path], Fraction(1, 1_000_000), b"another"))


def test_broken_segment_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "0.nut"
    path.write_bytes(b"not a segment")
    with pytest.raises(VideoError, match="and try again"):
        next(packets_of([path], Fraction(1, 1_000_000), b""))


def test_missing_folder_is_told_by_its_reason(decoding: Decoding, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        _segment(decoding, tmp_path / "missing" / "0.nut")


def _headers(path: Path) -> bytes | None:
    import av

    with av.open(str(path), format="nut") as container:
        return container.streams.video[0].codec_context.extradata
