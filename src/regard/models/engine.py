"""The inference runtime, and the only importer of it: OpenVINO.

One runtime serves every network (`docs/concepts/runtime.md` has the table that decided it). A `Network` may be run
from several threads at once: as many runs go on together as it has streams, and the rest wait for a free one.
"""

import queue
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Merely importing OpenVINO reports to an analytics service through this package, unless it is missing; then OpenVINO
# takes its own silent stand-in. tests/models/test_engine.py watches that nothing is looked up.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

import numpy as np  # noqa: E402
import openvino as ov  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from openvino.frontend import FrontEndManager  # noqa: E402
from openvino.preprocess import PrePostProcessor  # noqa: E402

Array = NDArray[Any]
_PROCESSORS = Path("/proc/cpuinfo")
_NOTHING: Mapping[str, str] = {}
_EXACT_BYTES = frozenset({"avx512_vnni", "avx_vnni", "asimddp"})
# OpenVINO 2026.4 sets the process's locale to C while it reads or writes what it keeps of a network, and back to what
# it found then: two at once can leave it at C, in which Python reads text as ASCII.
_COMPILING = threading.Lock()


class ModelError(Exception):
    """A network's file does not fit its card, or cannot be loaded; `regard models verify` says which."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How the processor is shared out: `streams` runs of one network go on at once, each served by `threads`."""

    threads: int
    streams: int
    cache_folder: Path | None  # compiled networks, so that the second start is quick; None compiles each time


@dataclass(frozen=True, slots=True)
class PixelInput:
    """Lets a network take (N, H, W, 3) uint8 RGB pictures as they are; the runtime prepares them without a copy.

    Computes `(pixel - mean) / scale` per channel of the network's own order and layout.
    """

    is_bgr: bool = False  # the network wants blue first
    is_channels_first: bool = True  # the network's own layout is (N, 3, H, W)
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def applied_to(self, model: Any) -> Any:
        """`model` with the preparation in front of its first input."""
        steps = PrePostProcessor(model)
        entry = steps.input(0)
        entry.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
        entry.preprocess().convert_element_type(ov.Type.f32)
        if self.is_bgr:
            entry.preprocess().reverse_channels()
        if any(self.mean):
            entry.preprocess().mean(list(self.mean))
        if self.scale != (1.0, 1.0, 1.0):
            entry.preprocess().scale(list(self.scale))
        entry.model().set_layout(ov.Layout("NCHW" if self.is_channels_first else "NHWC"))
        return steps.build()


class Network:
    """A loaded network. Inputs and outputs are in the order of the file."""

    def __init__(self, compiled: Sequence[Any]) -> None:
        """compiled: the network once for each run that goes on at a time; it may be the same one."""
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for one in compiled:
            self._requests.put(one.create_infer_request())
        self.seconds = 0.0
        self.runs = 0

    def run(self, *inputs: Array) -> list[Array]:
        """Outputs for `inputs`, copied, so that they stay valid after the next run.

        Waits for a free stream. Raises ModelError when shapes or types do not fit the network.
        """
        request = self._requests.get()
        start = time.perf_counter()
        try:
            request.infer(dict(enumerate(inputs)), share_inputs=True)
            return [np.array(tensor.data) for tensor in request.output_tensors]
        except RuntimeError as error:
            raise ModelError(f"inputs of shapes {[i.shape for i in inputs]} do not fit the network: {error}") from error
        finally:
            # Sums are for /metrics and bench/speed.py; two threads may lose an update, which costs a sample.
            self.seconds += time.perf_counter() - start
            self.runs += 1
            self._requests.put(request)


def adds_bytes_exactly(processors: Path) -> bool:
    """Whether the processor has VNNI, or what ARM calls dot products; no where `processors` does not say.

    processors: in the form of Linux's /proc/cpuinfo.
    """
    try:
        words = set(processors.read_text("ascii", "replace").split())
    except OSError:
        return False
    return bool(words & _EXACT_BYTES)


def runtime_version() -> str:
    """The runtime's own version."""
    return str(ov.get_version())


