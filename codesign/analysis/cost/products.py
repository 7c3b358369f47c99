"""Products with weights."""

from __future__ import annotations

import numpy as np

from codesign.analysis.cost.kernel import kernel_cost
from codesign.analysis.cost.memories import memory_cost, ram
from codesign.analysis.cost.windows import inside_tables
from codesign.analysis.primitives import dsp_slices, packed_luts, product_luts, signed_digits
from codesign.errors import IRError
from codesign.ir.kernels import Depthwise, Grouped, InsideMatVec, MatVec, Multiplier
from codesign.ir.tensor import Array
from codesign.targets import Resources


@kernel_cost.register
def _(kernel: MatVec) -> Resources:
    """Products, per output an adder tree over the inputs of a fold and an accumulator, the input's buffer, the ROMs.

    With one fold every weight is a constant: see `_constant_products`; an adder graph is all of these at once.
    """
    x, w, n = kernel.x.width, kernel.weights.element.width, kernel.simd
    accumulators = kernel.pe * kernel.accumulator.width
    if kernel.adders is not None:
        products, adders = Resources(), kernel.adders.adder_bits_of(kernel.accumulator.width)
    elif kernel.reuse_factor == 1:
        products, adders = _constant_products(kernel), _constant_adders(kernel)
    else:
        products = _products(kernel.pe, n, x, w, kernel.multiplier)
        adders = kernel.pe * _tree_luts(n, x + w) + (accumulators if kernel.inputs > n else 0)
    if kernel.bias is not None and kernel.inputs == n:
        adders += accumulators
    total = products + Resources(lut=adders, ff=adders // 2 + accumulators)
    if kernel.outputs > kernel.pe:
        total += ram(kernel.inputs // n, n * x)
    return sum(map(memory_cost, kernel.memories()), total)


@kernel_cost.register
def _(kernel: Grouped) -> Resources:
    """As a folded MatVec of one group, with the ROMs of all."""
    x, w, n = kernel.x.width, kernel.weights.element.width, kernel.simd
    accumulators = kernel.pe * kernel.accumulator.width
    adders = kernel.pe * _tree_luts(n, x + w) + (accumulators if kernel.inputs > n or kernel.bias is not None else 0)
    total = _products(kernel.pe, n, x, w, kernel.multiplier) + Resources(lut=adders, ff=adders // 2 + accumulators)
    if kernel.outputs > kernel.pe:
        total += ram(kernel.inputs // n, n * x)
    return sum(map(memory_cost, kernel.memories()), total)


def _products(outputs: int, inputs: int, x: int, w: int, multiplier: Multiplier) -> Resources:
    """Multipliers of as many inputs of `x` bits with weights of `w` bits for each output."""
    count = outputs * inputs
    match multiplier:
        case Multiplier.LUT:
            return Resources(lut=count * product_luts(x, w), ff=count * (x + w) // 2)
        case Multiplier.DSP:
            return Resources(dsp=count * dsp_slices(x, w))
        case Multiplier.PACKED:
            pairs = outputs // 2 * inputs
            return Resources(lut=pairs * packed_luts(x, w), ff=pairs * (x + w), dsp=count - pairs)
        case Multiplier.ADDERS:
            raise IRError("cost: an adder graph has no multipliers")


def _constant_products(kernel: MatVec) -> Resources:
    """Products with constants: for each input every odd multiple once (tools find equal ones, shifts are free and
    signs go into the adders), made of one adder per digit beyond the first; in a DSP slice, if that is what they are
    to be made of, from three digits on. Two packed weights are one constant, and need no slice where that is zero or
    a power of two."""
    x, w = kernel.x.width, kernel.weights.element.width
    matrix = kernel.matrix()
    if kernel.multiplier is Multiplier.PACKED:
        even = matrix.shape[1] // 2 * 2
        pairs = int((signed_digits(matrix[:, :even]).reshape(len(matrix), -1, 2).sum(axis=2) > 1).sum())
        left = int((signed_digits(matrix[:, even:]) > 2).sum())
        return Resources(lut=pairs * (x + w), ff=pairs * (x + w), dsp=pairs + left)
    lut = ff = dsp = 0
    for row in matrix:
        odd = np.unique(_odd_part(np.abs(row[row != 0])))
        digits = signed_digits(odd)
        slices = int((digits > 2).sum()) if kernel.multiplier is Multiplier.DSP else 0
        adders = int((digits - 1).sum()) if not slices else int((digits == 2).sum())
        lut += adders * (x + w)
        ff += adders * (x + w) // 2
        dsp += slices * dsp_slices(x, w)
    return Resources(lut=lut, ff=ff, dsp=dsp)


def _constant_adders(kernel: MatVec) -> int:
    """LUTs to sum the products: for each output as many adders as it has non-zero weights, less one."""
    terms = (kernel.matrix() != 0).sum(axis=0)
    return sum(_tree_luts(int(k), kernel.x.width + kernel.weights.element.width) for k in terms)


def _odd_part(values: Array) -> Array:
    odd: Array = values // (values & -values)
    return odd


def _tree_luts(terms: int, width: int) -> int:
    """A tree of two-input adders over `terms` numbers of `width` bits, each level a bit wider than the one before."""
    luts = 0
    while terms > 1:
        width += 1
        luts += terms // 2 * width
        terms = (terms + 1) // 2
    return luts


@kernel_cost.register
def _(kernel: InsideMatVec) -> Resources:
    """A product, and a table of how the windows of a row and of a column start and end."""
    return kernel_cost.dispatch(MatVec)(kernel) + inside_tables(kernel.window, kernel.inputs // kernel.simd)


@kernel_cost.register
def _(kernel: Depthwise) -> Resources:
    """Products with a tree of adders and an accumulator per result, and the ROMs."""
    x, w, count = kernel.x.width, kernel.weights.element.width, kernel.lanes * kernel.multiplier
    accumulators, tree = count * kernel.accumulator.width, count * _tree_luts(kernel.beside, x + w)
    adders = Resources(lut=accumulators + tree, ff=2 * accumulators + tree // 2)
    total = _products(1, count * kernel.beside, x, w, kernel.products) + adders
    return sum(map(memory_cost, kernel.memories()), total)
