"""The calibrated model of the SystemVerilog's area: every kernel has one, and FIFOs are near what Yosys makes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis.cost import kernel_cost
from codesign.analysis.rtl_area import KERNELS, PRODUCTS, STEPS, design_area, fifo_area, kernel_area
from codesign.errors import IRError
from codesign.ir.design import Stream
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import ALL, Apply, Fork, Grouped, InsideMatVec, MatVec, MemoryStyle, Multiplier, PoolUnit
from codesign.ir.layers.requantize import MultiplyShift, Shift, Table, Thresholds
from tests.backends.designs import one_of_each


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_every_process_has_an_area_with_the_slices_of_the_cost_model(seed: int) -> None:
    design = one_of_each(seed, 1)
    found = design_area(design)
    for process in design:
        area, cost = found.processes[process.name], kernel_cost(process.kernel)
        assert area.lut > 0 and area.ff > 0
        assert (area.dsp, area.uram) == (cost.dsp, cost.uram)
    assert found.streams.keys() == design.streams.keys()


def test_every_kernel_was_compared() -> None:
    assert set(ALL) == {*KERNELS, MatVec, InsideMatVec, Grouped, Apply}
    assert set(PRODUCTS) == set(Multiplier)
    assert set(STEPS) == {Shift, MultiplyShift, Table, Thresholds}


def test_a_kernel_that_was_never_compared_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(KERNELS, Fork)
    with pytest.raises(IRError, match="area: Fork was never compared with synthesis"):
        kernel_area(Fork(2, 3, 1, Fixed(4)))


# (bits, words, memory) with LUTs and flip-flops by Yosys 0.70 for UltraScale+ and for 7-series
FIFOS = [
    ((4, 2, MemoryStyle.LUTRAM), (16, 5), (12, 5)),
    ((100, 2, MemoryStyle.LUTRAM), (72, 5), (76, 5)),
    ((56, 5, MemoryStyle.LUTRAM), (49, 12), (57, 12)),
    ((32, 16, MemoryStyle.LUTRAM), (43, 17), (43, 17)),
    ((8, 17, MemoryStyle.LUTRAM), (31, 20), (32, 20)),
    ((64, 200, MemoryStyle.LUTRAM), (424, 32), (456, 32)),
    ((13, 33, MemoryStyle.BRAM), (43, 32), (46, 32)),
    ((32, 64, MemoryStyle.BRAM), (60, 52), (60, 52)),
]


@pytest.mark.parametrize(("fifo", "new", "old"), FIFOS)
def test_a_fifo_has_the_registers_of_synthesis_and_nearly_its_luts(
    fifo: tuple[int, int, MemoryStyle], new: tuple[int, int], old: tuple[int, int]
) -> None:
    bits, words, memory = fifo
    stream = Stream("s", Fixed(bits), 1, 4, depth=words, memory=memory)
    for ultrascale, (lut, ff) in ((True, new), (False, old)):
        found = fifo_area(stream, ultrascale)
        assert found.ff == ff
        assert abs(found.lut - lut) <= 4 + 0.1 * lut
        assert found.bram36 == (0.5 if memory is MemoryStyle.BRAM else 0)


def test_sums_that_take_turns_are_a_memory() -> None:
    pool = PoolUnit(1, 4, 64, 1, True, Fixed(8), Fixed(8))
    many, few = kernel_area(replace(pool, folds=256)), kernel_area(pool)
    assert many.ff == few.ff
    assert many.lut > few.lut


def test_long_tables_are_blocks() -> None:
    def area(bits: int) -> tuple[float, float]:
        entries = np.zeros((1, 1 << bits), dtype=np.int64)
        found = kernel_area(Apply(Table(0, entries), 1, 4, 2, Fixed(bits, 0, False), Fixed(8)))
        return found.bram36, found.lut

    assert area(8)[0] == 0 and area(9) == (1, 10)
