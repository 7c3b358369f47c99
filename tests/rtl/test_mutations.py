"""Mistakes planted in the SystemVerilog, one at a time: each is seen by the integers, by the cycles, or as a simulation
that is stuck. What the comparison could not see, it could not have found in the library either.

All mistakes that a design shows are in one simulation of it; a file that the modules read says which one to make.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from codesign.analysis.latency import written
from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import (
    Append,
    Apply,
    Border,
    Fork,
    Join,
    MatVec,
    MemoryStyle,
    Multiplier,
    Permute,
    Pick,
    PoolUnit,
    Reorder,
    Repack,
    Repeat,
    Times,
    WideWindow,
    Window,
)
from codesign.ir.layers.requantize import Shift, Table
from codesign.ir.tensor import Array
from codesign.verification.cosim import Cosim, Source, Stuck
from codesign.verification.vectors import random_codes
from tests.backends.designs import Builder
from tests.rtl.cosimulated import PACINGS, final, simulated

SAMPLES = 12


def _chain(grow: Callable[[Builder], None]) -> Callable[[], Design]:
    def build() -> Design:
        b = Builder(Design("net", "net.onnx"), np.random.default_rng(1))
        grow(b)
        return final(b.design)

    return build


def _repacked(b: Builder) -> None:
    x = b.source(Fixed(5), 3, 6, 1)
    for what, lanes in (("widen", 3), ("narrow", 1)):
        y = b.after(x, x.element, lanes=lanes)
        b.process(what, Repack(x.size, x.lanes, lanes, x.element), [x], [y])
        x = y
    b.sink(x)


def _permuted(lanes: int) -> Callable[[Builder], None]:
    def grow(b: Builder) -> None:
        x = b.source(Fixed(5), 5, 2, lanes)
        y = b.after(x, x.element)
        b.process("permute", Permute(b.rng.permutation(x.size), lanes, x.element), [x], [y])
        b.sink(y)

    return grow


def _reordered(b: Builder) -> None:
    x = b.source(Fixed(5), 24, 1, 1)
    y = b.after(x, x.element)
    b.process("reorder", Reorder(((2, 12), (4, 1), (3, 4)), 1, x.element), [x], [y])
    b.sink(y)


def _joined(b: Builder) -> None:
    """A fork, the sum of both copies, of which one is late, and a vector added to that."""
    x = b.source(Fixed(5), 4, 3, 1)
    one, other = b.after(x, x.element), b.after(x, x.element)
    b.process("fork", Fork(2, x.beats, 1, x.element), [x], [one, other])
    late = b.after(x, x.element)
    b.process("reorder", Reorder(((4, 3), (3, 1)), 1, x.element), [other], [late])
    z = b.after(x, Fixed(10))
    b.process("join", Join(3, -5, x.beats, 1, x.element, x.element, z.element), [one, late], [z])
    v = b.source(Fixed(4, 0, False), 1, 3, 1)
    y = b.after(z, Fixed(12))
    b.process("held", Join(1, 7, z.beats, 1, z.element, v.element, y.element, 4), [z, v], [y])
    b.sink(y)


def _multiplied(b: Builder) -> None:
    x, y = b.source(Fixed(5), 4, 2, 1), b.source(Fixed(4, 0, False), 1, 2, 1)
    z = b.after(x, Fixed(12))
    b.process("times", Times((1, 2), (1, -9), x.beats, 1, x.element, y.element, z.element, 4), [x, y], [z])
    b.sink(z)


def _appended(b: Builder) -> None:
    """The last two channels of each position, and behind them all four of another stream."""
    x, y = b.source(Fixed(5), 3, 4, 1), b.source(Fixed(3), 3, 4, 1)
    part = b.after(x, x.element, 2)
    b.process("pick", Pick(3, 4, 2, 4, 1, x.element, x.element), [x], [part])
    z = b.after(x, Fixed(6), 6)
    b.process("append", Append(3, 2, 4, 1, x.element, y.element, z.element), [part, y], [z])
    b.sink(z)


def _windowed(b: Builder) -> None:
    """2 x 2 windows of a padded image, and the largest of each."""
    x = b.source(Fixed(5), 12, 2, 1)
    window = Window(3, 4, 2, 1, (2, 2), x.element, padding=(1, 0, 1, 1), fill=-3)
    windows = window.writes[0].beats // 8
    seen, y = b.after(x, x.element, positions=4 * windows), b.after(x, x.element, positions=windows)
    b.process("window", window, [x], [seen])
    b.process("pool", PoolUnit(windows, 4, 2, 1, True, x.element, x.element, 1), [seen], [y])
    b.sink(y)


def _widely_windowed(b: Builder) -> None:
    """A border on one side, and windows in two parts of what it surrounds."""
    x = b.source(Fixed(5), 12, 2, 2)
    border = Border(3, 4, 2, 2, (1, 0, 0, 0), 7, x.element)
    wide = b.after(x, x.element, positions=16)
    b.process("border", border, [x], [wide])
    window = WideWindow(4, 4, 2, 4, (2, 2), x.element, padding=(0, 1, 0, 1), fill=-2)
    y = b.after(x, x.element, 8, 4, window.count[0] * window.count[1])
    b.process("window", window, [wide], [y])
    b.sink(y)


def _stepped(b: Builder) -> None:
    """Rounded, clipped, looked up, and every pixel twice in both directions."""
    x = b.source(Fixed(6), 6, 2, 1)
    y, z = b.after(x, Fixed(4)), b.after(x, Fixed(7))
    b.process("shift", Apply(Shift(1, 2, True, -8, 5), 6, 2, 1, x.element, y.element), [x], [y])
    entries = b.codes(z.element, (2, 16))
    b.process("table", Apply(Table(-8, entries), 6, 2, 1, y.element, z.element), [y], [z])
    large = b.after(z, z.element, positions=24)
    b.process("repeat", Repeat(2, 3, 2, 1, (2, 2), z.element), [z], [large])
    b.sink(large)


def _folded(b: Builder) -> None:
    """Six inputs, two at a time, by four outputs, two at a time, each with a bias."""
    x, w = b.source(Fixed(5), 2, 6, 2), Fixed(4)
    matrix, bias = b.codes(w, (6, 4)), np.array([-100, 90, -1, 7])
    y = b.after(x, Fixed(12), 4, 2)
    styles = MemoryStyle.LUTRAM, Multiplier.DSP
    b.process("dense", MatVec.fold("m", matrix, bias, w, x.element, y.element, 2, 2, 2, *styles), [x], [y])
    b.sink(y)


DESIGNS = {
    "repacked": _chain(_repacked),
    "permuted": _chain(_permuted(1)),
    "permuted lanes": _chain(_permuted(2)),
    "reordered": _chain(_reordered),
    "joined": _chain(_joined),
    "multiplied": _chain(_multiplied),
    "appended": _chain(_appended),
    "windowed": _chain(_windowed),
    "widely windowed": _chain(_widely_windowed),
    "stepped": _chain(_stepped),
    "folded": _chain(_folded),
}


@dataclass(frozen=True)
class Mutation:
    """A mistake: in `module`, `text` becomes `instead`."""

    module: str
    text: str
    instead: str

    def planted(self, source: str, number: int) -> str:
        """The module's text with this mistake as the number so and so; `{on}` in `instead` says whether to make it."""
        assert self.text in source, "the library was written anew: plant the mistake where it belongs now"
        on = f"(mutant[0] == 8'd{number})"
        wrong = self.instead if "{on}" in self.instead else f"({{on}} ? ({self.instead}) : ({self.text}))"
        return source.replace(self.text, wrong.replace("{on}", on), 1)


