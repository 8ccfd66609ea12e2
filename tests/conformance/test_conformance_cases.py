"""The tables themselves: complete, valid where they mean to be, and free of the server's code."""

import ast
import io
from pathlib import Path

import PIL.Image
import PIL.ImageOps
import pytest
from botocore.validate import ParamValidator

import regard_conformance
from regard_conformance import pictures
from regard_conformance.cases import GROUPS, sdk_cases
from regard_conformance.cases.minimal import REQUESTS
from regard_conformance.model import operations, service

SOURCES = sorted(Path(regard_conformance.__file__).parent.rglob("*.py"))


def test_there_is_a_request_for_every_operation() -> None:
    assert set(REQUESTS) == set(operations())


@pytest.mark.parametrize("operation", operations())
def test_minimal_request_passes_botocores_own_check(operation: str) -> None:
    shape = service().operation_model(operation).input_shape
    assert ParamValidator().validate(REQUESTS[operation], shape).generate_report() == ""


def test_names_are_unique_within_an_operation() -> None:
    names = [(case.operation, case.group, case.name) for case in sdk_cases()]
    assert len(set(names)) == len(names)


def test_every_case_is_in_a_group_that_can_be_asked_for() -> None:
    assert {case.group for case in sdk_cases()} <= set(GROUPS)


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("CreateCollection", "CollectionId is too long"),
        ("DeleteFaces", "FaceIds is empty"),
        ("SearchUsers", "MaxUsers is above 500"),
        ("DetectFaces", "Attributes has an unknown value"),
        ("StartTextDetection", "Video.S3Object.Bucket does not match"),
        ("CompareFaces", "TargetImage is missing"),
    ],
)
def test_constraints_of_the_model_become_cases(operation: str, name: str) -> None:
    assert (operation, name) in {(case.operation, case.name) for case in sdk_cases() if case.group == "constraints"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_suite_knows_nothing_of_the_server(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert "regard" not in imported


def test_padded_jpeg_is_exactly_as_large_as_asked_and_still_a_picture() -> None:
    data = pictures.padded_jpeg(5_242_881)
    assert len(data) == 5_242_881
    assert PIL.Image.open(io.BytesIO(data)).convert("RGB").getextrema() == ((128, 128),) * 3


def stored_colour(picture: PIL.Image.Image, left: int) -> tuple[int, ...]:
    pixels = picture.convert("RGB").tobytes()
    start = (150 * picture.width + left) * 3
    return tuple(pixels[start : start + 3])


def test_turned_jpeg_is_upright_to_a_reader_of_exif() -> None:
    stored = PIL.Image.open(io.BytesIO(pictures.turned_jpeg(pictures.two_colours())))
    upright = PIL.ImageOps.exif_transpose(stored)
    assert stored.size == (300, 400)
    assert upright.size == (400, 300)
    # Red on the left, blue on the right.
    assert stored_colour(upright, 10) == pytest.approx((254, 0, 0), abs=3)
    assert stored_colour(upright, 390) == pytest.approx((0, 0, 254), abs=3)


def test_bomb_is_small_and_says_it_is_large() -> None:
    data = pictures.bomb()
    assert len(data) < 100_000
    assert (int.from_bytes(data[16:20]), int.from_bytes(data[20:24])) == (20_000, 20_000)
