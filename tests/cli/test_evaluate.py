"""`regard evaluate faces` as a person types it, and what it says of pairs that were counted by hand."""

import importlib.util
import io
import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console
from typer.testing import CliRunner

from regard.analysis.results import Face, PixelSource
from regard.analysis.verification import Rate, Scores
from regard.cli import evaluate, evaluate_plot, evaluate_report
from regard.cli.evaluate_pairs import Pairs, folder_pairs, read_pairs
from regard.cli.evaluate_report import Report, Row, safe_similarity
from regard.media.images import ALL_FORMATS, Budget
from regard.models.weights import WeightStore
from regard.people.thresholds import Curve, Tail
from tests.media.picture_files import png, quarters

# Similarity 80 is a score of 0.4, 90 is 0.5, 95 is 0.6, 99 is 0.7.
CURVE = Curve(
    version="toy",
    scores=(-1.0, 0.0, 0.4),
    exponents=(0.0, -1.0, -3.0),
    tail=Tail(start=0.4, exponent=-3.0, shape=0.0, scale=0.1 / math.log(10)),
    measured_to_score=0.6,
    measured_to_rate=1e-5,
    pairs=10_000_000,
    people=4_500,
    data="nobody",
    date="2026-01-01",
)
HEADER = "first,second,same"


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(evaluate.app, ["faces", *map(str, arguments)])


