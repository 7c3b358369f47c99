"""The operators and constants of an ONNX graph while they are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from codesign.backends.onnx.operators import Operators
from codesign.ir.graph import Graph, Node
from codesign.ir.tensor import Tensor

OPSET = 18
"""The first whose reductions and scatters are all that is needed here; of December 2022."""
IR_VERSION = 9


class Writer(Operators):
    """Operators of stock ONNX, one node at a time.

    Weights that several nodes share become one constant. What a lowering builds from an index, it keeps in `built`
    for the next node that reads the same index.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph, [o.origin for o in graph.outputs] + [n.origin for n in graph.inputs])
        self.inputs: list[Any] = []
        self.built: dict[tuple[str, ...], Any] = {}
        self.shared: dict[tuple[int, str], tuple[np.ndarray, str]] = {}
        self.prefix = ""

    def begin(self, node: Node) -> None:
        """Writes this node next: operators are called after it."""
        self.node, self.prefix = node, node.name

    def type_of(self, which: int) -> Tensor:
        """The type of an input of the node at hand."""
        assert self.node is not None
        return self.graph[self.node.inputs[which]].type

    def op(self, kind: str, *inputs: str, part: str = "", **attributes: Any) -> str:
        """The one result of an operator."""
        return self.ops(kind, *inputs, parts=(part,), **attributes)[0]

    def ops(self, kind: str, *inputs: str, parts: Sequence[str], **attributes: Any) -> list[str]:
        """The results of an operator, each called after its part of the node at hand."""
        results = [self.fresh(f"{self.prefix}_{part}" if part else self.prefix) for part in parts]
        self.nodes.append(helper.make_node(kind, list(inputs), results, results[0], **attributes))
        return results

    def constant(self, values: np.ndarray, part: str = "constant") -> str:
        """An initializer; equal small ones are one."""
        key = (values.dtype.str, str(values.shape), values.tobytes().hex())
        if values.size > 16:
            return self._initializer(values, f"{self.prefix}_{part}")
        if key not in self.built:
            text = "_".join(str(v).replace("-", "minus_").replace(".", "_") for v in values.ravel().tolist())
            self.built[key] = self._initializer(values, f"{values.dtype.name}_{text[:40]}")
        found: str = self.built[key]
        return found

    def whole(self, *values: int) -> str:
        """A constant vector of int64."""
        return self.constant(np.array(values, dtype=np.int64))

    def scalar(self, value: int) -> str:
        """A constant int64 without axes."""
        return self.constant(np.array(value, dtype=np.int64))

    def weights(self, array: np.ndarray, part: str) -> str:
        """A constant in float32, once for all nodes that share the array; ModelError where a number is too large."""
        key = (id(array), part)
        if key not in self.shared:
            with np.errstate(over="ignore"):
                single = array.astype(np.float32)
            if not np.isfinite(single).all():
                self.fail(f"a number of its {part} is beyond float32")
            self.shared[key] = (array, self._initializer(single, f"{self.prefix}_{part}"))
        return self.shared[key][1]

    def _initializer(self, values: np.ndarray, name: str) -> str:
        found = self.fresh(name)
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(values).reshape(values.shape), found))
        return found

    def input(self, name: str, kind: int, shape: Sequence[int | str]) -> str:
        """A graph input."""
        self.inputs.append(helper.make_tensor_value_info(name, kind, list(shape)))
        self.taken.add(name)
        return name

    def index(self, index: str, rows: str) -> str:
        """An index into `rows`, its negative numbers replaced by the number of rows; written once for all readers.

        Runtimes take row -1 for the last one. Behind the last row onnxruntime fails instead of computing on.
        """
        key = ("index", index)
        if key not in self.built:
            below = self.op("Less", index, self.scalar(0), part="below")
            self.built[key] = self.op("Where", below, self.count(rows, part="behind"), index, part="index")
        found: str = self.built[key]
        return found

    def with_none(self, x: str, shape: tuple[int, ...]) -> str:
        """The rows of `x`, each of this shape, and behind them one of zeros, which stands for none; once for all
        readers."""
        key, zeros = ("with_none", x), ("zeros", str(shape))
        if key not in self.built:
            if zeros not in self.built:
                self.built[zeros] = self.constant(np.zeros((1, *shape), dtype=np.float32), "zeros")
            self.built[key] = self.op("Concat", x, self.built[zeros], part="with_none", axis=0)
        found: str = self.built[key]
        return found

    def count(self, x: str, axis: int = 0, part: str = "count") -> str:
        """The length of an axis, as a vector of one int64."""
        shape = self.op("Shape", x, part=f"{part}_shape")
        return self.op("Gather", shape, self.whole(axis), part=part, axis=0)


FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
