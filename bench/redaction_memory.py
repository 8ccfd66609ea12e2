"""Runs a command and watches the memory of it and all processes that it starts."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 0.25  # between two looks: often enough for frames' buffers, seldom enough to cost nothing
_OUTPUT_BYTES = 2000  # of what a failed command said


@dataclass(frozen=True, slots=True)
class Run:
    """How a command went."""

    seconds: float
    most_mib: float
    said: str  # the end of its output; empty where it succeeded

    @property
    def failed(self) -> bool:
        """Whether its exit code was not 0, or it took too long."""
        return bool(self.said)


def watched(
    command: Sequence[str | Path],
    time_limit_seconds: float = 3600,
    environment: Mapping[str, str] | None = None,
    on_look: Callable[[float, float], None] | None = None,
) -> Run:
    """Runs a command to its end. on_look: gets seconds since the start and MiB of memory, four times a second."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
    )
    pieces: list[bytes] = []
    reader = threading.Thread(target=_drain, args=(process, pieces), daemon=True)
    reader.start()
    most, is_late = 0.0, False
    while process.poll() is None:
        seconds, mib = time.perf_counter() - start, tree_mib(process.pid)
        most = max(most, mib)
        if on_look is not None:
            on_look(seconds, mib)
        if seconds > time_limit_seconds and not is_late:
            process.kill()
            is_late = True
        _wait(process)
    seconds = time.perf_counter() - start
    reader.join(5)
    said = b"".join(pieces)[-_OUTPUT_BYTES:].decode("utf-8", "replace").strip()
    if is_late:
        return Run(seconds, most, f"took more than {time_limit_seconds:.0f} s")
    return Run(seconds, most, (said or f"exit code {process.returncode}") if process.returncode else "")


def tree_mib(root: int) -> float:
    """Memory of a process and its descendants; what they share is counted once."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and (parent := _parent(folder)) is not None:
            children.setdefault(parent, []).append(int(folder.name))
    waiting, kib = [root], 0
    while waiting:
        pid = waiting.pop()
        kib += _proportional_kib(pid)
        waiting += children.get(pid, [])
    return kib / 1024


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_SECONDS)
    except subprocess.TimeoutExpired:
        return


def _drain(process: subprocess.Popen[bytes], pieces: list[bytes]) -> None:
    """Reads what it says, so that it does not wait for a reader; keeps the end."""
    if process.stdout is None:
        return
    while piece := os.read(process.stdout.fileno(), 65536):
        pieces.append(piece)
        del pieces[:-4]


def _parent(folder: Path) -> int | None:
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return None  # it ended meanwhile


def _proportional_kib(pid: int) -> int:
    """PSS: a page that n processes share counts for one n-th in each."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
