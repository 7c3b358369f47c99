"""Small networks to start a test of a pass from, and their text to compare."""

import re
from fractions import Fraction

import numpy as np

from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Dense, Input, Layer
from codesign.ir.tensor import Tensor
from codesign.ir.text import to_text
from codesign.ir.vector import ONE, Vector


def network(*layers: Layer, shape: tuple[int, ...] = (2,), x: Tensor | None = None) -> Graph:
    """A chain of layers named a, b, c, ... behind the input x; the last is the output y."""
    graph = Graph("given", "given.onnx")
    source = graph.add("x", Input(x or Tensor(shape))).name
    for name, layer in zip("abcdefgh", layers, strict=False):
        source = graph.add(name, layer, source, origin=f"node {name}").name
    graph.outputs.append(Output("y", source, "y"))
    return graph


def codes(fixed: str, shape: tuple[int, ...] = (2,)) -> Tensor:
    """A typed input."""
    return Tensor.of_fixed(shape, Fixed.parse(fixed))


def dense(rows: list[list[int]], step: object = 1, bits: int = 4, bias: list[int] | None = None) -> Dense:
    """Integer weights, one row per input."""
    bias_codes = None if bias is None else np.array(bias, dtype=np.int64)
    return Dense(np.array(rows, dtype=np.int64), Fixed(bits), vector(step), bias_codes)


def vector(values: object) -> Vector:
    """From numbers or texts such as '1/3'."""
    if isinstance(values, (list, tuple)):
        return Vector.of([Fraction(v) for v in values])
    return ONE * Fraction(values)  # type: ignore[arg-type]


def text(graph: Graph) -> list[str]:
    """One line per node: `name = Layer(inputs, parameters)  # type`, arrays without their digests."""
    lines = []
    for line in to_text(graph)[0].splitlines():
        if line.startswith(("graph(", "output(")):
            continue
        line = re.sub(r'array\("([^"]*)"(, "[^"]*")?\)', r"array", line)
        lines.append(re.sub(r",? ?origin='[^']*'", "", line))
    return lines
