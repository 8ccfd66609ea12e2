"""`regard redact` as a person types it, with a house that covers nothing and remembers what it was asked."""

import json
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from regard.cli.main import app
from regard.cli.redact_rooms import Fault, RedactedVideo, Stopped, Watch
from regard.redaction.plan import Plan
from regard.redaction.report import Report, file_facts, report_of, report_paths
from regard.redaction.settings import Mark, RedactionSettings, Region
from tests.redaction.plans import doubt, plan, track

VIDEO = b"not really a video"


@dataclass(frozen=True)
class Going:
    """A step of the work."""

    stage: str = "planning"
    share: float | None = 0.5
    frames: int = 12


@dataclass(frozen=True)
class Done:
    """What a stand-in made."""

    plan: Plan
    target: Path
    left_out: tuple[str, ...] = ()


@dataclass
class House:
    """Stands in for the application's rooms: copies the input."""

    asked: list[RedactionSettings] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    broken: frozenset[str] = frozenset()  # names of inputs that cannot be read
    stops_itself: bool = False
    stops_late: bool = False
    dies_of_it: bool = False
    size: tuple[int, int] = (200, 100)

    def fetch(self, what: Sequence[str], console: Console) -> None:
        self.fetched += what

    def size_of(self, source: Path, *, is_video: bool) -> tuple[int, int]:
        return self.size

    def redact_picture(self, source: Path, target: Path, settings: RedactionSettings) -> int:
        self._ask(source, settings)
        target.write_bytes(b"covered " + source.read_bytes())
        return 1

    def redact_video(self, source: Path, target: Path, settings: RedactionSettings, watch: Watch) -> RedactedVideo:
        self._ask(source, settings)
        if self.stops_itself:
            # The handler itself: where OpenVINO has turned on AMX in this process, a signal proper would not fit on
            # the small stack that pytest's faulthandler keeps for signals, and Linux ends the process.
            handler = signal.getsignal(signal.SIGINT)
            assert callable(handler)
            handler(signal.SIGINT, None)
        watch.on_progress(Going())
        if watch.is_cancelled() and self.dies_of_it:
            raise Fault("its process crashed (SIGINT)")
        if watch.is_cancelled():
            raise Stopped
        target.write_bytes(b"covered " + source.read_bytes())
        return Done(self.planned(source, settings), target, ("stream 2 (data): MP4 cannot hold it",))

    def plan_video(self, source: Path, settings: RedactionSettings, watch: Watch) -> Plan:
        self._ask(source, settings)
        return self.planned(source, settings)

    def render_video(self, source: Path, plan: Plan, target: Path, watch: Watch) -> RedactedVideo:
        target.write_bytes(b"covered " + source.read_bytes())
        return Done(plan, target)

    def write_report(self, done: RedactedVideo, *, is_all: bool, watch: Watch) -> Report:
        if self.stops_late:
            raise Stopped
        report = report_of(done.plan, done.target)
        report_paths(done.target)[0].write_bytes(report.to_bytes())
        return report

    def planned(self, source: Path, settings: RedactionSettings) -> Plan:
        facts = file_facts(source)
        made = plan(track(1, 0, 2, uncertain=(doubt(1, 2),)), track(1, 2, 3), track(2, 0, 1), settings=settings)
        return replace(made, input=replace(made.input, name=facts.name, sha256=facts.sha256, bytes=facts.bytes))

    def _ask(self, source: Path, settings: RedactionSettings) -> None:
        if source.name in self.broken:
            raise Fault(f"{source.name} is no video")
        self.asked.append(settings)


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a video, a picture and a folder of both."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.mp4").write_bytes(VIDEO)
    (tmp_path / "in.jpg").write_bytes(b"a picture")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "a.PNG").write_bytes(b"one")
    (tmp_path / "deep" / "b.mov").write_bytes(b"two")
    (tmp_path / "deep" / "c.avi").write_bytes(b"three")
    (tmp_path / "deep" / "d.gif").write_bytes(b"five")
    (tmp_path / "deep" / "notes.txt").write_bytes(b"four")
    return tmp_path


def redact(house: House, *arguments: str) -> Any:
    return CliRunner().invoke(app, ["redact", *arguments], obj=house)


