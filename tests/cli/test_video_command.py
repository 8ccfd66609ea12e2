"""`regard video` as a person types it, with a house that answers with hand-made rows, and what is shown of them."""

import json
import re
import signal
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from typer.testing import CliRunner

from regard.cli.main import app
from regard.cli.redact_rooms import Fault, Stopped, Watch
from regard.cli.video_rooms import VIEWS, Analysing, CoveredPicture, KindViews, WantedPicture
from regard.models.weights import WeightStore
from regard.operations import video_faces, video_segments, video_text
from regard.operations.video_sightings import view_name
from tests.cli.video_rows import ROWS, HandMade, face, shot


@dataclass
class House:
    """Stands in for the application's rooms."""

    asked: list[Mapping[str, Any]] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    wanted: list[WantedPicture] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    rows: Mapping[str, list[dict[str, Any]]] = field(default_factory=lambda: ROWS)
    broken: frozenset[str] = frozenset()
    stops_itself: bool = False
    dies_of_it: bool = False

    def fetch(self, kinds: Collection[str], console: Console, *, has_pictures: bool) -> None:
        self.fetched += [*kinds, *(["pictures"] if has_pictures else [])]

    def analyse(self, source: Path, wishes: Mapping[str, Mapping[str, Any]], folder: Path, watch: Watch) -> HandMade:
        if source.name in self.broken:
            raise Fault("it is no video")
        self.asked.append(wishes)
        self.folders.append(folder)
        (folder / "rows").write_bytes(b"large")
        if self.stops_itself:
            # The handler itself, as in test_redact_command.py.
            handler = signal.getsignal(signal.SIGINT)
            assert callable(handler)
            handler(signal.SIGINT, None)
        watch.on_progress(Analysing(0.5))
        if watch.is_cancelled() and self.dies_of_it:
            raise Fault("its process crashed (SIGINT)")
        if watch.is_cancelled():
            raise Stopped
        return HandMade(made=self.rows)

    def pictures(
        self, source: Path, wanted: Sequence[WantedPicture], watch: Watch
    ) -> Mapping[WantedPicture, CoveredPicture]:
        self.wanted += wanted
        return {wanted[0]: CoveredPicture(b"a jpeg", 320, 180)}


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: two videos."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    (tmp_path / "a.mp4").write_bytes(b"a video")
    (tmp_path / "b.mp4").write_bytes(b"another")
    return tmp_path


def run(house: House, *arguments: str) -> Any:
    return CliRunner().invoke(app, ["video", *arguments], obj=house)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("│\n").split("│")]


def rows_of(output: str) -> list[list[str]]:
    return [cells(line) for line in output.splitlines() if line.startswith("│")]


def test_table_of_labels_joins_the_times_of_each(house: House) -> None:
    result = run(house, "labels", "a.mp4")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("a.mp4: 0:20.00, 1280 x 720, 25 frames a second, h264, sound\n")
    assert rows_of(result.stdout) == [
        ["Person", "", "0:09.00", "0:00.00-0:09.00", "97.2 %"],
        ["Car", "Vehicle", "0:05.00", "0:00.50-0:02.00, 0:12.00-0:15.50", "91.5 %"],
    ]


def test_faces_are_counted_and_not_told_apart(house: House) -> None:
    result = run(house, "faces", "a.mp4")
    assert "Faces: at most 2 at once, at 0:00.00; for 0:02.00 in all" in result.stdout
    # Two at 0 s, one at 1 s and 2 s, then none was seen for longer than videos go unlooked at.
    assert rows_of(result.stdout) == [
        ["2", "0:00.00-0:01.00", "0:01.00"],
        ["1", "0:01.00-0:02.00", "0:01.00"],
        ["1", "0:09.00", "an instant"],
    ]


def test_faces_end_at_a_cut_where_cuts_are_known(house: House) -> None:
    house.rows = {"faces": [face(0), face(2_000)], "segments": [shot(0, 0, 1_500), shot(1, 1_500, 20_000)]}
    told = rows_of(run(house, "faces", "a.mp4", "--also", "segments").stdout)
    assert told[:2] == [["1", "0:00.00-0:01.50", "0:01.50"], ["1", "0:02.00", "an instant"]]


def test_lines_of_text_are_plain_whatever_they_say(house: House) -> None:
    assert rows_of(run(house, "text", "a.mp4").stdout) == [
        ["EXIT", "0:02.00", "0:00.00-0:02.00, 0:09.00", "99.5 %"],
        ["[bold]<b>Way out</b>", "an instant", "0:02.00", "98.0 %"],
    ]


def test_unsafe_content_with_its_times(house: House) -> None:
    assert rows_of(run(house, "moderation", "a.mp4").stdout) == [
        ["Violence", "", "0:02.00", "0:04.00-0:06.00", "75.0 %"],
        ["Weapons", "Violence", "0:01.00", "0:04.00-0:05.00", "70.0 %"],
    ]


