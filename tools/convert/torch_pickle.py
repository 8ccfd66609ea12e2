"""Arrays out of a network that PyTorch pickled whole, in its format before zip files. Nothing of the file is run.

The unpickler makes empty shells, whatever class the file names, so that no code is imported or called. PyTorch is not
needed. Source of the format: torch/serialization.py, `_legacy_save`.
"""

import io
import pickle
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_MAGIC = 0x1950A86A20F9469CFC6C
_TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class _Shell:
    """Stands for every object that the file would make."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments
        self.state: Any = {}

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __setitem__(self, key: Any, value: Any) -> None:
        self.state[key] = value


class _Reader(pickle.Unpickler):
    """Makes shells only."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.types: dict[str, np.dtype[Any]] = {}  # of each storage, by its key

    def find_class(self, module: str, name: str) -> Any:
        return type(name, (_Shell,), {"__module__": module})

    def persistent_load(self, pid: Any) -> Any:
        if pid[0] == "module":
            return pid[1]  # the class; its source code, which the file holds as well, is left alone
        self.types[pid[2]] = _TYPES[pid[1].__name__]
        return pid[2]


def arrays(content: bytes) -> dict[str, Array]:
    """Every parameter and buffer by its path, as `state_dict` names them. Raises SystemExit for another format."""
    file = io.BytesIO(content)
    if _Reader(file).load() != _MAGIC:
        raise SystemExit("the file is not in PyTorch's older format")
    _Reader(file).load()  # the format's version
    _Reader(file).load()  # sizes of types on the machine that wrote it
    reader = _Reader(file)
    network = reader.load()
    storages = {key: _storage(file, reader.types[key]) for key in _Reader(file).load()}
    return {path: _array(tensor, storages) for path, tensor in _tensors(network, "")}


def _storage(file: io.BytesIO, kind: np.dtype[Any]) -> Array:
    (length,) = struct.unpack("<q", file.read(8))
    return np.frombuffer(file.read(length * kind.itemsize), kind)


def _tensors(module: _Shell, prefix: str) -> Iterator[tuple[str, _Shell]]:
    """Path and `_rebuild_tensor_v2`'s call of each."""
    for name, parameter in module.state["_parameters"].state.items():
        if parameter is not None:
            yield prefix + name, parameter.arguments[0]
    for name, buffer in module.state["_buffers"].state.items():
        yield prefix + name, buffer
    for name, part in module.state["_modules"].state.items():
        yield from _tensors(part, f"{prefix}{name}.")


def _array(tensor: _Shell, storages: dict[str, Array]) -> Array:
    key, offset, shape, strides = tensor.arguments[:4]
    values = storages[key]
    steps = tuple(step * values.itemsize for step in strides)
    return np.lib.stride_tricks.as_strided(values[offset:], shape, steps).copy()
