"""A MatVec that is an adder graph, as SystemVerilog: one addition per line, registers between levels of additions.

A value has level n if it is the sum of two of which the higher has level n - 1; inputs have level 0, and a bias or a
sign is a level of its own behind the product. Register r of `depth` lies behind level r * levels // depth, so the last
lies behind everything. What is used later than in the stage behind which it becomes known is delayed by registers of
its own, shared by all who use it; a level as low as possible needs the fewest of these, since an addition makes one
value of two.

The additions of a stage are divided among modules, `MOST_ADDITIONS` at the most, so that each can be read, simulated
and synthesized on its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from codesign.backends.instances.adder_graph import AdderGraphInstance
from codesign.backends.names import Names
from codesign.backends.render import render
from codesign.ir.fixed import Fixed

MOST_ADDITIONS = 200
"""How many additions a module holds at the most."""


@dataclass(frozen=True)
class Net:
    """A signal and its SystemVerilog type."""

    name: str
    type: str


@dataclass(frozen=True)
class Assignment:
    """A signal of a module and its value; a register takes it when the pipeline moves."""

    net: Net
    value: str


@dataclass(frozen=True)
class Part:
    """A module of additions: the signals that it is given and gives, its sums, and its registers."""

    name: str
    inputs: tuple[Net, ...]
    outputs: tuple[Net, ...]
    inside: tuple[Net, ...]
    sums: tuple[Assignment, ...]
    registers: tuple[Assignment, ...]


@dataclass(frozen=True)
class Graph:
    """The module of a process: its inputs and their delays, its parts and the signals between them, and the value of
    each lane of the output; `unused` is what no result depends on."""

    name: str
    depth: int
    in_width: int
    out_width: int
    lane: int
    inputs: tuple[Assignment, ...]
    delays: tuple[Assignment, ...]
    unused: tuple[str, ...]
    parts: tuple[Part, ...]
    between: tuple[Net, ...]
    outputs: tuple[str, ...]


def adder_graph(names: Names, name: str, instance: AdderGraphInstance, depth: int) -> dict[str, str]:
    """The text of each module of the process `name` by its own name, with `depth` registers from the input to the
    output: first the module to instantiate, then those of its additions."""
    graph = _Placed(instance, depth).graph(names, f"{name}_adders")
    found = {graph.name: render("rtl/adder_graph.sv.j2", g=graph)}
    return found | {part.name: render("rtl/adder_graph_stage.sv.j2", p=part) for part in graph.parts}


@dataclass(frozen=True)
class _Term:
    """A constant, or a value shifted."""

    value: int | None
    shift: int = 0
    constant: int = 0


@dataclass(frozen=True)
class _Node:
    """A value: left + right, or their difference; an input has neither."""

    name: str
    type: Fixed
    terms: tuple[_Term, ...] = ()
    subtract: bool = False

    @property
    def operands(self) -> Iterator[tuple[int, int]]:
        """The numbers of the values that it is made of, and their shifts."""
        return ((t.value, t.shift) for t in self.terms if t.value is not None)


class _Placed:
    """The values of a product, each in its stage: the number of registers between the inputs and its addition."""

    def __init__(self, instance: AdderGraphInstance, depth: int) -> None:
        self.x, self.y, self.depth = instance.x.element, instance.y.element, depth
        graph = instance.graph
        self.nodes = [_Node(f"v{i}", t) for i, t in enumerate(graph.types[: graph.inputs])]
        for number, a in enumerate(graph.additions, start=graph.inputs):
            terms = (_Term(a.left, a.left_shift), _Term(a.right, a.right_shift))
            self.nodes.append(_Node(f"v{number}", graph.types[number], terms, a.subtract))
        self.products = len(self.nodes)
        self.inputs = graph.inputs
        self.outputs = list(self._results(instance))

    def _results(self, instance: AdderGraphInstance) -> Iterator[_Term]:
        """What each output is; where it has a bias or a sign, a value of its own is added for it."""
        for k, (r, bias) in enumerate(zip(instance.graph.results, instance.biases, strict=True)):
            if r.value is None:
                yield _Term(None, constant=bias)
            elif not bias and not r.negative:
                yield _Term(r.value, r.shift)
            else:
                terms = (_Term(None, constant=bias), _Term(r.value, r.shift))
                self.nodes.append(_Node(f"y{k}", self.y, terms, r.negative))
                yield _Term(len(self.nodes) - 1)

    @cached_property
    def stages(self) -> list[int]:
        """The stage of each value."""
        levels: list[int] = []
        for node in self.nodes:
            levels.append(max((1 + levels[value] for value, _ in node.operands), default=0))
        total = max(levels)
        for number in range(self.products, len(self.nodes)):
            levels[number] = total  # the last level is that of biases and signs
        behind = [r * total // self.depth for r in range(1, self.depth + 1)]
        return [sum(place < level for place in behind) if level else 0 for level in levels]

    @cached_property
    def until(self) -> list[int]:
        """The last stage in which each value is used; its own if there is none."""
        found = list(self.stages)
        for number, stage in enumerate(self.stages):
            for value in self.seen(number):
                found[value] = max(found[value], stage)
        for output in self.outputs:
            if output.value is not None:
                found[output.value] = self.depth
        return found

    @cached_property
    def widths(self) -> list[int]:
        """The bits of each value that are used: sums are exact modulo a power of two, so a sum that fits fewer bits
        than its operands does not need the rest of these. 0 where a value is not used at all."""
        needed = [0] * len(self.nodes)
        for output in self.outputs:
            if output.value is not None:
                needed[output.value] = max(needed[output.value], self.y.width - output.shift)
        found = [0] * len(self.nodes)
        for number in range(len(self.nodes) - 1, -1, -1):
            node = self.nodes[number]
            found[number] = min(node.type.width, needed[number])
            for value, shift in node.operands:
                needed[value] = max(needed[value], found[number] - shift)
        return found

    def seen(self, number: int) -> list[int]:
        """The values that an addition depends on: what is shifted beyond its bits is 0 in them."""
        return [value for value, shift in self.nodes[number].operands if shift < self.widths[number]]

    def net(self, number: int, stage: int) -> Net:
        """The value as it is `stage` registers behind the inputs."""
        node, width = self.nodes[number], self.widths[number]
        name = node.name if stage == self.stages[number] else f"{node.name}_{stage}"
        return Net(name, f"logic {'signed ' if node.type.signed else ''}[{width - 1}:0]")

    def delays(self, number: int) -> list[Assignment]:
        """The registers behind a value."""
        stages = range(self.stages[number] + 1, self.until[number] + 1)
        return [Assignment(self.net(number, s), self.net(number, s - 1).name) for s in stages]

    def expression(self, term: _Term, stage: int, width: int) -> str:
        """A term in so many bits."""
        if term.value is None:
            return f"{width}'h{term.constant % (1 << width):x}"
        if term.shift >= width:
            return f"{width}'h0"
        code = f"{width}'({self.net(term.value, stage).name})"
        return f"({code} << {term.shift})" if term.shift else code

    def sum(self, number: int) -> Assignment:
        """The addition of a value."""
        node, stage = self.nodes[number], self.stages[number]
        left, right = (self.expression(term, stage, self.widths[number]) for term in node.terms)
        return Assignment(self.net(number, stage), f"{left} {'-' if node.subtract else '+'} {right}")

    def graph(self, names: Names, name: str) -> Graph:
        name, x, y = names.unique(name), self.x, self.y
        inputs = [i for i in range(self.inputs) if self.widths[i]]
        sums = [i for i in range(self.inputs, len(self.nodes)) if self.widths[i]]
        wanted = {self.net(t.value, self.depth).name for t in self.outputs if t.value is not None}
        groups = [(names.unique(f"{name}_{stage}_{part}"), group) for stage, part, group in self._groups(sums)]
        used = [self._used(group) for _, group in groups]
        wanted |= {net for nets in used for net in nets}
        parts = [self._part(part, group, nets, wanted) for (part, group), nets in zip(groups, used)]
        return Graph(
            name=name,
            depth=self.depth,
            in_width=self.inputs * x.width,
            out_width=len(self.outputs) * y.width,
            lane=y.width,
            inputs=tuple(Assignment(self.net(i, 0), f"in_data[{i * x.width} +: {self.widths[i]}]") for i in inputs),
            delays=tuple(delay for i in inputs for delay in self.delays(i)),
            unused=tuple(self._unused(parts)),
            parts=tuple(parts),
            between=tuple(net for part in parts for net in part.outputs),
            outputs=tuple(self.expression(t, self.depth, y.width) for t in self.outputs),
        )

    def _unused(self, parts: Sequence[Part]) -> Iterator[str]:
        """The bits of the input on which no result depends, and what moves the registers if there are none."""
        for i, width in enumerate(self.widths[: self.inputs]):
            if width < self.x.width:
                yield f"in_data[{i * self.x.width + width} +: {self.x.width - width}]"
        if not any(self.until[i] for i in range(self.inputs)) and not any(part.registers for part in parts):
            yield "advance"

    def _groups(self, sums: Sequence[int]) -> Iterator[tuple[int, int, list[int]]]:
        """(stage, number of the module within it, its values)."""
        for stage in range(self.depth):
            members = [number for number in sums if self.stages[number] == stage]
            for part, start in enumerate(range(0, len(members), MOST_ADDITIONS)):
                yield stage, part, members[start : start + MOST_ADDITIONS]

    def _used(self, group: Sequence[int]) -> dict[str, Net]:
        """The signals that a module is given, by name."""
        own = set(group)
        nets = {
            self.net(value, self.stages[number]) for number in group for value in self.seen(number) if value not in own
        }
        return {net.name: net for net in sorted(nets, key=lambda net: (len(net.name), net.name))}

    def _part(self, name: str, group: Sequence[int], used: dict[str, Net], wanted: set[str]) -> Part:
        sums = tuple(self.sum(number) for number in group)
        registers = tuple(delay for number in group for delay in self.delays(number))
        nets = [a.net for a in (*sums, *registers)]
        outputs = tuple(net for net in nets if net.name in wanted)
        return Part(name, tuple(used.values()), outputs, tuple(n for n in nets if n not in outputs), sums, registers)
