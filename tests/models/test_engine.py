"""The runtime: what it does with pictures, and what it does not do behind our back."""

import contextlib
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.models import cards
from regard.models.efficientnet import EfficientNet
from regard.models.engine import Engine, EngineOptions, ModelError, PixelInput, adds_bytes_exactly
from regard.models.weights import WeightStore

_WATCHED = """
import sys
def watch(event, arguments):
    if event in ("socket.getaddrinfo", "socket.connect"):
        print("LOOKED UP", arguments)
sys.addaudithook(watch)
from regard.models.engine import Engine, EngineOptions
Engine(EngineOptions(threads=1, streams=1, cache_folder=None)).device()
"""

# Each of these rounds leaves the locale at C in half of the cases where compiling is not done in turns.
_LOADED_BESIDE_EACH_OTHER = """
import locale, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from regard.models.engine import Engine, EngineOptions
folder, *paths = map(Path, sys.argv[1:])
before = locale.setlocale(locale.LC_ALL)
for number in range(6):
    engine = Engine(EngineOptions(threads=1, streams=1, cache_folder=folder / str(number // 2)))
    with ThreadPoolExecutor(len(paths)) as threads:
        list(threads.map(engine.load, paths))
    print(before == locale.setlocale(locale.LC_ALL), locale.getencoding())
"""
_SEVERAL = (cards.YUNET, cards.CENTERFACE, cards.U2NETP, cards.LANDMARKS, cards.OPEN_NSFW)


def test_importing_the_runtime_looks_up_no_host() -> None:
    done = subprocess.run([sys.executable, "-c", _WATCHED], capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_a_file_that_is_no_network_is_named(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"not a network")
    with pytest.raises(ModelError, match=r"broken\.onnx cannot be loaded"):
        engine.load(path)


@pytest.mark.parametrize(
    ("told", "is_exact"),
    [
        pytest.param("flags\t\t: fpu avx avx2 fma\n", False, id="AVX2 alone"),
        pytest.param("flags\t\t: fpu avx2 avx512f avx512_vnni\n", True, id="AVX-512 VNNI"),
        pytest.param("flags\t\t: fpu avx2 avx_vnni\n", True, id="AVX VNNI"),
        pytest.param("Features\t: fp asimd asimddp\n", True, id="ARM"),
    ],
)
def test_processor_says_whether_it_adds_products_of_bytes_exactly(tmp_path: Path, told: str, is_exact: bool) -> None:
    (tmp_path / "cpuinfo").write_text(told)
    assert adds_bytes_exactly(tmp_path / "cpuinfo") is is_exact


def test_processor_of_which_nothing_is_said_is_not_trusted(tmp_path: Path) -> None:
    assert not adds_bytes_exactly(tmp_path / "cpuinfo")


@pytest.mark.weights
def test_a_network_of_bytes_calculates_alike_however_many_runs_go_on_at_once(
    store: WeightStore, astronaut: NDArray[np.uint8], tmp_path: Path
) -> None:
    options = [EngineOptions(1, 1, None), *[EngineOptions(1, 2, None)] * 3, *[EngineOptions(1, 2, tmp_path)] * 2]

    found = [EfficientNet(Engine(one), store).classify(astronaut) for one in options]

    np.testing.assert_array_equal(found, [found[0]] * len(options))


@pytest.mark.weights
@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system does not tie threads to processors")
def test_no_thread_is_tied_to_a_processor(store: WeightStore, astronaut: NDArray[np.uint8]) -> None:
    tags = EfficientNet(Engine(EngineOptions(1, 2, None)), store)
    allowed: set[frozenset[int]] = set()  # to any thread while runs go on; the runtime would let go after each
    with ThreadPoolExecutor(2) as callers:
        runs = [callers.submit(tags.classify, astronaut) for _ in range(10)]
        while not all(run.done() for run in runs):
            for path in Path("/proc/self/task").iterdir():
                with contextlib.suppress(ProcessLookupError):
                    allowed.add(frozenset(os.sched_getaffinity(int(path.name))))

    assert allowed == {frozenset(os.sched_getaffinity(0))}


@pytest.mark.weights
def test_locale_stays_when_networks_are_loaded_beside_each_other(store: WeightStore, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOADED_BESIDE_EACH_OTHER, tmp_path, *map(store.path, _SEVERAL)],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert done.stdout == "True UTF-8\n" * 6


@pytest.mark.weights
def test_inputs_of_the_wrong_shape_are_named(engine: Engine, store: WeightStore) -> None:
    network = engine.load(store.path(cards.BLENDSHAPES))
    with pytest.raises(ModelError, match=r"\(1, 3, 2\)"):
        network.run(np.zeros((1, 3, 2), np.float32))


@pytest.mark.weights
def test_pixels_are_prepared_as_by_hand(engine: Engine, store: WeightStore) -> None:
    path = store.path(cards.YUNET)
    shape = (1, 3, 64, 64)
    image = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
    prepared = engine.load(path, shapes=[shape], pixels=PixelInput(is_bgr=True)).run(image)
    by_hand = engine.load(path, shapes=[shape]).run(image[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32))
    for ours, theirs in zip(prepared, by_hand, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.weights
def test_threads_share_a_network_and_get_their_own_answers(store: WeightStore) -> None:
    engine = Engine(EngineOptions(threads=1, streams=2, cache_folder=None))
    network = engine.load(store.path(cards.YUNET), shapes=[(1, 3, 64, 64)], pixels=PixelInput(is_bgr=True))
    images = [np.full((1, 64, 64, 3), value, np.uint8) for value in range(0, 250, 25)]
    alone = [network.run(image)[0] for image in images]
    together: dict[int, np.ndarray] = {}

    def work(index: int) -> None:
        together[index] = network.run(images[index])[0]

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(images))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index, expected in enumerate(alone):
        np.testing.assert_array_equal(together[index], expected)
    assert network.runs == 2 * len(images)
