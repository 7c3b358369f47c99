"""Operators on constants, evaluated at import: exactly where rationals allow it, else as ONNX defines them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import onnx

from codesign.errors import LayerError
from codesign.frontends.cleanup import Op
from codesign.frontends.constants import Constant, checked_shape, common_shape, joined, of_fractions

EXACT: dict[str, Callable[[str, Constant, Constant], Constant]] = {
    "Add": lambda name, a, b: a.plus(b),
    "Sub": lambda name, a, b: a.plus(b, negate=True),
    "Mul": lambda name, a, b: a.times(b),
    "Div": lambda name, a, b: a.times(b, invert=True),
}
"""Arithmetic on real constants, without a rounding."""

MOVES = frozenset(
    {
        "Transpose",
        "Reshape",
        "Flatten",
        "Squeeze",
        "Unsqueeze",
        "Identity",
        "Gather",
        "Slice",
        "Expand",
        "Split",
        "Dropout",
    }
)
"""Operators that take elements of their first input elsewhere; the others say where."""

EVALUATED = frozenset(
    {
        *EXACT, "Abs", "Cast", "Ceil", "Clip", "Concat", "ConstantOfShape", "Equal", "Exp", "Floor", "Log", "Max",
        "Min", "Mod", "Neg", "Not", "Pow", "Range", "Reciprocal", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd",
        "ReduceSum", "Relu", "Round", "Shape", "Sign", "Size", "Sqrt", "Where",
    }
)  # fmt: skip
"""Operators that ONNX's own reference evaluates, in the types of the file (so a float32 Pow gives a float32)."""


def foldable(op: Op) -> bool:
    """Whether `op` is evaluated here when all of its inputs are constant; quantizers are not, they make codes."""
    return op.kind in EVALUATED or op.kind in MOVES


def fold(op: Op, args: Sequence[Constant | None], opset: int) -> tuple[Constant, ...]:
    """The results of `op`; LayerError where its inputs do not fit it."""
    given = [a for a in args if a is not None]
    plain = all(a.twin is None for a in given)
    if op.kind in EXACT and len(given) == 2 and plain and not any(a.integral for a in given):
        return (_named(EXACT[op.kind](op.outputs[0], *given), op.outputs[0]),)
    if op.kind == "Neg" and plain and not given[0].integral:
        minus = of_fractions("-1", np.array(Fraction(-1), dtype=object))
        return (_named(given[0].times(minus), op.outputs[0]),)
    scaled = plain and any(a.scale is not None for a in given)
    if op.kind == "Cast" and scaled and op.attributes.get("to") in (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE):
        return (_named(given[0], op.outputs[0]),)
    if op.kind == "Concat" and scaled and not any(a.integral for a in given):
        return (joined(op.outputs[0], given, op.integer("axis", 0)),)
    if op.kind in MOVES and args[0] is not None and all(a is None or a.twin is None for a in args[1:]):
        return _moved(op, args[0], [None if a is None else a.runtime() for a in args[1:]], args, opset)
    _check_size(op, args)
    results = _run(op, [None if a is None else a.runtime() for a in args], opset)
    if any(r.dtype.kind == "f" and np.isnan(r).any() for r in results):
        raise LayerError(f"{op.kind} of these constants is nan; train or export it again")
    twins = results if plain else _run(op, [None if a is None else a.runtime(twin=True) for a in args], opset)
    return tuple(
        Constant(name, r, twin=None if np.array_equal(r, t) else t)
        for name, r, t in zip(op.outputs, results, twins, strict=False)
    )


def _moved(
    op: Op, data: Constant, rest: list[Any], args: Sequence[Constant | None], opset: int
) -> tuple[Constant, ...]:
    _check_size(op, args)
    outputs = op.outputs[:1] if op.kind == "Dropout" else op.outputs

    def move(k: int) -> Callable[[Any], Any]:
        return lambda numbers: numbers if op.kind == "Dropout" else _run(op, [numbers, *rest], opset)[k]

    return tuple(_named(data.moved(move(k)), name) for k, name in enumerate(outputs))


def _named(constant: Constant, name: str) -> Constant:
    return Constant(name, constant.base, constant.scale, constant.bits, constant.twin, constant.stored)


def _run(op: Op, arrays: Sequence[Any], opset: int) -> list[Any]:
    """What ONNX's reference evaluator gives for the operator alone."""
    from onnx.reference import ReferenceEvaluator

    names = [f"x{k}" if a is not None else "" for k, a in enumerate(arrays)]
    outputs = [f"y{k}" for k in range(len(op.outputs))]
    node = onnx.NodeProto()
    node.CopyFrom(op.proto)
    del node.input[:], node.output[:]
    node.input.extend(names)
    node.output.extend(outputs)
    node.domain = ""
    if op.kind in ("Squeeze", "Unsqueeze"):  # their axes became an input; files mix the two
        opset = 11 if "axes" in op.attributes else max(opset, 13)
    untyped = onnx.ValueInfoProto
    graph = onnx.helper.make_graph(
        [node], "fold", [untyped(name=n) for n in names if n], [untyped(name=n) for n in outputs]
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)])
    feeds = {n: a for n, a in zip(names, arrays, strict=True) if n}
    try:
        with np.errstate(all="ignore"):  # what is not finite has a message of its own
            return [np.asarray(r) for r in ReferenceEvaluator(model).run(None, feeds)]
    except (
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        RuntimeError,
        ArithmeticError,
        AssertionError,
    ) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise LayerError(
            f"{op.kind} of constants does not work out ({reason}); store its result in the file"
        ) from error


def _check_size(op: Op, args: Sequence[Constant | None]) -> None:
    """LayerError where the result would fill the memory."""
    given = [a for a in args if a is not None]
    if op.kind in ("ConstantOfShape", "Expand"):
        checked_shape(tuple(abs(v) for v in given[-1].integers()))
    elif op.kind == "Range":
        start, limit, step = (a.number() for a in given)
        checked_shape((int(abs((limit - start) / step)) if step else 0,))
    elif op.kind in ("Where", "Max", "Min", "Pow", "Mod", "Equal", *EXACT):
        shape = given[0]
        for other in given[1:]:
            common_shape(shape, other)
