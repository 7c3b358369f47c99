"""How much each bit matters, without flipping all of them.

The saliency of a parameter that changes by u is h u^2 / 2, h being its entry of the diagonal of the error's Hessian;
of a squared error h is, in the Gauss-Newton approximation, the mean over samples of the squared derivative of the
output (LeCun, Denker and Solla, Optimal Brain Damage, 1989). A flip of bit b of weight (i, j) has u = 2^b, and the
output sees the weight only through sum j, so that its derivative is x_i D_j. The score of the bit is

    4^b * mean over samples of x_i^2 D_j^2,

the factor 1/2 left out, with D_j = (output with s added to the sum j - output) / s, in integers as the hardware
computes it, wrapping included. A requantizer is a staircase, flat from near and clipped from far, so D_j depends on s:
for each bit it is the secant over the power of 4 next to what the bit moves the sum by, 2^b times the root mean square
of x_i, to the side to which it moves it. Where a weight is used at several positions, all of them move together, and
x_i^2 is its mean over them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codesign.faults.suffix import Suffix
from codesign.faults.weights import Weights
from codesign.ir.layers import Conv
from codesign.ir.tensor import Array
from codesign.progress import Progress, silent

Floats = NDArray[np.float64]


def output_error(suffix: Suffix, outputs: list[Array]) -> Floats:
    """(n,): the squared difference of the outputs from those without an upset, in their units, summed."""
    total = np.zeros(suffix.samples)
    for output, good, bad in zip(suffix.network.outputs, suffix.outputs, outputs, strict=True):
        if good is not bad:
            step = np.array([float(v) for v in suffix.network[output.source].type.step.values])
            total += (((bad - good) * step) ** 2).reshape(suffix.samples, -1).sum(axis=1)
    return total


def scores(suffix: Suffix, weights: Weights, progress: Progress = silent) -> Floats:
    """(rows, outputs, bits): the estimate of the mean squared output error of a flip of each bit."""
    outputs, width = weights.codes.shape[1], weights.element.width
    found = np.zeros(weights.changes.shape)
    node = suffix.network[weights.node]
    ones = np.ones((suffix.samples, *node.type.shape[:-1]), dtype=np.int64)
    widest = node.type.type.width - 1
    squares: tuple[Floats, Floats] | None = None
    for j in range(outputs):
        if squares is None or not _same_group(suffix, weights, j):
            squares = _squares(suffix, weights, j)
        above, below = squares
        power = (above + below).mean(axis=1)
        # log2 of what each bit moves the sum by, to an even number, as far as the sum has bits
        moved = np.log2(np.where(power > 0, power, 1))[:, None] / 2 + np.arange(width)
        sizes = np.clip(2 * np.rint(moved / 2), 0, widest).astype(np.int64)
        rises = weights.changes[:, j] > 0
        for size in np.unique(sizes[power > 0]).tolist():
            up, down = (
                output_error(suffix, suffix.shifted(node.name, j, side * (1 << size) * ones).outputs)
                for side in (1, -1)
            )
            # The sum rises where the weight's change and x have one sign.
            rising, falling = (above @ up + below @ down)[:, None], (above @ down + below @ up)[:, None]
            here = np.where(rises, rising, falling) * 4.0 ** (np.arange(width) - size) / suffix.samples
            found[:, j] = np.where(sizes == size, here, found[:, j])
        found[power == 0, j] = 0
        progress(f"ranking the bits of {weights.origin}", j + 1, outputs)
    return found


def spearman(one: Floats, other: Floats) -> float | None:
    """The rank correlation (Spearman's rho), equal numbers sharing their mean rank; None where one side is constant."""
    ranks = [_ranks(x) for x in (one, other)]
    spread = [r - r.mean() for r in ranks]
    size = float(np.sqrt((spread[0] ** 2).sum() * (spread[1] ** 2).sum()))
    return float((spread[0] * spread[1]).sum()) / size if size else None


def _ranks(x: Floats) -> Floats:
    _, place, counts = np.unique(x, return_inverse=True, return_counts=True)
    found: Floats = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return found


def _same_group(suffix: Suffix, weights: Weights, output: int) -> bool:
    """Whether an output sees the same inputs as the one before it."""
    layer = suffix.network[weights.node].layer
    each = weights.codes.shape[1] // (layer.groups if isinstance(layer, Conv) else 1)
    return bool(output % each)


def _squares(suffix: Suffix, weights: Weights, output: int) -> tuple[Floats, Floats]:
    """(rows, n) twice: the mean over positions of x^2 where x > 0, and where x < 0."""
    found = []
    for row in range(weights.codes.shape[0]):
        x = suffix.seen(weights, row, output).reshape(suffix.samples, -1).astype(np.float64)
        found.append([(np.clip(x, 0, None) ** 2).mean(axis=1), (np.clip(x, None, 0) ** 2).mean(axis=1)])
    both = np.array(found)
    return both[:, 0], both[:, 1]
