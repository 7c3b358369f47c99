"""Products with constant matrices: Dense and QDense, alone or at every step of a sequence."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from codesign.frontends.converters.building import Stream
from codesign.frontends.converters.linear import typed_product
from codesign.frontends.keras.layer import KerasLayer
from codesign.frontends.keras.layers.activations import activated, activation, leaky_relu, q_activation, relu
from codesign.frontends.keras.layers.passing import nothing
from codesign.frontends.keras.layers.weights import biased, kernel, names_of
from codesign.frontends.names import spelled
from codesign.ir.layers import MatMul


def dense(node: KerasLayer) -> Stream:
    """Along the last axis, bias and activation included: Dense where the weights lie on a small grid, else MatMul."""
    return _dense(node, qkeras=False)


def q_dense(node: KerasLayer) -> Stream:
    """As Dense, with kernel_quantizer, bias_quantizer and an activation that may be a quantizer: Dense."""
    return _dense(node, qkeras=True)


def _dense(node: KerasLayer, qkeras: bool) -> Stream:
    x, units = node.x, node.fields.integer("units")
    stored = node.stored(*names_of(node, "kernel"))
    weights = kernel(node, "kernel_quantizer", node.weight("kernel", stored, (x.shape[-1], units)))
    bias = node.weight("bias", stored, (units,)) if "bias" in stored else None
    y = typed_product(node, x, weights, lambda found: found, lambda w: MatMul(np.ascontiguousarray(w)))
    return activated(node, biased(node, y, bias), "activation", qkeras=qkeras)


def time_distributed(node: KerasLayer) -> Stream:
    """Of Dense, QDense, activations and Dropout, which work along the last axis anyway: that layer."""
    wrapped = node.fields.other("layer")
    kind = wrapped.get("class_name") if isinstance(wrapped, Mapping) else None
    config = wrapped.get("config") if isinstance(wrapped, Mapping) else None
    if not isinstance(kind, str) or kind not in WRAPPED or not isinstance(config, Mapping):
        node.refuse(
            f"TimeDistributed of {spelled(str(kind))} is not supported; only of {', '.join(WRAPPED)}: apply the layer "
            "to tensors of one axis more, or fold the steps into the channels"
        )
    inner = node.within(kind, config, "layer")
    found = WRAPPED[kind](inner)
    node.taken |= inner.taken
    inner.check_used()
    return found


WRAPPED = {
    "Activation": activation,
    "Dense": dense,
    "Dropout": nothing,
    "LeakyReLU": leaky_relu,
    "QActivation": q_activation,
    "QDense": q_dense,
    "ReLU": relu,
}
"""The layers that may be distributed over time."""
