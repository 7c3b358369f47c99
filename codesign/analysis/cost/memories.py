"""FIFOs, constant memories and buffers."""

from __future__ import annotations

from math import ceil

from codesign.analysis.primitives import fifo_luts, prefers_bram, ram_bram18, ram_luts, rom_bram18, rom_luts
from codesign.ir.design import Stream
from codesign.ir.kernels import Memory, MemoryStyle
from codesign.targets import Resources


def stream_cost(stream: Stream) -> Resources:
    """Its FIFO, or one of every lane: shift registers (32 x 1 bits per LUT) and an output register, or block RAM. Each
    has counters and flags of its own."""
    width = stream.width // stream.fifos
    if stream.memory is MemoryStyle.BRAM:
        one = Resources(lut=30, ff=width + 30, bram36=ram_bram18(stream.depth, width) / 2)
    else:
        one = Resources(lut=fifo_luts(stream.depth, width), ff=width + 12)
    return one * stream.fifos


def fifo_memory(depth: int, width: int) -> MemoryStyle:
    """What one FIFO of `depth` words of `width` bits is best made of."""
    in_blocks = prefers_bram(fifo_luts(depth, width), ram_bram18(depth, width))
    return MemoryStyle.BRAM if in_blocks else MemoryStyle.LUTRAM


def memory_cost(memory: Memory) -> Resources:
    """A ROM as its style says; constants in registers are logic and counted there."""
    match memory.style:
        case MemoryStyle.REGISTERS if memory.depth == 1:
            return Resources()
        case MemoryStyle.REGISTERS | MemoryStyle.LUTRAM:
            return Resources(lut=rom_luts(memory.depth, memory.width), ff=memory.width)
        case MemoryStyle.BRAM:
            return Resources(bram36=rom_bram18(memory.depth, memory.width) / 2)
        case MemoryStyle.URAM:
            return Resources(uram=ceil(memory.depth / 4096) * ceil(memory.width / 72))


def ram(depth: int, width: int) -> Resources:
    """A buffer that is written and read: flip-flops for one word, else LUT RAM or block RAM."""
    if depth == 1:
        return Resources(ff=width)
    luts, blocks = ram_luts(depth, width), ram_bram18(depth, width)
    return Resources(bram36=blocks / 2) if prefers_bram(luts, blocks) else Resources(lut=luts, ff=width)


def rom(depth: int, width: int) -> Resources:
    luts, blocks = rom_luts(depth, width), rom_bram18(depth, width)
    return Resources(bram36=blocks / 2) if prefers_bram(luts, blocks) else Resources(lut=luts, ff=width)
