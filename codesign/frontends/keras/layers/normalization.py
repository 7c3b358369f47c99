"""Batch normalization with the stored statistics, of channels on the last axis."""

from __future__ import annotations

from codesign.frontends.converters.building import Stream
from codesign.frontends.keras.float32 import Single
from codesign.frontends.keras.layer import KerasLayer
from codesign.frontends.keras.layers.weights import constant, quantizer_of
from codesign.ir.layers import BatchNorm
from codesign.ir.vector import Vector


def batch_normalization(node: KerasLayer) -> Stream:
    """With the stored mean and variance, center and scale or not: BatchNorm."""
    return _normalized(node)


def q_batch_normalization(node: KerasLayer) -> Stream:
    """As BatchNormalization, with the quantizers of gamma, beta, mean and variance: BatchNorm."""
    return _normalized(node)


def _normalized(node: KerasLayer) -> Stream:
    x = node.x
    last_axis(node, x.rank)
    epsilon, stored = node.fields.single("epsilon", 0.001), statistics(node, x.shape[-1])
    vectors = {}
    for name in ("gamma", "beta", "mean", "variance"):
        found = quantizer_of(node, f"{name}_quantizer")
        if found is not None and name in ("gamma", "variance"):
            found = found.for_kernel()  # QKeras sets these two up as it does kernels
        if name in stored:
            values = constant(node, f"{name}_quantizer", found, stored[name])
            vectors[name] = Vector.of(values.fractions())
    variance = vectors["variance"]
    if min(variance.values) + epsilon <= 0:
        node.refuse(f"its variance plus epsilon is {float(min(variance.values) + epsilon)!r}; it must be positive")
    one, none = Vector.of(1), Vector.of(0)
    layer = BatchNorm(vectors.get("gamma", one), vectors.get("beta", none), vectors["mean"], variance, epsilon)
    return node.emit(layer, x)


def last_axis(node: KerasLayer, rank: int) -> None:
    """Refuses a normalization along another axis than the last, and one that is not by stored statistics."""
    [axis] = node.fields.integers("axis", 1, -1)
    if node.axis(axis, rank) != rank - 1:
        node.refuse(f"it normalizes along axis {axis} of {rank}; only the last is supported: use channels_last")
    node.fields.ignore("fused", "adjustment", "synchronized", "renorm_clipping", "renorm_momentum")
    for key in ("renorm", "virtual_batch_size"):
        if node.fields.other(key):
            node.fields.fail(key, node.fields.other(key), "none of it")


def statistics(node: KerasLayer, channels: int, part: str = "") -> dict[str, Single]:
    """gamma and beta where the layer has them, mean and variance."""
    names = ["gamma"] if node.flag("scale", True) else []
    names += ["beta"] if node.flag("center", True) else []
    stored = node.stored(*names, "moving_mean", "moving_variance", part=part)
    return {name.removeprefix("moving_"): node.weight(name, stored, (channels,)) for name in stored}
