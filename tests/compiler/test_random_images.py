"""Random channels-first networks as ONNX, through the front end and all passes: the numbers of qonnx, exactly.

All scales are powers of two and all sums are short, so that float32 rounds nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.config import Config
from codesign.passes import pipeline
from tests.frontends.models import executed, imported, model, node

pytestmark = pytest.mark.filterwarnings("ignore:Output shapes disagree")

SAMPLES = 3


class Draft:
    """An ONNX model while it is drawn: `shape` is that of the tensor `last`, without the batch."""

    def __init__(self, draw: st.DrawFn, shape: tuple[int, int, int]) -> None:
        self.draw = draw
        self.rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        self.nodes: list[Any] = []
        self.constants: dict[str, np.ndarray] = {}
        self.shape: tuple[int, ...] = shape
        self.last = "x"

    def choose(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def constant(self, value: Any, kind: type = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(value, dtype=kind)
        return name

    def put(self, kind: str, *inputs: str, **attributes: Any) -> str:
        self.last = f"t{len(self.nodes)}"
        self.nodes.append(node(kind, inputs, self.last, f"{kind}_{len(self.nodes)}", **attributes))
        return self.last

    def quant(self, x: str, scale: Any, bits: int, signed: int = 1) -> str:
        modes = {"rounding_mode": self.choose("ROUND", "FLOOR", "CEIL", "HALF_UP")}
        parameters = (self.constant(scale), self.constant(0), self.constant(bits))
        return self.put("Quant", x, *parameters, signed=signed, narrow=0, **modes)

    def powers(self, *shape: int) -> np.ndarray:
        return np.exp2(self.rng.integers(-2, 2, shape))

    def conv(self) -> None:
        channels, height, width = self.shape
        pads = [self.choose(0, 1) for _ in range(4)]
        size = self.choose(1, 2, 3), self.choose(1, 2, 3)
        size = min(size[0], height + pads[0] + pads[2]), min(size[1], width + pads[1] + pads[3])
        strides = [self.choose(1, 1, 2), self.choose(1, 1, 2)]
        group = self.choose(1, 1, channels, *(n for n in (2, 3) if channels % n == 0))
        outputs = group * self.choose(1, 2) if group > 1 else self.choose(1, 2, 3, 5)
        x = self.last
        w = self.constant(self.rng.integers(-7, 8, (outputs, channels // group, *size)) / 8)
        quantized = self.quant(w, self.powers(outputs, 1, 1, 1) / 2, 3)
        bias = (self.constant(self.rng.integers(-8, 9, outputs) / 8),) if self.choose(True, False) else ()
        self.put("Conv", x, quantized, *bias, pads=pads, strides=strides, group=group)
        lengths = (n + a + b for n, a, b in zip((height, width), pads[:2], pads[2:], strict=True))
        self.shape = (outputs, *((n - k) // s + 1 for n, k, s in zip(lengths, size, strides, strict=True)))

    def conv_transpose(self) -> None:
        """Any mix of attributes; its weights are quantized by output channel."""
        channels, height, width = self.shape
        group = self.choose(1, 1, channels)
        each = self.choose(1, 2, 3)
        size = self.choose(1, 2, 3), self.choose(1, 2, 3)
        strides = self.choose(1, 2), self.choose(1, 2, 3)
        dilations = self.choose(1, 1, 2), self.choose(1, 1, 2)
        more = [self.choose(*range(s)) for s in strides]
        whole = [
            s * (n - 1) + m + d * (k - 1) + 1
            for n, k, s, d, m in zip((height, width), size, strides, dilations, more, strict=True)
        ]
        # The runtime refuses to cut off more than the first or the last weight adds.
        pads = [self.choose(*range(min(2, d * (k - 1) + 1))) for d, k in zip(dilations * 2, size * 2, strict=True)]
        left = [n - a - b for n, a, b in zip(whole, pads[:2], pads[2:], strict=True)]
        if min(left) < 1 or each * group * left[0] * left[1] > 400:
            return self.conv()
        x = self.last
        w = self.constant(self.rng.integers(-7, 8, (channels, each, *size)) / 8)
        quantized = self.quant(w, self.powers(1, each, 1, 1) / 2, 3)
        bias = (self.constant(self.rng.integers(-8, 9, each * group) / 8),) if self.choose(True, False) else ()
        attributes = {"pads": pads, "strides": strides, "dilations": dilations, "output_padding": more}
        self.put("ConvTranspose", x, quantized, *bias, group=group, **attributes)
        self.shape = (each * group, left[0], left[1])

    def time_distributed(self) -> None:
        """A matrix product with the channels of each pixel, its last axis in between."""
        channels, height, width = self.shape
        outputs = self.choose(1, 2, 4)
        x = self.put("Transpose", self.last, perm=[0, 2, 3, 1])
        w = self.constant(self.rng.integers(-7, 8, (channels, outputs)) / 8)
        self.put("MatMul", x, self.quant(w, 0.25, 3))
        self.put("Transpose", self.last, perm=[0, 3, 1, 2])
        self.shape = (outputs, height, width)

    def along_rows(self) -> None:
        """A matrix product with the last axis of the file's tensor, whatever it stands for."""
        channels, height, width = self.shape
        outputs = self.choose(1, 2, 4)
        w = self.constant(self.rng.integers(-7, 8, (width, outputs)) / 8)
        x = self.last
        self.put("MatMul", x, self.quant(w, 0.25, 3))
        self.shape = (channels, height, outputs)

    def norm(self) -> None:
        c = self.shape[0]
        gamma, beta = self.rng.choice([-1, 0.5, 2], c), self.rng.integers(-4, 5, c) / 4
        parameters = [gamma, beta, self.rng.integers(-4, 5, c) / 8, np.exp2(2 * self.rng.integers(-1, 2, c))]
        self.put("BatchNormalization", self.last, *map(self.constant, parameters), epsilon=0.0)

    def between(self) -> None:
        match self.choose("norm", "relu", "scale", "none"):
            case "norm":
                self.norm()
            case "relu":
                self.put("Relu", self.last)
            case "scale":
                self.put("Mul", self.last, self.constant(self.powers(self.shape[0], 1, 1)))

    def after(self) -> None:
        channels, height, width = self.shape
        kinds = ("max", "mean", "resize", "pad", "join", "add", "part", "crop", "blocks", "pixels", "gate", "square")
        match self.choose(*kinds, "none", "none"):
            case "max":
                k = min(2, height), min(3, width)
                ceil = self.choose(0, k[1] // 2)  # a window that starts within the image
                self.put("MaxPool", self.last, kernel_shape=k, strides=[1, 2], ceil_mode=ceil)
                self.shape = (channels, height - k[0] + 1, (width - k[1] + ceil) // 2 + 1)
            case "mean" if min(height, width) > 1 and self.choose(True, False):
                # Counts of one, two and four elements: exact in float32.
                more = {"pads": [1, 0, 0, 1], "count_include_pad": self.choose(0, 1)}
                self.put("AveragePool", self.last, kernel_shape=[2, 2], strides=[1, 2], **more)
                self.shape = (channels, height, (width + 1) // 2)
                self.quant(self.last, 0.5, 3)
            case "mean" if min(height, width) > 1:
                self.put("AveragePool", self.last, kernel_shape=[2, 2])
                self.shape = (channels, height - 1, width - 1)
            case "resize":
                scales = self.constant([1, 1, 2, 1])
                places = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
                self.put("Resize", self.last, "", scales, **places)
                self.shape = (channels, 2 * height, width)
            case "crop" if min(height, width) > 1:
                self.put("Slice", self.last, *(self.constant(v, np.int64) for v in ([1, 0], [height, -1], [2, 3])))
                self.shape = (channels, height - 1, width - 1)
            case "blocks" if channels % 4 == 0:
                self.put("DepthToSpace", self.last, blocksize=2, mode=self.choose("DCR", "CRD"))
                self.shape = (channels // 4, 2 * height, 2 * width)
            case "pixels" if height % 2 == 0 and width % 2 == 0:
                self.put("SpaceToDepth", self.last, blocksize=2)
                self.shape = (4 * channels, height // 2, width // 2)
            case "pad":
                self.put("Pad", self.last, self.constant([0, 0, 1, 0, 0, 0, 0, 2], np.int64))
                self.shape = (channels, height + 1, width + 2)
            case "join":
                x = self.last
                self.put("Concat", x, self.put("Relu", x), axis=1)
                self.shape = (2 * channels, height, width)
            case "add":
                x = self.last
                self.put("Add", self.put("Relu", x), x)
            case "gate":
                x, axes = self.last, self.constant(self.choose([1], [2, 3], [1, 2, 3]), np.int64)
                gate = self.quant(self.put("ReduceSum", x, axes, keepdims=1), 0.5, 3)
                scaled = self.put("Mul", self.put("Add", gate, self.constant(1)), x)
                self.put(self.choose("Add", "Sub"), scaled, gate)
            case "square":
                self.put("Mul", self.last, self.last)
            case "part" if channels > 1:
                ends = [self.constant([v], np.int64) for v in (1, channels, 1)]
                self.put("Slice", self.last, *ends)
                self.shape = (channels - 1, height, width)

    def end(self) -> None:
        channels, height, width = self.shape
        match self.choose("flat", "global", "none"):
            case "flat":
                self.put("Flatten", self.last)
                size = channels * height * width
                w = self.constant(self.rng.integers(-2, 3, (size, 3)) / 2)
                self.put("MatMul", self.last, w)
            case "global":
                self.put("GlobalMaxPool", self.last)


@st.composite
def images(draw: st.DrawFn) -> tuple[Any, np.ndarray]:
    """(model, samples): quantized convolutions and what stands between them."""
    shape = draw(st.integers(1, 3)), draw(st.integers(2, 5)), draw(st.integers(2, 6))
    d = Draft(draw, shape)
    d.quant("x", 0.25, 4)
    for _ in range(draw(st.integers(1, 3))):
        d.choose(d.conv, d.conv, d.conv_transpose, d.time_distributed, d.along_rows)()
        for _ in range(draw(st.integers(0, 2))):
            d.between()
        d.quant(d.last, d.choose(0.25, 0.5, 1), d.choose(2, 3, 4), d.choose(0, 1))
        d.after()
        if d.nodes[-1].op_type in ("AveragePool", "Add", "Sub", "Concat", "Mul") and draw(st.booleans()):
            d.quant(d.last, 0.5, 3)
    d.end()
    x = d.rng.integers(-20, 21, (SAMPLES, *shape)) / 8
    return model(d.nodes, d.constants, x=(1, *shape), outputs=(d.last,)), x


@settings(max_examples=60)
@given(images())
def test_the_integers_after_all_passes_are_the_numbers_of_qonnx(drawn: tuple[Any, np.ndarray]) -> None:
    proto, x = drawn
    network = pipeline.run(imported(proto), Config(), {}).network
    ((ours,), (theirs,)) = network.values([x]), executed(proto, x)
    assert ours.astype(float).tolist() == theirs.astype(float).tolist()
