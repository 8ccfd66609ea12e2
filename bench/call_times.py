"""How long calls take, from several threads."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Times:
    """Seconds that calls took, from several threads."""

    taken: list[float] = field(default_factory=list)
    seconds: float = 0.0  # in all, from the first call to the last
    processor_seconds: float = 0.0  # of the whole process meanwhile

    def measure(self, threads: int, work: Callable[[int], list[float]]) -> None:
        """Adds what `work(thread)` returns in each of so many threads."""
        made = [list[float]() for _ in range(threads)]

        def run(thread: int) -> None:
            made[thread] = work(thread)

        running_threads = [threading.Thread(target=run, args=(thread,)) for thread in range(threads)]
        began, busy = time.perf_counter(), time.process_time()
        for thread in running_threads:
            thread.start()
        for thread in running_threads:
            thread.join()
        self.seconds += time.perf_counter() - began
        self.processor_seconds += time.process_time() - busy
        self.taken += [one for some in made for one in some]

    @property
    def rate(self) -> float:
        """Calls a second."""
        return len(self.taken) / self.seconds

    @property
    def processor_milliseconds(self) -> float:
        """Processor time of one call, which waiting for others on the machine does not lengthen."""
        return self.processor_seconds / len(self.taken) * 1000

    def milliseconds(self, part: float) -> float:
        """What `part` of the calls did not exceed."""
        return float(np.quantile(self.taken, part)) * 1000