def pairs_of(is_same: Sequence[bool], groups: dict[str, list[str]] | None = None) -> Pairs:
    places = np.arange(len(is_same))
    columns = {name: np.array(values) for name, values in (groups or {}).items()}
    return Pairs(("a.png", "b.png"), places * 0, places * 0 + 1, np.array(is_same), columns)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two people, one with two pictures; none of them has a face."""
    for name in ("anna/1.png", "anna/2.png", "bert/1.png"):
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "images" / name).write_bytes(png())
    return tmp_path


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("", "pairs.csv is empty"),
        ("a,b,equal", "line 1: 'a,b,equal' is no header of two picture columns and a column 'same'"),
        ("first,same", "line 1: 'first,same' is no header"),
        ("first,second,same,first", "line 1: 'first,second,same,first' names a column twice"),
        (f"{HEADER}\nanna/1.png,bert/1.png", "line 2: 2 values for 3 columns: 'anna/1.png,bert/1.png'"),
        (f"{HEADER}\nanna/1.png,bert/1.png,yes", "line 2: same is 'yes'; it must be 0 or 1"),
        (f"{HEADER}\n\nanna/1.png,bert/9.png,0", "line 3: there is no picture 'bert/9.png' in "),
        (f"{HEADER}\n,bert/1.png,0", "line 2: there is no picture '' in "),
        (f"{HEADER}\nanna/1.png,anna/1.png,1", "line 2: anna/1.png is compared with itself"),
        (f"{HEADER}\nanna/1.png,anna/2.png,1", "has no pair of two people, so no false match can be counted"),
        (f"{HEADER}\nanna/1.png,bert/1.png,0", "has no pair of one person, so no false non-match can be counted"),
        (HEADER, "has no pair of two people"),
        ("first,second,same\n\xff", "cannot be read as CSV in UTF-8"),
    ],
)
def test_bad_file_of_pairs_is_refused_with_line_and_value(folder: Path, rows: str, said: str) -> None:
    (folder / "pairs.csv").write_bytes(rows.encode("latin-1"))
    result = run("--images", folder / "images", "--pairs", folder / "pairs.csv")
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_unknown_group_column_is_refused_with_those_there_are(folder: Path) -> None:
    (folder / "pairs.csv").write_text(f"{HEADER},light,age\nanna/1.png,bert/1.png,0,dim,old\n")
    result = run("--images", folder / "images", "--pairs", folder / "pairs.csv", "--group", "lihgt")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--group lihgt: " in result.stderr
    assert "has no such column; it has light, age to group by" in result.stderr


def test_column_with_too_many_values_makes_no_groups(folder: Path) -> None:
    rows = [
        f"anna/1.png,{other},{same},n{number}"
        for number in range(26)
        for other, same in (("anna/2.png", 1), ("bert/1.png", 0))
    ]
    numbered = [row + str(index) for index, row in enumerate(rows)]
    (folder / "pairs.csv").write_text("\n".join([f"{HEADER},id", *numbered]))
    result = run("--images", folder / "images", "--pairs", folder / "pairs.csv")
    assert result.exit_code == 2
    assert (
        "column id has 52 values, a group column at most 50; name the columns to group by with --group" in result.stderr
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--images", "nowhere"], "--images nowhere is no folder"),
        (["--images", ".", "--model", "0.3"], "--model 0.3: there is no such face model version; there are 1.0"),
        (["--images", ".", "--group", "light"], "--group names a column of the file of --pairs, and there is none"),
        (["--images", ".", "--pairs", "none.csv"], "none.csv cannot be read"),
        (["--images", "images/anna"], "images/anna has no picture in a folder in it"),
        (["--images", "one"], "one has no pair of two people"),
    ],
)
def test_bad_arguments_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(folder)
    shutil.copytree(folder / "images/anna", folder / "one/anna")
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_picture_columns_are_the_first_two_and_groups_all_others(folder: Path) -> None:
    (folder / "pairs.csv").write_text(
        "\ufeffsame, left ,right,light\n0,anna/1.png,bert/1.png,dim\n1,anna/2.png,anna/1.png, \n"
    )
    pairs = read_pairs(folder / "pairs.csv", folder / "images", [])
    assert pairs.pictures == ("anna/1.png", "bert/1.png", "anna/2.png")
    assert (pairs.first.tolist(), pairs.second.tolist(), pairs.is_same.tolist()) == ([0, 2], [1, 0], [False, True])
    assert {name: values.tolist() for name, values in pairs.groups.items()} == {"light": ["dim", ""]}


def test_all_pairs_of_a_folder_with_a_folder_a_person(folder: Path) -> None:
    (folder / "images" / "notes.txt").write_text("no picture")
    pairs = folder_pairs(folder / "images")
    assert [Path(name).as_posix() for name in pairs.pictures] == ["anna/1.png", "anna/2.png", "bert/1.png"]
    assert list(zip(pairs.first.tolist(), pairs.second.tolist(), pairs.is_same.tolist(), strict=True)) == [
        (0, 1, True),
        (0, 2, False),
        (1, 2, False),
    ]


class NoFaces:
    """A network that finds none."""

    def analyse(self, source: PixelSource, *, limit: int | None = None) -> list[Face]:
        return []

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        raise AssertionError("there is nothing to embed")


def test_pictures_without_a_face_and_broken_ones_are_left_out_with_their_pairs(folder: Path) -> None:
    quarters(64, 64).save(folder / "images/bert/1.png", "PNG")
    (folder / "images/anna/2.png").write_bytes(b"no picture")
    pairs = folder_pairs(folder / "images")
    none = NoFaces()
    embedded = evaluate.embed(pairs.pictures, folder / "images", Budget(ALL_FORMATS), none, none)
    report = Report.of(CURVE, pairs, evaluate.scores(pairs, embedded.vectors), embedded.left_out)
    assert list(report.left_out.values()) == ["no face", "Request has invalid image format", "no face"]
    assert (report.pictures, report.pairs_left_out) == (3, 3)
    assert report.groups[0].rows[0].false_matches == Rate(0, 0)


def test_score_is_the_cosine_of_the_pair() -> None:
    pairs = Pairs(("a", "b", "c"), np.array([0, 0]), np.array([1, 2]), np.array([True, False]), {})
    vectors = np.array([[0.6, 0.8], [0.8, 0.6], [np.nan, np.nan]], np.float32)
    assert evaluate.scores(pairs, vectors) == pytest.approx([0.96, np.nan], nan_ok=True)


def test_rates_are_counted_by_group() -> None:
    scores = np.array([0.45, 0.95, 0.55, 0.1, 0.65, 0.2], np.float32)
    pairs = pairs_of([True, True, False, False, False, False], {"light": ["dim", "", "dim", "dim", "", ""]})
    everyone, bare, dim = Report.of(CURVE, pairs, scores, {}).groups
    assert [group.name for group in (everyone, bare, dim)] == ["all pairs", "light: (empty)", "light: dim"]
    assert [row.similarity for row in everyone.rows] == [80, 90, 95, 99]
    assert [row.promised for row in everyone.rows] == pytest.approx([1e-3, 1e-4, 1e-5, 1e-6])
    assert [row.false_matches for row in everyone.rows] == [Rate(2, 4), Rate(2, 4), Rate(1, 4), Rate(0, 4)]
    assert [row.false_non_matches for row in everyone.rows] == [Rate(0, 2), Rate(1, 2), Rate(1, 2), Rate(1, 2)]
    assert [row.false_matches for row in dim.rows] == [Rate(1, 2), Rate(1, 2), Rate(0, 2), Rate(0, 2)]


@pytest.mark.parametrize(
    ("false_matches", "pairs", "verdict"),
    [
        (0, 3_687, "too few pairs"),
        (0, 3_688, "safe"),
        (3, 10_000, "safe"),  # 0.0062 % to 0.088 %
        (4, 10_000, "perhaps unsafe"),  # up to 0.102 %
        (17, 10_000, "perhaps unsafe"),  # from 0.099 %
        (18, 10_000, "unsafe"),  # from 0.107 %
        (2, 20, "unsafe"),
    ],
)
def test_verdict_on_a_promise_of_one_in_a_thousand(false_matches: int, pairs: int, verdict: str) -> None:
    assert Row(80, 1e-3, Rate(false_matches, pairs), Rate(0, 1)).verdict == verdict


def unsafe_report() -> Report:
    """30 of 10,000 pairs in hats match at 80 and none at 90; the fourth highest score is 0.48, a similarity of 88."""
    hats = [0.1] * 9_970 + [0.45] * 26 + [0.48, 0.485, 0.487, 0.489]
    bare = [0.1] * 10_000
    pairs = pairs_of([True, True] + [False] * 20_000, {"head": ["hat", "bare"] + ["hat"] * 10_000 + ["bare"] * 10_000})
    return Report.of(CURVE, pairs, np.array([0.8, 0.3, *hats, *bare], np.float32), {"c.png": "no face"})


def test_unsafe_threshold_of_a_group_is_said_with_a_safe_one() -> None:
    # 3 of 10,000 is 0.088 % at most and 4 is 0.102 %, so three may match: those above 0.48.
    assert (
        "head: hat: similarity 80 is unsafe. It promises a false-match rate of 0.10 %; here it is 0.30 % "
        "(0.20 % to 0.43 %); ask for 88.01 here."
    ) in list(unsafe_report().warnings())


def test_groups_too_small_for_a_threshold_are_said() -> None:
    assert (
        "head: bare: 10,000 pairs of two people are too few to say whether a similarity is safe. At least so many are "
        "needed: 90 (36,887), 95 (368,887), 99 (3,688,878)."
    ) in list(unsafe_report().warnings())


def test_threshold_about_which_the_pairs_leave_doubt_is_said() -> None:
    # 15 of 20,000: 0.042 % to 0.124 %, and the promise is 0.1 %.
    pairs = pairs_of([True] + [False] * 20_000)
    report = Report.of(CURVE, pairs, np.array([0.8] + [0.45] * 15 + [0.1] * 19_985, np.float32), {})
    assert next(report.warnings()) == (
        "all pairs: similarity 80 may be unsafe: what is promised is inside the 95 % of the false-match rate."
    )


def test_few_pairs_have_no_safe_threshold() -> None:
    assert safe_similarity(Scores.of(np.array([0.5]), np.full(3_687, 0.1)), 1e-3, CURVE) is None


def test_tables_for_people() -> None:
    console = Console(width=140, record=True, file=io.StringIO())
    evaluate_report.show(unsafe_report(), console)
    shown = console.export_text()
    assert "all pairs: 2 pairs of one person, 20,000 of two; equal error rate 0.075 %" in shown
    assert "c.png: no face" in shown
    hat = next(line for line in shown.split("head: hat")[1].splitlines() if line.startswith("│         80"))
    assert [cell.strip() for cell in hat.strip("│").split("│")] == [
        "80", "0.10 %", "0.30 %", "0.20 to 0.43 %", "0 %", "0 to 97.5 %", "unsafe"
    ]  # fmt: skip


def test_document_for_programs() -> None:
    document = json.loads(json.dumps(unsafe_report().document()))
    assert document["LeftOut"] == [{"Picture": "c.png", "Reason": "no face"}]
    bare = document["Groups"][1]
    assert (bare["Column"], bare["Value"], bare["GenuinePairs"], bare["ImpostorPairs"]) == ("head", "bare", 1, 10_000)
    assert bare["Thresholds"][0]["FalseNonMatches"] == {
        "Count": 1, "Pairs": 1, "Rate": 1.0, "Low": pytest.approx(0.025), "High": 1.0
    }  # fmt: skip


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="needs the extra `evaluate`")
def test_curve_is_drawn_as_png_and_svg(tmp_path: Path) -> None:
    files = evaluate_plot.draw(unsafe_report(), tmp_path)
    assert [file.name for file in files] == ["det.png", "det.svg"]
    assert (tmp_path / "det.png").read_bytes().startswith(b"\x89PNG")
    assert "head: hat" in (tmp_path / "det.svg").read_text("utf-8")


@pytest.mark.weights
def test_people_are_told_apart_by_the_whole_pipeline(
    testdata: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: WeightStore
) -> None:
    monkeypatch.setenv("REGARD_WEIGHTS", str(store.folder))
    people = sorted(path for path in (testdata / "lfw/images").iterdir() if len(list(path.iterdir())) > 1)[:4]
    for person in people:
        for picture in sorted(person.iterdir())[:2]:
            (tmp_path / "images" / person.name).mkdir(parents=True, exist_ok=True)
            shutil.copy(picture, tmp_path / "images" / person.name)
    (tmp_path / "images" / people[0].name / "blank.png").write_bytes(png())
    result = run("--images", tmp_path / "images", "--json")
    document = json.loads(result.stdout)
    assert [left["Reason"] for left in document["LeftOut"]] == ["no face"]
    assert (document["Pictures"], document["PairsLeftOut"]) == (9, 8)
    (everyone,) = document["Groups"]
    assert (everyone["GenuinePairs"], everyone["ImpostorPairs"]) == (4, 24)
    at_90 = everyone["Thresholds"][1]
    assert (at_90["FalseMatches"]["Count"], at_90["FalseNonMatches"]["Count"]) == (0, 0)
