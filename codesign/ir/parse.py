"""The text form of a network read back: a subset of Python that is parsed and never executed."""

from __future__ import annotations

import ast
import re
from dataclasses import MISSING, fields
from fractions import Fraction
from hashlib import sha256
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from codesign.errors import CodesignError, IRError, ModelError
from codesign.ir.fixed import Fixed, Rounding
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import ALL, MultiplyShift, Shift, Table, Thresholds
from codesign.ir.layers.base import Layer
from codesign.ir.layers.rows import ROWS
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector
from codesign.ir.verify import IDENTIFIER, verify

CLASSES: list[type] = [*ALL, *ROWS, Shift, MultiplyShift, Thresholds, Table, Fixed, Tensor]
VALUES = {c.__name__: c for c in CLASSES}
"""What a line may construct, beside Fraction, Vector and array."""


def digest(array: np.ndarray) -> str:
    """What names the contents of an array: 64 bits of a hash of its type, shape and numbers."""
    little = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<")))
    head = f"{little.dtype.str} {array.shape} ".encode()
    return f"sha256:{sha256(head + little.tobytes()).hexdigest()[:16]}"


def from_text(text: str, arrays: dict[str, np.ndarray]) -> Graph:
    """The network whose text and arrays these are; ModelError with the line for anything that is not one."""
    try:
        lines = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ModelError(f"line {getattr(error, 'lineno', 1)}: not a network's text: {error}") from error
    reader = _Reader(arrays)
    for line in lines:
        try:
            reader.read(line)
        except (CodesignError, IRError, ArithmeticError, ValueError, IndexError, RecursionError) as error:
            raise ModelError(f"line {line.lineno}: {error}") from error
    try:
        verify(reader.graph, "parsing")
    except (IRError, ValueError) as error:
        raise ModelError(str(error)) from error
    return reader.graph


class _Reader:
    """Builds the graph line by line. Raises ValueError for what is not part of the text form."""

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.arrays = arrays
        self.started: Graph | None = None

    @property
    def graph(self) -> Graph:
        if self.started is None:
            raise ValueError('a network\'s text starts with graph("its name", origin="its file")')
        return self.started

    def read(self, line: ast.stmt) -> None:
        match line:
            case ast.Expr(ast.Call(ast.Name("graph"), [name], keywords)) if self.started is None:
                self.started = Graph(_string(name), _origin(keywords))
            case ast.Expr(ast.Call(ast.Name("output"), [name, source], keywords)):
                self.graph.outputs.append(Output(_string(name), self.known(source), _origin(keywords)))
            case ast.Assign([target], ast.Call(ast.Name(kind), inputs, keywords)):
                layer = VALUES.get(kind)
                if layer is None or not issubclass(layer, Layer):
                    raise ValueError(f"unknown layer {kind}")
                given = [k for k in keywords if k.arg != "origin"]
                origin = _origin([k for k in keywords if k.arg == "origin"])
                names = [self.known(i) for i in inputs]
                self.graph.add(_reference(target), self.build(layer, [], given), *names, origin=origin)
            case _:
                raise ValueError(f"neither a layer nor an output: {ast.unparse(line)[:60]}")

    def known(self, expression: ast.expr) -> str:
        name = _reference(expression)
        if name not in self.graph:
            raise ValueError(f"unknown node {name}")
        return name

    def build(self, kind: type, positional: list[ast.expr], keywords: list[ast.keyword]) -> Any:
        """An instance, each value checked against its field."""
        known = {f.name: f for f in fields(kind)}
        given = list(zip(known, positional)) + [(str(k.arg), k.value) for k in keywords]
        hints = get_type_hints(kind)
        values: dict[str, Any] = {}
        for name, expression in given:
            if name not in known or name in values:
                raise ValueError(f"{kind.__name__} has no parameter {name}, or has it already")
            values[name] = self.value(expression)
            if not _fits(values[name], hints[name]):
                raise ValueError(f"{kind.__name__}: {ast.unparse(expression)[:60]} cannot be its {name}")
        missing = [n for n, f in known.items() if n not in values and f.default is MISSING]
        if missing or len(positional) > len(known):
            raise ValueError(f"{kind.__name__} needs {', '.join(missing) or 'fewer values'}")
        return kind(**values)

    def value(self, expression: ast.expr) -> Any:
        match expression:
            case ast.Constant(bool() | int() | None as constant):
                return constant
            case ast.Constant(str() as name) if IDENTIFIER.fullmatch(name):
                return name
            case ast.UnaryOp(ast.USub(), ast.Constant(int() as constant)):
                return -constant
            case ast.Tuple(items):
                return tuple(self.value(item) for item in items)
            case ast.Attribute(ast.Name("Rounding"), mode) if mode in Rounding.__members__:
                return Rounding[mode]
            case ast.Call(ast.Name("Fraction"), [number], []):
                return _fraction(_string(number))
            case ast.Call(ast.Name("Vector"), [ast.Call() as stored], []):
                return Vector(tuple(_fraction(str(v)) for v in self.value(stored).tolist()))
            case ast.Call(ast.Name("Vector"), [_, *_] as numbers, []):
                return Vector(tuple(_fraction(_string(number)) for number in numbers))
            case ast.Call(ast.Name("array"), [key, expected], []):
                return self.array(_string(key), _string(expected))
            case ast.Call(ast.Name(kind), positional, keywords) if kind in VALUES:
                return self.build(VALUES[kind], positional, keywords)
            case _:
                raise ValueError(f"not a value: {ast.unparse(expression)[:60]}")

    def array(self, key: str, expected: str) -> np.ndarray:
        if key not in self.arrays:
            raise ValueError(f"the array {key} is missing")
        found = self.arrays[key]
        if digest(found) != expected:
            raise ValueError(f"the array {key} has digest {digest(found)}, the text says {expected}")
        return found


def _reference(expression: ast.expr) -> str:
    match expression:
        case ast.Name(name) | ast.Subscript(ast.Name("node"), ast.Constant(str() as name)):
            return name
        case _:
            raise ValueError(f"not a node's name: {ast.unparse(expression)[:60]}")


def _string(expression: ast.expr) -> str:
    match expression:
        case ast.Constant(str() as text):
            return text
        case _:
            raise ValueError(f"not a text: {ast.unparse(expression)[:60]}")


def _origin(keywords: list[ast.keyword]) -> str:
    match keywords:
        case [ast.keyword("origin", value)]:
            return _string(value)
        case _:
            raise ValueError("a line has one origin, the name in the user's file, and no other keyword")


def _fraction(text: str) -> Fraction:
    if not re.fullmatch(r"-?[0-9]+(/[1-9][0-9]*)?", text):
        raise ValueError(f"not a rational number: {text[:60]!r}")
    return Fraction(text)


def _fits(value: object, hint: Any) -> bool:
    """Whether a value is of an annotated type: the few forms that fields of layers have."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, a) for a in arguments)
    if origin is np.ndarray:  # NDArray[t] is ndarray[shape, dtype[t]]
        return isinstance(value, np.ndarray) and value.dtype == get_args(arguments[1])[0]
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        kinds = arguments[:1] * len(value) if arguments[1:] == (...,) else arguments
        return len(value) == len(kinds) and all(_fits(v, k) for v, k in zip(value, kinds))
    if hint is int:
        return type(value) is int  # True is no number here
    return isinstance(value, hint)
