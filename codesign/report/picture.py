"""The network and the design as boxes and arrows with final coordinates; the template only prints them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from codesign.report.layout import layout
from codesign.report.model import LayerRow, ProcessRow, Report
from codesign.report.text import counted, one_line

BOX_WIDTH, BOX_HEIGHT = 208, 62
COLUMN, ROW = 256, 110
MARGIN, SIDE = 16, 48
LINE = 15
"""Pixels between two lines of text."""
LETTER = 6
"""Pixels of a letter beside an edge, about."""
LETTERS = 27
"""How many letters of a title fit a box; the rest is in the tooltip and the table."""


@dataclass(frozen=True)
class Box:
    """A node: its middle, its lines of text (the first is the title), its family and its tooltip."""

    x: float
    y: float
    lines: tuple[str, ...]
    family: str
    tip: str
    critical: bool = False

    @property
    def left(self) -> float:
        """Of the rectangle."""
        return self.x - BOX_WIDTH / 2

    @property
    def top(self) -> float:
        """Of the rectangle."""
        return self.y - BOX_HEIGHT / 2

    @property
    def baselines(self) -> tuple[tuple[float, str], ...]:
        """Each line with the y it is written on."""
        first = self.y - (len(self.lines) - 1) * LINE / 2 + 4.5
        return tuple((round(first + i * LINE, 1), line) for i, line in enumerate(self.lines))


@dataclass(frozen=True)
class Arrow:
    """An edge: the path, and what is written beside it."""

    path: str
    head: str
    x: float
    y: float
    anchor: str
    """Where x is in the lines of text: at their start or end."""
    lines: tuple[str, ...]
    wiring: str = "single"
    """The kind of the stream: single is a thin line, struct a thick one, array a dotted one."""

    @property
    def right(self) -> float:
        """Of the lines of text."""
        return self.x + (LETTER * max(map(len, self.lines), default=0) if self.anchor == "start" else 0)

    @property
    def baselines(self) -> tuple[tuple[float, str], ...]:
        """Each line with the y it is written on."""
        first = self.y - (len(self.lines) - 1) * 6.5 + 4
        return tuple((round(first + i * 13, 1), line) for i, line in enumerate(self.lines))


@dataclass(frozen=True)
class Picture:
    """A drawing of `width` x `height` pixels."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT


@dataclass(frozen=True)
class _Node:
    lines: tuple[str, ...]
    family: str
    tip: str
    critical: bool = False


FAMILIES: Mapping[str, str] = {
    "Input": "port", "Dense": "linear", "MatMul": "linear", "MatVec": "linear", "Grouped": "linear",
    "InsideMatVec": "linear", "Depthwise": "linear", "Conv": "linear",
    "Requantize": "step", "Apply": "step", "Relu": "step", "Quantize": "step",
    "SoftmaxTable": "table", "SoftmaxUnit": "table", "ArgMax": "table", "IndexOfMax": "table",
}  # fmt: skip
"""The colour of a kind of layer or kernel; those that only move or add elements share the last one."""


def network_picture(report: Report) -> Picture:
    """Layers, with the type of each result on its edges."""
    rows = {row.name: row for row in report.layers}
    nodes = {name: _layer(row) for name, row in rows.items()}
    edges = {(i, row.name): _result(rows[i]) for row in report.layers for i in row.inputs}
    for output in report.outputs:
        nodes[f"{output}\0out"] = _port("output", output)
        edges[output, f"{output}\0out"] = _result(rows[output])
    return _draw(nodes, edges)


def design_picture(report: Report) -> Picture:
    """Processes, with the lanes, width and depth of the streams between them."""
    slowest = max((p.interval_cycles for p in report.processes), default=0)
    nodes: dict[str, _Node] = {}
    edges: dict[tuple[str, str], tuple[str, ...]] = {}
    wiring: dict[tuple[str, str], str] = {}
    for stream in report.streams:
        if stream.writer is None:
            nodes[f"{stream.name}\0in"] = _port("input", stream.name)
    nodes |= {p.name: _process(p, p.interval_cycles == slowest) for p in report.processes}
    for stream in report.streams:
        if stream.reader is None:
            nodes[f"{stream.name}\0out"] = _port("output", stream.name)
        a, b = stream.writer or f"{stream.name}\0in", stream.reader or f"{stream.name}\0out"
        text = (
            f"{stream.lanes} × {stream.element}, {stream.width} bit",
            f"{counted(stream.beats, 'beat')}, {stream.kind}, depth {stream.depth}",
        )
        edges[a, b] = edges.get((a, b), ()) + text
        wiring[a, b] = stream.kind
    return _draw(nodes, edges, wiring)


