"""One operator of a file on its way into the network: the layers that it adds, whatever the format of the file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import NoReturn

from codesign.errors import LayerError
from codesign.frontends.names import Names
from codesign.ir.graph import Graph
from codesign.ir.layers import Identity, Layer, Reshape, Transpose
from codesign.ir.tensor import Tensor

LARGEST_RESULT = 1 << 26
"""Elements of one sample of any tensor: one of 1,024 x 1,024 pixels of 64 channels has as many."""


@dataclass(frozen=True)
class Stream:
    """A tensor that flows: the result of the node `name`. Its batch axis comes before those of `shape`."""

    name: str
    type: Tensor

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample."""
        return self.type.shape

    @property
    def rank(self) -> int:
        """The number of axes as the file counts them, the batch included."""
        return len(self.shape) + 1


class Building(ABC):
    """What a reader of any format gives its converters: the network so far, and the name of the operator at hand."""

    graph: Graph
    names: Names

    @property
    @abstractmethod
    def kind(self) -> str:
        """The type of the operator."""

    @property
    @abstractmethod
    def label(self) -> str:
        """What the names of its nodes are made of."""

    @property
    @abstractmethod
    def origin(self) -> str:
        """Its name as the file spells it."""

    def refuse(self, message: str) -> NoReturn:
        """Raises LayerError; the reader puts file and node in front."""
        raise LayerError(message)

    def emit(self, layer: Layer, *inputs: Stream, part: str = "") -> Stream:
        """The result of a new node. The operator's main layer bears its name, others have `part` behind it."""
        text = f"{self.label}_{part}" if part else self.label
        name = self.names.unique(text, self.kind)
        node = self.graph.add(name, layer, *(i.name for i in inputs), origin=self.origin)
        self.check_size(node.type.shape)
        return Stream(node.name, node.type)

    def check_size(self, shape: Sequence[int]) -> None:
        """Refuses a result of this shape if it would fill the memory."""
        if prod(shape) > LARGEST_RESULT:
            self.refuse(
                f"a result of shape {tuple(shape)} has {prod(shape):,} elements, at most {LARGEST_RESULT:,} are "
                "supported; check pads, strides, scales and sizes"
            )

    def same(self, x: Stream) -> Stream:
        """`x` again, through a node of this operator's name."""
        return self.emit(Identity(), x)

    def reshaped(self, x: Stream, shape: tuple[int, ...]) -> Stream:
        """`x` with the sample shape `shape`, taken from before the reshapes that gave `x`."""
        x = self.unshaped(x)
        return self.same(x) if shape == x.shape else self.emit(Reshape(shape), x)

    def flattened(self, x: Stream) -> Stream:
        """`x` with one axis."""
        x = self.unshaped(x)
        return x if len(x.shape) == 1 else self.emit(Reshape((x.type.size,)), x, part="flat")

    def unshaped(self, x: Stream) -> Stream:
        """What `x` was before the reshapes that gave it."""
        node = self.graph[x.name]
        while isinstance(node.layer, Reshape):
            node = self.graph[node.inputs[0]]
        return Stream(node.name, node.type)

    def along(self, x: Stream, layer: Layer, axis: int, part: str = "") -> Stream:
        """`layer`, whose channels are this axis of the sample, of `x`; the result has the axes of `x` again."""
        if axis == len(x.shape) - 1:
            return self.emit(layer, x, part=part)
        if x.type.size == x.shape[axis]:
            flat = self.emit(layer, self.flattened(x), part=part)
            return self.emit(Reshape(x.shape), flat, part="shape")
        return self.put_back(self.emit(layer, self.put_last(x, axis), part=part), axis)

    def put_last(self, x: Stream, axis: int) -> Stream:
        """`x` with this axis of the sample moved behind the others."""
        if axis == len(x.shape) - 1:
            return x
        others = [a for a in range(len(x.shape)) if a != axis]
        return self.emit(Transpose((*others, axis)), x, part="last")

    def put_back(self, y: Stream, axis: int) -> Stream:
        """`y` with its last axis moved to where `axis` was."""
        if axis == len(y.shape) - 1:
            return y
        order = list(range(len(y.shape) - 1))
        return self.emit(Transpose((*order[:axis], len(order), *order[axis:])), y, part="back")

    def axis(self, axis: int, rank: int) -> int:
        """`axis` counted from the front; refused where there is no such axis."""
        if not -rank <= axis < rank:
            self.refuse(f"axis {axis} does not exist in a tensor of {rank} axes")
        return axis % rank


def shape_text(x: Stream) -> str:
    """The shape as the file has it."""
    return f"(batch, {', '.join(map(str, x.shape))})"
