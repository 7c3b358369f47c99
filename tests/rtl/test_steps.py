"""Step functions, arg max and softmax: design.evaluate == SystemVerilog, with the cycles of the model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.ir.design import Design
from codesign.ir.fixed import MAX_WIDTH
from codesign.verification.vectors import random_codes
from tests.backends.designs import Builder, argmax, multiply_shift, shift, softmax, table, thresholds
from tests.rtl.cosimulated import assert_cosimulated


def builder(seed: int) -> Builder:
    return Builder(Design("net", "net.onnx"), np.random.default_rng(seed))


def chains(seed: int) -> Design:
    """Each kernel several times, of random types and sizes, some of the widest codes."""
    b = builder(seed)
    for grow in (shift, multiply_shift, thresholds, table, argmax, softmax):
        for widest in (8, 8, 20, MAX_WIDTH):
            b.sink(grow(b, b.source(b.fixed(1, widest), b.choice([1, 3]), b.choice([1, 2, 4, 6]))))
    for lanes in (1, 2, 4):  # softmax of several beats, and of one
        b.sink(softmax(b, b.source(b.fixed(), 3, 4, lanes)))
    return b.design


@settings(max_examples=1)
@given(st.integers(0, 2**32 - 1), st.sampled_from([50, 200, 400]))
def test_steps_are_exact_in_integers_and_cycles(
    tmp_path_factory: pytest.TempPathFactory, seed: int, clock_mhz: int
) -> None:
    design = chains(seed)
    assert_cosimulated(design, random_codes(design, 12), tmp_path_factory.mktemp("rtl"), clock_mhz, seed)
