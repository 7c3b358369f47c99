"""Operators that hand on what they get."""

from __future__ import annotations

import onnx

from codesign.frontends.constants import Constant
from codesign.frontends.converters.conversion import Codes, Conversion, Stream, Value
from codesign.frontends.reading import tensor

_T = onnx.TensorProto


def identity(node: Conversion) -> Value:
    """x: Identity."""
    x = node.value(0)
    return x if isinstance(x, Codes) else node.same(node.stream(0))


def dropout(node: Conversion) -> Stream:
    """In inference, where it does nothing: Identity."""
    for ignored in ("ratio", "seed"):
        node.op.other(ignored)
    mode = node.optional_constant(2, "training mode")
    training = mode is not None and mode.number() != 0
    if training or (node.opset < 7 and not node.op.flag("is_test", False)):
        node.refuse("dropout in training mode is not supported; export the network in evaluation mode")
    node.op.other("is_test")
    return node.same(node.stream(0))


def cast(node: Conversion) -> Stream:
    """To float or double, and to an integer type that holds every code of an integer input: Identity."""
    x = node.stream(0)
    to = node.op.integer("to", 0)
    node.op.other("saturate")
    node.op.other("round_mode")
    if to in (_T.FLOAT, _T.DOUBLE):
        return node.same(x)
    whole = not x.type.real and all(v.denominator == 1 for v in (*x.type.step.values, *x.type.offset.values))
    if whole and to in INTEGERS:
        bits, signed = INTEGERS[to]
        lowest, highest = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
        ends = [
            code * step + offset
            for step, offset in zip(
                x.type.step.expand(x.type.channels), x.type.offset.expand(x.type.channels), strict=True
            )
            for code in (x.type.low, x.type.high)
        ]
        if lowest <= min(ends) <= max(ends) <= highest:
            return node.same(x)
    node.refuse(f"a cast to {_type_name(to)} would round; only casts to float and double are supported")


def constant(node: Conversion) -> Constant:
    """A tensor, number or list in the file: a constant."""
    name = node.op.outputs[0]
    for key in ("value_float", "value_floats", "value_int", "value_ints"):
        value = node.op.other(key)
        if value is not None:
            kind = _T.FLOAT if "float" in key else _T.INT64
            items = value if isinstance(value, list) else [value]
            proto = onnx.helper.make_tensor(name, kind, [len(items)] if isinstance(value, list) else [], items)
            return tensor(proto, node.folder)
    value = node.op.other("value")
    if not isinstance(value, onnx.TensorProto):
        node.refuse("only constants that hold a dense tensor of numbers are supported")
    copy = onnx.TensorProto()
    copy.CopyFrom(value)
    copy.name = name
    return tensor(copy, node.folder)


def _type_name(to: int) -> str:
    return str(_T.DataType.Name(to)) if to in _T.DataType.values() else f"the type {to}"


INTEGERS: dict[int, tuple[int, bool]] = {
    _T.INT8: (8, True), _T.INT16: (16, True), _T.INT32: (32, True), _T.INT64: (64, True),
    _T.UINT8: (8, False), _T.UINT16: (16, False), _T.UINT32: (32, False), _T.UINT64: (64, False),
}  # fmt: skip
