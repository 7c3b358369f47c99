"""Codes to try a design with, and what they must give."""

from __future__ import annotations

import numpy as np

from codesign.backends.project import Vectors
from codesign.ir.design import Design
from codesign.ir.tensor import Array


def random_codes(design: Design, samples: int, seed: int = 0) -> list[Array]:
    """For each input an array (samples, *shape) of codes in its proved range, the same for the same seed.

    The first sample is all lowest, the second all highest, the third takes one or the other at each element;
    the rest is uniform.
    """
    rng = np.random.default_rng(seed)
    found = []
    for port in design.inputs:
        low, high = port.tensor.low, port.tensor.high
        codes = rng.integers(low, high, size=(samples, *port.tensor.shape), endpoint=True, dtype=np.int64)
        ends = rng.integers(0, 1, size=port.tensor.shape, endpoint=True)
        codes[0:1], codes[1:2], codes[2:3] = low, high, np.where(ends == 1, high, low)
        found.append(codes)
    return found


def random_vectors(design: Design, samples: int, seed: int = 0) -> Vectors:
    """Random codes and the codes that `design` gives for them."""
    inputs = random_codes(design, samples, seed)
    return Vectors(inputs, design.evaluate(inputs))
