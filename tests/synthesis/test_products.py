"""What Yosys makes of matrix products: a slice for each, or for each pair, that takes in the registers around it, and
block RAM for the weights."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from codesign.analysis.cost import design_cost
from codesign.analysis.primitives import rom_bram18
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import Depthwise, MatVec, MemoryStyle, Multiplier
from codesign.passes.pipelines import pipelines
from codesign.synthesis.cache import Cache
from codesign.synthesis.cells import Area
from codesign.synthesis.design import synthesize_design
from codesign.synthesis.job import Synthesized
from codesign.synthesis.script import Family
from codesign.synthesis.yosys import Limits, find
from tests.rtl.test_products import DSP, LUT, PACKED, S8, U7, matvec
from tests.rtl.test_windows import alone, builder

FOLDED = 64, 12, 3, 4
"""Inputs, outputs, outputs and inputs at a time: an odd output is left beside a pair; weights of 64 words."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Area]:
    """The areas of products by what they are made of."""
    b = builder(3)
    made: dict[str, MatVec | Depthwise] = {
        m.value: matvec(b, *FOLDED, U7, S8, m, MemoryStyle.BRAM) for m in (LUT, DSP, PACKED)
    }
    matrix = b.codes(S8, (9, 8))
    made["depthwise"] = Depthwise.fold("m", matrix, None, S8, U7, Fixed(20), 2, 8, 2, MemoryStyle.LUTRAM, DSP, 3)
    for kernel in made.values():
        alone(b, kernel)
    design = pipelines(b.design)
    cache = Cache(tmp_path_factory.mktemp("cache"))
    family = Family.ULTRASCALE_PLUS
    outcomes = synthesize_design(design, design_cost(design), family, find(), Limits(600), 2, cache).processes
    areas = {}
    for name, process in zip(made, design, strict=True):
        outcome = outcomes[process.name].outcome
        assert isinstance(outcome, Synthesized)
        areas[name] = outcome.area
    return areas


def test_a_slice_makes_a_product_or_a_pair_of_them(found: Mapping[str, Area]) -> None:
    slices = {name: area.resources.dsp for name, area in found.items()}
    assert slices == {"lut": 0, "dsp": 3 * 4, "packed": (1 + 1) * 4, "depthwise": 2 * 3}


def test_slices_take_in_the_registers_of_their_operands_and_results(found: Mapping[str, Area]) -> None:
    """Outside of them there are less than a product's registers would be, M and P of 15 bits or more."""
    for name in ("dsp", "packed"):
        assert found[name].resources.ff < 3 * 4 * 2 * 15 + 100
        assert found[name].resources.lut < found["lut"].resources.lut


def test_weights_are_in_block_ram(found: Mapping[str, Area]) -> None:
    words, bits = 64, 3 * 4 * 8
    for multiplier in (Multiplier.LUT, Multiplier.DSP, Multiplier.PACKED):
        assert 0 < found[multiplier.value].resources.bram36 <= rom_bram18(words, bits) / 2
    assert found["depthwise"].resources.bram36 == 0
