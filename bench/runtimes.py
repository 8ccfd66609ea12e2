"""Which runtime, how many threads, what batch: the measurements behind docs/concepts/runtime.md.

    python -m bench.runtimes [--quick]

Runs every network through OpenVINO as Regard does and, where the `bench` extra installed them, through onnxruntime
(ONNX files) and LiteRT (TensorFlow Lite files), on one thread and two. Then DetectFaces' networks shared out in
different ways between one, two and four callers, and batches against single crops. Prints Markdown. The rows of a table
are measured in turns, so that other work on the machine falls on all of them; the minimum of the repeats is shown.
"""

import argparse
import importlib.util
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from bench.tables import table
from regard.analysis.face_search import FaceSearch
from regard.analysis.faces import FaceAnalyser, FaceNetworks
from regard.media.images import Budget, Picture
from regard.models import cards
from regard.models.card import Card
from regard.models.efficientnet import EfficientNet
from regard.models.engine import Engine, EngineOptions, ModelError, Network
from regard.models.face_mask import FaceMask
from regard.models.face_mesh import Blendshapes, FaceMesh
from regard.models.weights import WeightStore, default_folder
from regard.models.yunet import YuNet
from regard.samples import astronaut

# The input that each network sees most; DetectFaces' detector for a picture of 640 by 448.
SHAPES: tuple[tuple[Card, tuple[int, ...]], ...] = (
    (cards.YUNET, (1, 3, 448, 640)),
    (cards.LANDMARKS, (1, 256, 256, 3)),
    (cards.BLENDSHAPES, (1, 146, 2)),
    (cards.FACE_MASK, (1, 224, 224, 3)),
    (cards.EFFICIENTNET_LITE4, (1, 300, 300, 3)),
    (cards.U2NETP, (1, 3, 320, 320)),
    (cards.PPOCR_DET, (1, 3, 736, 960)),
    (cards.PPOCR_REC, (6, 3, 48, 320)),
    (cards.SAFETY, (1, 3, 224, 224)),
    (cards.NSFWJS, (1, 224, 224, 3)),
    (cards.OPEN_NSFW, (1, 224, 224, 3)),
)
Run = Callable[[], Any]


