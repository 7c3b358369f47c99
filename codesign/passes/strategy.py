"""What a layer's constants and multipliers are made of: registers, LUT ROMs or block RAM; fabric or DSP slices."""

from __future__ import annotations

from enum import Enum

from codesign.analysis.primitives import bram18, rom_luts
from codesign.ir.kernels.base import MemoryStyle


class Strategy(Enum):
    """What the user prefers for a layer."""

    AUTO = "auto"
    LATENCY = "latency"
    """Constants in logic, whatever they cost."""
    RESOURCE = "resource"
    """Constants in block RAM."""


LUTS_PER_BRAM18 = 256
"""From how many LUTs on a ROM is better kept in one 18 Kb block: about what devices have of both (U50: 324,
VU13P: 321, XC7Z020: 190 LUTs per block)."""


def memory_style(depth: int, width: int, strategy: Strategy = Strategy.AUTO) -> MemoryStyle:
    """Where a ROM of `depth` words of `width` bits lives.

    One word is a constant whatever the user prefers. UltraRAM is never chosen: on UltraScale+ it cannot be
    initialised (UG573), so it holds no constants.
    """
    if depth == 1:
        return MemoryStyle.REGISTERS
    if strategy is Strategy.LATENCY:
        return MemoryStyle.LUTRAM
    if strategy is Strategy.RESOURCE:
        return MemoryStyle.BRAM
    return MemoryStyle.BRAM if rom_luts(depth, width) > LUTS_PER_BRAM18 * bram18(depth, width) else MemoryStyle.LUTRAM
