"""Unit rows, and what a folder holds of them."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def unit(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    scaled: NDArray[np.float64] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled.astype(np.float32)


def noise(count: int, dimension: int, seed: int = 0) -> NDArray[np.float32]:
    return unit(np.random.default_rng(seed).standard_normal((count, dimension)))


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def stored_as(row: NDArray[np.float32], pattern: str) -> bytes:
    """Sixteen bytes of the row as it would stand in a file of that precision."""
    int8 = np.rint(row * (127 / np.abs(row).max())).astype(np.int8).tobytes()
    signs = np.packbits(row >= 0, bitorder="little").tobytes()
    precisions: dict[str, bytes] = {"int8": int8, "float32": row.tobytes(), "signs": signs}
    return precisions[pattern][:16]
