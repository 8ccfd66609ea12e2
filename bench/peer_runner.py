"""Runs one other project's face detector over a folder of pictures; started by `peers.py` in its environment.

Usage: python bench/peer_runner.py VARIANT FOLDER SECONDS [OPTION]

Only the standard library, and what VARIANT imports. Prints one JSON object: pictures a second (decoding included, the
better of one thread and one for each processor where the project allows threads), processor seconds a picture, faces
found in all pictures, and the most memory held; or {"unavailable": reason}.
"""

import json
import os
import queue
import resource
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# A picture's file in, the number of faces out.
Detect = Callable[[bytes], int]


def _decoded(data: bytes) -> Any:
    import cv2
    import numpy

    return cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_COLOR)


def insightface(root: str, modules: list[str] | None) -> Detect:
    """`FaceAnalysis` on the networks in `root`/models/small."""
    from insightface.app import FaceAnalysis

    analysis = FaceAnalysis(name="small", root=root, allowed_modules=modules, providers=["CPUExecutionProvider"])
    analysis.prepare(ctx_id=-1, det_size=(640, 640))
    return lambda data: len(analysis.get(_decoded(data)))


def uniface_default(_option: str) -> Detect:
    """RetinaFace, which uniface takes when nothing is said; it fetches its network."""
    from uniface import RetinaFace

    detector: Any = RetinaFace(providers=["CPUExecutionProvider"])
    return lambda data: len(detector.detect(_decoded(data)))


def uniface_scrfd(network: str) -> Detect:
    """uniface's SCRFD on InsightFace's file of it, whose outputs carry a batch dimension that uniface's own lacks."""
    import uniface.detection.scrfd as module
    from uniface.constants import SCRFDWeights

    module.verify_model_weights = lambda _name: network

    class Batched(module.SCRFD):  # type: ignore[misc]  # the package may not be installed where this is checked
        """Drops the batch dimension."""

        def inference(self, input_tensor: Any) -> list[Any]:
            """As the base class."""
            return [output[0] if output.ndim == 3 else output for output in super().inference(input_tensor)]

    detector: Any = Batched(model_name=SCRFDWeights.SCRFD_500M_KPS, providers=["CPUExecutionProvider"])
    return lambda data: len(detector.detect(_decoded(data)))


def deepface(backend: str) -> Detect:
    """`DeepFace.extract_faces` with one of its detectors, alignment on, as its users call it."""
    from deepface import DeepFace

    def detect(data: bytes) -> int:
        faces = DeepFace.extract_faces(_decoded(data), detector_backend=backend, enforce_detection=False)
        # A picture without faces comes back whole, with confidence 0.
        return sum(face["confidence"] > 0 for face in faces)

    return detect


VARIANTS: dict[str, tuple[Callable[[str], Detect], bool]] = {
    "insightface-detection": (lambda root: insightface(root, ["detection"]), True),
    "insightface-all": (lambda root: insightface(root, None), True),
    "uniface-default": (uniface_default, True),
    "uniface-scrfd": (uniface_scrfd, True),
    # One thread: its detectors are shared objects that two threads would set up against each other.
    "deepface": (deepface, False),
}


def rate(detect: Detect, pictures: list[bytes], threads: int, passes: int) -> float:
    """Pictures a second with `threads` threads, over whole passes."""
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    for picture in pictures * passes:
        waiting.put(picture)

    def worker() -> None:
        while True:
            try:
                picture = waiting.get_nowait()
            except queue.Empty:
                return
            detect(picture)

    workers = [threading.Thread(target=worker) for _ in range(threads)]
    start = time.perf_counter()
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    return len(pictures) * passes / (time.perf_counter() - start)


def rates(detect: Detect, pictures: list[bytes], may_thread: bool, seconds: float) -> dict[str, Any]:
    """The report of a detector that works."""
    detect(pictures[0])
    start = time.perf_counter()
    faces = sum(detect(picture) for picture in pictures)
    first = time.perf_counter() - start
    passes = max(1, round(seconds / first))
    threads = sorted({1, os.cpu_count() or 1}) if may_thread else [1]
    cpu = time.process_time()
    found = {number: rate(detect, pictures, number, passes) for number in threads}
    best = max(found, key=found.__getitem__)
    return {
        "pictures_per_second": found[best],
        "cpu_seconds": (time.process_time() - cpu) / (len(pictures) * passes * len(threads)),
        "threads": best,
        "faces": faces,
        "most_mib": _most_kib() / 1024,
    }


def _most_kib() -> int:
    """The most memory this program held; `getrusage` would tell that of the program that started it, if it is more."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next(
        (int(line.split()[1]) for line in lines if line.startswith("VmHWM")),
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    )


def main() -> None:
    """See the module."""
    variant, folder, seconds, *rest = sys.argv[1:]
    make, may_thread = VARIANTS[variant]
    pictures = [path.read_bytes() for path in sorted(Path(folder).glob("*.jpg"))]
    # The projects print what they like; the report goes out alone.
    out, sys.stdout = sys.stdout, sys.stderr
    try:
        report = rates(make(rest[0] if rest else ""), pictures, may_thread, float(seconds))
    except Exception as error:  # whatever stops a foreign project is the row's reason, not this program's end
        report = {"unavailable": " ".join(f"{type(error).__name__}: {error}".split())[:200]}
    print(json.dumps(report), file=out)


if __name__ == "__main__":
    main()
