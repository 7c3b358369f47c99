"""The operators and constants of an ONNX graph while they are written."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from onnx import helper, numpy_helper

from codesign.backends.onnx.operators import Operators
from codesign.ir.graph import Graph, Node
from codesign.ir.vector import Vector

QONNX = "qonnx.custom_op.general"
QUANTIZERS = ("Quant", "BipolarQuant")


class Writer(Operators):
    """Operators of ONNX and QONNX, one node at a time."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph, (o.name for o in graph.outputs))
        self.result = ""

    def begin(self, node: Node, result: str) -> None:
        """Writes this node next; its last operator gives the tensor `result`."""
        self.node, self.result = node, result

    def op(self, kind: str, *inputs: str, part: str = "", **attributes: Any) -> str:
        """The result of an operator of the node at hand: the node's own, unless it is a `part` on the way."""
        assert self.node is not None
        result = self.fresh(f"{self.node.name}_{part}") if part else self.result
        domain = QONNX if kind in QUANTIZERS else ""
        name = result if part else self.node.name
        self.nodes.append(helper.make_node(kind, list(inputs), [result], name, domain=domain, **attributes))
        return result

    def constant(self, part: str, values: np.ndarray) -> str:
        """An initializer."""
        assert self.node is not None
        name = self.fresh(f"{self.node.name}_{part}")
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def number(self, part: str, value: int) -> str:
        """An initializer of one small whole number, as float32."""
        return self.constant(part, np.array(value, dtype=np.float32))

    def shape(self, part: str, values: Sequence[int]) -> str:
        """An initializer of integers."""
        return self.constant(part, np.array(values, dtype=np.int64))

    def vector(self, part: str, values: Vector, shape: Sequence[int] | None = None) -> str:
        """One number, or one for each channel, exactly in float32."""
        found = self.singles(values)
        if len(values) == 1:
            return self.constant(part, found.reshape(()))
        return self.constant(part, found if shape is None else found.reshape(shape))

    def singles(self, values: Vector) -> np.ndarray:
        """The numbers in float32; ModelError where one is none."""
        found = np.array([float(v) for v in values.values], dtype=np.float32)
        for a, b in zip(found.tolist(), values.values, strict=True):
            if not np.isfinite(a) or Fraction(a) != b:
                self.fail(f"the number {float(b)!r} is not exact in float32, which QONNX files hold")
        return found

    def exact(self, values: Vector) -> bool:
        """Whether all numbers are exact in float32."""
        with np.errstate(over="ignore"):
            found = np.array([float(v) for v in values.values], dtype=np.float32)
        return all(np.isfinite(a) and Fraction(a) == b for a, b in zip(found.tolist(), values.values, strict=True))

    def first(self, x: str, rank: int) -> str:
        """The tensor with its channels, the last axis, moved behind the batch."""
        return x if rank == 1 else self.op("Transpose", x, part="first", perm=[0, rank, *range(1, rank)])

    def last(self, x: str, rank: int) -> str:
        """The inverse, as the result of the node."""
        return self.op("Transpose", x, perm=[0, *range(2, rank + 1), 1])
