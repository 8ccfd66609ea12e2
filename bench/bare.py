"""The same work inside this process: networks alone, and analysis on pictures that are already decoded.

    Bench(app, workers)
        .analysed(task, pictures, seconds)   networks with their pre- and post-processing
        .networks(task, pictures, seconds)   the very same runs of the networks, with nothing around them

Both use as many threads as the server has workers, and the server's own objects.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from regard.app import App
from regard.media.images import Budget, Picture, Pixels
from regard.models.engine import Array, Network
from regard.operations.call import Call
from regard.operations.images import ImageRules, Pictures

Run = tuple[Network, tuple[Array, ...]]


@dataclass(frozen=True, slots=True)
class Task:
    """An operation as the benchmark asks for it."""

    name: str
    operation: str
    members: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rate:
    """Pictures a second, and processor seconds a picture."""

    pictures_per_second: float
    cpu_seconds: float


class Bench:
    """Runs tasks in this process."""

    def __init__(self, app: App, workers: int) -> None:
        """`app` is used up: from here on it remembers the pixels of every picture it was given."""
        app.pictures = _Remembering(app.pictures, app.budget)
        self._operations = app.operations()
        self._workers = workers

    def analysed(self, task: Task, pictures: Sequence[bytes], seconds: float) -> Rate:
        """Without HTTP, JSON, base64 and decoding."""
        operation = self._operations[task.operation]
        calls = [self._call(task, picture) for picture in pictures]
        for call in calls:
            operation(call)  # loads the networks, decodes the pictures
        return _best([partial(operation, call) for call in calls], self._workers, seconds)

    def networks(self, task: Task, pictures: Sequence[bytes], seconds: float) -> Rate:
        """The runs of the networks that the task's pictures need, replayed."""
        operation = self._operations[task.operation]
        recorded = []
        for picture in pictures:
            with _recorded() as runs:
                operation(self._call(task, picture))
            recorded.append(runs)
        return _best([partial(_replay, runs) for runs in recorded], self._workers, seconds)

    def _call(self, task: Task, picture: bytes) -> Call:
        members = {"Image": {"Bytes": picture}, **task.members}
        return Call(task.operation, members, "bench", "us-east-1", "123456789012")


class _Decoded(Picture):
    """A picture that is decoded once for each size asked for."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        super().__init__(data, budget)
        self._sizes: dict[int | None, Pixels] = {}

    def pixels(self, at_least: int | None = None) -> Pixels:
        """As `Picture.pixels`."""
        if at_least not in self._sizes:
            self._sizes[at_least] = super().pixels(at_least)
        return self._sizes[at_least]


class _Remembering(Pictures):
    """Gives the same picture again for the same bytes."""

    def __init__(self, pictures: Pictures, budget: Budget) -> None:
        self._pictures = pictures
        self._budget = budget
        self._known: dict[bytes, _Decoded] = {}

    def open(self, image: Mapping[str, Any], rules: ImageRules) -> Picture:
        """As `Pictures.open`, which checks what it is given the first time."""
        data = image["Bytes"]
        if data not in self._known:
            self._pictures.open(image, rules)
            self._known[data] = _Decoded(data, self._budget)
        return self._known[data]


@contextmanager
def _recorded() -> Iterator[list[Run]]:
    """The runs of networks in this thread while it is open, with copies of their inputs."""
    runs: list[Run] = []
    original = Network.run

    def run(network: Network, *inputs: Array) -> list[Array]:
        runs.append((network, tuple(np.array(array) for array in inputs)))
        return original(network, *inputs)

    Network.run = run  # type: ignore[method-assign, assignment]  # a benchmark may look where no caller may
    try:
        yield runs
    finally:
        Network.run = original  # type: ignore[method-assign]


def _replay(runs: Sequence[Run]) -> None:
    for network, inputs in runs:
        network.run(*inputs)


def _best(works: list[Callable[[], object]], workers: int, seconds: float) -> Rate:
    """The better of two halves, as the figure over HTTP is the best of several."""
    return max((_rate(works, workers, seconds / 2) for _ in range(2)), key=lambda rate: rate.pictures_per_second)


def _rate(works: list[Callable[[], object]], workers: int, seconds: float) -> Rate:
    """`workers` threads take the works in turn, in whole passes of about `seconds` together."""
    start = time.perf_counter()
    for work in works:
        work()
    passes = max(1, round(seconds * workers / (time.perf_counter() - start)))
    waiting: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
    for work in works * passes:
        waiting.put(work)

    def worker() -> None:
        while True:
            try:
                work = waiting.get_nowait()
            except queue.Empty:
                return
            work()

    threads = [threading.Thread(target=worker) for _ in range(workers)]
    start, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = len(works) * passes
    return Rate(done / (time.perf_counter() - start), (time.process_time() - cpu) / done)
