"""The same design with one element per beat between its layers, for comparison."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch
from math import gcd

from codesign.ir.design import Design, Process
from codesign.ir.kernels import Append, Apply, Fork, IndexOfMax, Join, Pick, Repack, Repeat
from codesign.ir.kernels.base import Kernel
from codesign.passes.beats import wired


def single_streams(design: Design) -> Design:
    """a -(8 lanes)-> b becomes a -(8 lanes)-> narrow -(1 lane)-> widen -(8 lanes)-> b, wherever a and b are processes
    of different layers; the folding of every product stays.

    Kernels that can work on single elements do so, and need no converters. A layer's own streams, such as the
    windows that a convolution multiplies, keep their lanes, and so do the ports. Lanes change no order of elements,
    so the integers are the same; intervals and latencies are those of single elements.
    """
    return _Rewrite(design).run()


class _Rewrite:
    def __init__(self, design: Design) -> None:
        self.old = design
        self.new = Design(design.name, design.origin)
        self.writers = {name: p for p in design for name in p.writes}
        self.readers = {self._base(name): p for p in design if not isinstance(p.kernel, Repack) for name in p.reads}
        self.now: dict[str, str] = {}
        """For each stream that is written by something else than a converter: which one carries it so far."""
        self.taken = {*design.streams, *design.processes}

    def run(self) -> Design:
        for port in self.old.inputs:
            self.new.inputs.append(port)
            self.now[port.stream] = self.new.add_stream(self.old.streams[port.stream])
        for process in self.old:
            if not isinstance(process.kernel, Repack):
                self._process(process)
        for port in self.old.outputs:
            base, lanes = self._base(port.stream), self.old.streams[port.stream].lanes
            origin = self.writers[port.stream].origin
            name = self._relaned(base, lanes, origin)
            self.new.streams[name] = replace(self.new.streams[name], kind=self.old.streams[port.stream].kind)
            self.new.outputs.append(replace(port, stream=name))
        return self.new

    def _base(self, stream: str) -> str:
        """The stream whose elements this one has, before any converter."""
        while stream in self.writers and isinstance(self.writers[stream].kernel, Repack):
            (stream,) = self.writers[stream].reads
        return stream

    def _process(self, process: Process) -> None:
        kernel = one_lane(process.kernel)
        reads = [
            self._relaned(self._base(name), beats.lanes, process.origin)
            for name, beats in zip(process.reads, kernel.reads, strict=True)
        ]
        for name, beats in zip(process.writes, kernel.writes, strict=True):
            self.new.add_stream(wired(name, beats.element, beats.lanes, beats.beats))
            self.now[name] = name
        self.new.add(replace(process, kernel=kernel, reads=tuple(reads)))
        for name in process.writes:
            reader = self.readers.get(name)
            if reader is not None and _between_layers(process, reader):
                self._relaned(name, 1, process.origin)

    def _relaned(self, base: str, lanes: int, origin: str) -> str:
        """The stream that carries those elements so far, in beats of as many lanes."""
        now = self.new.streams[self.now[base]]
        if now.lanes % lanes and lanes % now.lanes:
            now = self.new.streams[self._relaned(base, gcd(now.lanes, lanes), origin)]
        if now.lanes != lanes:
            size = now.lanes * now.beats
            name = self._fresh(f"{base}_{'narrow' if lanes < now.lanes else 'widen'}")
            stream = wired(self._fresh(f"{name}_out"), now.element, lanes, size // lanes)
            self.now[base] = self.new.add_stream(stream)
            self.new.add(
                Process(name, Repack(size, now.lanes, lanes, now.element), (now.name,), (stream.name,), origin)
            )
        return self.now[base]

    def _fresh(self, name: str) -> str:
        candidate, k = name, 1
        while candidate in self.taken:
            candidate, k = f"{name}_{k + 1}", k + 1
        self.taken.add(candidate)
        return candidate


def _between_layers(writer: Process, reader: Process) -> bool:
    """Whether the two are of different layers of the user's file; a fork belongs to none."""
    return writer.origin != reader.origin or isinstance(writer.kernel, Fork) or isinstance(reader.kernel, Fork)


@singledispatch
def one_lane(kernel: Kernel) -> Kernel:
    """The kernel on single elements, where it can work so; else itself, and converters do the rest."""
    return kernel


@one_lane.register(Apply)
@one_lane.register(IndexOfMax)
@one_lane.register(Repeat)
def _(kernel: Apply | IndexOfMax | Repeat) -> Kernel:
    return replace(kernel, lanes=1)


@one_lane.register(Fork)
@one_lane.register(Join)
def _(kernel: Fork | Join) -> Kernel:
    return replace(kernel, beats=kernel.beats * kernel.lanes, lanes=1)


@one_lane.register
def _(kernel: Append) -> Kernel:
    return replace(kernel, first=kernel.first * kernel.lanes, second=kernel.second * kernel.lanes, lanes=1)


@one_lane.register
def _(kernel: Pick) -> Kernel:
    n = kernel.lanes
    return replace(kernel, folds=kernel.folds * n, start=kernel.start * n, stop=kernel.stop * n, lanes=1)
