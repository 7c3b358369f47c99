"""Products of integer matrices, exact at the speed of floating point where that is exact too."""

from __future__ import annotations

import numpy as np

from codesign.ir.tensor import Array


def matmul(x: Array, weights: Array) -> Array:
    """The integer product; through float64 BLAS where every partial sum stays below 2^53, so that it is exact.

    Through Python's integers where it could wrap; OverflowError where a result needs more than 63 bits.
    """
    sums = np.abs(weights).sum(axis=0, dtype=np.float64)  # exact below 2^53, and it does not wrap
    largest = int(np.abs(x).max(initial=0)) * int(sums.max(initial=0))
    if largest < 1 << 53:
        y: Array = (x.astype(np.float64) @ weights.astype(np.float64)).astype(np.int64)
        return y
    if largest >= 1 << 63:
        return np.asarray((x.astype(object) @ weights.astype(object)), dtype=np.int64)
    return x @ weights
