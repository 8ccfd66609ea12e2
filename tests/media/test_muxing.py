from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import simplejpeg

from regard.media.muxing import MuxOptions, decoding_times
from regard.media.picture_facts import picture_facts
from regard.media.video import Decoding
from regard.media.video_info import VideoInfo
from tests.media.copies import LIMITS, encoded_anew, least_psnr, payloads, times_us
from tests.media.made_videos import MadeVideo, make_video

_FACTS = (
    *("width", "height", "coded_width", "coded_height", "rotation", "sample_aspect", "pixel_format", "bit_depth"),
    *("color_range", "color_primaries", "color_transfer", "color_space", "is_interlaced", "top_field_first"),
    "average_rate",
)
_UNEVEN_MS = (0, 33, 66, 73, 193, 233, 234, 235, 735, 1635, 1651, 1668, 1684, 1701, 1741, 1781)


def _info(path: Path) -> VideoInfo:
    return Decoding(path, LIMITS).info


@pytest.mark.parametrize(
    ("suffix", "made"),
    [
        (".mp4", MadeVideo()),
        (".mov", MadeVideo(pixel_format="yuv422p", sample_aspect=Fraction(4, 3))),
        (".mkv", MadeVideo(pixel_format="yuvj420p")),
        (".mp4", MadeVideo(pixel_format="yuv444p", rotation=180)),
        (".mp4", MadeVideo(codec="libx265", pixel_format="yuv420p10le", is_hdr=True, rotation=90)),
        (".mkv", MadeVideo(rotation=270)),
        (".mp4", MadeVideo(is_interlaced=True)),
        (".mp4", MadeVideo(is_interlaced=True, pixel_format="yuv422p10le")),
        (".webm", MadeVideo(codec="libvpx-vp9", width=101, height=77)),
    ],
    ids=["plain", "4:2:2", "full range", "4:4:4", "HDR", "turned", "fields", "deep fields", "VP9"],
)
def test_picture_stays_what_it_is(tmp_path: Path, suffix: str, made: MadeVideo) -> None:
    source = make_video(tmp_path / f"source{suffix}", made)
    target = tmp_path / f"target{suffix}"
    encoded_anew(source, target)
    before, after = _info(source), _info(target)
    assert {name: getattr(after, name) for name in _FACTS} == {name: getattr(before, name) for name in _FACTS}
    assert times_us(target) == times_us(source)
    assert least_psnr(source, target) > 42


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_uneven_times_stay_exact_over_segments(tmp_path: Path, suffix: str) -> None:
    source = make_video(tmp_path / f"source{suffix}", MadeVideo(times_ms=_UNEVEN_MS, frames=len(_UNEVEN_MS)))
    encoded_anew(source, tmp_path / f"target{suffix}", cuts_us=(200_000, 500_000, 700_000, 1_000_000))
    assert times_us(tmp_path / f"target{suffix}") == times_us(source)


def test_mirrored_picture_stays_mirrored(tmp_path: Path) -> None:
    source, target = tmp_path / "source.mp4", tmp_path / "target.mp4"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", 25)
        stream.width, stream.height = 64, 64
        stream.set_display_rotation(90, hflip=True)
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        container.mux(stream.encode(None))
    encoded_anew(source, target)
    before, after = (picture_facts(next(Decoding(path, LIMITS).frames()).frame) for path in (source, target))
    assert after.matrix == before.matrix
    assert before.matrix is not None