def test_cues_and_shots_have_timecodes(house: House) -> None:
    assert rows_of(run(house, "segments", "a.mp4").stdout) == [
        ["BlackFrames", "00:00:00:00", "00:00:00:24", "00:00:00:24", "97.0 %"],
        ["Content", "00:00:01:00", "00:00:19:24", "00:00:18:24", "97.0 %"],
        ["Shot 1", "00:00:01:00", "00:00:07:24", "00:00:06:24", "99.5 %"],
        ["Shot 2", "00:00:08:00", "00:00:19:24", "00:00:11:24", "99.5 %"],
    ]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("labels", "Labels: no label"),
        ("faces", "Faces: no face"),
        ("text", "Text: no text"),
        ("moderation", "Moderation: nothing unsafe found"),
        ("segments", "Technical cues: none\nShots: none"),
    ],
)
def test_where_nothing_was_found_a_word_says_so(kind: str, said: str) -> None:
    result = run(House(rows={kind: []}), kind, "a.mp4")
    assert result.stdout.endswith(f"{said}\n")


def test_json_lines_have_path_kind_and_the_members_of_the_answer(house: House) -> None:
    result = run(house, "faces", "a.mp4", "b.mp4", "--also", "moderation", "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["Path"], line["Kind"]) for line in lines] == [
        *[("a.mp4", "video")], *[("a.mp4", "faces")] * 5, *[("a.mp4", "moderation")] * 2,
        *[("b.mp4", "video")], *[("b.mp4", "faces")] * 5, *[("b.mp4", "moderation")] * 2,
    ]  # fmt: skip
    assert lines[1] == {"Path": "a.mp4", "Kind": "faces", **ROWS["faces"][0]}
    assert lines[0]["Facts"]["duration_ms"] == 20_000


def test_all_asks_for_five_kinds_in_one_walk(house: House) -> None:
    run(house, "all", "a.mp4")
    assert [set(wishes) for wishes in house.asked] == [{"labels", "faces", "text", "moderation", "segments"}]
    assert set(house.fetched) == {"labels", "faces", "text", "moderation", "segments"}


@pytest.mark.parametrize(
    ("kind", "wish"),
    [
        ("labels", {"MinConfidence": 40}),
        ("moderation", {"MinConfidence": 40}),
        ("faces", {}),
        ("text", {"Filters": {"WordFilter": {"MinConfidence": 40}}}),
        (
            "segments",
            {
                "SegmentTypes": ["SHOT", "TECHNICAL_CUE"],
                "Filters": {
                    "ShotFilter": {"MinSegmentConfidence": 50},  # the least that Amazon's operation knows
                    "TechnicalCueFilter": {"MinSegmentConfidence": 50},
                },
            },
        ),
    ],
)
def test_confidence_is_asked_for_as_the_operation_has_it(house: House, kind: str, wish: Mapping[str, Any]) -> None:
    run(house, kind, "a.mp4", "--confidence", "40")
    assert house.asked == [{kind: wish}]


def test_after_a_file_that_fails_the_others_go_on(house: House) -> None:
    house.broken = frozenset({"a.mp4"})
    result = run(house, "labels", "*.mp4")
    assert (result.exit_code, result.stderr) == (1, "regard: a.mp4: it is no video\n")
    assert result.stdout.startswith("b.mp4: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["labels", "c.mp4"], "c.mp4: no video there"),
        (["labels", "."], ". is a folder; name videos"),
        (["labels", "a.mp4", "--also", "emotions"], "--also is 'emotions'; it is one of labels, faces, text, "),
        (["labels", "a.mp4", "--timeline", "b.mp4"], "b.mp4 ends in '.mp4'; a timeline ends in .html or .htm"),
        (["labels", "a.mp4", "--timeline", "no/a.html"], "no/a.html cannot be made: there is no folder no"),
        (
            ["labels", "a.mp4", "b.mp4", "--timeline", "b.mp4"],
            "b.mp4 is a file; for 2 videos --timeline must be a fold",
        ),
        (["labels", "a.mp4", "b.mp4", "--timeline", "b.mp4/c"], "b.mp4/c cannot be made: Not a directory"),
    ],
    ids=["missing", "a folder", "kind", "over a video", "no folder", "several in a file", "below a file"],
)
def test_bad_usage_is_told_before_any_work(house: House, arguments: list[str], said: str) -> None:
    result = run(house, *arguments)
    assert (result.exit_code, house.fetched, house.asked) == (2, [], [])
    assert result.stderr.startswith(f"regard: {said}")
    assert Path("b.mp4").read_bytes() == b"another"


@pytest.mark.parametrize("dies_of_it", [False, True], ids=["it ends", "its child dies"])
def test_control_c_leaves_nothing_behind(house: House, folder: Path, dies_of_it: bool) -> None:
    house.stops_itself, house.dies_of_it = True, dies_of_it
    result = run(house, "all", "a.mp4", "b.mp4", "--timeline", "pages")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "regard: stopped\n")
    assert [path.exists() for path in house.folders] == [False]
    assert list((folder / "pages").iterdir()) == []


def test_views_are_those_that_the_operations_write() -> None:
    sightings = KindViews(view_name("TIMESTAMP", "TIMESTAMPS"), view_name("TIMESTAMP", "SEGMENTS"))
    assert {
        "labels": sightings,
        "faces": KindViews(video_faces.VIEW, video_faces.VIEW),
        "text": KindViews(video_text.VIEW, video_text.VIEW),
        "moderation": sightings,
        "segments": KindViews(video_segments.VIEW, video_segments.VIEW),
    } == VIEWS


