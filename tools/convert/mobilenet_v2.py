"""MobileNetV2 with a small head as an ONNX file, from named Keras weights.

The graph is written down here from the paper (https://arxiv.org/abs/1801.04381, table 2) with Keras's names and
padding, so that nothing of the original's code runs. Batch normalisation is folded into the convolution before it.
Kernels are stored as whole numbers with a scale (and an offset) a channel, which the graph applies; inputs, outputs and
the arithmetic are float32. Half-precision kernels were tried and moved some scores by 0.013; 16-bit whole numbers are
as small and moved none by more than 0.0009, on 60 photographs and noise.
Needs the packages onnx and numpy, in an environment of their own: they are no dependencies of the program.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper


@dataclass(frozen=True)
class Coded:
    """An array as `codes * scale + offset`. Scale and offset have as many sides as codes and broadcast to them."""

    codes: NDArray[np.uint8] | NDArray[np.int16]
    scale: NDArray[np.float64]
    offset: NDArray[np.float64]

    def values(self) -> NDArray[np.float64]:
        """The array itself."""
        return self.codes * self.scale + self.offset


# "layer/part", as Keras names it; a kernel coded, everything else as it is.
Weights = Mapping[str, Coded | NDArray[np.float64]]


def coded(values: NDArray[np.float64], channels: int) -> Coded:
    """A kernel in 16 bits, with one scale for each index of the axis `channels`."""
    others = tuple(axis for axis in range(values.ndim) if axis != channels)
    largest = np.abs(values).max(axis=others, keepdims=True)
    scale = np.where(largest > 0, largest, 1) / np.iinfo(np.int16).max
    return Coded(np.rint(values / scale).astype(np.int16), scale, np.zeros_like(scale))


# (blocks, stride of the first) a row of the paper's table 2; the first block, expanded_conv, expands nothing.
_STAGES = ((1, 1), (2, 2), (3, 2), (4, 2), (3, 1), (3, 2), (1, 1))
_EPSILON = 1e-3  # of every batch normalisation, as in the originals' configuration


class _Graph:
    """Nodes and weights in the order in which they are added."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = [
            numpy_helper.from_array(np.float32(0), "zero"),
            numpy_helper.from_array(np.float32(6), "six"),
        ]

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def constant(self, values: NDArray[np.float64], name: str) -> str:
        self.constants.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name

    def array(self, name: str) -> NDArray[np.float64]:
        stored = self.weights[name]
        return stored.values() if isinstance(stored, Coded) else stored

    def kernel(self, name: str, axes: Sequence[int], channel_scale: NDArray[np.float64] | float = 1.0) -> str:
        """A kernel with its axes in ONNX's order, times `channel_scale`, decoded by the graph."""
        stored = self.weights[name]
        if not isinstance(stored, Coded):
            raise TypeError(f"{name} is not coded")
        self.constants.append(numpy_helper.from_array(stored.codes.transpose(axes).copy(), f"{name}/codes"))
        scale = self.constant(stored.scale.transpose(axes) * channel_scale, f"{name}/scale")
        numbers = self.node("Cast", [f"{name}/codes"], f"{name}/numbers", to=TensorProto.FLOAT)
        scaled = self.node("Mul", [numbers, scale], f"{name}/scaled")
        if not stored.offset.any():
            return scaled
        offset = self.constant(stored.offset.transpose(axes) * channel_scale, f"{name}/offset")
        return self.node("Add", [scaled, offset], f"{name}/moved")

    def convolution(self, data: str, layer: str, normalisation: str, *, stride: int = 1, groups: int = 1) -> str:
        """A convolution with its batch normalisation folded in; Keras pads stride 2 to the right and below only."""
        gamma, beta, mean, variance = (
            self.array(f"{normalisation}/{part}") for part in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        scale = gamma / np.sqrt(variance + _EPSILON)
        name, axes = (f"{layer}/depthwise_kernel", (2, 3, 0, 1)) if groups > 1 else (f"{layer}/kernel", (3, 2, 0, 1))
        kernel = self.kernel(name, axes, scale[:, None, None, None])
        size = self.array(name).shape[0]
        return self.node(
            "Conv",
            [data, kernel, self.constant(beta - mean * scale, f"{layer}/bias")],
            layer,
            kernel_shape=[size, size],
            strides=[stride, stride],
            pads=[0, 0, 0, 0] if size == 1 else [0, 0, 1, 1] if stride == 2 else [1, 1, 1, 1],
            group=groups,
        )

    def relu6(self, data: str) -> str:
        return self.node("Clip", [data, "zero", "six"], f"{data}_relu")

    def dense(self, data: str, layer: str, activation: str) -> str:
        kernel = self.kernel(f"{layer}/kernel", (0, 1))
        bias = self.constant(self.array(f"{layer}/bias"), f"{layer}/bias")
        linear = self.node("Gemm", [data, kernel, bias], f"{layer}/linear")
        return self.node(activation, [linear], layer)


def write(weights: Weights, head: Sequence[str], target: Path, expected_sha256: str) -> None:
    """Write the network: (N, 224, 224, 3) RGB to (N, classes), softmax.

    head: names of the dense layers, all but the last with ReLU.
    Raises SystemExit when the file is not the expected one.
    """
    graph = _Graph(weights)
    data = _features(graph)
    data = graph.node("AveragePool", [data], "pool", kernel_shape=[7, 7], strides=[7, 7])
    data = graph.node("Flatten", [data], "features")
    for layer in head[:-1]:
        data = graph.dense(data, layer, "Relu")
    output = graph.dense(data, head[-1], "Softmax")
    classes = graph.array(f"{head[-1]}/bias").shape[0]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            target.stem,
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 224, 224, 3])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["N", classes])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", 13)],
        ir_version=8,
        producer_name="regard tools/convert",
    )
    onnx.checker.check_model(model, full_check=True)
    content = model.SerializeToString(deterministic=True)
    found = hashlib.sha256(content).hexdigest()
    target.write_bytes(content)
    print(f"{target}: {len(content):,} bytes, SHA-256 {found}")
    if found != expected_sha256:
        raise SystemExit(f"expected {expected_sha256}")