class Engine:
    """Loads networks onto the processor."""

    def __init__(self, options: EngineOptions) -> None:
        self.options = options
        self._core = ov.Core()
        self._has_bytes = adds_bytes_exactly(_PROCESSORS)
        if options.cache_folder is not None:
            # Networks of bytes are calculated in f32 where their sums would overflow (docs/concepts/runtime.md). The
            # runtime's own names of what it keeps do not tell the one way from the other.
            folder = options.cache_folder if self._has_bytes else options.cache_folder / "f32"
            self._core.set_property({"CACHE_DIR": str(folder)})
        self.networks: dict[str, Network] = {}  # those loaded by now, by the name of their file without its ending

    def device(self) -> str:
        """The processor as the runtime names it. Raises RuntimeError where it has no plug-in for it."""
        return str(self._core.get_property("CPU", "FULL_DEVICE_NAME"))

    def load(
        self,
        path: Path,
        *,
        shapes: Sequence[Sequence[int]] | None = None,
        outputs: Sequence[str] | None = None,
        pixels: PixelInput | None = None,
        streams: int | None = None,
    ) -> Network:
        """A network from an ONNX or TensorFlow Lite file, ready to run.

        shapes: one per input, -1 where a dimension varies; None keeps the file's. outputs: names of the tensors to
        return, None for the file's. pixels: what stands between uint8 pictures and the first input; None leaves the
        network's own input. streams: other than the engine's; they share the same threads, so that fewer streams take
        less memory and, for a large network, no more time. Raises ModelError when the file cannot be read or compiled.
        """
        try:
            model = self._core.read_model(str(path))
            if shapes is not None:
                model.reshape({i.get_any_name(): list(s) for i, s in zip(model.inputs, shapes, strict=True)})
            if outputs is not None:
                chosen = [model.output(name) for name in outputs]
                model = ov.Model([o.get_node().input_value(0) for o in chosen], model.get_parameters())
            if pixels is not None:
                model = pixels.applied_to(model)
            return self._compiled(model, path, streams)
        except RuntimeError as error:
            raise ModelError(f"{path.name} cannot be loaded: {error}") from error

    def load_cut(self, path: Path, *, streams: int | None = None) -> Network:
        """A TensorFlow Lite network up to the first operation that the runtime does not know.

        The outputs are that operation's inputs in its order, constants among them, so that the caller can do the
        operation's work. Raises ModelError when the file cannot be read or holds no such operation.
        """
        try:
            frontend = FrontEndManager().load_by_framework("tflite")
            model = frontend.convert_partially(frontend.load(str(path)))
            unknown = [n for n in model.get_ordered_ops() if n.get_type_name().endswith("FrameworkNode")]
            if not unknown:
                raise ModelError(f"{path.name} holds no operation to cut at")
            return self._compiled(ov.Model(unknown[0].input_values(), model.get_parameters()), path, streams)
        except RuntimeError as error:
            raise ModelError(f"{path.name} cannot be loaded: {error}") from error

    def _compiled(self, model: Any, path: Path, streams: int | None) -> Network:
        streams, threads = streams or self.options.streams, self.options.threads * self.options.streams
        if self._has_bytes or not any(node.get_type_name() == "FakeQuantize" for node in model.get_ops()):
            compiled = [self._compiled_once(model, streams, threads)] * streams
        else:
            # One for each stream: copies of a network that are made at once in this way spoil each other's weights
            # in OpenVINO 2026.4, at random; tests/models/test_engine.py tells when that has passed.
            one = max(1, threads // streams)
            compiled = [self._compiled_once(model, 1, one, {"LP_TRANSFORMS_MODE": "NO"}) for _ in range(streams)]
        network = Network(compiled)
        self.networks[path.stem] = network
        return network

    def _compiled_once(self, model: Any, streams: int, threads: int, more: Mapping[str, str] = _NOTHING) -> Any:
        with _COMPILING:
            return self._core.compile_model(
                model,
                "CPU",
                {
                    "NUM_STREAMS": streams,
                    "INFERENCE_NUM_THREADS": threads,
                    # Each network's first stream would be tied to the first processor, and so would each process's:
                    # networks that run beside each other wait for it, while another one has nothing to do.
                    "ENABLE_CPU_PINNING": False,
                    # Where the processor has bf16 the runtime would use it silently. It finds no text then, and answers
                    # would differ by machine (docs/concepts/runtime.md).
                    "INFERENCE_PRECISION_HINT": "f32",
                    **more,
                },
            )
