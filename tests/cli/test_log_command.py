"""`regard log` as a person types it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from regard.cli.log import app
from regard.ledger.merkle import leaf_hash
from regard.ledger.notes import NoteVerifier
from tests.ledger.example_log import OTHER_SIGNER, SIGNER, SIZE, entry_at, tree_over, write_example, write_log
from tests.server.log_server import serving


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the log of `example_log.py`; not to be changed."""
    data = tmp_path_factory.mktemp("data")
    write_example(data / "ledger")
    return data


@pytest.fixture
def spoilt(example: Path, tmp_path: Path) -> Path:
    """A copy of which one bit was flipped, in entry 299."""
    shutil.copytree(example, tmp_path / "spoilt")
    bundle = tmp_path / "spoilt/ledger/tile/entries/001"
    data = bytearray(bundle.read_bytes())
    data[12_000] ^= 1
    bundle.write_bytes(data)
    return tmp_path / "spoilt"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.delenv("REGARD_DATA", raising=False)


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, list(map(str, arguments)))


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_verify_says_that_a_log_is_sound(example: Path) -> None:
    result = run("verify", "--data", example)
    root = tree_over(map(entry_at, range(SIZE))).root().hex()
    assert (result.exit_code, result.stdout) == (0, f"The log is sound: 605 entries, root {root}\n")
    assert SIGNER.vkey in result.stderr