def test_mastering_display_and_content_light_of_hdr_stay(tmp_path: Path) -> None:
    source, target = tmp_path / "source.mp4", tmp_path / "target.mp4"
    told = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx265", 25, options={"x265-params": f"log-level=none:hdr10=1:{told}"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p10le"
        stream.codec_context.color_primaries, stream.codec_context.colorspace = 9, 9
        stream.codec_context.color_trc = 16
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p10le")))
        container.mux(stream.encode(None))
    encoded_anew(source, target)
    facts = picture_facts(next(Decoding(target, LIMITS).frames()).frame)
    assert facts.mastering == (34000, 16000, 13250, 34500, 7500, 3000, 15635, 16450, 50, 10000000)
    assert facts.content_light == (1000, 400)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_sound_and_subtitles_are_copied_packet_for_packet(tmp_path: Path, suffix: str) -> None:
    codec = "libvpx-vp9" if suffix == ".webm" else "libx264"
    source = make_video(tmp_path / f"source{suffix}", MadeVideo(codec=codec, audio=3, subtitles=1))
    target = tmp_path / f"target{suffix}"
    assert encoded_anew(source, target) == []
    assert payloads(target, "audio") == payloads(source, "audio")
    assert payloads(target, "subtitle") == payloads(source, "subtitle")
    assert len(payloads(target, "audio")) == 3


@pytest.mark.parametrize(("first", "second"), [(".ts", ".mp4"), (".ts", ".mkv"), (".avi", ".mp4"), (".mkv", ".mov")])
def test_sound_stays_in_time_with_the_picture(tmp_path: Path, first: str, second: str) -> None:
    codec = "mpeg4" if first == ".avi" else "libx264"
    b_frames = 0 if first == ".avi" else 2
    source = make_video(tmp_path / f"source{first}", MadeVideo(codec=codec, audio=1, b_frames=b_frames))
    target = tmp_path / f"target{second}"
    encoded_anew(source, target)
    assert _lead_of_sound(target) == pytest.approx(_lead_of_sound(source), abs=0.0015)


def test_sound_well_before_the_first_picture_is_heard(tmp_path: Path) -> None:
    made = MadeVideo(times_ms=tuple(range(500, 1500, 40)), frames=25, audio=1)
    source, target = make_video(tmp_path / "source.mp4", made), tmp_path / "target.mp4"
    encoded_anew(source, target)
    assert (_info(source).start_us, _info(target).start_us) == (500_000, 500_000)
    assert _lead_of_sound(target) == pytest.approx(_lead_of_sound(source), abs=0.001)


def test_what_the_container_cannot_carry_is_left_out_and_told(tmp_path: Path) -> None:
    source = make_video(tmp_path / "source.webm", MadeVideo(codec="libvpx-vp9", audio=1, subtitles=1))
    left_out = encoded_anew(source, tmp_path / "target.mp4")
    assert left_out == ["stream 2 (subtitle, webvtt): 'mp4' cannot carry it"]
    assert len(payloads(tmp_path / "target.mp4", "audio")) == 1


def test_sound_is_dropped_where_it_is_not_wanted(tmp_path: Path) -> None:
    source = make_video(tmp_path / "source.mp4", MadeVideo(audio=1))
    assert encoded_anew(source, tmp_path / "target.mp4", MuxOptions(keep_sound=False)) == [
        "stream 1 (audio, aac): sound is dropped"
    ]
    assert payloads(tmp_path / "target.mp4", "audio") == []


def test_positions_attachments_and_covers_are_left_out_and_told(tmp_path: Path) -> None:
    source, target = tmp_path / "source.mkv", tmp_path / "target.mkv"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", 25)
        stream.width, stream.height = 64, 64
        container.add_attachment("cover.jpg", "image/jpeg", simplejpeg.encode_jpeg(np.zeros((16, 16, 3), np.uint8)))
        container.add_attachment("face.ttf", "font/ttf", b"a font")
        container.start_encoding()
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        container.mux(stream.encode(None))
    left_out = encoded_anew(source, target)
    assert [line.split(": ")[1] for line in left_out] == [
        "it is a second picture, which nobody looked at",
        "attachments are dropped",
    ]
    assert [kind for kind, _ in _streams(target)] == ["video"]