def lines(result: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_two_names_are_enough_and_a_report_stands_beside(house: House, folder: Path) -> None:
    result = redact(house, "in.mp4", "out.mp4")
    assert (result.exit_code, result.stderr) == (0, "")
    assert (folder / "out.mp4").read_bytes() == b"covered " + VIDEO
    assert "out.mp4: 2 faces" in result.stdout
    assert "left out: stream 2 (data)" in result.stdout
    assert "1 uncertain moment; see out.mp4.report.html" in result.stdout
    assert house.asked == [RedactionSettings()]
    assert house.fetched == ["faces"]


@pytest.mark.parametrize("arguments", [["cover", "in.mp4", "out.mp4"], ["--how", "blur", "in.mp4", "out.mp4"]])
def test_the_long_way_and_options_first_are_the_same(house: House, arguments: list[str]) -> None:
    assert redact(house, *arguments).exit_code == 0
    assert house.asked == [RedactionSettings()]


def test_a_file_with_the_name_of_a_command_is_written_with_its_folder(house: House, folder: Path) -> None:
    (folder / "plan").write_bytes(VIDEO)
    assert redact(house, "./plan", "out.mp4").exit_code == 0
    assert (folder / "out.mp4").read_bytes() == b"covered " + VIDEO


def test_every_option_arrives(house: House) -> None:
    result = redact(
        house, "in.mp4", "out.mp4", "--cover", "plates,faces", "--cover", "text",
        "--region", "0.25,10%,50px,.5@10-1:02:03.5", "--region", "0,0,1,1@5-", "--region", "50%,0,50%,100%",
        "--how", "fill", "--shape", "box", "--colour", "#ff0000", "--margin", "0.3", "--confidence", "70",
        "--stride", "3", "--no-sound", "--mute", "0:01-2.5", "--keep-metadata", "--keep-region", "1:00,100px,25%",
    )  # fmt: skip
    assert (result.exit_code, result.stderr) == (0, "")
    (asked,) = house.asked
    assert asked.what == ("faces", "plates", "text")
    assert asked.regions == (
        Region((0.25, 0.1, 0.5, 0.6), 10_000_000, 3_723_500_000),
        Region((0.0, 0.0, 1.0, 1.0), 5_000_000, None),
        Region((0.5, 0.0, 1.0, 1.0)),
    )
    assert (asked.way, asked.shape, asked.fill, asked.margin, asked.confidence, asked.stride) == (
        "fill",
        "box",
        "#ff0000",
        0.3,
        70.0,
        3,
    )
    assert (asked.sound, asked.mute, asked.metadata) == ("drop", ((1_000_000, 2_500_000),), "keep")
    assert asked.marks == (Mark(60_000_000, 0.5, 0.25),)


def test_drawn_regions_alone_can_be_covered(house: House) -> None:
    assert redact(house, "in.mp4", "out.mp4", "--cover", "none", "--region", "0,0,1,0.5").exit_code == 0
    assert (house.asked[0].what, house.fetched) == ((), [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--cover", "faces,dogs"], "--cover says 'dogs'; it can be faces, plates, people, text, screens, or none"),
        (["--cover", "none"], "Nothing is to be covered"),
        (["--region", "0,0,1"], "--region is '0,0,1'; it is written LEFT,TOP,WIDTH,HEIGHT[@BEGIN-END]"),
        (["--region", "0,0,480,1"], "(for pixels write 480px)"),
        (["--region", "0.5,0,0.6,1"], "--region reaches from 0.5,0 to 1.1,1 of the frame"),
        (["--region", "150px,0,100px,1"], "to 1.25,1 of the frame of 200 x 100 pixels"),
        (["--region", "a,0,1,1"], "--region has 'a' in it"),
        (["--region", "0,0,0,1"], "is empty"),
        (["--region", "0,0,1,1@5"], "it is written BEGIN-END"),
        (["--region", "0,0,1,1@5-3"], "ends before it begins"),
        (["--region", "0,0,1,1@1:75-90"], "less than 60"),
        (["--mute", "5"], "--mute has the time '5'"),
        (["--mute", "soon-later"], "--mute has the time 'soon'"),
        (["--keep-region", "5,0.5"], "it is written TIME,X,Y"),
        (["--keep-region", "5,300px,0"], "--keep-region points to 1.5,0"),
        (["--how", "smudge"], "'way' is 'smudge'; it is one of blur, pixelate, fill"),
        (["--shape", "star"], "'shape' is 'star'"),
        (["--colour", "red"], "#RRGGBB"),
        (["--margin", "3"], "'margin' is 3.0; it is between 0 and 2"),
        (["--confidence", "0"], "'confidence' is 0.0"),
        (["--stride", "0"], "'stride' is 0"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_meant_is_told_in_a_line(house: House, folder: Path, arguments: list[str], said: str) -> None:
    result = redact(house, "in.mp4", "out.mp4", *arguments)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert said in result.stderr
    assert not (folder / "out.mp4").exists()


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("gone.mp4", "out.mp4", "gone.mp4 is not there"),
        ("in.mp4", "in.mp4", "the input itself"),
        ("in.mp4", "./deep/../in.mp4", "the input itself"),
        ("in.mp4", "link.mp4", "the input itself"),
        ("in.mp4", "hard.mp4", "the input itself"),
        ("in.mp4", "nowhere/out.mp4", "there is no folder nowhere"),
        ("in.mp4", "out.avi", "ends in '.avi'; it can end in .jpg, .jpeg, .png, .webp, .mp4"),
        ("in.mp4", "out", "ends in ''"),
        ("in.mp4", "there.mp4", "is there already; --overwrite replaces it"),
        ("empty", "out", "empty has no picture and no video in it"),
        ("deep", "deep", "the input folder or in it"),
        ("deep", "deep/er", "the input folder or in it"),
        ("deep", "deep/new", "the input folder or in it"),
        ("deep", "in.mp4", "in.mp4 is a file"),
        ("deep", "nowhere/out", "there is no folder nowhere"),
    ],
)
def test_paths_that_cannot_be_used_are_told_in_a_line(
    house: House, folder: Path, source: str, target: str, said: str
) -> None:
    (folder / "there.mp4").touch()
    (folder / "empty").mkdir()
    (folder / "link.mp4").symlink_to(folder / "in.mp4")
    (folder / "hard.mp4").hardlink_to(folder / "in.mp4")
    result = redact(house, source, target)
    assert (result.exit_code, result.stderr.count("\n"), house.asked) == (2, 1, [])
    assert said in result.stderr
    assert (folder / "in.mp4").read_bytes() == VIDEO


def test_overwrite_replaces_and_a_folder_takes_the_name_of_the_input(house: House, folder: Path) -> None:
    (folder / "out.mp4").touch()
    assert redact(house, "in.mp4", "out.mp4", "--overwrite").exit_code == 0
    (folder / "made").mkdir()
    assert redact(house, "in.jpg", "made").exit_code == 0
    assert (folder / "made" / "in.jpg").read_bytes() == b"covered a picture"


def test_a_folder_becomes_a_folder_with_the_same_tree(house: House, folder: Path) -> None:
    result = redact(house, "deep", "out")
    assert (result.exit_code, result.stderr) == (0, "")
    made = sorted(str(path.relative_to(folder / "out")) for path in (folder / "out").rglob("*") if path.is_file())
    assert made == [
        "b.mov", "b.mov.report.json", "c.avi.mp4", "c.avi.mp4.report.json", "d.gif.mp4",
        "d.gif.mp4.report.json", "er/a.PNG",
    ]  # fmt: skip
    assert "4 of 4 files covered; 1 other files were left alone" in result.stdout


def test_what_is_broken_in_a_folder_is_told_and_passed_over(folder: Path) -> None:
    house = House(broken=frozenset({"b.mov"}))
    result = redact(house, "deep", "out")
    assert result.exit_code == 1
    assert "deep/b.mov: b.mov is no video" in result.stderr
    assert "3 of 4 files covered" in result.stdout
    assert (folder / "out" / "er" / "a.PNG").exists()


def test_a_folder_that_was_stopped_goes_on_and_one_that_was_not_is_refused(folder: Path) -> None:
    stopping = redact(House(stops_itself=True), "deep", "out")
    assert stopping.exit_code == 130
    (folder / "out" / "er").mkdir(exist_ok=True)
    finished = House()
    assert redact(finished, "deep", "out").exit_code == 0
    again = redact(House(), "deep", "out")
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)


def test_files_that_were_done_before_a_stop_are_not_done_again(folder: Path) -> None:
    (folder / "deep" / "a.jpg").write_bytes(b"first")
    assert redact(House(stops_itself=True), "deep", "out").exit_code == 130
    assert (folder / "out" / "a.jpg").exists()
    house = House()
    result = redact(house, "deep", "out")
    assert (result.exit_code, len(house.asked)) == (0, 4)
    assert "1 files are done already" in result.stdout
    assert not (folder / "out" / ".regard-finished").exists()


def test_a_fault_is_a_line_and_exit_code_1(folder: Path) -> None:
    result = redact(House(broken=frozenset({"in.mp4"})), "in.mp4", "out.mp4")
    assert (result.exit_code, result.stderr) == (1, "regard: in.mp4 is no video\n")


def test_ctrl_c_stops_and_says_how_to_go_on(folder: Path) -> None:
    result = redact(House(stops_itself=True), "in.mp4", "out.mp4")
    assert (result.exit_code, result.stderr.count("\n")) == (130, 1)
    assert "the same command goes on from here" in result.stderr
    assert not (folder / "out.mp4").exists()


def test_ctrl_c_while_the_output_is_checked_says_that_it_is_whole(folder: Path) -> None:
    result = redact(House(stops_late=True), "in.mp4", "out.mp4")
    assert (result.exit_code, result.stderr) == (130, "regard: stopped; out.mp4 is whole, and has no report\n")


def test_what_dies_of_ctrl_c_is_no_fault(folder: Path) -> None:
    result = redact(House(stops_itself=True, dies_of_it=True), "in.mp4", "out.mp4")
    assert (result.exit_code, result.stderr) == (130, "regard: stopped; the same command goes on from here\n")


def test_a_report_of_what_was_there_before_does_not_stay(house: House, folder: Path) -> None:
    assert redact(house, "in.mp4", "out.mp4").exit_code == 0
    assert redact(house, "in.mp4", "out.mp4", "--overwrite", "--no-report").exit_code == 0
    assert list(folder.glob("*.report.*")) == []


def test_programs_get_lines_of_json(house: House) -> None:
    result = redact(house, "in.mp4", "out.mp4", "--json")
    assert result.exit_code == 0
    going, done = lines(result)
    assert going == {"event": "progress", "file": "in.mp4", "stage": "planning", "share": 0.5, "frames": 12}
    assert done == {
        "event": "done", "output": "out.mp4", "tracks": {"face": 2}, "report": "out.mp4.report.json", "uncertain": 1,
        "still_found": None, "left_out": ["stream 2 (data): MP4 cannot hold it"],
    }  # fmt: skip


def test_faults_are_lines_of_json_too(folder: Path) -> None:
    result = redact(House(broken=frozenset({"in.mp4"})), "in.mp4", "out.mp4", "--json")
    assert lines(result) == [{"event": "fault", "message": "in.mp4 is no video"}]


def test_no_report_writes_none(house: House, folder: Path) -> None:
    assert redact(house, "in.mp4", "out.mp4", "--no-report").exit_code == 0
    assert list(folder.glob("*.report.*")) == []


def test_a_plan_goes_to_a_file_or_to_the_screen(house: House, folder: Path) -> None:
    result = redact(house, "plan", "in.mp4", "-o", "in.plan.json", "--cover", "faces")
    assert (result.exit_code, result.stdout) == (
        0,
        "in.plan.json: 2 faces, 1 uncertain moment; `regard redact render` applies it\n",
    )
    shown = redact(house, "plan", "in.mp4")
    assert shown.stdout.encode() == (folder / "in.plan.json").read_bytes()
    assert [one.track for one in Plan.from_bytes(shown.stdout.encode()).tracks] == [1, 1, 2]
    again = redact(house, "plan", "in.mp4", "-o", "in.plan.json")
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gone.mp4"], "gone.mp4 is not there"),
        (["deep"], "deep is a folder"),
        (["in.mp4", "--json"], "--out PLAN"),
        (["in.mp4", "-o", "in.mp4"], "the input itself"),
        (["in.mp4", "-o", "nowhere/plan.json"], "there is no folder nowhere"),
    ],
)
def test_a_plan_that_cannot_be_made_is_told(house: House, arguments: list[str], said: str) -> None:
    result = redact(house, "plan", *arguments)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert said in result.stderr


