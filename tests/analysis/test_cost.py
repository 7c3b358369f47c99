"""The cost model: its pieces by hand, its order of things, and beside what synthesis says."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyosys import libyosys

from codesign.analysis.cost import design_cost, fifo_memory, kernel_cost, memory_cost, stream_cost
from codesign.analysis.primitives import (
    LUTS_PER_BRAM18,
    dsp_slices,
    fifo_luts,
    in_dsp,
    packed_luts,
    product_luts,
    ram_bram18,
    ram_luts,
    rom_bram18,
    rom_luts,
    signed_digits,
)
from codesign.analysis.schedule import pipeline_depth
from codesign.errors import IRError
from codesign.ir.design import Stream, StreamKind
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.kernels import (
    ALL,
    Apply,
    Fork,
    IndexOfMax,
    Join,
    Kernel,
    MatVec,
    Memory,
    MemoryStyle,
    Multiplier,
    Permute,
    Repack,
    SoftmaxUnit,
    WideWindow,
)
from codesign.ir.layers import Dense, Input, SoftmaxTable
from codesign.ir.layers.requantize import MultiplyShift, Shift, Table, Thresholds
from codesign.ir.tensor import Tensor
from codesign.passes.lower import Fold, lower
from codesign.passes.strategy import default_multiplier, made_of
from codesign.targets import Resources
from tests.perceptrons import folds, perceptron
from tests.strategies import typed_networks


def matvec(weights: np.ndarray, bits: int, x: Fixed, fold: Fold) -> MatVec:
    graph = Graph("net")
    graph.add("x", Input(Tensor.of_fixed((len(weights),), x)))
    graph.add("d", Dense(weights, Fixed(bits)), "x")
    graph.outputs = [Output("y", "d", "y")]
    fold = replace(fold, multiplier=default_multiplier(x, Fixed(bits)))
    kernel = lower(graph, {"d": fold}).processes["d"].kernel
    assert isinstance(kernel, MatVec)
    return kernel


# ------------------------------------------------------------------------------------------------ pieces


@given(st.integers(-(2**62), 2**62))
def test_signed_digits_are_the_fewest(value: int) -> None:
    """Against the textbook conversion, digit by digit."""
    count, rest = 0, abs(value)
    while rest:
        if rest % 2:
            rest -= 2 - rest % 4
            count += 1
        rest //= 2
    assert int(signed_digits(np.array([value]))[0]) == count


def test_memories_as_the_data_sheets_say() -> None:
    assert [rom_luts(depth, 8) for depth in (1, 2, 32, 33, 64, 65, 256)] == [0, 4, 4, 8, 8, 16, 32]
    assert [ram_luts(depth, 6) for depth in (32, 64, 65)] == [4, 8, 12]
    assert [rom_bram18(d, w) for d, w in [(512, 36), (1024, 18), (1025, 18), (16384, 1), (4608, 2048)]] == [
        2,
        1,
        2,
        1,
        570,
    ]
    assert ram_bram18(512, 36) == 1
    assert [fifo_luts(depth, 10) for depth in (2, 32, 33)] == [22, 22, 32]


def test_products_go_where_they_are_cheapest() -> None:
    assert [in_dsp(a, b) for a, b in [(6, 6), (8, 8), (16, 2), (16, 3), (2, 30)]] == [False, True, False, True, False]
    assert [dsp_slices(a, b) for a, b in [(8, 8), (18, 27), (18, 28), (19, 27), (32, 32)]] == [1, 1, 2, 2, 4]
    assert product_luts(6, 3) == product_luts(3, 6) == 27
    assert 365 <= product_luts(18, 18) <= 401


def test_a_memory_costs_what_its_style_says() -> None:
    words = np.zeros((512, 4), dtype=np.int64)
    costs = {style: memory_cost(Memory("m", words, Fixed(8), style)) for style in MemoryStyle}
    assert costs[MemoryStyle.LUTRAM] == costs[MemoryStyle.REGISTERS] == Resources(lut=256, ff=32)
    assert costs[MemoryStyle.BRAM] == Resources(bram36=1)
    assert costs[MemoryStyle.URAM] == Resources(uram=1)
    assert memory_cost(Memory("m", words[:1], Fixed(8), MemoryStyle.REGISTERS)) == Resources()


def test_a_deep_fifo_is_block_ram() -> None:
    assert fifo_memory(2, 32) is MemoryStyle.LUTRAM and fifo_memory(4096, 32) is MemoryStyle.BRAM
    assert stream_cost(Stream("s", Fixed(8), 4, 9, depth=2)) == Resources(lut=44, ff=44)
    assert stream_cost(Stream("s", Fixed(8), 4, 9, depth=4096, memory=MemoryStyle.BRAM)).bram36 == 4


def test_every_fifo_of_an_array_has_its_own_pointers_and_flags() -> None:
    array = Stream("s", Fixed(8), 4, 9, StreamKind.ARRAY, depth=2)
    assert stream_cost(array) == Resources(lut=80, ff=80)
    assert stream_cost(replace(array, depth=4096, memory=MemoryStyle.BRAM)) == Resources(lut=120, ff=152, bram36=4)


@given(st.integers(1, 64), st.integers(2, 64), st.integers(2, 20_000))
def test_an_array_never_costs_less_than_words(bits: int, lanes: int, depth: int) -> None:
    """By what its memory is chosen by: LUTs, of which a block is worth so many. This is why streams are words."""

    def price(kind: StreamKind) -> float:
        stream = Stream("s", Fixed(bits), lanes, 1, kind, depth)
        cost = stream_cost(replace(stream, memory=fifo_memory(depth, stream.width // stream.fifos)))
        return cost.lut + 2 * LUTS_PER_BRAM18 * cost.bram36

    # The flags of a FIFO in block RAM take 18 LUTs more, once, and are not what it is chosen by.
    assert price(StreamKind.STRUCT) <= price(StreamKind.ARRAY) + 18


# ------------------------------------------------------------------------------------------------ kernels


def test_zero_weights_cost_nothing_and_powers_of_two_only_their_sum() -> None:
    x = Fixed(8, 0, False)
    none = kernel_cost(matvec(np.zeros((4, 2), dtype=np.int64), 4, x, Fold(2, 4)))
    one = kernel_cost(matvec(np.array([[4, 0], [0, -2], [0, 0], [0, 0]]), 4, x, Fold(2, 4)))
    two = kernel_cost(matvec(np.array([[4, 0], [0, -2], [1, 0], [0, 8]]), 5, x, Fold(2, 4)))
    three = kernel_cost(matvec(np.array([[3, 0], [0, -2], [1, 0], [0, 8]]), 5, x, Fold(2, 4)))
    assert none.lut == one.lut == 0
    assert two.lut == 2 * (8 + 5 + 1), "an adder for each output"
    assert three.lut - two.lut == 8 + 5, "and one for 3x"


def test_a_multiple_of_an_input_is_made_once() -> None:
    x = Fixed(8, 0, False)
    once = kernel_cost(matvec(np.array([[3]]), 4, x, Fold(1, 1)))
    shared = kernel_cost(matvec(np.array([[3, 6, -3, -6]]), 4, x, Fold(4, 1)))
    assert shared.lut == once.lut == 12


def test_wide_products_are_dsp_slices_one_per_lane() -> None:
    weights = np.full((64, 32), 77)
    assert kernel_cost(matvec(weights, 8, Fixed(8), Fold(8, 16))).dsp == 128
    assert kernel_cost(matvec(weights, 16, Fixed(32), Fold(8, 16))).dsp == 256
    assert kernel_cost(matvec(weights % 8, 4, Fixed(8), Fold(8, 16))).dsp == 0


def test_packed_products_take_half_the_slices_and_adders_to_part_them() -> None:
    kernel = matvec(np.full((64, 30), 77), 8, Fixed(8), Fold(5, 16))
    packed = replace(kernel, multiplier=Multiplier.PACKED)
    fabric = replace(kernel, multiplier=Multiplier.LUT)
    assert (kernel_cost(kernel).dsp, kernel_cost(packed).dsp, kernel_cost(fabric).dsp) == (80, 3 * 16, 0)
    assert kernel_cost(packed).lut - kernel_cost(kernel).lut == 2 * 16 * (9 + 16)
    assert kernel_cost(fabric).lut - kernel_cost(kernel).lut == 80 * product_luts(8, 8)
    assert [pipeline_depth(k) for k in (fabric, kernel, packed)] == [4, 6, 7]


def test_constants_are_what_the_kernel_says() -> None:
    kernel = matvec(np.array([[77, 64, 0], [0, 1, 77], [0, 0, 3], [55, 77, 64]]), 8, Fixed(8), Fold(3, 4))
    made = {m: kernel_cost(replace(kernel, multiplier=m)) for m in (Multiplier.LUT, Multiplier.DSP, Multiplier.PACKED)}
    assert [made[m].dsp for m in made] == [0, 4, 3]
    assert made[Multiplier.LUT].lut > made[Multiplier.PACKED].lut > made[Multiplier.DSP].lut


def test_an_input_buffer_exists_only_where_outputs_take_turns() -> None:
    weights = np.ones((64, 4), dtype=np.int64)
    narrow = kernel_cost(matvec(weights, 2, Fixed(4), Fold(4, 1)))
    buffered = kernel_cost(matvec(weights, 2, Fixed(4), Fold(2, 2)))
    assert buffered.lut - narrow.lut > ram_luts(32, 8) - 20


APPLIED = [
    (Shift(3, 4, True, 0, 15), 12 + 12 + 4),
    (Shift(0, 0, False, 0, 15), 12 + 4),
    (Thresholds(np.zeros(1, int), np.ones(1, int), np.arange(15)[None]), 15 * 7 + 4),
    (Table(0, np.zeros((1, 256), dtype=np.int64)), 16),
]


@pytest.mark.parametrize(("function", "luts"), APPLIED)
def test_each_kind_of_step_function_has_its_cost_per_lane(function: Shift, luts: int) -> None:
    for lanes in (1, 4):
        assert kernel_cost(Apply(function, 1, 8, lanes, Fixed(12), Fixed(4, 0, False))).lut == luts * lanes


def test_parameters_of_channels_that_take_turns_are_in_roms() -> None:
    levels = np.sort(np.random.default_rng(0).integers(-99, 99, (64, 15)), axis=1)
    function = Thresholds(np.zeros(64, int), np.ones(64, int), levels)
    alone = kernel_cost(Apply(function, 1, 64, 64, Fixed(12), Fixed(4)))
    turns = kernel_cost(Apply(function, 1, 64, 1, Fixed(12), Fixed(4)))
    assert turns.lut == alone.lut / 64 + rom_luts(64, 15 * 12 + 4)


def test_a_multiplication_of_a_requantizer_is_constant_or_not() -> None:
    multiplier = np.full(16, 0b1010101)
    function = MultiplyShift(multiplier, np.zeros(16, int), 8, 0, 255)
    assert kernel_cost(Apply(function, 1, 16, 16, Fixed(16), Fixed(8))).dsp == 0
    assert kernel_cost(Apply(function, 1, 16, 2, Fixed(16), Fixed(8))).dsp == 2
    assert kernel_cost(Apply(function, 1, 16, 2, Fixed(4), Fixed(8))).dsp == 0


def test_moving_and_comparing_cost_by_their_lanes() -> None:
    x = Fixed(8)
    assert kernel_cost(Repack(16, 2, 8, x)) == Resources(ff=64)
    assert kernel_cost(Repack(16, 8, 2, x)) == Resources(lut=64, ff=64)
    assert kernel_cost(Fork(3, 4, 2, x)) == Resources(lut=12)
    assert kernel_cost(Join(1, 1, 4, 2, x, x, Fixed(9))) == Resources(lut=18, ff=18)
    assert kernel_cost(Join(3, -1, 4, 2, x, x, Fixed(10))).lut == 2 * kernel_cost(Join(1, 1, 4, 2, x, x, Fixed(10))).lut
    assert kernel_cost(IndexOfMax(1, 8, 4, x, Fixed(3, 0, False))).lut == 4 * 15
    order = np.arange(16)[::-1]
    assert kernel_cost(Permute(order, 1, x)).lut < kernel_cost(Permute(order, 4, x)).lut
    softmax = SoftmaxTable.build(Fraction(1, 8), 10, 8, 64)
    costs = [kernel_cost(SoftmaxUnit(softmax, 1, 8, lanes, x, Fixed(8, 0, False))).lut for lanes in (1, 8)]
    assert 6 * costs[0] < costs[1] < 10 * costs[0]


def test_whole_windows_cost_their_registers_and_row_buffers() -> None:
    window = WideWindow(56, 55, 4, 100, (5, 5), Fixed(8))
    whole = kernel_cost(window)
    control = 20 * 12
    assert (whole.lut, whole.bram36) == (4 * ram_luts(55, 32) + control, 0)
    assert whole.ff == 2 * 100 * 8 + 4 * 32 + control
    padded, halves = kernel_cost(replace(window, padding=(2, 2, 2, 2))), kernel_cost(replace(window, lanes=50))
    assert padded.lut - whole.lut == 100 * 8 // 2
    assert halves.lut - whole.lut == 50 * 8
    deep = kernel_cost(WideWindow(4, 500, 64, 576, (3, 3), Fixed(8)))
    assert deep.bram36 == 2 * 15 / 2, "two buffers of 500 words of 512 bits, 36 of them in a block"


def test_a_kernel_without_a_cost_is_our_mistake() -> None:
    class Unknown(Kernel):
        reads = writes = ()
        interval = first_output = 1

        def evaluate(self, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
            return inputs

    with pytest.raises(IRError, match="Unknown has no cost"):
        kernel_cost(Unknown())
    assert all(kernel_cost.dispatch(kernel) is not kernel_cost.dispatch(Unknown) for kernel in ALL)


@settings(max_examples=60)
@given(st.data())
def test_a_design_costs_the_sum_of_its_parts_and_never_less_than_nothing(data: st.DataObject) -> None:
    graph, _ = data.draw(typed_networks())
    design = lower(graph, data.draw(folds(graph)))
    cost = design_cost(design)
    assert set(cost.processes) == set(design.processes)
    assert set(cost.streams) == set(design.streams)
    parts = [*cost.processes.values(), *cost.streams.values()]
    for index, total in enumerate(cost.total):
        assert total == pytest.approx(sum(tuple(part)[index] for part in parts))
    assert all(amount >= 0 for part in parts for amount in part)


# ---------------------------------------------------------------------------------- beside other results


def test_block_ram_and_dsp_slices_of_published_dense_layers() -> None:
    """DeepCalo on the U50, Vivado HLS: 2304 x 256 and 256 x 256 of 16 bits, 128 products at a time."""
    rng = np.random.default_rng(0)
    for inputs, blocks in [(2304, 573), (256, 115)]:
        weights = rng.integers(-(2**15), 2**15, (inputs, 256))
        cost = kernel_cost(matvec(weights, 16, Fixed(16), Fold(128, 1)))
        assert cost.dsp == 128
        assert 0.98 < cost.bram18 / blocks < 1.02


def test_the_fully_parallel_jet_tagger_is_near_published_ones() -> None:
    """6 bits, 16-64-32-32-5: published designs have 40,000 to 63,000 LUTs; they share adders, as ours does, and
    some prune."""
    rng = np.random.default_rng(0)
    graph = perceptron(rng, [16, 64, 32, 32, 5], 6, Fixed(6))
    shapes = {"dense_1": Fold(64, 16), "dense_2": Fold(32, 64), "dense_3": Fold(32, 32), "dense_4": Fold(5, 32)}
    total = design_cost(lower(graph, shapes)).total
    assert 40_000 < total.lut < 63_000
    assert (total.dsp, total.bram36) == (0, 0)
    products = {name: replace(fold, multiplier=Multiplier.LUT) for name, fold in shapes.items()}
    assert 63_000 < design_cost(lower(graph, products)).total.lut < 2.5 * 40_000, "without sharing of sums"


@pytest.mark.slow
@pytest.mark.parametrize(("pe", "simd", "x", "w"), [(1, 4, 6, 6), (1, 8, 1, 2)])
def test_folded_products_beside_yosys(pe: int, simd: int, x: int, w: int, tmp_path: Path) -> None:
    inputs, outputs = 2 * simd, 2 * pe
    kernel = matvec(np.full((inputs, outputs), -(1 << (w - 1))), w, Fixed(x, 0, False), Fold(pe, simd))
    arithmetic = kernel_cost(kernel).lut - rom_luts(4, pe * simd * w) - ram_luts(2, simd * x)
    found = yosys_luts(folded_verilog(pe, simd, x, w, kernel.accumulator.width), tmp_path)
    assert 0.5 < arithmetic / found < 2


@pytest.mark.slow
def test_an_adder_graph_beside_yosys(tmp_path: Path) -> None:
    weights = np.random.default_rng(0).integers(-32, 32, (8, 8))
    graph = made_of(matvec(weights, 6, Fixed(6), Fold(8, 8)), Multiplier.ADDERS).adders
    assert graph is not None
    names = [f"x{i}" for i in range(8)]
    ports = [f"input signed [5:0] {name}" for name in names]
    ports += [f"output reg signed [{graph.types[r.value].width + r.shift}:0] y{i}" for i, r in enumerate(graph.results)]
    lines = [f"module top(input clk, {', '.join(ports)});"]
    for number, a in enumerate(graph.additions, start=8):
        left, right = f"({names[a.left]} <<< {a.left_shift})", f"({names[a.right]} <<< {a.right_shift})"
        lines.append(f"wire signed [{graph.types[number].width - 1}:0] v{number} = {left} {'+-'[a.subtract]} {right};")
        names.append(f"v{number}")
    for i, r in enumerate(graph.results):
        lines.append(f"always @(posedge clk) y{i} <= {'-' * r.negative}({names[r.value]} <<< {r.shift});")
    found = yosys_luts("\n".join([*lines, "endmodule"]), tmp_path)
    assert 0.9 < graph.adder_bits / found < 1.2


@pytest.mark.slow
@pytest.mark.parametrize(("n", "m", "x", "w"), [(8, 2, 6, 6)])
def test_constant_products_beside_yosys(n: int, m: int, x: int, w: int, tmp_path: Path) -> None:
    bits = Fixed(w)
    weights = np.random.default_rng(0).integers(bits.low, bits.high + 1, (n, m))
    kernel = matvec(weights, w, Fixed(x, 0, False), Fold(m, n))
    found = yosys_luts(constant_verilog(weights, x, kernel.accumulator.width), tmp_path)
    assert 0.5 < kernel_cost(kernel).lut / found < 2


def test_yosys_makes_two_products_of_one_slice(tmp_path: Path) -> None:
    """What types_ap.hpp spells, at 8 x 8 bits; LUTs are those that put two weights together."""
    verilog = """
