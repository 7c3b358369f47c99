"""What a layer's constants and multipliers are made of: registers, LUT ROMs or block RAM; fabric or DSP slices."""

from __future__ import annotations

from codesign.analysis.primitives import in_dsp, packable, prefers_bram, rom_bram18, rom_luts
from codesign.config import Strategy
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import MemoryStyle, Multiplier


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
    in_blocks = prefers_bram(rom_luts(depth, width), rom_bram18(depth, width))
    return MemoryStyle.BRAM if in_blocks else MemoryStyle.LUTRAM


def multipliers(x: Fixed, w: Fixed, strategy: Strategy, reuse: int) -> tuple[Multiplier, ...]:
    """What the products of a matrix of codes of type `w` may be made of, in order of preference.

    Adders where a product is not worth a slice, or where all weights are constants (a reuse factor of one) and
    latency is what counts. Else slices, two products in each where the types allow it: it costs a level of addition
    more, so latency prefers one in each.
    """
    slices = [Multiplier.PACKED] if packable(x, w) else []
    slices.insert(0 if strategy is Strategy.LATENCY else len(slices), Multiplier.DSP)
    if in_dsp(x.width, w.width) and not (reuse == 1 and strategy is Strategy.LATENCY):
        return (*slices, Multiplier.LUT)
    return (Multiplier.LUT, *slices)


def default_multiplier(x: Fixed, w: Fixed) -> Multiplier:
    """What a product of codes of these types is made of where nobody chose: what vendor tools would take."""
    return Multiplier.DSP if in_dsp(x.width, w.width) else Multiplier.LUT
