"""What a layer's constants and multipliers are made of: registers, LUT ROMs or block RAM; fabric or DSP slices."""

from __future__ import annotations

from dataclasses import replace

from codesign.analysis.cost import kernel_cost
from codesign.analysis.primitives import in_dsp, packable, prefers_bram, rom_bram18, rom_luts
from codesign.config import Strategy
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import MatVec, MemoryStyle, Multiplier
from codesign.ir.kernels.multiplier import DSP_A
from codesign.ir.tensor import Array
from codesign.passes.adder_graph import adder_graph, has_adder_graph


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


def multipliers(
    x: Fixed, w: Fixed, strategy: Strategy, reuse: int, matrix: Array | None = None, port: int = DSP_A
) -> tuple[Multiplier, ...]:
    """What the products of a `matrix` of codes of type `w` may be made of, in order of preference; `port` is the width
    of the wider operand of a DSP slice.

    An adder graph where all weights are constants (a reuse factor of one), and it is found in reasonable time; the
    matrix is not looked at where weights take turns.

    Adders where a product is not worth a slice, or where all weights are constants (a reuse factor of one) and
    latency is what counts. Else slices, two products in each where the types allow it: it costs a level of addition
    more, so latency prefers one in each.
    """
    graph = [Multiplier.ADDERS] if reuse == 1 and matrix is not None and has_adder_graph(matrix) else []
    slices = [Multiplier.PACKED] if packable(x, w, port) else []
    slices.insert(0 if strategy is Strategy.LATENCY else len(slices), Multiplier.DSP)
    if in_dsp(x.width, w.width) and not (reuse == 1 and strategy is Strategy.LATENCY):
        return (*graph, *slices, Multiplier.LUT)
    return (*graph, Multiplier.LUT, *slices)


def default_multiplier(x: Fixed, w: Fixed) -> Multiplier:
    """What a product of codes of these types is made of where nobody chose: what vendor tools would take."""
    return Multiplier.DSP if in_dsp(x.width, w.width) else Multiplier.LUT


def made_of(kernel: MatVec, multiplier: Multiplier | None) -> MatVec:
    """The kernel with its products made of that.

    None leaves the choice: the default for the types, or for constants (a reuse factor of one) an adder graph, if
    that is found in reasonable time and needs no more LUTs than their products and sums would.
    """
    if multiplier is Multiplier.ADDERS:
        return replace(kernel, multiplier=multiplier, adders=adder_graph(kernel.matrix(), kernel.x))
    if multiplier is not None:
        return replace(kernel, multiplier=multiplier)
    products = replace(kernel, multiplier=default_multiplier(kernel.x, kernel.weights.element))
    if kernel.reuse_factor > 1 or not has_adder_graph(kernel.matrix()):
        return products
    adders = made_of(kernel, Multiplier.ADDERS)
    return adders if kernel_cost(adders).lut <= kernel_cost(products).lut else products
