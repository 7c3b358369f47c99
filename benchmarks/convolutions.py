"""Convolutional networks made for measuring, as QONNX: types of 8 bits, scales that are powers of two, random weights.

Both compilers read every layer of them, and what they compute does not depend on luck with a published file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil, log2
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from benchmarks.networks import Network

QONNX = "qonnx.custom_op.general"
BITS = 8


@dataclass
class Draft:
    """A channels-first network while it grows: the name and shape of its last tensor."""

    last: str
    shape: tuple[int, ...]
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[TensorProto] = field(default_factory=list)
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def constant(self, value: np.ndarray) -> str:
        """The name of a new initializer."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype=np.float32), name))
        return name

    def node(self, kind: str, inputs: list[str], shape: tuple[int, ...], **attributes: object) -> None:
        """A node behind the last one."""
        name = f"{kind.lower()}_{len(self.nodes)}"
        domain = QONNX if kind == "Quant" else ""
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, domain=domain, **attributes))
        self.last, self.shape = name, shape

    def quantized(self, x: str, scale: float, signed: bool) -> str:
        """The name of `x` rounded to 8 bits of this scale."""
        last, shape = self.last, self.shape
        parameters = [self.constant(np.array(v)) for v in (scale, 0.0, float(BITS))]
        self.node("Quant", [x, *parameters], shape, signed=int(signed), narrow=0, rounding_mode="ROUND")
        made, self.last = self.last, last
        return made

    def weights(self, *shape: int, inputs: int) -> str:
        """Random weights that keep the size of what they multiply, on a grid of 8 bits."""
        w = self.random.normal(0, np.sqrt(2 / inputs), shape)
        return self.quantized(self.constant(w), 2.0 ** (ceil(log2(np.abs(w).max())) - BITS + 1), True)

    def activation(self) -> None:
        """A ReLU, rounded to 8 bits up to 8."""
        self.node("Relu", [self.last], self.shape)
        self.last = self.quantized(self.last, 2.0**-5, False)

    def convolution(self, outputs: int, size: int = 3) -> None:
        """One that keeps the height and width, and its activation."""
        channels, height, width = self.shape
        w = self.weights(outputs, channels, size, size, inputs=channels * size * size)
        window = {"kernel_shape": [size, size], "pads": [size // 2] * 4, "strides": [1, 1], "dilations": [1, 1]}
        self.node("Conv", [self.last, w], (outputs, height, width), group=1, **window)
        self.activation()

    def pool(self) -> None:
        """The largest of 2 x 2 pixels."""
        channels, height, width = self.shape
        shape = (channels, height // 2, width // 2)
        self.node("MaxPool", [self.last], shape, kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 0, 0])

    def dense(self, outputs: int, activation: bool = True) -> None:
        """A matrix product of all that comes."""
        if len(self.shape) > 1:
            self.node("Flatten", [self.last], (int(np.prod(self.shape)),), axis=1)
        (inputs,) = self.shape
        self.node("MatMul", [self.last, self.weights(inputs, outputs, inputs=inputs)], (outputs,))
        if activation:
            self.activation()


def save(path: Path, shape: tuple[int, int, int], layers: Callable[[Draft], None]) -> Path:
    """Writes the network of these layers on images of `shape` (channels, height, width)."""
    draft = Draft("image", shape)
    draft.last = draft.quantized("image", 2.0**-7, True)
    layers(draft)
    graph = helper.make_graph(
        draft.nodes,
        path.stem,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, *shape])],
        [helper.make_tensor_value_info(draft.last, TensorProto.FLOAT, [1, *draft.shape])],
        draft.constants,
    )
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid(QONNX, 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), str(path))
    return path


def three(draft: Draft) -> None:
    """Three convolutions and a classifier."""
    draft.convolution(16)
    draft.pool()
    draft.convolution(16)
    draft.pool()
    draft.convolution(32)
    draft.pool()
    draft.dense(10, activation=False)


def calorimeter(draft: Draft) -> None:
    """The layers of the calorimeter's energy regression behind its upsampling."""
    draft.convolution(16, size=5)
    for channels in (32, 64, 128, 256):
        draft.pool()
        draft.convolution(channels)
        draft.convolution(channels)
    for outputs in (256, 256):
        draft.dense(outputs)
    draft.dense(1, activation=False)


def networks(folder: Path) -> list[Network]:
    """Both, written into the folder, with noise of 8 bits as images."""

    def noise(*shape: int) -> Callable[[int], np.ndarray]:
        def draw(count: int) -> np.ndarray:
            codes = np.random.default_rng(0).integers(-128, 128, (count, *shape))
            return (codes / 128).astype(np.float32)

        return draw

    small, large = (3, 32, 32), (4, 56, 55)
    first = save(folder / "three_convolutions.onnx", small, three)
    second = save(folder / "calorimeter.onnx", large, calorimeter)
    return [
        Network("three convolutions", first, inputs=noise(*small), most=50),
        Network("the calorimeter's layers", second, inputs=noise(*large), most=8),
    ]