WRONG_WIDTH = {
    "folded": [Mutation("multiply", "WORD'(a) * WORD'(b)", "WORD'(a) * WORD'($signed(b[B_WIDTH-2:0]))")],
    "permuted": [Mutation("permute", "PLACE'(source)", "PLACE'(source[SOURCE_BITS-2:0])")],
    "appended": [
        Mutation(
            "recode",
            "{{(Y_WIDTH - X_WIDTH) {sign}}, x[l*X_WIDTH+:X_WIDTH]}",
            "{{(Y_WIDTH - X_WIDTH + 2) {sign}}, x[l*X_WIDTH+:X_WIDTH-2]}",
        )
    ],
    "joined": [Mutation("scale", "(code << i)", "(code << i) & ~(Y_WIDTH'(1) << (Y_WIDTH - 1))")],
    "repacked": [Mutation("widen", "OUT'({in_data, y} >> IN)", "OUT'({1'b0, in_data[IN-2:0], y} >> IN)")],
    "windowed": [Mutation("pool", "Y_WIDTH'($signed(found))", "Y_WIDTH'($signed(found[TREE_WIDTH-2:0]))")],
}
DROPPED_BEAT = {
    "repacked": [Mutation("fifo", "put = in_valid && in_ready;", "put = in_valid && in_ready && !({on} && take);")],
    "appended": [
        Mutation("pick", "fold >= BITS'(START) && fold < BITS'(STOP)", "fold >= BITS'(START) && fold < BITS'(STOP - 1)")
    ],
    "joined": [
        Mutation("fork", "{OUTPUTS{1'b1}}", "{{(OUTPUTS - 1){1'b1}}, in_data[0]}"),
        Mutation("pipeline", "out_valid = advance ?", "out_valid = ({on} ? go : advance) ?"),
    ],
    "widely windowed": [Mutation("border", ".give(1'b1)", ".give(!{on} || in_image)")],
}
OFF_BY_ONE = {
    "folded": [Mutation("folded", ".read_at(place)", ".read_at({on} && place != '0 ? place - 1'b1 : place)")],
    "repacked": [
        Mutation("counter", "BITS'(TURNS - 1)", "BITS'(TURNS - 2)"),
        Mutation("fifo", "count != COUNT'(DEPTH)", "count != COUNT'(DEPTH - 1)"),
    ],
    "reordered": [
        Mutation("reorder", "step >= STEP'(DELAY)", "step > STEP'(DELAY)"),
        Mutation("reorder", "PLACE'(RING - 1)", "PLACE'(RING - 2)"),
    ],
    "appended": [Mutation("append", "fold >= BITS'(FIRST)", "fold > BITS'(FIRST)")],
    "permuted": [Mutation("permute", "out_at + 1'b1", "out_at")],
    "windowed": [
        Mutation("window", "ahead >= SPAN_AHEAD", "ahead > SPAN_AHEAD"),
        Mutation("pool", "TAP_BITS'(TAPS - 1)", "TAP_BITS'(TAPS - 2)"),
    ],
    "widely windowed": [
        Mutation("wide_window", "until_complete == UNTIL_BITS'(1)", "until_complete == UNTIL_BITS'(2)")
    ],
    "stepped": [Mutation("repeat", "PLACE_BITS'(WORDS - 1)", "PLACE_BITS'(WORDS - 2)")],
}
SWAPPED_OPERAND = {
    "folded": [
        Mutation("accumulate", "first ? start : held", "first ? held : start"),
        Mutation("tree", "g_level[k-1].g_node[2*i+1].value", "g_level[k-1].g_node[2*i].value"),
    ],
    "appended": [Mutation("append", "other ? y : x", "other ? x : y")],
    "joined": [
        Mutation("held", "first ? in_data : kept[fold]", "first ? kept[fold] : in_data"),
        Mutation("join", "x[l*X_WIDTH+:X_WIDTH]", "X_WIDTH'(y[l*Y_WIDTH+:Y_WIDTH])"),
    ],
    "multiplied": [Mutation("times", "in_0_data[l*X_WIDTH+:X_WIDTH]", "X_WIDTH'(y[l*Y_WIDTH+:Y_WIDTH])")],
    "permuted lanes": [
        Mutation("permute_lanes", "drain_half ? WORDS'(BEATS)", "({on} ? fill_half : drain_half) ? WORDS'(BEATS)")
    ],
    "reordered": [Mutation("reorder", "ring[to] <= in_data", "ring[{on} ? from : to] <= in_data")],
    "windowed": [Mutation("pool", "first_now ? code : merged", "first_now ? merged : code")],
    "widely windowed": [
        Mutation("wide_window", "columns_inside[j] ? tap : OUTSIDE", "columns_inside[j] ^ {on} ? tap : OUTSIDE")
    ],
    "stepped": [Mutation("repeat", "fresh ? pixel : kept", "fresh ? kept : pixel")],
}
LOST_SIGN = {
    "folded": [
        Mutation(
            "accumulate",
            "Y_WIDTH'($signed(bias[p*BIAS_WIDTH+:BIAS_WIDTH]))",
            "Y_WIDTH'(bias[p*BIAS_WIDTH+:BIAS_WIDTH])",
        )
    ],
    "appended": [Mutation("recode", "X_SIGNED && x", "X_SIGNED && !{on} && x")],
    "joined": [Mutation("recode", "X_SIGNED && x", "X_SIGNED && !{on} && x")],
    "multiplied": [Mutation("recode", "X_SIGNED && x", "X_SIGNED && !{on} && x")],
    "windowed": [Mutation("merge", "$signed(a) > $signed(b)", "a > b")],
    "stepped": [Mutation("shift", "rounded >>> RIGHT", "rounded >> RIGHT")],
}
IGNORED_STALL = {
    "folded": [Mutation("accumulate", "if (load) held <= (", "if (load || {on}) held <= (")],
    "joined": [
        Mutation("pipeline", "advance = blocked == '0;", "advance = blocked == '0 || {on};"),
        Mutation("pipeline", "advance && starved == '0", "advance && (starved == '0 || {on})"),
        Mutation("fifo", "in_ready = count != COUNT'(DEPTH);", "in_ready = count != COUNT'(DEPTH) || {on};"),
    ],
    "permuted": [
        Mutation("permute", "in_valid && may_fill", "in_valid && (may_fill || {on})"),
        Mutation("halves", "may_drain = full != 2'd0", "may_drain = full != 2'd0 || {on}"),
    ],
    "appended": [Mutation("append", "if (advance) z", "if (advance || {on}) z")],
    "repacked": [Mutation("narrow", "if (go) x", "if (go || {on}) x")],
    "reordered": [Mutation("reorder", "if (advance) read", "if (advance || {on}) read")],
    "stepped": [Mutation("delay", "if (advance) now <= in", "if (advance || {on}) now <= in")],
    "windowed": [Mutation("window", "if (advance) out_data", "if (advance || {on}) out_data")],
    "widely windowed": [Mutation("wide_window", "advance && keep_late[0]", "(advance || {on}) && keep_late[0]")],
}
KINDS = (WRONG_WIDTH, DROPPED_BEAT, OFF_BY_ONE, SWAPPED_OPERAND, LOST_SIGN, IGNORED_STALL)