@pytest.mark.weights
def test_portrait_from_end_to_end(
    astronaut: NDArray[np.uint8], store: WeightStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGARD_WEIGHTS", str(store.folder))
    Image.fromarray(astronaut).save("portrait.gif")
    result = CliRunner().invoke(app, ["video", "faces", "portrait.gif", "--timeline", "a.html", "--json"])
    assert result.exit_code == 0
    video, seen = (json.loads(line) for line in result.stdout.splitlines())
    assert (video["Kind"], video["Facts"]["width"], video["Facts"]["height"]) == ("video", 512, 512)
    box = seen["Face"]["BoundingBox"]
    found = [177 / 512, 64 / 512, 94 / 512, 117 / 512]  # as someone looked it up
    assert [box["Left"], box["Top"], box["Width"], box["Height"]] == pytest.approx(found, abs=0.05)
    assert Path("a.html").read_text("utf-8").count("<image id='shot-1'") == 1


def test_timeline_is_one_page_that_needs_nothing_from_elsewhere(house: House) -> None:
    result = run(house, "all", "a.mp4", "--timeline", "a.html")
    page = Path("a.html").read_text("utf-8")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "a.html: its timeline")
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in page
    assert "<script" not in page
    assert set(re.findall(r"""(?:href|src)=["'](#|data:|[^"']*)""", page)) == {"#", "data:"}
    assert "@import" not in page
    assert "url(" not in page


def test_timeline_places_what_was_found(house: House) -> None:
    run(house, "all", "a.mp4", "--timeline", "a.html")
    bars = re.findall(
        r"<span class='bar [^']*' style='left:([\d.]+)%;width:([\d.]+)%.*?<b>(.*?)</b>",
        Path("a.html").read_text("utf-8"),
    )
    # Of 20 seconds, one is five per cent.
    assert bars == [
        ("5.000", "35.000", "Shot 1"),
        ("40.000", "60.000", "Shot 2"),
        ("0.000", "5.000", "BlackFrames"),
        ("5.000", "95.000", "Content"),
        ("0.000", "5.000", "2 faces"),
        ("5.000", "5.000", "1 face"),
        ("45.000", "0.000", "1 face"),
        ("20.000", "10.000", "Violence, up to 75.0 %"),
        ("20.000", "5.000", "Weapons, up to 70.0 %"),
        ("0.000", "5.000", "EXIT"),  # until the first shot begins
        ("10.000", "0.000", "EXIT \N{MIDDLE DOT} [bold]&lt;b&gt;Way out&lt;/b&gt;"),
        ("45.000", "0.000", "EXIT"),
        ("0.000", "45.000", "Person, up to 97.2 %"),
        ("2.500", "7.500", "Car, up to 91.5 %"),
        ("60.000", "17.500", "Car, up to 91.5 %"),
    ]


def test_shot_without_a_covered_picture_has_none(house: House) -> None:
    run(house, "segments", "a.mp4", "--timeline", "a.html")
    page = Path("a.html").read_text("utf-8")
    assert re.findall(r"<image id='([^']*)'", page) == ["shot-1"]
    assert set(re.findall(r"href='#([^']*)'", page)) == {"shot-1"}
    assert page.count("<span class='none'>no picture</span>") == 1


def test_pictures_are_of_the_middle_of_shots_with_the_faces_seen_about_then(house: House) -> None:
    house.rows = {**ROWS, "faces": [face(0), face(3_500), face(5_500), face(14_900)]}
    run(house, "all", "a.mp4", "--timeline", "a.html")
    assert [(one.time_us, len(one.faces)) for one in house.wanted] == [(4_480_000, 1), (13_980_000, 1)]
    assert house.wanted[0].faces[0] == pytest.approx((0.4, 0.2, 0.5, 0.4))


def test_timeline_of_labels_finds_shots_too_and_tells_of_labels_alone(house: House) -> None:
    result = run(house, "labels", "a.mp4", "--timeline", "a.html", "--json")
    assert {json.loads(line)["Kind"] for line in result.stdout.splitlines()} == {"video", "labels"}
    assert house.asked[0].keys() == {"labels", "segments"}
    assert set(house.fetched) == {"labels", "segments", "pictures"}


def test_several_videos_have_a_page_each(house: House, folder: Path) -> None:
    run(house, "labels", "a.mp4", "b.mp4", "--timeline", "pages/new")
    assert sorted(path.name for path in (folder / "pages" / "new").iterdir()) == ["0000-a.html", "0001-b.html"]


def test_what_a_video_is_called_is_no_markup(house: House) -> None:
    Path("<b>[red].mp4").write_bytes(b"a video")
    result = run(house, "labels", "<b>[red].mp4", "--timeline", "a.html")
    assert result.stdout.startswith("<b>[red].mp4: 0:20.00")
    assert "<h1>Timeline of &lt;b&gt;[red].mp4</h1>" in Path("a.html").read_text("utf-8")