def check_input(content: bytes, name: str, expected_sha256: str) -> bytes:
    """`content` itself, when it is the expected one; else SystemExit."""
    found = hashlib.sha256(content).hexdigest()
    if found != expected_sha256:
        raise SystemExit(f"{name} has SHA-256 {found}, expected {expected_sha256}")
    return content


def _features(graph: _Graph) -> str:
    data = graph.node("Transpose", ["input"], "channels_first", perm=[0, 3, 1, 2])
    data = graph.relu6(graph.convolution(data, "Conv1", "bn_Conv1", stride=2))
    number = 0
    for blocks, stride in _STAGES:
        for position in range(blocks):
            data = _block(graph, data, number, stride if position == 0 else 1, is_residual=position > 0)
            number += 1
    return graph.relu6(graph.convolution(data, "Conv_1", "Conv_1_bn"))


def _block(graph: _Graph, data: str, number: int, stride: int, *, is_residual: bool) -> str:
    """An inverted residual: expand, filter each channel, project; added to its input where shapes allow."""
    prefix = f"block_{number}" if number else "expanded_conv"
    inner = data
    if number:
        inner = graph.relu6(graph.convolution(inner, f"{prefix}_expand", f"{prefix}_expand_BN"))
    layer = f"{prefix}_depthwise"
    channels = graph.array(f"{layer}/depthwise_kernel").shape[2]
    inner = graph.relu6(graph.convolution(inner, layer, f"{layer}_BN", stride=stride, groups=channels))
    inner = graph.convolution(inner, f"{prefix}_project", f"{prefix}_project_BN")
    return graph.node("Add", [data, inner], f"{prefix}_add") if is_residual else inner