def _layer(row: LayerRow) -> _Node:
    detail = f"codes {row.low} … {row.high}"
    if row.accumulator_bits is not None:
        detail = f"accumulator {row.accumulator_bits} bit"
    kind = row.kind if row.requantizer is None else f"{row.kind}: {row.requantizer}"
    tip = f"{row.origin}\n{kind}\n{_shape(row.shape)} {row.type}, codes {row.low} … {row.high}"
    family = FAMILIES.get(row.kind, "other")
    return _Node((one_line(row.name, LETTERS), kind, detail), family, one_line_each(tip))


def _process(row: ProcessRow, critical: bool) -> _Node:
    folding = "" if row.pe is None else f"pe {row.pe} × simd {row.simd}, "
    tip = f"{row.origin}\n{row.kernel}: {folding}{counted(row.interval_cycles, 'cycle')} per sample"
    if critical:
        tip += "\nthe slowest: it sets the interval"
    lines = (one_line(row.name, LETTERS), row.kernel, f"{folding}{counted(row.interval_cycles, 'cycle')}")
    return _Node(lines, FAMILIES.get(row.kernel, "other"), one_line_each(tip), critical)


def _port(kind: str, name: str) -> _Node:
    return _Node((one_line(name, LETTERS), kind), "port", one_line_each(name))


def one_line_each(text: str) -> str:
    """Every line of a tooltip made harmless and no longer than a screen is wide."""
    return "\n".join(one_line(line, 160) for line in text.split("\n"))


def _result(row: LayerRow) -> tuple[str, ...]:
    return (f"{_shape(row.shape)} {row.type}",)


def _shape(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) or "1"


def _draw(
    nodes: Mapping[str, _Node],
    edges: Mapping[tuple[str, str], tuple[str, ...]],
    wiring: Mapping[tuple[str, str], str] | None = None,
) -> Picture:
    placed = layout(_topological(nodes, edges), list(edges))

    def pixels(at: tuple[float, int]) -> tuple[float, float]:
        return round(SIDE + BOX_WIDTH / 2 + at[0] * COLUMN, 1), MARGIN + BOX_HEIGHT / 2 + at[1] * ROW

    boxes = []
    for name, node in nodes.items():
        x, y = pixels(placed.at[name])
        boxes.append(Box(x, y, node.lines, node.family, node.tip, node.critical))
    arrows = []
    for (a, b), lines in edges.items():
        points = [pixels(p) for p in (placed.at[a], *placed.bends[a, b], placed.at[b])]
        alone = sum(source == a for source, _ in edges) == 1
        arrow = _arrow(points, lines, at_start=alone)
        arrows.append(arrow if wiring is None else replace(arrow, wiring=wiring[a, b]))
    boxed = 2 * SIDE + BOX_WIDTH + (placed.columns - 1) * COLUMN
    width = round(max([boxed, *(arrow.right + MARGIN for arrow in arrows)]))
    height = 2 * MARGIN + BOX_HEIGHT + (placed.rows - 1) * ROW
    return Picture(width, height, tuple(boxes), tuple(arrows))


def _arrow(points: Sequence[tuple[float, float]], lines: tuple[str, ...], at_start: bool) -> Arrow:
    """From the bottom of the first box to the top of the last, upright at each bend.

    The text stands where no other edge can be: at a bend, else below the first box if this is its only edge, else
    above the last.
    """
    half = BOX_HEIGHT / 2
    (x, y), (end_x, end_y) = points[0], points[-1]
    y += half
    path = [f"M{x:g} {y:g}"]
    stops = [(bx, by - half, by + half) for bx, by in points[1:-1]] + [(end_x, end_y - half - 5, 0.0)]
    if len(points) > 2:
        middle = points[1]
    elif x == end_x:
        middle = (x, (y + end_y - half) / 2)
    else:
        middle = (x, y + 15) if at_start else (end_x, end_y - half - 20)
    outer = len(points) == 2 and (x > end_x if not at_start else x < end_x)  # it leaves to the right of its text
    anchor, side = ("end", -7) if outer else ("start", 7)
    for bx, top, bottom in stops:
        turn = (y + top) / 2
        path.append(f"C{x:g} {turn:g} {bx:g} {turn:g} {bx:g} {top:g}" if bx != x else f"L{bx:g} {top:g}")
        x, y = bx, top
        if bottom:
            path.append(f"L{bx:g} {bottom:g}")
            y = bottom
    tip = f"M{end_x - 4:g} {end_y - half - 7:g}L{end_x + 4:g} {end_y - half - 7:g}L{end_x:g} {end_y - half:g}Z"
    return Arrow("".join(path), tip, round(middle[0] + side, 1), round(middle[1], 1), anchor, lines)


def _topological(nodes: Mapping[str, _Node], edges: Mapping[tuple[str, str], object]) -> list[str]:
    """The nodes, each after those that lead to it, else in the order given."""
    left = {name: sum(b == name for _, b in edges) for name in nodes}
    order: list[str] = []
    ready = [name for name in nodes if not left[name]]
    while ready:
        name = ready.pop(0)
        order.append(name)
        for a, b in edges:
            if a == name:
                left[b] -= 1
                if not left[b]:
                    ready.append(b)
    return order
