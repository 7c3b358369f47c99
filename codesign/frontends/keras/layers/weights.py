"""The weights of a layer as its products and sums take them: quantized, or as the file has them."""

from __future__ import annotations

from codesign.errors import LayerError
from codesign.frontends.constants import Constant
from codesign.frontends.converters.building import Stream
from codesign.frontends.keras.float32 import Single
from codesign.frontends.keras.layer import KerasLayer
from codesign.frontends.keras.quantizers.base import Quantizer
from codesign.frontends.keras.spelling import ignored, quantizer
from codesign.ir.layers import Affine
from codesign.ir.vector import ONE, Vector


def quantizer_of(node: KerasLayer, key: str) -> Quantizer | None:
    """The quantizer under this entry of the layer; None for none."""
    stated = node.fields.other(key)
    vain = ignored(stated)
    if vain is not None:
        node.notes.append(f"{node.origin}: {key}: {vain}")
    try:
        return quantizer(stated)
    except LayerError as error:
        raise LayerError(f"its {key}: {error}") from error


def kernel(node: KerasLayer, key: str, x: Single) -> Constant:
    """The weights `x` as the quantizer under `key` makes them for a kernel."""
    found = quantizer_of(node, key)
    return constant(node, key, None if found is None else found.for_kernel(), x)


def constant(node: KerasLayer, key: str, found: Quantizer | None, x: Single) -> Constant:
    """The weights `x` quantized by `found`, or themselves."""
    if found is None:
        return Constant(key, x)
    try:
        return found.constant(f"the weights of {node.origin}", x)
    except LayerError as error:
        raise LayerError(f"its {key}: {error}") from error


def biased(node: KerasLayer, y: Stream, bias: Single | None) -> Stream:
    """`y` plus the bias, quantized by the entry bias_quantizer, if the layer has one."""
    found = quantizer_of(node, "bias_quantizer")
    if bias is None:
        return y
    values = constant(node, "bias_quantizer", found, bias)
    return node.emit(Affine(ONE, Vector.of(values.fractions())), y, part="bias")


def names_of(node: KerasLayer, *names: str) -> tuple[str, ...]:
    """These weights, and the bias where the layer has one."""
    return (*names, "bias") if node.flag("use_bias", True) else names
