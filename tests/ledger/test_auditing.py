"""An auditor remembers what it saw, and complains of a log that is no longer that."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from regard.ledger.auditing import Auditor, Round
from regard.ledger.errors import LedgerError, ProofError
from regard.ledger.notes import Checkpoint, NoteVerifier
from tests.ledger.example_log import OTHER_SIGNER, SIGNER, entry_at, tree_over, write_log
from tests.server.log_server import serving

ENTRIES = [entry_at(index) for index in range(700)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of 300 entries."""
    write_log(tmp_path / "ledger", ENTRIES[:300], [300])
    return tmp_path / "ledger"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "door.audit"


def look(log: Path, state: Path, vkey: str | None = SIGNER.vkey) -> Round:
    """A look by an auditor that was started anew."""
    return Auditor(str(log), state, vkey).look()


def names(seen: Round) -> list[str]:
    return [complaint.name for complaint in seen.complaints]


def grow(log: Path, stop: int = 700) -> None:
    write_log(log, ENTRIES[300:stop], [stop - 300])


def replace(log: Path, entries: list[bytes], signer: object = SIGNER) -> None:
    """Another log in the place of this one."""
    shutil.rmtree(log)
    write_log(log, entries, [len(entries)], signer)  # type: ignore[arg-type]


def test_first_look_is_remembered(log: Path, state: Path) -> None:
    seen = look(log, state)
    root = tree_over(ENTRIES[:300]).root().hex()
    assert (seen.size, seen.root, seen.added, seen.complaints) == (300, root, 300, [])
    kept = json.loads(state.read_bytes())
    assert (kept["size"], kept["root"], kept["vkey"]) == (300, root, SIGNER.vkey)
    assert state.stat().st_mode & 0o777 == 0o600


def test_log_that_grows_is_followed(log: Path, state: Path) -> None:
    look(log, state)
    grow(log)
    seen = look(log, state)
    assert (seen.size, seen.added, seen.complaints) == (700, 400, [])


def test_log_that_stands_still_is_no_complaint_by_itself(log: Path, state: Path) -> None:
    look(log, state)
    assert (look(log, state).added, look(log, state).complaints) == (0, [])


def test_empty_log_is_followed(tmp_path: Path, state: Path) -> None:
    write_log(tmp_path / "empty", [], [])
    assert (look(tmp_path / "empty", state).size, look(tmp_path / "empty", state).complaints) == (0, [])
    write_log(tmp_path / "empty", ENTRIES[:3], [3])
    assert (look(tmp_path / "empty", state).added, look(tmp_path / "empty", state).complaints) == (3, [])


def test_log_is_followed_over_http_from_hashes_alone(log: Path, state: Path) -> None:
    with serving(log) as url:
        first = Auditor(url, state).look()
        grow(log)
        second = Auditor(url + "/", state).look()
    assert (first.size, first.complaints, second.size, second.complaints) == (300, [], 700, [])


def shrink(log: Path) -> None:
    replace(log, ENTRIES[:299])


def fork(log: Path) -> None:
    replace(log, [*ENTRIES[:200], *ENTRIES[201:301]])


def fork_and_grow(log: Path) -> None:
    replace(log, [*ENTRIES[:200], *ENTRIES[201:600]])


def take_another_key(log: Path) -> None:
    replace(log, ENTRIES[:400], OTHER_SIGNER)


@pytest.mark.parametrize(
    ("change", "name"),
    [(shrink, "shrank"), (fork, "forked"), (fork_and_grow, "forked"), (take_another_key, "another key")],
)
def test_contradiction_is_named_and_both_checkpoints_kept(
    log: Path, state: Path, change: Callable[[Path], None], name: str
) -> None:
    look(log, state)
    first = (log / "checkpoint").read_bytes()
    change(log)
    seen = look(log, state)
    assert names(seen) == [name]
    assert [Path(file).read_bytes() for file in seen.evidence] == [first, (log / "checkpoint").read_bytes()]
    assert (seen.size, json.loads(state.read_bytes())["size"]) == (300, 300)


def test_complaint_is_made_again_at_every_look(log: Path, state: Path) -> None:
    look(log, state)
    shrink(log)
    first = look(log, state)
    assert (names(look(log, state)), look(log, state).evidence) == (["shrank"], first.evidence)