def test_data_of_a_camera_is_left_out_and_told(tmp_path: Path) -> None:
    source, target = tmp_path / "source.ts", tmp_path / "target.mp4"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", 25)
        stream.width, stream.height = 64, 64
        data = container.add_data_stream("klv")
        for number in range(3):
            container.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
            packet = av.Packet(b"48.1 N 11.5 E")
            packet.pts = packet.dts = 3600 * number
            packet.time_base, packet.stream = Fraction(1, 90_000), data
            container.mux(packet)
        container.mux(stream.encode(None))
    assert [line.split(": ")[1] for line in encoded_anew(source, target)] == ["data is dropped"]
    assert b"48.1 N" not in target.read_bytes()


_TOLD = (
    ("title", "secret title"),
    ("comment", "secret comment"),
    ("location", "+48.1000+011.5000/"),
    ("artist", "secret artist"),
)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_nothing_is_told_of_place_device_and_time(tmp_path: Path, suffix: str) -> None:
    source = make_video(tmp_path / f"source{suffix}", MadeVideo(audio=1, metadata=_TOLD))
    target = tmp_path / f"target{suffix}"
    encoded_anew(source, target)
    content = target.read_bytes()
    assert not [text for _, text in _TOLD if text.encode() in content]
    with av.open(str(target)) as container:
        assert set(container.metadata) <= {"major_brand", "minor_version", "compatible_brands", "encoder"}


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_metadata_is_kept_where_that_is_wanted(tmp_path: Path, suffix: str) -> None:
    source = make_video(tmp_path / f"source{suffix}", MadeVideo(metadata=_TOLD))
    target = tmp_path / f"target{suffix}"
    encoded_anew(source, target, MuxOptions(keep_metadata=True))
    with av.open(str(target)) as container:
        kept = {name.lower(): text for name, text in container.metadata.items()}
    assert {name: kept[name] for name, _ in _TOLD} == dict(_TOLD)


def test_languages_are_kept(tmp_path: Path) -> None:
    source, target = tmp_path / "source.mkv", tmp_path / "target.mp4"
    first = make_video(tmp_path / "first.mkv", MadeVideo(audio=1))
    with av.open(str(first)) as given, av.open(str(source), "w") as container:
        copies = [container.add_stream_from_template(stream, opaque=True) for stream in given.streams]
        copies[1].metadata.update(language="swe", title="secret speaker")
        for packet in given.demux():
            if packet.size:
                packet.stream = copies[packet.stream.index]
                container.mux(packet)
    encoded_anew(source, target)
    assert (_streams(target)[1][1], b"secret" in target.read_bytes()) == ("swe", False)


def test_header_of_an_mp4_comes_first(tmp_path: Path) -> None:
    encoded_anew(make_video(tmp_path / "source.mp4"), tmp_path / "target.mp4")
    content = (tmp_path / "target.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_same_source_gives_the_same_file(tmp_path: Path) -> None:
    source = make_video(tmp_path / "source.mp4", MadeVideo(audio=1, subtitles=1))
    encoded_anew(source, tmp_path / "first.mp4")
    encoded_anew(source, tmp_path / "second.mp4")
    assert (tmp_path / "first.mp4").read_bytes() == (tmp_path / "second.mp4").read_bytes()


def test_pictures_are_decoded_before_they_are_shown_and_in_rising_order() -> None:
    # Two pictures are shown before one that is decoded before them; so all are decoded one picture early.
    stamps = np.array([0, 30, 10, 20, 40, 60, 50])
    assert decoding_times(stamps).tolist() == [-10, 0, 10, 20, 30, 40, 50]


def _lead_of_sound(path: Path) -> float:
    """Seconds by which the first sound comes before the first picture."""
    with av.open(str(path)) as container:
        packet = next(packet for packet in container.demux(audio=0) if packet.size)
        assert packet.pts is not None
        begin = float(packet.pts * packet.time_base)
    return _info(path).start_us / 1e6 - begin


def _streams(path: Path) -> list[tuple[str, str | None]]:
    """Kind and language of each."""
    with av.open(str(path)) as container:
        return [(stream.type, stream.language) for stream in container.streams]
