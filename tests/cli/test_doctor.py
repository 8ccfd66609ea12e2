"""`regard doctor`: what this machine has, and what is wrong."""

import os
import socket
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from regard.cli.main import app
from regard.models.cards import default_cards
from regard.models.weights import WeightStore


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["doctor", *arguments])


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without settings and without networks, whose screen is wide."""
    for name in [name for name in os.environ if name.startswith("REGARD_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "500")
    monkeypatch.setenv("REGARD_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("REGARD_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path


@pytest.mark.weights
def test_a_machine_that_is_ready_has_nothing_to_do(store: WeightStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for card in default_cards():
        store.path(card)
    monkeypatch.setenv("REGARD_WEIGHTS", str(store.folder))
    result = run("--port", "0")
    assert result.exit_code == 0
    count = len(default_cards())
    assert f"{count} of {count} in {store.folder}" in result.stdout
    assert "OpenVINO" in result.stdout
    assert "is free" in result.stdout
    assert "regard models pull" not in result.stdout


def test_missing_networks_are_told_with_the_remedy(machine: Path) -> None:
    result = run("--port", "0")
    assert result.exit_code == 1
    assert f"of {len(default_cards())} in {machine / 'weights'}" in result.stdout
    assert "regard models pull" in result.stdout


def test_an_altered_network_is_named(machine: Path) -> None:
    (machine / "weights").mkdir()
    (machine / "weights" / "face_detection_yunet_2023mar.onnx").write_bytes(b"partial")
    result = run("--port", "0")
    assert result.exit_code == 1
    assert "yunet" in result.stdout
    assert "partial or altered" in result.stdout
    assert f"delete {machine / 'weights' / 'face_detection_yunet_2023mar.onnx'}" in result.stdout


def test_a_port_in_use_is_told(machine: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = run("--port", str(port))
    assert result.exit_code == 1
    assert f"127.0.0.1 port {port}: Address already in use" in result.stdout
    assert "choose another with --port" in result.stdout


def test_an_address_that_is_not_this_machines_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGARD_HOST", "192.0.2.1")
    result = run("--port", "0")
    assert result.exit_code == 1
    assert "192.0.2.1 port 0: " in result.stdout


def test_a_wrong_setting_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGARD_LIMITS", "none")
    result = run()
    assert result.exit_code == 1
    assert result.stderr == "regard: limits is 'none'; it must be one of aws, relaxed\n"


def test_the_data_folder_need_not_be_there_yet(machine: Path) -> None:
    result = run("--port", "0")
    assert f"GB free at {machine}" in result.stdout
    assert not (machine / "data").exists()