def test_tiles_that_do_not_give_the_root_are_named(log: Path, state: Path) -> None:
    look(log, state)
    grow(log)
    data = bytearray((log / "tile/0/002.p/188").read_bytes())
    data[40] ^= 1
    (log / "tile/0/002.p/188").write_bytes(data)
    seen = look(log, state)
    assert (names(seen), seen.evidence, seen.size) == (["is broken"], [], 300)


def test_tiles_that_do_not_give_the_root_are_not_remembered(log: Path, state: Path) -> None:
    (log / "tile/0/001.p/44").write_bytes(bytes(44 * 32))
    assert names(look(log, state)) == ["is broken"]
    assert not state.exists()


def test_missing_tile_is_named(log: Path, state: Path) -> None:
    shutil.rmtree(log / "tile/0/001.p")
    assert [(one.name, "tile/0/001.p/44" in one.what) for one in look(log, state).complaints] == [("is broken", True)]


def test_checkpoint_that_is_no_note_is_named(log: Path, state: Path) -> None:
    (log / "checkpoint").write_bytes(b"\xff")
    assert names(look(log, state)) == ["is broken"]


def test_log_that_cannot_be_reached_is_named(log: Path, state: Path) -> None:
    look(log, state)
    with serving(log) as url:
        pass
    seen = Auditor(url, state).look()
    assert (names(seen), seen.size) == (["cannot be reached"], 300)


def test_server_without_a_log_is_named(tmp_path: Path, state: Path) -> None:
    with serving(tmp_path) as url:
        assert names(Auditor(url, state).look()) == ["cannot be reached"]


@pytest.mark.parametrize(("after", "expected"), [(3599, []), (3601, ["stands still"])])
def test_log_that_should_have_grown_is_named(log: Path, state: Path, after: int, expected: list[str]) -> None:
    now = [1_763_935_801.0]
    auditor = Auditor(str(log), state, stale_after_seconds=3600, clock=lambda: now[0])
    auditor.look()
    now[0] += after
    assert names(auditor.look()) == expected


def test_key_of_the_first_look_is_kept_to(log: Path, state: Path) -> None:
    look(log, state, None)
    replace(log, ENTRIES[:400], OTHER_SIGNER)
    assert names(look(log, state, None)) == ["another key"]


def test_state_of_another_log_is_refused(log: Path, state: Path) -> None:
    look(log, state)
    with pytest.raises(LedgerError, match="remembers a log of the key"):
        Auditor(str(log), state, OTHER_SIGNER.vkey)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda kept: b"no JSON",
        lambda kept: b"[]",
        lambda kept: json.dumps(kept | {"size": 3}).encode(),
        lambda kept: json.dumps(kept | {"note": kept["note"].replace("300", "200")}).encode(),
        lambda kept: json.dumps({"size": 3}).encode(),
    ],
    ids=["text", "list", "size", "note", "members"],
)
def test_state_that_was_changed_is_refused(log: Path, state: Path, spoil: Callable[[dict[str, str]], bytes]) -> None:
    look(log, state)
    state.write_bytes(spoil(json.loads(state.read_bytes())))
    with pytest.raises(LedgerError, match=r"door\.audit"):
        Auditor(str(log), state)


def test_key_that_is_none_is_refused(log: Path, state: Path) -> None:
    with pytest.raises(ProofError):
        Auditor(str(log), state, "no key")


@pytest.mark.parametrize("url", ["ftp://example", "http://", "http://user@example", "http://example:99999"])
def test_url_that_is_none_is_refused(state: Path, url: str) -> None:
    with pytest.raises(ValueError, match=r"is no URL of a server|out of range"):
        Auditor(url, state)


def test_evidence_convinces_without_the_auditor(log: Path, state: Path) -> None:
    look(log, state)
    fork(log)
    verifier = NoteVerifier(SIGNER.vkey)
    heads = [Checkpoint.parse(verifier.verify(Path(file).read_bytes())) for file in look(log, state).evidence]
    assert (heads[0].size, heads[0].root == heads[1].root) == (heads[1].size, False)
