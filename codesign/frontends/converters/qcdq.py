"""The quantizers of standard ONNX: QuantizeLinear, an optional Clip, DequantizeLinear."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import onnx

from codesign.frontends.constants import Constant, rounded
from codesign.frontends.converters.conversion import Codes, Conversion, Stream, Value
from codesign.frontends.converters.quantizers import check_inside, fitted, positive_scale
from codesign.frontends.names import spelled
from codesign.ir.fixed import Fixed, Rounding
from codesign.ir.layers import Affine, Quantize
from codesign.ir.tensor import Values
from codesign.ir.vector import Vector

_T = onnx.TensorProto
TYPES: dict[int, Fixed] = {
    _T.INT8: Fixed(8), _T.UINT8: Fixed(8, 0, False), _T.INT16: Fixed(16), _T.UINT16: Fixed(16, 0, False),
    _T.INT4: Fixed(4), _T.UINT4: Fixed(4, 0, False), _T.INT32: Fixed(32),
}  # fmt: skip


def quantize_linear(node: Conversion) -> Value:
    """8-, 4- or 16-bit integers, scale per tensor or axis: with its DequantizeLinear a Quantize; of weights: codes."""
    bits = _type(node)
    scale = _scale(node)
    zero = node.optional_constant(2, "zero point")
    x = node.value(0)
    if isinstance(x, Constant):
        steps = fitted(_along_axis(node, scale, x), x)
        zeros = np.array(Fraction(0), dtype=object) if zero is None else fitted(_along_axis(node, zero, x), x)
        check_inside(node, x, steps, zeros, bits.low, bits.high)
        return _integers(x, bits, steps, zeros)
    source = node.stream(0)
    point = 0 if zero is None else int(zero.number())
    return Codes(source, bits.low, bits.high, node.per_axis(scale, source, _axis(node)), point)


def dequantize_linear(node: Conversion) -> Stream | Constant:
    """Scale and zero point per tensor or axis: behind QuantizeLinear Quantize, of integers codes, else Affine."""
    scale = _scale(node)
    zero = node.optional_constant(2, "zero point")
    x = node.value(0)
    if isinstance(x, Constant):
        return _weights(node, x, scale, zero)
    if isinstance(x, Codes):
        return _quantizer(node, x, scale, zero)
    source = node.stream(0)
    scale = node.per_axis(scale, source, _axis(node))
    if zero is None:
        return node.elementwise(source, Affine, scale)
    return node.elementwise(source, lambda s, z: Affine(s, -(z * s)), scale, node.per_axis(zero, source, _axis(node)))


def integers(node: Conversion, x: Codes) -> Stream:
    """The codes themselves as a stream, for a network that ends in QuantizeLinear."""
    y = _quantizer(node, x, x.step, None)
    return node.elementwise(y, lambda s: Affine(Vector.of(1) / s, Vector.of(x.zero)), x.step, part="integers")


def _quantizer(node: Conversion, x: Codes, scale: Constant, zero: Constant | None) -> Stream:
    """round(x / step) clipped to low - zero .. high - zero, so that ties are even before the zero point is added."""
    y = node.elementwise(x.source, lambda s: Quantize(x.low - x.zero, x.high - x.zero, s), x.step)
    if zero is None and scale is x.step:
        return y
    scale = node.per_axis(scale, x.source, _axis(node))
    point = 0 if zero is None else int(zero.number())
    if point == x.zero and np.array_equal(scale.fractions().ravel(), x.step.fractions().ravel()):
        return y
    shift = x.zero - point
    return node.elementwise(y, lambda s, t: Affine(s / t, s * shift), scale, x.step, part="scale")


def _weights(node: Conversion, x: Constant, scale: Constant, zero: Constant | None) -> Constant:
    """(x - zero) * scale of integers that the file stores."""
    if not x.integral:
        node.refuse(f"the constant {spelled(x.name)} does not hold integers; DequantizeLinear reads integers")
    steps = fitted(_along_axis(node, scale, x), x)
    codes, bits = x.base.astype(np.int64), _bits(x)
    if zero is not None and any(zero.fractions().ravel()):
        codes = codes - fitted(_along_axis(node, zero, x), x).astype(np.int64)
        bits = Fixed.covering(min(int(codes.min()), 0), max(int(codes.max()), 0))
    return Constant(x.name, codes, steps, bits)


def _integers(x: Constant, bits: Fixed, step: Values, zero: Values) -> Constant:
    """round(x / step) + zero, saturated: integers as the file would store them."""
    shift = zero.astype(np.int64)
    low, high = bits.low - int(shift.max()), bits.high - int(shift.min())
    codes = rounded(x, step, np.array(Fraction(0), dtype=object), Rounding.ROUND, low, high)
    codes = np.clip(codes + shift, bits.low, bits.high)
    return Constant(x.name, codes.astype(f"{'int' if bits.signed else 'uint'}{max(bits.width, 8)}"), stored=bits)


def _bits(x: Constant) -> Fixed:
    """The type of stored integers: that which the file states, else that of the array."""
    info = np.iinfo(str(x.base.dtype))
    return x.stored or Fixed(info.bits, 0, info.min < 0)


def _scale(node: Conversion) -> Constant:
    if node.op.integer("block_size", 0):
        node.refuse("quantization in blocks is not supported; use one scale for each tensor or channel")
    node.op.integer("saturate", 1)  # of float8 alone
    node.op.integer("precision", 0)
    _axis(node)  # without meaning where there is one scale
    return positive_scale(node, 1)


def _axis(node: Conversion) -> int:
    return node.op.integer("axis", 1)


def _along_axis(node: Conversion, parameter: Constant, x: Constant) -> Values:
    values = parameter.fractions()
    if values.size == 1 or values.ndim != 1:
        return values.reshape(()) if values.size == 1 else values
    axis = node.axis(_axis(node), len(x.shape))
    if x.shape[axis] != values.size:
        node.refuse(
            f"{values.size} scales or zero points for axis {axis} of {spelled(x.name)}, of length {x.shape[axis]}"
        )
    shape = [1] * len(x.shape)
    shape[axis] = -1
    return values.reshape(shape)


def _type(node: Conversion) -> Fixed:
    """The integer type of the result: that of the zero point, else of output_dtype, else uint8."""
    zero = node.optional_constant(2, "zero point")
    stated = node.op.integer("output_dtype", 0)
    if zero is not None:
        if not zero.integral:
            node.refuse(f"its zero point {spelled(zero.name)} is no integer; quantize to int8 or uint8")
        bits = _bits(zero)
        if bits not in TYPES.values():
            node.refuse(f"quantizing to {bits} is not supported; use int8 or uint8")
        return bits
    stated = stated or _T.UINT8
    if stated not in TYPES:
        node.refuse(f"quantizing to {_T.DataType.Name(stated)} is not supported; use int8 or uint8")
    return TYPES[stated]