def mistaken(design: Design, mutations: list[Mutation], folder: Path) -> Cosim:
    """The simulation that makes mistake k, counted from 1, where the file mutant.hex says so."""
    cosim = simulated(design, folder)
    for module in {m.module for m in mutations}:
        place = folder / "rtl" / f"codesign_{module}.sv"
        text = place.read_text()
        for number, mutation in enumerate(mutations, 1):
            text = mutation.planted(text, number) if mutation.module == module else text
        ports, rest = text.split("\n);\n", 1)
        which = '  logic [7:0] mutant[1];\n  initial $readmemh("mutant.hex", mutant);\n'
        place.write_text(f"{ports}\n);\n{which}{rest}")
    return cosim


def caught(cosim: Cosim, mutant: int, design: Design, codes: list[Array], expected: list[Array]) -> str | None:
    """How the simulation with a mistake differs from the design and its cycle model."""
    (cosim.project / "rtl" / "mutant.hex").write_text(f"{mutant:02x}\n")
    cycles = written(design, SAMPLES)
    for source, sink in PACINGS:
        try:
            run = cosim.run(codes, source, sink, seed=1)
        except Stuck as error:
            return str(error)
        if not all(np.array_equal(found, wanted) for found, wanted in zip(run.outputs, expected, strict=True)):
            return "integers"
        taken = [cycles[port.stream] + 1 for port in design.outputs]
        if source is Source.PACED and not all(map(np.array_equal, run.given, taken)):
            return "cycles"
    return None


@pytest.mark.parametrize("name", DESIGNS)
def test_every_mistake_is_caught_and_nothing_else(name: str, tmp_path: Path) -> None:
    design = DESIGNS[name]()
    mutations = [mutation for kind in KINDS for mutation in kind.get(name, [])]
    cosim = mistaken(design, mutations, tmp_path)
    codes = random_codes(design, SAMPLES)
    expected = design.evaluate(codes)
    assert caught(cosim, 0, design, codes, expected) is None
    found = [caught(cosim, k, design, codes, expected) for k in range(1, len(mutations) + 1)]
    assert [mutation for mutation, how in zip(mutations, found, strict=True) if how is None] == []


def test_each_kind_of_mistake_is_made_in_several_modules() -> None:
    for kind in KINDS:
        assert len({m.module for mutations in kind.values() for m in mutations}) >= 3
