"""Where constants live."""

import pytest

from codesign.ir.kernels import MemoryStyle
from codesign.passes.strategy import Strategy, memory_style


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