module top(input clk, input signed [7:0] x, first, second, output reg signed [15:0] low, high);
wire signed [26:0] both = (27'(second) <<< 16) + 27'(first);
wire signed [44:0] p = both * $signed({{10{x[7]}}, x});
always @(posedge clk) low <= p[15:0];
always @(posedge clk) high <= p[31:16] + p[15];
endmodule"""
    cells = yosys_cells(verilog, tmp_path)
    assert cells["DSP48E2"] == 1
    assert sum(count for cell, count in cells.items() if cell.startswith("LUT")) <= packed_luts(8, 8)


def yosys_luts(verilog: str, folder: Path) -> int:
    """LUTs after synthesis for UltraScale+ without DSP slices."""
    return sum(count for cell, count in yosys_cells(verilog, folder, "-nodsp").items() if cell.startswith("LUT"))


def yosys_cells(verilog: str, folder: Path, *options: str) -> dict[str, int]:
    """How many of each cell after synthesis for UltraScale+."""
    source, report = folder / "top.v", folder / "stat"
    source.write_text(verilog)
    design = libyosys.Design()
    for command in (
        f"read_verilog -sv {source}",
        " ".join(("synth_xilinx -family xcup -flatten -noiopad -top top", *options)),
        f"tee -q -o {report} stat",
    ):
        libyosys.run_pass(f"tee -q {command}" if not command.startswith("tee") else command, design)
    counts = re.findall(r"^\s+(\d+)\s+(LUT\d|DSP\w+)\s*$", report.read_text(), re.MULTILINE)
    assert counts, "the report counts cells"
    return {cell: int(count) for count, cell in counts}


def adder_tree(terms: list[str]) -> str:
    while len(terms) > 1:
        terms = ["(" + " + ".join(terms[k : k + 2]) + ")" for k in range(0, len(terms), 2)]
    return terms[0]


def folded_verilog(pe: int, simd: int, x: int, w: int, accumulator: int) -> str:
    ports = f"input clk, first, input [{simd * x - 1}:0] x, input [{pe * simd * w - 1}:0] w"
    lines = [f"module top({ports}, output reg signed [{pe * accumulator - 1}:0] y);"]
    for p in range(pe):
        for i in range(simd):
            weight = f"$signed(w[{(p * simd + i) * w} +: {w}])"
            lines.append(f"wire signed [{x + w - 1}:0] t{p}_{i} = $signed({{1'b0, x[{i * x} +: {x}]}}) * {weight};")
        tree = adder_tree([f"t{p}_{i}" for i in range(simd)])
        lines.append(f"wire signed [{accumulator - 1}:0] s{p} = {tree};")
        now = f"y[{p * accumulator} +: {accumulator}]"
        lines.append(f"always @(posedge clk) {now} <= (first ? 0 : $signed({now})) + s{p};")
    return "\n".join([*lines, "endmodule"])


def constant_verilog(weights: np.ndarray, x: int, accumulator: int) -> str:
    n, m = weights.shape
    outputs = ", ".join(f"output reg signed [{accumulator - 1}:0] y{o}" for o in range(m))
    lines = [f"module top(input clk, input [{n * x - 1}:0] x, {outputs});"]
    lines += [f"wire signed [{x}:0] z{i} = x[{i * x} +: {x}];" for i in range(n)]
    for o in range(m):
        tree = adder_tree([f"(({weights[i, o]}) * z{i})" for i in range(n) if weights[i, o]])
        lines.append(f"always @(posedge clk) y{o} <= {tree};")
    return "\n".join([*lines, "endmodule"])
