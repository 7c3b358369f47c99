"""The design under construction: names, streams, lane converters and forks between the processes of the layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd, lcm, prod

import numpy as np

from codesign.config import Strategy
from codesign.errors import IRError, ModelError
from codesign.ir.design import Design, Port, Process
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Node, Output
from codesign.ir.kernels import Fork, InsideWindow, Multiplier, Repack
from codesign.ir.kernels.base import Kernel
from codesign.ir.layers import (
    Add,
    Affine,
    Conv,
    Dense,
    Identity,
    Layer,
    Multiply,
    Requantize,
    Reshape,
    Transpose,
    Upsample,
)
from codesign.ir.tensor import Array, Tensor
from codesign.passes.beats import most_lanes, port_lanes, wired
from codesign.passes.linebuffer import WindowKernel, slowest, windows_of


@dataclass(frozen=True)
class Fold:
    """`pe` outputs x `simd` inputs at a time, on multipliers of that kind (None: the default for the types).

    `requested` is the reuse factor the user asked for, if any.
    """

    pe: int
    simd: int
    requested: int | None = None
    multiplier: Multiplier | None = None

    def reuse(self, inputs: int, outputs: int) -> int:
        """How often each multiplier is used per vector of `inputs`."""
        return inputs * outputs // (self.pe * self.simd)


class Builder:
    """The design under construction: which stream carries a node's result, and who still has to read it.

    `pace` is what no process need be faster than: the cycles of the slowest product, unless another is given.
    """

    def __init__(
        self, graph: Graph, folding: Mapping[str, Fold], strategies: Mapping[str, Strategy], pace: int | None = None
    ) -> None:
        self.graph = graph
        self.folding = folding
        self.strategies = strategies
        self.design = Design(graph.name, graph.origin)
        self.pace = max((self._interval(node) for node in graph), default=1) if pace is None else pace
        self._taken = {n.name for n in graph} | {o.name for o in graph.outputs}
        self._maker = {n.name: n.name for n in graph}
        self.held = _held(graph)
        for node in graph:
            if self.has_no_hardware(node):
                self._maker[node.name] = self._maker[node.inputs[0]]
        self.readers: dict[str, list[Node | Output]] = {name: [] for name in self._maker.values()}
        for node in graph:
            if self._maker[node.name] == node.name:
                for i in node.inputs:
                    self.readers[self._maker[i]].append(node)
        for output in graph.outputs:
            self.readers[self._maker[output.source]].append(output)
        self._streams: dict[str, list[str]] = {}
        """For each node that makes something new: the streams that carry it, one for each reader yet to come."""

    def refusal(self, node: Node, reason: str) -> ModelError:
        """The error that this node cannot be lowered."""
        return ModelError(f"{self.graph.origin}: node {node.origin}: {reason}")

    def has_no_hardware(self, node: Node) -> bool:
        """Whether what reads the node reads its input instead."""
        return node.name in self.held or moves_nothing(node.layer, node.inputs, self.graph)

    def repeats(self, node: Node, index: int) -> int:
        """How often the stream of that input has to be repeated: a vector that is kept, once for each position."""
        return self.tensor(node, index).size // self.graph[self._maker[node.inputs[index]]].type.size

    def fold(self, node: Node) -> Fold:
        """The folding of a matrix product; IRError if there is none or it does not divide the matrix."""
        fold = self.folding.get(node.name)
        if fold is None:
            raise IRError(f"lower: {node.name} has no folding")
        inputs, outputs = matrix_shape(node.layer)
        if min(fold.pe, fold.simd) < 1 or outputs % fold.pe or inputs % fold.simd:
            raise IRError(f"lower: {fold} does not divide {node.name} of {inputs} x {outputs}")
        channels = self.tensor(node, 0).channels
        if channels % fold.simd and fold.simd % channels:
            raise IRError(f"lower: {fold} of {node.name} cuts a pixel of {channels} channels in parts")
        return fold

    def _interval(self, node: Node) -> int:
        return product_interval(node, self.tensor(node, 0), self.fold(node)) if is_product(node.layer) else 1

    def tensor(self, node: Node, index: int) -> Tensor:
        """The type of one of the node's inputs."""
        return self.graph[node.inputs[index]].type

    def lanes(self, node: Node, index: int) -> int:
        """How many lanes that input has as it is written."""
        return self.design.streams[self._streams[self._maker[node.inputs[index]]][0]].lanes

    def keep_up(self, channels: int, cycles: int, element: Fixed, preferred: int = 0) -> int:
        """The lanes for a kernel that takes cycles/lanes cycles and needs lanes to divide `channels`.

        `preferred` if that divides; else the fewest that do not slow the design, or the most there can be.
        """
        if preferred and channels % preferred == 0:
            return preferred
        goal = max(self.pace, cycles // preferred if preferred else 1)
        fitting = [d for d in range(1, channels + 1) if channels % d == 0 and d <= most_lanes(element.width)]
        return next((d for d in fitting if cycles // d <= goal), fitting[-1])

    def wanted_lanes(self, maker: str) -> int | None:
        """What the first matrix product behind `maker` reads at a time, if only elementwise work lies between."""
        for reader in self.readers[maker]:
            if isinstance(reader, Output):
                continue
            if is_product(reader.layer):
                return read_lanes(reader, self.tensor(reader, 0), self.fold(reader), self.pace)
            if isinstance(reader.layer, (Requantize, Add, Multiply)):
                found = self.wanted_lanes(reader.name)
                if found is not None:
                    return found
        return None

    def fewest_lanes(self, channels: int, cycles: int, element: Fixed, preferred: int) -> int:
        """The lanes, which divide `channels`, of a kernel that takes cycles/lanes cycles: the preferred ones or the
        fewest that do not slow the design, else the most there can be."""
        if channels % preferred == 0 and cycles // preferred <= self.pace:
            return preferred
        return self.keep_up(channels, cycles, element)

    def between(self, a: int, b: int, size: int, width: int) -> int:
        """The lanes at which streams of `a` and of `b` lanes can meet, where neither divides the other.

        Their greatest common divisor where that does not slow the design, else their least common multiple.
        """
        narrow, wide = gcd(a, b), lcm(a, b)
        return narrow if size // narrow <= self.pace or wide > most_lanes(width) else wide

    def stream(self, name: str, element: Fixed, lanes: int, beats: int) -> str:
        """A new stream."""
        return self.design.add_stream(wired(name, element, lanes, beats))

    def process(self, node: Node, kernel: Kernel, *reads: str) -> None:
        """The process of `node`, which writes the stream `<node>_out`."""
        (y,) = kernel.writes
        stream = self.stream(self._fresh(f"{node.name}_out"), y.element, y.lanes, y.beats)
        self.design.add(Process(node.name, kernel, reads, (stream,), node.origin))
        self.publish(node, stream)

    def before(self, node: Node, what: str, kernel: Kernel, *reads: str) -> str:
        """A process that prepares what `node` reads, called <node>_<what>; gives the stream that it writes."""
        (y,) = kernel.writes
        name = self._fresh(f"{node.name}_{what}")
        stream = self.stream(self._fresh(f"{name}_out"), y.element, y.lanes, y.beats)
        self.design.add(Process(name, kernel, reads, (stream,), node.origin))
        return stream

    def publish(self, node: Node, stream: str) -> None:
        """`stream` carries the node's result; with several readers, a fork gives each its own."""
        readers = self.readers[node.name]
        self._streams[node.name] = [stream] if len(readers) == 1 else self._fork(node, stream, readers)

    def _fork(self, node: Node, stream: str, readers: list[Node | Output]) -> list[str]:
        s = self.design.streams[stream]
        copies = [
            self.stream(self._fresh(f"{node.name}_to_{reader.name}"), s.element, s.lanes, s.beats) for reader in readers
        ]
        kernel = Fork(len(copies), s.beats, s.lanes, s.element)
        self.design.add(Process(self._fresh(f"{node.name}_fork"), kernel, (stream,), tuple(copies), node.origin))
        return copies

    def read(self, node: Node, index: int, lanes: int) -> str:
        """The stream from which `node` reads that input, `lanes` at a time."""
        maker = self._maker[node.inputs[index]]
        stream = self._streams[maker].pop(0)
        now, size = self.design.streams[stream].lanes, self.graph[maker].type.size
        width = self.design.streams[stream].element.width
        if now % lanes and lanes % now:
            stream = self._repack(maker, stream, size, self.between(now, lanes, size, width))
        return self._repack(maker, stream, size, lanes)

    def _repack(self, maker: str, stream: str, size: int, lanes: int) -> str:
        s = self.design.streams[stream]
        if s.lanes == lanes:
            return stream
        name = self._fresh(f"{maker}_repack")
        result = self.stream(self._fresh(f"{name}_out"), s.element, lanes, size // lanes)
        kernel = Repack(size, s.lanes, lanes, s.element)
        self.design.add(Process(name, kernel, (stream,), (result,), self.graph[maker].origin))
        return result

    def output(self, output: Output) -> None:
        """The port of an output. An input that is given straight back passes through a copy."""
        maker = self._maker[output.source]
        stream = self._streams[maker].pop(0)
        if any(port.stream == stream for port in self.design.inputs):
            s = self.design.streams[stream]
            copy = self.stream(self._fresh(f"{output.name}_copy_out"), s.element, s.lanes, s.beats)
            kernel = Fork(1, s.beats, s.lanes, s.element)
            name = self._fresh(f"{output.name}_copy")
            self.design.add(Process(name, kernel, (stream,), (copy,), output.origin))
            stream = copy
        s = self.design.streams[stream]
        stream = self._repack(maker, stream, s.lanes * s.beats, port_lanes(s.lanes, s.element.width))
        self.design.outputs.append(Port(output.name, stream, self.graph[output.source].type, output.origin))

    def _fresh(self, name: str) -> str:
        """`name`, or `name_2`, `name_3`, ... if a node, a process or a stream is called so."""
        candidate, k = name, 1
        while candidate in self._taken:
            k += 1
            candidate = f"{name}_{k}"
        self._taken.add(candidate)
        return candidate


def is_product(layer: Layer) -> bool:
    """Whether the layer multiplies by a matrix, so that it has a folding."""
    return isinstance(layer, Dense) or (isinstance(layer, Conv) and layer.groups == 1)


def matrix_shape(layer: Layer) -> tuple[int, int]:
    """(inputs, outputs) of a matrix product."""
    assert isinstance(layer, (Dense, Conv))
    return prod(layer.weights.shape[:-1]), layer.weights.shape[-1]


def windows_before(node: Node, x: Tensor, fold: Fold, goal: int) -> tuple[WindowKernel, ...]:
    """What gives a matrix product the windows of `x`, such that both take at most `goal` cycles per sample, or the
    fewest; nothing if it needs none."""
    best: tuple[WindowKernel, ...] = ()
    fewest: int | None = None
    for before in windows_of(node.layer, x).forms(fold.simd) if isinstance(node.layer, Conv) else ():
        cycles = cycles_behind(node, fold, before)
        if fewest is None or cycles < fewest:
            best, fewest = before, cycles
        if fewest <= goal:
            break
    return best


def cycles_behind(node: Node, fold: Fold, before: tuple[WindowKernel, ...]) -> int:
    """Cycles per sample of a matrix product behind these, and of them: its folding for each beat that it reads."""
    inputs, outputs = matrix_shape(node.layer)
    if before and isinstance(before[-1], InsideWindow):
        own = before[-1].writes[0].beats * outputs // fold.pe
    else:
        own = prod(node.type.shape[:-1]) * fold.reuse(inputs, outputs)
    return max(own, slowest(before)) if before else own


def product_interval(node: Node, x: Tensor, fold: Fold) -> int:
    """The fewest cycles per sample of a matrix product that reads `x`, and of the windows in front of it."""
    return cycles_behind(node, fold, windows_before(node, x, fold, 0))


def read_lanes(node: Node, x: Tensor, fold: Fold, goal: int) -> int:
    """The lanes with which a product, or what gives it windows within `goal` cycles, reads `x`."""
    before = windows_before(node, x, fold, goal)
    return before[0].reads[0].lanes if before else fold.simd


def moves_nothing(layer: Layer, inputs: tuple[str, ...], graph: Graph) -> bool:
    """Whether the result's codes are the input's, in the same order: a relabelling that needs no hardware."""
    if isinstance(layer, Transpose):
        x = graph[inputs[0]].type
        return bool((source_order(layer, x) == np.arange(x.size)).all())
    return isinstance(layer, (Affine, Identity, Reshape))


def _held(graph: Graph) -> set[str]:
    """The repetitions of one pixel all over an image that need no hardware: only one sum or product with the image
    reads them, and keeps the pixel."""
    users = graph.users()
    readers: dict[str, list[str]] = {}
    for node in reversed(list(graph)):
        outside = [""] * graph.is_output(node.name)
        readers[node.name] = outside + [
            name
            for user in users[node.name]
            for name in (readers[user.name] if moves_nothing(user.layer, user.inputs, graph) else [user.name])
        ]
    found: set[str] = set()
    kept: set[str] = set()
    """The sums and products that keep one; they cannot keep both sides."""
    for node in graph:
        one_pixel = isinstance(node.layer, Upsample) and graph[node.inputs[0]].type.shape[:2] == (1, 1)
        if one_pixel and len(readers[node.name]) == 1 and (reader := readers[node.name][0]) in graph:
            if isinstance(graph[reader].layer, (Add, Multiply)) and reader not in kept:
                found.add(node.name)
                kept.add(reader)
    return found


def source_order(layer: Transpose, x: Tensor) -> Array:
    """Which element of the input each element of the result is, both in row-major order."""
    order: Array = np.arange(x.size).reshape(x.shape).transpose(layer.axes).ravel()
    return order
