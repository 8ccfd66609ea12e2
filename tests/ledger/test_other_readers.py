"""Programs of other people read our logs and agree; each is skipped where it is not installed.

`REGARD_TLOG_PYTHON` names an interpreter (3.12 or later) that has the package aics-tlog.
"""

import os
from pathlib import Path

import pytest

from bench.log_peers import agrees, asked_of, available_peers, refuses, written_log


@pytest.fixture(scope="module")
def peers() -> dict[str, list[str]]:
    return available_peers(os.environ.get("REGARD_TLOG_PYTHON"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "needs"),
    [
        ("golang.org/x/mod/sumdb", "Debian's packages golang-go and golang-golang-x-mod-dev"),
        ("aics-tlog", "an interpreter with aics-tlog in REGARD_TLOG_PYTHON"),
    ],
    ids=["go", "aics-tlog"],
)
def test_other_reader_agrees_and_refuses_a_flipped_bit(
    peers: dict[str, list[str]], tmp_path: Path, name: str, needs: str
) -> None:
    if name not in peers:
        pytest.skip(f"needs {needs}")
    log = written_log(tmp_path / "log", 1000)
    found = asked_of(peers[name], log)
    assert isinstance(found, dict), found
    assert agrees(found, log)
    assert (found["inclusion"], found["consistency"]) == (3, 3)
    assert refuses(peers[name], log)