def test_a_plan_is_rendered(house: House, folder: Path) -> None:
    redact(house, "plan", "in.mp4", "-o", "in.plan.json")
    result = redact(house, "render", "in.mp4", "in.plan.json", "out.mp4")
    assert (result.exit_code, result.stderr) == (0, "")
    checked = redact(house, "verify", "out.mp4", "--input", "in.mp4", "--plan", "in.plan.json")
    assert (checked.exit_code, checked.stdout.count("right")) == (0, 4)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{}", "plan.json: This is no plan"), (b"", "plan.json: The plan is not JSON"), (None, "is not there")],
)
def test_what_is_no_plan_is_told(house: House, folder: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (folder / "plan.json").write_bytes(content)
    result = redact(house, "render", "in.mp4", "plan.json", "out.mp4")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert said in result.stderr


def test_an_output_that_was_changed_is_told_with_exit_code_1(house: House, folder: Path) -> None:
    redact(house, "in.mp4", "out.mp4")
    with (folder / "out.mp4").open("ab") as file:
        file.write(b"!")
    result = redact(house, "verify", "out.mp4")
    assert result.exit_code == 1
    assert "WRONG  out.mp4 is not the output of this report" in result.stdout
    told = redact(house, "verify", "out.mp4", "--json")
    assert (told.exit_code, lines(told)[-1]["is_right"]) == (1, False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gone.mp4"], "gone.mp4 is not there"),
        (["in.mp4"], "in.mp4.report.json is not there"),
        (["in.mp4", "--report", "in.jpg"], "The report is not JSON"),
    ],
)
def test_verifying_what_is_not_there_is_told(house: House, arguments: list[str], said: str) -> None:
    result = redact(house, "verify", *arguments)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert said in result.stderr