def test_verify_with_the_key_has_no_reservation(example: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(SIGNER.vkey + "\n")
    for key in (SIGNER.vkey, tmp_path / "key"):
        result = run("verify", "--data", example, "--vkey", key)
        assert (result.exit_code, result.stderr) == (0, "")


def test_verify_finds_the_data_folder_by_the_setting(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGARD_DATA", str(example))
    assert run("verify").exit_code == 0


def test_verify_names_the_place(spoilt: Path) -> None:
    result = run("verify", "--data", spoilt)
    assert (result.exit_code, result.stdout) == (
        1,
        "tile/entries/001, entry 299 (byte 11798): it is not the entry in the tree\n",
    )


def test_verify_as_json(spoilt: Path) -> None:
    result = run("verify", "--data", spoilt, "--vkey", SIGNER.vkey, "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["sound"], told["size"], told["key_given"]) == (1, False, 605, True)
    assert told["problems"] == [
        {"place": "tile/entries/001, entry 299 (byte 11798)", "what": "it is not the entry in the tree"}
    ]


def test_verify_against_another_key_finds_a_problem(example: Path) -> None:
    result = run("verify", "--data", example, "--vkey", OTHER_SIGNER.vkey)
    assert (result.exit_code, result.stdout.split(":")[0]) == (1, "vkey")


@pytest.mark.parametrize("command", [["verify"], ["show"], ["checkpoint"], ["export"], ["prove", "1"]])
def test_folder_without_a_log_is_said_to_be_none(tmp_path: Path, command: list[str]) -> None:
    result = run(*command, "--data", tmp_path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"regard: there is no log in {tmp_path}/ledger: it has no file vkey\n"


@pytest.mark.parametrize(
    "command",
    [
        ["verify", "--vkey", "no key"],
        ["check", "proof.json", "--vkey", "no key"],
        ["audit", "http://127.0.0.1:1", "--state", "state", "--vkey", "no key", "--once"],
        ["audit", "ftp://127.0.0.1:1", "--state", "state", "--once"],
        ["show", "--since", "yesterday"],
        ["show", "--since", "2026-11-23T10:00:00"],
        ["prove"],
        ["prove", "1", "--old", "1"],
        ["prove", "-1"],
        ["verify", "--no-such-option"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(command: list[str]) -> None:
    result = run(*command)
    assert (result.exit_code, result.stdout) == (2, "")


def test_show_is_a_table_of_the_last_entries(example: Path) -> None:
    result = run("show", "--data", example, "--limit", "2")
    rows = [line.split("│") for line in result.stdout.splitlines() if line.startswith("│")]
    assert [[cell.strip() for cell in row[1:-1]] for row in rows] == [
        ["603", "2026-11-23T22:10:03.000Z", "compare", "door", "local", "gallery=603"],
        ["604", "2026-11-23T22:10:04.000Z", "search faces", "door", "key-1", "gallery=604"],
    ]
    assert result.stderr == "the last 2 of 605 entries; --limit 0 shows all\n"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--from", "598", "--to", "602"], [598, 599, 600, 601]),
        (["--from", "603"], [603, 604]),
        (["--from", "9999"], []),
        (["--act", "compare", "--from", "595"], [597, 600, 603]),
        (["--collection", "gate", "--from", "595"], [595, 600]),
        (["--principal", "key-1", "--to", "4"], [0, 2]),
        (["--since", "2026-11-23T22:10:02+00:00"], [602, 603, 604]),
        (["--until", "2026-11-23T23:00:02+01:00"], [0, 1, 2]),
        (["--since", "2026-11-24"], []),
        (["--until", "2026-11-22"], []),
        (["--until", "2026-11-23", "--from", "604"], [604]),
        (["--act", "search faces", "--collection", "gate", "--principal", "local", "--to", "30"], [5, 25]),
    ],
    ids=lambda value: " ".join(value) if value and isinstance(value[0], str) else "",
)
def test_show_gives_what_is_asked_for(example: Path, options: list[str], expected: list[int]) -> None:
    result = run("show", "--data", example, "--json", *options)
    assert [one["index"] for one in lines(result.stdout)] == expected


def test_show_tells_that_something_is_no_entry(tmp_path: Path) -> None:
    write_log(tmp_path / "ledger", [b"\xff no entry", entry_at(1, details=["a list"])], [2])
    result = run("show", "--data", tmp_path)
    assert (result.exit_code, "no entry" in result.stdout, '["a list"]' in result.stdout) == (0, True, True)
    assert lines(run("show", "--data", tmp_path, "--json").stdout)[0] == {
        "index": 0,
        "no_entry": "ff206e6f20656e747279",
    }


def test_export_prints_the_bytes_that_were_hashed(example: Path) -> None:
    printed = run("export", "--data", example).stdout.splitlines()
    assert printed[604] == f'{{"index":604,"entry":{entry_at(604).decode()}}}'
    assert len(printed) == SIZE


def test_export_copies_a_log_that_verifies_elsewhere(example: Path, tmp_path: Path) -> None:
    assert run("export", "--data", example, "--to", tmp_path / "copy").exit_code == 0
    assert run("verify", "--data", tmp_path / "copy", "--vkey", SIGNER.vkey).exit_code == 0


def test_export_does_not_write_over_anything(example: Path) -> None:
    result = run("export", "--data", example, "--to", example)
    assert (result.exit_code, result.stderr) == (1, f"regard: {example} is not empty; name a new folder\n")


def test_checkpoint_is_the_signed_note(example: Path) -> None:
    note = run("checkpoint", "--data", example).stdout_bytes
    assert NoteVerifier(SIGNER.vkey).verify(note).splitlines()[:2] == ["log.example/door", "605"]
    told = json.loads(run("checkpoint", "--data", example, "--json").stdout)
    assert (told["size"], told["vkey"], told["note"].encode()) == (605, SIGNER.vkey, note)


@pytest.mark.parametrize("index", [0, 300, 599, 600, 604])
def test_proof_of_an_entry_is_checked_without_the_log(example: Path, tmp_path: Path, index: int) -> None:
    (tmp_path / "proof").write_text(run("prove", str(index), "--data", example).stdout)
    result = run("check", tmp_path / "proof", "--vkey", SIGNER.vkey)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"It holds: entry {index} is in the log log.example/door, which had 605 entries then\n"
    proof = json.loads((tmp_path / "proof").read_text())
    assert leaf_hash(proof["entry"].encode()) == leaf_hash(entry_at(index))


@pytest.mark.parametrize("old", [0, 1, 300, 600, 605])
def test_proof_of_consistency_is_checked_without_the_log(example: Path, tmp_path: Path, old: int) -> None:
    (tmp_path / "proof").write_text(run("prove", "--old", str(old), "--data", example).stdout)
    result = run("check", tmp_path / "proof", "--json")
    root = tree_over(map(entry_at, range(old))).root().hex()
    assert (result.exit_code, json.loads(result.stdout)) == (
        0,
        {
            "sound": True,
            "shows": f"the log log.example/door with 605 entries begins with the {old} under {root}",
            "key_given": False,
        },
    )


def test_proof_is_held_against_a_checkpoint_that_was_kept(example: Path, tmp_path: Path) -> None:
    (tmp_path / "proof").write_text(run("prove", "--old", "600", "--data", example).stdout)
    kept = example / "ledger/checkpoint"
    assert run("check", tmp_path / "proof", "--checkpoint", kept).exit_code == 0
    write_log(tmp_path / "other", [entry_at(index + 1) for index in range(600)], [600])
    result = run("check", tmp_path / "proof", "--checkpoint", tmp_path / "other/checkpoint")
    assert (result.exit_code, result.stdout[:18]) == (1, "It does not hold: ")


@pytest.mark.parametrize(
    "change",
    [
        {"index": 301},
        {"index": "300"},
        {"index": None},
        {"entry": "another"},
        {"entry": "\ud800"},
        {"hashes": []},
        {"hashes": ["zz"]},
        {"hashes": 7},
        {"checkpoint": "nothing"},
        {"type": "another"},
        {"vkey": OTHER_SIGNER.vkey},
        {"vkey": 7},
    ],
    ids=str,
)
def test_changed_proof_does_not_hold(example: Path, tmp_path: Path, change: dict[str, object]) -> None:
    proof = json.loads(run("prove", "300", "--data", example).stdout)
    (tmp_path / "proof").write_text(json.dumps(proof | change))
    result = run("check", tmp_path / "proof")
    assert (result.exit_code, result.stdout[:18]) == (1, "It does not hold: ")


@pytest.mark.parametrize("text", [b"", b"no JSON", b"[]", b"\xff", b"{}", b"[" * 100_000])
def test_file_that_is_no_proof_does_not_hold(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "proof").write_bytes(text)
    result = run("check", tmp_path / "proof")
    assert (result.exit_code, result.stdout[:18]) == (1, "It does not hold: ")


def test_spoilt_log_gives_no_proof_that_would_not_hold(spoilt: Path) -> None:
    result = run("prove", "299", "--data", spoilt)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("regard: the entry is not the one that was signed")


def test_entry_that_is_not_there_has_no_proof(example: Path) -> None:
    result = run("prove", "605", "--data", example)
    assert (result.exit_code, result.stderr) == (1, "regard: entry 605 is not in a log of 605\n")


def test_audit_of_a_folder_and_of_a_server(example: Path, tmp_path: Path) -> None:
    with serving(example / "ledger") as url:
        for source in (str(example), url):
            result = run("audit", source, "--state", tmp_path / "state", "--once", "--json", "--vkey", SIGNER.vkey)
            assert (result.exit_code, json.loads(result.stdout)["size"]) == (0, 600)


def test_audit_complains_of_another_log(example: Path, tmp_path: Path) -> None:
    run("audit", example, "--state", tmp_path / "state", "--once")
    write_log(tmp_path / "other/ledger", [entry_at(index) for index in range(10)], [10])
    result = run("audit", tmp_path / "other", "--state", tmp_path / "state", "--once")
    assert result.exit_code == 1
    assert "the log shrank: the log had 600 entries and shows 10" in result.stdout
    assert "checkpoints that contradict each other" in result.stdout


def test_audit_says_that_its_memory_was_changed(example: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("{}")
    result = run("audit", example, "--state", tmp_path / "state", "--once")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"regard: {tmp_path}/state does not hold what an auditor remembers")
