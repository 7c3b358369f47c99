"""The quantizers of QONNX: Quant and BipolarQuant, of constants and of streams."""

from __future__ import annotations

import numpy as np

from codesign.errors import LayerError
from codesign.frontends.constants import Constant, quantized
from codesign.frontends.converters.conversion import Conversion, Stream
from codesign.frontends.names import spelled
from codesign.ir.fixed import MAX_WIDTH, Fixed, Rounding
from codesign.ir.layers import Quantize
from codesign.ir.tensor import Values
from codesign.ir.vector import Vector

ROUNDINGS = {
    "ROUND": Rounding.ROUND,
    "HALF_EVEN": Rounding.ROUND,
    "CEIL": Rounding.CEIL,
    "FLOOR": Rounding.FLOOR,
    "UP": Rounding.UP,
    "DOWN": Rounding.DOWN,
    "ROUND_TO_ZERO": Rounding.DOWN,
    "HALF_UP": Rounding.HALF_UP,
    "HALF_DOWN": Rounding.HALF_DOWN,
}

# How far a constant may exceed its quantizer, in steps: one whole width of the range, but at least 8 steps.
# Clipping is what the file means, and training leaves some of it: weights trained to +-1 exceed a two's complement
# range by one step, learned scales and percentile calibration cut the tails (at 2 bits the tail of a normal
# distribution is several steps away). Beyond that the scale belongs to another tensor or another bit width.
LEAST_EXCESS = 8


def quant(node: Conversion) -> Stream | Constant:
    """Any width, rounding mode and zero point, scale per tensor or channel: Quantize; of weights: codes."""
    scale, zero = positive_scale(node, 1), node.constant(2, "zero point")
    width = bit_width(node, 3)
    signed, narrow = node.op.flag("signed", True), node.op.flag("narrow", False)
    mode = rounding_mode(node, "ROUND")
    if signed and width == 1:
        return _bipolar(node, scale, zero)
    low, high = code_range(width, signed, narrow)
    x = node.value(0)
    if isinstance(x, Constant):
        steps, zeros = fitted(scale.fractions(), x), fitted(zero.fractions(), x)
        check_inside(node, x, steps, zeros, low, high)
        return quantized(x.name, x, low, high, steps, zeros, mode, Fixed(width, 0, signed))

    def layer(step: Vector, zero_point: Vector) -> Quantize:
        return Quantize(low, high, step, -(zero_point * step), mode)

    return node.elementwise(node.stream(0), layer, scale, zero)


def bipolar_quant(node: Conversion) -> Stream | Constant:
    """+scale for x >= 0, else -scale: Quantize with two codes; of weights: codes -1 and 1."""
    return _bipolar(node, positive_scale(node, 1), None)


def _bipolar(node: Conversion, scale: Constant, zero: Constant | None) -> Stream | Constant:
    """(+1 or -1, minus the zero point) * scale, +1 where x / scale + zero point >= 0."""
    x = node.value(0)
    if isinstance(x, Constant):
        steps = fitted(scale.fractions(), x)
        if zero is not None and any(zero.fractions().ravel()):
            node.refuse("a bipolar zero point of a constant is not supported; store its result in the file")
        x.check_finite()
        reach = x.base.astype(np.float64)
        if x.scale is not None:
            reach = reach * np.where(x.scale < 0, -1.0, np.where(x.scale > 0, 1.0, 0.0))
        return Constant(x.name, np.where(reach >= 0, 1, -1).astype(np.int64), steps, Fixed(2, 0, True))
    if zero is None:
        return node.elementwise(node.stream(0), Quantize.bipolar, scale)

    def layer(step: Vector, zero_point: Vector) -> Quantize:
        return Quantize(0, 1, step * 2, -(zero_point + 1) * step, Rounding.HALF_CEIL)

    return node.elementwise(node.stream(0), layer, scale, zero)


def code_range(width: int, signed: bool, narrow: bool) -> tuple[int, int]:
    """The codes of a QONNX quantizer: narrow takes the lowest from a signed range, the highest from an unsigned one."""
    if signed:
        return -(1 << (width - 1)) + int(narrow), (1 << (width - 1)) - 1
    return 0, (1 << width) - 1 - int(narrow)


def positive_scale(node: Conversion, index: int) -> Constant:
    """A scale: every element positive and finite."""
    scale = node.constant(index, "scale")
    for value in scale.fractions().ravel():
        if value <= 0:
            node.refuse(
                f"its scale {spelled(scale.name)} is {float(value)!r}; it must be positive: train or export it again"
            )
    return scale


def bit_width(node: Conversion, index: int) -> int:
    """A bit width: one whole number from 1 to 63."""
    width = node.constant(index, "bit width").number()
    if width.denominator != 1 or not 1 <= width <= MAX_WIDTH:
        node.refuse(f"its bit width is {float(width)!r}; it must be a whole number from 1 to {MAX_WIDTH}")
    return int(width)


def rounding_mode(node: Conversion, default: str) -> Rounding:
    """The mode of the attribute `rounding_mode`, in any case."""
    name = node.op.text("rounding_mode", default).upper()
    if name not in ROUNDINGS:
        node.refuse(f"its rounding mode {spelled(name)} is not supported; there are {', '.join(ROUNDINGS)}")
    return ROUNDINGS[name]


def fitted(values: Values, x: Constant) -> Values:
    """`values` so that they broadcast to the constant `x`; a single one loses its axes, whatever their number.

    LayerError where they do not fit, and for a tensor without elements.
    """
    if values.size == 1:
        values = values.reshape(())
    dims = zip(reversed(values.shape), reversed(x.shape), strict=False)
    if not x.base.size or values.ndim > len(x.shape) or any(n not in (1, m) for n, m in dims):
        raise LayerError(
            f"scales or zero points of shape {values.shape} do not fit the tensor {spelled(x.name)} of shape "
            f"{x.shape}; give one, or one for each channel"
        )
    return values


def check_inside(node: Conversion, x: Constant, step: Values, zero: Values, low: int, high: int) -> None:
    """Refuses a constant that lies so far outside its quantizer that the scale cannot be meant for it."""
    x.check_finite()
    values = x.base.astype(np.float64) * (1.0 if x.scale is None else x.scale.astype(np.float64))
    steps = np.broadcast_to(step.astype(np.float64), x.shape)
    zeros = np.broadcast_to(zero.astype(np.float64), x.shape)
    codes = values / steps + zeros
    excess = np.maximum(codes - high, low - codes)
    if excess.max() <= max(high - low, LEAST_EXCESS):
        return
    at = np.unravel_index(int(np.argmax(excess)), x.shape)
    first, last = (low - zeros[at]) * steps[at], (high - zeros[at]) * steps[at]
    node.refuse(
        f"the constant {spelled(x.name)} holds {values[at]:g}, far outside its quantizer's range {first:g} to {last:g} "
        f"({excess[at]:.0f} steps); correct the scale or the bit width, or clip it before export"
    )
