"""Each layer as operators of stock ONNX."""

from __future__ import annotations

from functools import singledispatch

import numpy as np

from codesign.gpu.export.writer import Writer
from codesign.ir.layers import (
    Add,
    Affine,
    BatchNorm,
    Concat,
    Identity,
    Layer,
    LeakyRelu,
    Multiply,
    Relu,
    Reshape,
    Sigmoid,
    Slice,
    Tanh,
)
from codesign.ir.layers.rows import Column, Devoxelize, Gather, KernelMapConv, LayerNorm, Linear, Weigh


@singledispatch
def write_layer(layer: Layer, w: Writer, xs: list[str]) -> str:
    """Writes the node at hand, of tensors `xs`; a layer registers its own function."""
    w.fail(f"a {type(layer).__name__} cannot be written as ONNX for a GPU")


PLAIN: dict[type[Layer], str] = {
    Identity: "Identity", Multiply: "Mul", Relu: "Relu", Sigmoid: "Sigmoid", Tanh: "Tanh",
}  # fmt: skip
"""Layers that are one operator without parameters."""


@write_layer.register
def _(layer: Identity | Multiply | Relu | Sigmoid | Tanh, w: Writer, xs: list[str]) -> str:
    return w.op(PLAIN[type(layer)], *xs)


@write_layer.register
def _(layer: Add, w: Writer, xs: list[str]) -> str:
    return w.op("Sub" if layer.negate else "Add", *xs)


@write_layer.register
def _(layer: LeakyRelu, w: Writer, xs: list[str]) -> str:
    return w.op("LeakyRelu", *xs, alpha=float(layer.alpha))


@write_layer.register
def _(layer: Affine | BatchNorm, w: Writer, xs: list[str]) -> str:
    affine = layer.affine() if isinstance(layer, BatchNorm) else layer
    scale = w.constant(np.array([float(v) for v in affine.scale.values], dtype=np.float32), "scale")
    offset = w.constant(np.array([float(v) for v in affine.offset.values], dtype=np.float32), "offset")
    return w.op("Add", w.op("Mul", xs[0], scale, part="scaled"), offset)


@write_layer.register
def _(layer: Concat, w: Writer, xs: list[str]) -> str:
    return w.op("Concat", *xs, axis=len(w.type_of(0).shape))


@write_layer.register
def _(layer: Slice, w: Writer, xs: list[str]) -> str:
    return w.op("Slice", *xs, w.whole(layer.start), w.whole(layer.stop), w.whole(len(w.type_of(0).shape)))


@write_layer.register
def _(layer: Reshape, w: Writer, xs: list[str]) -> str:
    rows = w.count(xs[0], part="rows")
    shape = w.op("Concat", rows, w.whole(*layer.shape), part="shape", axis=0) if layer.shape else rows
    return w.op("Reshape", xs[0], shape, allowzero=1)  # a set may have no rows


@write_layer.register
def _(layer: Linear, w: Writer, xs: list[str]) -> str:
    weights = w.weights(layer.weights, "weights")
    if layer.bias is None:
        return w.op("MatMul", *xs, weights)
    return w.op("Add", w.op("MatMul", *xs, weights, part="product"), w.weights(layer.bias, "bias"))


@write_layer.register
def _(layer: LayerNorm, w: Writer, xs: list[str]) -> str:
    gamma, beta = w.weights(layer.gamma, "gamma"), w.weights(layer.beta, "beta")
    return w.op("LayerNormalization", *xs, gamma, beta, axis=-1, epsilon=float(layer.epsilon))


@write_layer.register
def _(layer: Weigh, w: Writer, xs: list[str]) -> str:
    more = len(w.type_of(0).shape) - 1
    weight = w.op("Unsqueeze", xs[1], w.whole(*range(2, more + 2)), part="weight") if more else xs[1]
    return w.op("Mul", xs[0], weight)


@write_layer.register
def _(layer: Column, w: Writer, xs: list[str]) -> str:
    return w.op("Gather", *xs, w.scalar(layer.column), axis=1)


@write_layer.register
def _(layer: Gather, w: Writer, xs: list[str]) -> str:
    x, index = xs
    return w.op("Gather", x, w.index(index, x), axis=0)


@write_layer.register
def _(layer: KernelMapConv, w: Writer, xs: list[str]) -> str:
    """One gather of all neighbours side by side, and one product with all matrices stacked."""
    k, n, m = layer.weights.shape
    key = ("stacked", str(id(layer.weights)))
    stacked = w.built.setdefault(key, layer.weights.reshape(k * n, m))
    taken = w.op("Gather", w.with_none(xs[0], (n,)), xs[1], part="neighbours", axis=0)
    rows = w.count(xs[1], part="rows")
    shape = w.op("Concat", rows, w.whole(k * n), part="shape", axis=0)
    flat = w.op("Reshape", taken, shape, part="side_by_side", allowzero=1)
    if layer.bias is None:
        return w.op("MatMul", flat, w.weights(stacked, "weights"))
    return w.op(
        "Add", w.op("MatMul", flat, w.weights(stacked, "weights"), part="product"), w.weights(layer.bias, "bias")
    )


@write_layer.register
def _(layer: Devoxelize, w: Writer, xs: list[str]) -> str:
    x, corners, weights = xs
    rows = w.with_none(x, (w.type_of(0).channels,)) if w.type_of(1).missing else x
    taken = w.op("Gather", rows, corners, part="corners", axis=0)
    weight = w.op("Unsqueeze", weights, w.whole(1), part="weights")
    return w.op("Squeeze", w.op("MatMul", weight, taken, part="weighed"), w.whole(1))
