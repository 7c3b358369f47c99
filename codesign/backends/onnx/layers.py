"""Each layer of the network as operators of ONNX and QONNX."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np

from codesign.backends.onnx.writer import Writer
from codesign.ir.fixed import Fixed, Rounding
from codesign.ir.layers import (
    Add,
    Affine,
    BatchNorm,
    Clip,
    Concat,
    Conv,
    Crop,
    Dense,
    FloatConv,
    Identity,
    Layer,
    LeakyRelu,
    MatMul,
    MaxPool,
    Multiply,
    Pad,
    Quantize,
    Relu,
    Reshape,
    Sigmoid,
    Sign,
    Softmax,
    SumPool,
    Tanh,
    Transpose,
    Truncate,
    Upsample,
)
from codesign.ir.tensor import Tensor
from codesign.ir.vector import ONE, ZERO, Vector


@singledispatch
def write_layer(layer: Layer, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    """Writes the layer of tensors `xs` of these types; a layer registers its own function."""
    w.fail(f"a {type(layer).__name__} cannot be written as QONNX")


PLAIN: dict[type[Layer], str] = {
    Identity: "Identity", Multiply: "Mul", Relu: "Relu", Sigmoid: "Sigmoid", Sign: "Sign", Tanh: "Tanh",
}  # fmt: skip
"""Layers that are one operator without parameters."""


@write_layer.register
def _(layer: Identity | Multiply | Relu | Sigmoid | Sign | Tanh, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    w.op(PLAIN[type(layer)], *xs)


@write_layer.register
def _(layer: Add, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    w.op("Sub" if layer.negate else "Add", *xs)


@write_layer.register
def _(layer: Softmax, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    w.op("Softmax", *xs, axis=-1)


@write_layer.register
def _(layer: Concat, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    w.op("Concat", *xs, axis=-1)


@write_layer.register
def _(layer: LeakyRelu, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    [alpha] = w.singles(Vector.of(layer.alpha)).tolist()
    w.op("LeakyRelu", *xs, alpha=alpha)


@write_layer.register
def _(layer: Clip, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    bounds = [
        "" if b is None else w.vector(part, Vector.of(b)) for part, b in (("low", layer.low), ("high", layer.high))
    ]
    w.op("Clip", *xs, *bounds)


@write_layer.register
def _(layer: Affine, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    """Mul and Add; where the scale is no float32, Mul by its numerator and Div by its denominator."""
    steps: list[tuple[str, str, Vector]] = []
    if layer.scale != ONE:
        if w.exact(layer.scale):
            steps.append(("Mul", "scale", layer.scale))
        else:
            above, below = (
                Vector.of([getattr(v, k) for v in layer.scale.values]) for k in ("numerator", "denominator")
            )
            steps += [("Mul", "numerator", above)] if above != ONE else []
            steps.append(("Div", "denominator", below))
    if layer.offset != ZERO:
        steps.append(("Add", "offset", layer.offset))
    x = xs[0]
    for kind, part, values in steps[:-1]:
        x = w.op(kind, x, w.vector(part, values), part=f"by_{part}")
    if steps:
        kind, part, values = steps[-1]
        w.op(kind, x, w.vector(part, values))
    else:
        w.op("Identity", x)


@write_layer.register
def _(layer: BatchNorm, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    channels, rank = types[0].channels, len(types[0].shape)
    [epsilon] = w.singles(Vector.of(layer.epsilon)).tolist()
    parts = {"gamma": layer.gamma, "beta": layer.beta, "mean": layer.mean, "variance": layer.variance}
    given = [w.constant(part, w.singles(v).repeat(1 if len(v) > 1 else channels)) for part, v in parts.items()]
    x = w.first(xs[0], rank)
    if rank == 1:
        w.op("BatchNormalization", x, *given, epsilon=epsilon)
    else:
        w.last(w.op("BatchNormalization", x, *given, part="normalized", epsilon=epsilon), rank)


@write_layer.register
def _(layer: Quantize, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    """BipolarQuant, or Quant; behind a Clip where the codes are not all of those that some bits have."""
    if isinstance(layer, Truncate):
        w.fail("a Truncate cannot be written as QONNX")
    half = -layer.offset
    bipolar = Quantize.bipolar(half)
    if (layer.low, layer.high, layer.step, layer.rounding) == (0, 1, bipolar.step, bipolar.rounding):
        w.op("BipolarQuant", xs[0], w.vector("scale", half))
        return
    if layer.rounding is Rounding.HALF_CEIL:
        w.fail("its rounding has no name in QONNX")
    zero = -(layer.offset / layer.step)
    fixed, narrow = _bits(layer.low, layer.high)
    x = xs[0]
    if fixed is None:
        fixed, narrow = Fixed.covering(min(layer.low, -2 if layer.low < 0 else 0), layer.high), False
        ends = [layer.step * code + layer.offset for code in (layer.low, layer.high)]
        if not all(e.uniform for e in ends):
            w.fail(f"its codes {layer.low} to {layer.high} are not those of a number of bits, and its scales differ")
        x = w.op("Clip", x, *(w.vector(part, e) for part, e in zip(("low", "high"), ends, strict=True)), part="clipped")
    given = [
        w.vector("scale", layer.step),
        w.vector("zero", zero),
        w.constant("bits", np.array(fixed.width, np.float32)),
    ]
    w.op("Quant", x, *given, signed=int(fixed.signed), narrow=int(narrow), rounding_mode=layer.rounding.value)


def _bits(low: int, high: int) -> tuple[Fixed | None, bool]:
    """(type, narrow) of the quantizer of QONNX with these codes; no type where there is none."""
    for narrow in (False, True):
        fixed = Fixed.covering(low - 1, high) if narrow and low < 0 else Fixed.covering(low, high + int(narrow))
        first, last = fixed.low, fixed.high
        first, last = (first + int(narrow), last) if fixed.signed else (first, last - int(narrow))
        if (first, last) == (low, high) and not (fixed.signed and fixed.width == 1):
            return fixed, narrow
    return None, False


@write_layer.register
def _(layer: Dense, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    w.op("MatMul", xs[0], _quantized(w, layer, layer.weights, (1, -1)))


@write_layer.register
def _(layer: MatMul, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    w.op("MatMul", xs[0], _floats(w, layer.weights))


@write_layer.register
def _(layer: Conv | FloatConv, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    rows = layer.weights.transpose(3, 2, 0, 1)
    weights = _floats(w, rows) if isinstance(layer, FloatConv) else _quantized(w, layer, rows, (-1, 1, 1, 1))
    y = w.op(
        "Conv",
        w.first(xs[0], 3),
        weights,
        part="convolved",
        strides=list(layer.stride),
        dilations=list(layer.dilation),
        pads=_pads(layer.padding),
        group=layer.groups,
    )
    w.last(y, 3)


def _pads(padding: tuple[int, int, int, int]) -> list[int]:
    top, bottom, left, right = padding
    return [top, left, bottom, right]


def _quantized(w: Writer, layer: Dense | Conv, codes: np.ndarray, shape: tuple[int, ...]) -> str:
    """Quant of the weights: each the nearest float32 to its code times its step, from which the code comes back."""
    if layer.bias is not None:
        w.fail("a bias in codes cannot be written as QONNX")
    if layer.wrap is not None:
        w.fail(f"sums that wrap, in an accumulator of {layer.wrap} bits, cannot be written as QONNX")
    step = w.singles(layer.step)
    scale = step.reshape(()) if len(step) == 1 else step.reshape(shape)
    values = (codes * scale.astype(np.float64)).astype(np.float32)
    if not np.array_equal(np.rint(values / scale.astype(np.float64)), codes):
        w.fail("its weights have more digits than float32, which QONNX files hold")
    width = max(layer.bits.width, 2) if layer.bits.signed else layer.bits.width
    given = [
        w.constant("weights", values),
        w.constant("weights_scale", scale),
        w.constant("zero", np.array(0, np.float32)),
    ]
    attributes: dict[str, Any] = {"signed": int(layer.bits.signed), "narrow": 0, "rounding_mode": "ROUND"}
    return w.op(
        "Quant", *given, w.constant("weights_bits", np.array(width, np.float32)), part="quantized", **attributes
    )


def _floats(w: Writer, weights: np.ndarray) -> str:
    values = weights.astype(np.float32)
    if not np.array_equal(values, weights):
        w.fail("its weights are not exact in float32, which QONNX files hold")
    return w.constant("weights", values)


@write_layer.register
def _(layer: MaxPool, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    given: dict[str, Any] = {"kernel_shape": list(layer.size), "strides": list(layer.stride)}
    w.last(w.op("MaxPool", w.first(xs[0], 3), part="pooled", pads=_pads(layer.padding), **given), 3)


@write_layer.register
def _(layer: SumPool, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    """A convolution of each channel with ones, which is exact where an average is not."""
    channels = types[0].channels
    ones = w.constant("ones", np.ones((channels, 1, *layer.size), dtype=np.float32))
    y = w.op("Conv", w.first(xs[0], 3), ones, part="summed", strides=list(layer.stride), group=channels)
    w.last(y, 3)


@write_layer.register
def _(layer: Pad, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    pads = w.shape("pads", [0, 0, layer.top, layer.left, 0, 0, layer.bottom, layer.right])
    w.last(w.op("Pad", w.first(xs[0], 3), pads, part="padded"), 3)


@write_layer.register
def _(layer: Upsample, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    scales = w.constant("scales", np.array([1, 1, *layer.factors], dtype=np.float32))
    attributes = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    w.last(w.op("Resize", w.first(xs[0], 3), "", scales, part="resized", **attributes), 3)


@write_layer.register
def _(layer: Reshape, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    w.op("Reshape", xs[0], w.shape("shape", [0, *layer.shape]))


@write_layer.register
def _(layer: Transpose, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    w.op("Transpose", xs[0], perm=[0, *(a + 1 for a in layer.axes)])


@write_layer.register
def _(layer: Crop, w: Writer, xs: list[str], types: list[Tensor]) -> None:
    axes = list(range(1, len(layer.start) + 1))
    w.op("Slice", xs[0], w.shape("starts", layer.start), w.shape("ends", layer.stop), w.shape("axes", axes))
