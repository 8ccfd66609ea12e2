"""One sized pool for all blocking work, with a queue that says when it is full."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from regard.errors import Throttling

Result = TypeVar("Result")


class WorkPool:
    """Runs blocking functions on `workers` threads; at most `queue` wait. For one event loop."""

    def __init__(self, workers: int, queue: int) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="regard")
        self._most = workers + queue
        self.taken = 0  # running and waiting

    async def run(self, work: Callable[[], Result]) -> Result:
        """What `work` returns or raises. Raises Throttling at once where the queue is full."""
        if self.taken >= self._most:
            raise Throttling(f"Slow down; {self.taken} requests are being worked on or waiting, and no more may wait.")
        self.taken += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self.taken -= 1

    def close(self) -> None:
        """Waits for what is running."""
        self._threads.shutdown()
