"""Where constants live, and what products are made of."""

import pytest

from codesign.ir.fixed import Fixed
from codesign.ir.kernels import MemoryStyle, Multiplier
from codesign.passes.strategy import Strategy, default_multiplier, memory_style, multipliers


@pytest.mark.parametrize(
    ("depth", "width", "style"),
    [
        (1, 10_000, MemoryStyle.REGISTERS),
        (2, 36, MemoryStyle.LUTRAM),
        (64, 1000, MemoryStyle.LUTRAM),
        (256, 18, MemoryStyle.LUTRAM),  # 72 LUTs, or a block
        (512, 18, MemoryStyle.BRAM),  # 144 LUTs, or a block
        (512, 3, MemoryStyle.LUTRAM),  # 24 LUTs, or a block
        (10_000, 8, MemoryStyle.BRAM),
    ],
)
def test_a_rom_is_kept_in_what_is_cheapest(depth: int, width: int, style: MemoryStyle) -> None:
    assert memory_style(depth, width) is style


def test_the_user_may_decide_but_one_word_is_always_a_constant() -> None:
    assert memory_style(10_000, 8, Strategy.LATENCY) is MemoryStyle.LUTRAM
    assert memory_style(2, 8, Strategy.RESOURCE) is MemoryStyle.BRAM
    for strategy in Strategy:
        assert memory_style(1, 8, strategy) is MemoryStyle.REGISTERS


LUT, DSP, PACKED = Multiplier.LUT, Multiplier.DSP, Multiplier.PACKED


@pytest.mark.parametrize(
    ("x", "w", "strategy", "reuse", "kinds"),
    [
        (Fixed(8), Fixed(8), Strategy.AUTO, 16, (PACKED, DSP, LUT)),
        (Fixed(8), Fixed(8), Strategy.RESOURCE, 16, (PACKED, DSP, LUT)),
        (Fixed(8), Fixed(8), Strategy.LATENCY, 16, (DSP, PACKED, LUT)),
        (Fixed(8), Fixed(8), Strategy.LATENCY, 1, (LUT, DSP, PACKED)),
        (Fixed(8), Fixed(8), Strategy.AUTO, 1, (PACKED, DSP, LUT)),
        (Fixed(12), Fixed(12), Strategy.AUTO, 16, (DSP, LUT)),
        (Fixed(4), Fixed(4), Strategy.AUTO, 16, (LUT, PACKED, DSP)),
        (Fixed(16), Fixed(2), Strategy.AUTO, 16, (LUT, PACKED, DSP)),
        (Fixed(30), Fixed(30), Strategy.AUTO, 16, (DSP, LUT)),
    ],
)
def test_the_types_decide_what_products_may_be_made_of(
    x: Fixed, w: Fixed, strategy: Strategy, reuse: int, kinds: tuple[Multiplier, ...]
) -> None:
    assert multipliers(x, w, strategy, reuse) == kinds


def test_where_nobody_chose_wide_products_are_slices() -> None:
    assert default_multiplier(Fixed(8), Fixed(8)) is DSP
    assert default_multiplier(Fixed(6), Fixed(6)) is default_multiplier(Fixed(30), Fixed(2)) is LUT
