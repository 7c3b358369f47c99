"""One operator of an ONNX file on its way into the network: what its converter sees of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from codesign.frontends.cleanup import Op
from codesign.frontends.constants import Constant
from codesign.frontends.converters.building import Building, Stream, shape_text
from codesign.frontends.names import Names, spelled
from codesign.ir.graph import Graph
from codesign.ir.layers import Layer
from codesign.ir.tensor import Values
from codesign.ir.vector import Vector

__all__ = ["Codes", "Conversion", "Stream", "Value", "scalar", "shape_text"]


@dataclass(frozen=True)
class Codes:
    """The integers clip(round(x / step) + zero, low, high) between QuantizeLinear and DequantizeLinear."""

    source: Stream
    low: int
    high: int
    step: Constant
    zero: int


Value = Stream | Constant | Codes


@dataclass(eq=False)
class Conversion(Building):
    """The operator `op` with the values of its inputs (None where it has none), and the network so far."""

    op: Op
    args: Sequence[Value | None]
    opset: int
    batch: int | None
    read: frozenset[str]
    graph: Graph
    names: Names
    folder: Path | None

    @property
    def kind(self) -> str:
        return self.op.kind

    @property
    def label(self) -> str:
        return self.op.label

    @property
    def origin(self) -> str:
        return self.op.name

    def optional(self, index: int) -> Value | None:
        """An input that may be missing."""
        return self.args[index] if index < len(self.args) else None

    def value(self, index: int) -> Value:
        """An input that must be there."""
        found = self.optional(index)
        if found is None:
            self.refuse(
                f"{self.op.kind} needs at least {index + 1} inputs, it has {len(self.args)}; export the network again"
            )
        return found

    def stream(self, index: int) -> Stream:
        """An input that must depend on the network's input."""
        found = self.value(index)
        if isinstance(found, Codes):
            self.refuse(f"{self.op.kind} of what QuantizeLinear gives is not supported; put DequantizeLinear before it")
        if isinstance(found, Constant):
            self.refuse(
                f"{self.op.kind} of the constant {spelled(found.name)} is not supported; store its result in the file"
            )
        return found

    def constant(self, index: int, what: str) -> Constant:
        """An input that must be constant; `what` says in messages which."""
        found = self.value(index)
        if not isinstance(found, Constant):
            self.refuse(f"the {what} of {self.op.kind} must be constant, it depends on the network's input")
        return found

    def optional_constant(self, index: int, what: str) -> Constant | None:
        """An input that must be constant if it is there."""
        return None if self.optional(index) is None else self.constant(index, what)

    def elementwise(self, x: Stream, layer: Callable[..., Layer], *parameters: Constant, part: str = "") -> Stream:
        """`layer(*vectors)` of `x`, the parameters broadcast against `x` as ONNX does, one vector for each.

        A parameter may differ along one axis. Where that is not the last one (our channel axis), the layer stands
        between two transposes, or between two reshapes where all other axes have length 1.
        """
        columns, axes = [], set()
        for parameter in parameters:
            vector, axis = self._along(parameter, x)
            columns.append(vector)
            if axis is not None:
                axes.add(axis)
        if len(axes) > 1:
            self.refuse(
                f"its parameters differ along the axes {sorted(a + 1 for a in axes)} of a tensor of shape "
                f"{shape_text(x)}; only parameters along one axis are supported"
            )
        return self.along(x, layer(*columns), axes.pop() if axes else len(x.shape) - 1, part)

    def _along(self, parameter: Constant, x: Stream) -> tuple[Vector, int | None]:
        """The distinct values of `parameter`, and the axis of `x`'s sample along which they differ, if they do."""
        values = parameter.fractions()
        if values.size == 1 and (values.ndim <= x.rank or self.op.kind in ANY_RANK_SCALARS):
            return Vector.of(values.ravel()), None
        shape = (1,) * (x.rank - values.ndim) + values.shape
        full = (1, *x.shape)
        if len(shape) != x.rank or any(n not in (1, m) for n, m in zip(shape, full, strict=True)):
            self.refuse(
                f"tensor {spelled(parameter.name)} of shape {parameter.shape} does not fit one of shape "
                f"{shape_text(x)}; give it one value, or one for each channel"
            )
        values = values.reshape(shape)
        for axis in range(x.rank):
            first = values.take([0], axis)
            if bool(np.all(values == first)):
                values = first
        axes = [axis for axis in range(1, x.rank) if values.shape[axis] > 1]
        if len(axes) > 1:
            self.refuse(
                f"tensor {spelled(parameter.name)} of shape {parameter.shape} differs along several axes; "
                "only parameters per channel are supported"
            )
        return Vector.of(values.ravel()), axes[0] - 1 if axes else None

    def per_axis(self, parameter: Constant, x: Stream, axis: int) -> Constant:
        """A list of parameters along `axis` of the file's tensor, shaped to broadcast against `x`."""
        if parameter.base.size == 1 or parameter.base.ndim != 1:
            return parameter
        axis = self.axis(axis, x.rank)
        if axis == 0 or parameter.shape[0] != x.shape[axis - 1]:
            self.refuse(
                f"tensor {spelled(parameter.name)} has {parameter.shape[0]} values, axis {axis} of its input has "
                f"{'the batch' if axis == 0 else x.shape[axis - 1]}"
            )
        shape = [1] * x.rank
        shape[axis] = -1
        return parameter.moved(lambda a: a.reshape(shape))


def scalar(name: str, value: object) -> Constant:
    """A constant of one exact number."""
    values: Values = np.array(Vector.of(value)[0], dtype=object)
    return Constant(name, np.array(1.0), values)


ANY_RANK_SCALARS = frozenset({"Quant", "IntQuant", "BipolarQuant", "Trunc", "QuantizeLinear", "DequantizeLinear"})
"""Operators whose result has the shape of their first input, whatever the rank of a scale of one element."""
