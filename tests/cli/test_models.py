"""`regard models` as a person types it. No registry can be reached in these tests."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from regard.cli.models import app
from regard.models import cards
from regard.models.weights import WeightStore

_run = CliRunner().invoke


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of weights on a machine without a network: port 9 discards, and nobody listens on it."""
    monkeypatch.setenv("REGARD_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    return tmp_path / "weights"


def test_list_tells_names_licences_and_what_is_here(folder: Path) -> None:
    lines = _run(app, ["list"]).stdout.splitlines()
    [yunet] = [line for line in lines if " yunet " in line]
    assert ("MIT" in yunet, "0.2" in yunet, "missing" in yunet) == (True, True, True)
    [mask] = [line for line in lines if " face-mask " in line]
    assert "present" in mask


def test_list_as_json_has_everything_on_the_card(folder: Path) -> None:
    rows = {row["name"]: row for row in json.loads(_run(app, ["list", "--json"]).stdout)}
    assert rows["yunet"]["sha256"] == "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
    assert rows["yunet"]["path"] == str(folder / "face_detection_yunet_2023mar.onnx")
    assert (rows["yunet"]["state"], rows["face-mask"]["state"]) == ("missing", "present")
    assert rows["open-nsfw"]["licence"] == "BSD-2-Clause"


def test_pull_without_a_network_is_one_sentence(folder: Path) -> None:
    result = _run(app, ["pull", "yunet"])
    assert result.exit_code == 1
    assert "face_detection_yunet_2023mar.onnx cannot be fetched: http://127.0.0.1:9/simple/" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("arguments", [["pull", "age-net"], ["verify", "age-net"], ["pull", "--all", "yunet"]])
def test_wrong_use_is_told_apart_from_failure(arguments: list[str], folder: Path) -> None:
    assert _run(app, arguments).exit_code == 2


def test_pull_from_a_folder_that_lacks_the_file_names_both(folder: Path, tmp_path: Path) -> None:
    result = _run(app, ["pull", "yunet", "--from", str(tmp_path)])
    assert result.exit_code == 1
    assert f"face_detection_yunet_2023mar.onnx cannot be taken from {tmp_path}" in result.stderr


def test_verify_names_the_altered_file(folder: Path) -> None:
    folder.mkdir()
    (folder / "u2netp.onnx").write_bytes(b"partial")
    result = _run(app, ["verify"])
    assert result.exit_code == 1
    assert f"u2netp: {folder / 'u2netp.onnx'} is partial or altered: 7 bytes" in result.stderr


def test_verify_without_names_passes_over_what_was_never_fetched(folder: Path) -> None:
    result = _run(app, ["verify"])
    assert result.exit_code == 0
    assert result.stdout == f"3 right, 0 altered, {len(cards.CARDS) - 3} not fetched\n"


def test_verify_of_a_named_network_that_is_missing_fails(folder: Path) -> None:
    assert _run(app, ["verify", "yunet"]).exit_code == 1


@pytest.mark.weights
def test_bundle_carries_a_network_to_a_machine_without_a_network(
    store: WeightStore, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir()
    shutil.copy(store.path(cards.YUNET), folder)
    assert _run(app, ["bundle", str(tmp_path / "out.tar"), "yunet"]).exit_code == 0
    monkeypatch.setenv("REGARD_WEIGHTS", str(tmp_path / "there"))
    assert _run(app, ["pull", "yunet", "--from", str(tmp_path / "out.tar")]).exit_code == 0
    assert _run(app, ["verify", "yunet"]).exit_code == 0