def main() -> None:
    """Prints the three tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    repeats = 5 if parser.parse_args().quick else 30
    store = WeightStore(default_folder(os.environ))
    print("### Milliseconds of one run, by runtime and threads\n")
    heads = ["network", "OpenVINO 1", "OpenVINO 2", "other 1", "other 2", "other runtime"]
    print(table(heads, [_runtime_row(store, card, shape, repeats) for card, shape in SHAPES]), flush=True)
    print("\n### Pictures a second through DetectFaces' networks, by how processors are shared out\n")
    print(table(["threads a run, runs at once", "1 caller", "2 callers", "4 callers"], _sharing(store, repeats)))
    print("\n### Milliseconds a crop, by crops in one run\n")
    print(table(["network", "1", "4", "8", "16"], _batches(store, repeats)))


def _runtime_row(store: WeightStore, card: Card, shape: tuple[int, ...], repeats: int) -> list[str]:
    path = store.path(card)
    runs = [_openvino(path, shape, threads) for threads in (1, 2)]
    name, make = ("LiteRT", _litert) if path.suffix == ".tflite" else ("onnxruntime", _onnxruntime)
    module = {"LiteRT": "ai_edge_litert", "onnxruntime": "onnxruntime"}[name]
    if importlib.util.find_spec(module) is None:
        times = [f"{value:.1f}" for value in _milliseconds(runs, repeats)]
        return [card.name, *times, "", "", f"{name} is not installed"]
    runs += [make(path, shape, threads) for threads in (1, 2)]
    return [card.name, *(f"{value:.1f}" for value in _milliseconds(runs, repeats)), name]


def _openvino(path: Path, shape: tuple[int, ...], threads: int) -> Run:
    engine = Engine(EngineOptions(threads=threads, streams=1, cache_folder=None))
    network = engine.load(path, shapes=[shape])
    image = _noise(shape)
    try:
        network.run(image)
    except ModelError:
        image = (image * 255).astype(np.uint8)  # the int8 networks take pixels
    return lambda: network.run(image)


def _onnxruntime(path: Path, shape: tuple[int, ...], threads: int) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0]
    fixed = [size if isinstance(size, int) else asked for size, asked in zip(entry.shape, shape, strict=True)]
    image = _noise(tuple(fixed))
    return lambda: session.run(None, {entry.name: image})


def _litert(path: Path, shape: tuple[int, ...], threads: int) -> Run:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=threads)
    entry = interpreter.get_input_details()[0]
    interpreter.allocate_tensors()
    image = _noise(shape) if entry["dtype"] == np.float32 else (_noise(shape) * 255).astype(entry["dtype"])

    def run() -> None:
        interpreter.set_tensor(entry["index"], image)
        interpreter.invoke()

    return run


def _sharing(store: WeightStore, repeats: int) -> list[list[str]]:
    ways = ((1, 1), (2, 1), (1, 2), (2, 2))
    analysers = [_analyser(Engine(EngineOptions(threads, streams, None)), store) for threads, streams in ways]
    best = np.zeros((len(ways), 3))
    for _ in range(3):
        for row, analyser in enumerate(analysers):
            for column, callers in enumerate((1, 2, 4)):
                best[row, column] = max(best[row, column], _rate(analyser, callers, 2 * repeats))
    return [
        [f"{threads}, {streams}", *(f"{value:.1f}" for value in best[row])]
        for row, (threads, streams) in enumerate(ways)
    ]


def _analyser(engine: Engine, store: WeightStore) -> FaceAnalyser:
    mesh, expressions, cover = FaceMesh(engine, store), Blendshapes(engine, store), FaceMask(engine, store)
    tags = EfficientNet(engine, store)
    search = FaceSearch(YuNet(engine, store))
    analyser = FaceAnalyser(FaceNetworks(search, lambda: mesh, lambda: expressions, lambda: cover, lambda: tags))
    analyser.analyse(Picture(astronaut(), Budget()))
    return analyser


def _rate(analyser: FaceAnalyser, callers: int, pictures: int) -> float:
    with ThreadPoolExecutor(callers) as pool:
        began = time.perf_counter()
        list(pool.map(lambda _: analyser.analyse(Picture(astronaut(), Budget())), range(pictures)))
    return pictures / (time.perf_counter() - began)


def _batches(store: WeightStore, repeats: int) -> list[list[str]]:
    rows = []
    for card, shape in (
        (cards.LANDMARKS, (256, 256, 3)),
        (cards.FACE_MASK, (224, 224, 3)),
        (cards.PPOCR_REC, (3, 48, 320)),
    ):
        sizes = (1, 4, 8, 16)
        engine = Engine(EngineOptions(threads=1, streams=1, cache_folder=None))
        network = engine.load(store.path(card), shapes=[(-1, *shape)])
        runs = [_bound(network, _noise((size, *shape))) for size in sizes]
        times = _milliseconds(runs, max(3, repeats // 3))
        rows.append([card.name, *(f"{value / size:.1f}" for value, size in zip(times, sizes, strict=True))])
    return rows


def _bound(network: Network, crops: np.ndarray[Any, np.dtype[np.float32]]) -> Run:
    return lambda: network.run(crops)


def _milliseconds(runs: Iterable[Run], repeats: int) -> list[float]:
    """The least time of each, taken in turns."""
    runs = list(runs)
    best = [float("inf")] * len(runs)
    for _ in range(repeats + 1):
        for index, run in enumerate(runs):
            began = time.perf_counter()
            run()
            best[index] = min(best[index], 1000 * (time.perf_counter() - began))
    return best


def _noise(shape: tuple[int, ...]) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(0).random(shape, dtype=np.float32)


if __name__ == "__main__":
    main()
