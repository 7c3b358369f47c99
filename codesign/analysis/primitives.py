"""What the pieces of a datapath cost: ROMs, block RAM, multipliers, signed digits of a constant."""

from __future__ import annotations

from math import ceil

import numpy as np

from codesign.ir.fixed import Fixed
from codesign.ir.kernels.multiplier import DSP_A, DSP_B, packed_shift
from codesign.ir.tensor import Array

ROM_SHAPES = ((1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1))
"""(words, bits) of one 18 Kb block read through one port, as vendor tools map ROMs (UG573, UG473)."""
RAM_SHAPES = ((512, 36), *ROM_SHAPES)
"""With a port to write and one to read, a block is 36 bits wide as well."""

LUTS_PER_BRAM18 = 128

DSP_PRODUCT_BITS = 16
"""From how many bits of product on a multiplication is worth a DSP slice. Vendor tools draw the line near here: in
published reports 8 x 8 bit products sit in DSP slices, and of 4,256 products of 6 x 6 bits all but 124 in LUTs."""


def rom_luts(depth: int, width: int) -> int:
    """LUTs of a ROM in logic: a 6-input LUT holds 64 x 1 bits, or two outputs of 32 x 1 (UG574)."""
    if depth <= 1:
        return 0
    return ceil(width / 2) if depth <= 32 else width * ceil(depth / 64)


def ram_luts(depth: int, width: int) -> int:
    """LUTs of a RAM with one write and one read port: 4 LUTs hold 32 x 6 or 64 x 3 bits (UG574)."""
    return 4 * min(ceil(width / 6) * ceil(depth / 32), ceil(width / 3) * ceil(depth / 64))


def fifo_luts(depth: int, width: int) -> int:
    """LUTs of a FIFO in shift registers, 32 x 1 bits each, and its flags."""
    return width * ceil(depth / 32) + 12


def rom_bram18(depth: int, width: int) -> int:
    """18 Kb blocks of a ROM of `depth` words, in the best of the shapes a block has."""
    return min(ceil(depth / words) * ceil(width / bits) for words, bits in ROM_SHAPES)


def ram_bram18(depth: int, width: int) -> int:
    """The same for a RAM with one write and one read port."""
    return min(ceil(depth / words) * ceil(width / bits) for words, bits in RAM_SHAPES)


def prefers_bram(luts: float, blocks: float) -> bool:
    """Whether a memory of so many LUTs is better kept in so many 18 Kb blocks: a bit over a third of what devices
    have of both (LUTs per block: U50 324, VU13P 321, XC7Z020 190), since arithmetic needs LUTs and not blocks."""
    return luts > LUTS_PER_BRAM18 * blocks


def in_dsp(a: int, b: int) -> bool:
    """Whether a product of an `a` bit and a `b` bit number is made in a DSP slice.

    A factor of one or two bits never is: it gates or negates the other, which the adder behind it does for free.
    """
    return min(a, b) > 2 and a + b >= DSP_PRODUCT_BITS


def dsp_slices(a: int, b: int) -> int:
    """DSP slices of one product: the operands are cut into pieces that fit 27 x 18 (one bit each is the sign's)."""
    small, large = sorted((a, b))
    if small <= DSP_B and large <= DSP_A:
        return 1
    return min(
        ceil((small - 1) / (DSP_B - 1)) * ceil((large - 1) / (DSP_A - 1)),
        ceil((small - 1) / (DSP_A - 1)) * ceil((large - 1) / (DSP_B - 1)),
    )


def packable(x: Fixed, w: Fixed, port: int = DSP_A) -> bool:
    """Whether one slice makes the products of a code of type `x` with two weights of type `w`: see `packed_shift`.

    With s bits for the low product, the port of 27 bits (`port`) takes both weights where w + s + 1 <= 27 (s = x + w
    for signed codes), and that of 18 bits takes `x`, which needs a bit for the sign if it has none.
    """
    return packed_shift(x, w, port) is not None


def packed_luts(x: int, w: int) -> int:
    """LUTs around a packed product: an adder that puts the two weights together (the low one's sign reaches w + 1
    bits above it), and one that adds the low product's sign bit to the high one. Where a product is bound to a
    slice, tools leave its pre-adder alone (UG1399 on BIND_OP)."""
    return (w + 1) + (x + w)


def product_luts(a: int, b: int) -> int:
    """LUTs of one product in logic: one row of adders per bit of the smaller factor, each a bit or two wider than
    the larger one. The vendor's core takes 365 to 401 LUTs for 18 x 18 bits, this formula 378. Factors of one or
    two bits gate and negate instead."""
    small, large = sorted((a, b))
    return small * (large + (3 if small > 2 else 1))


def signed_digits(constants: Array) -> Array:
    """The non-zero digits of each constant in canonical signed-digit form, the fewest of any signed form."""
    magnitude = np.abs(constants).astype(np.uint64)
    # w ^ 3w has a bit set exactly where the canonical form has a digit (one place up).
    changed: Array = np.bitwise_count(magnitude ^ (3 * magnitude)).astype(np.int64)
    return changed
