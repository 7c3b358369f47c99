"""Step functions, arg max and softmax: design.evaluate == SystemVerilog, with the cycles of the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.ir.design import Design
from codesign.ir.fixed import MAX_WIDTH, Fixed
from codesign.ir.kernels import Apply
from codesign.ir.layers.requantize import MultiplyShift, StepFunction, Table, Thresholds
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


def apply(b: Builder, function: StepFunction, lanes: int, x: Fixed, y: Fixed, channels: int = 4) -> None:
    """An input of two positions, the step function, an output."""
    wire = b.source(x, 2, channels, lanes)
    out = b.after(wire, y)
    b.process("apply", Apply(function, 2, channels, lanes, x, y), [wire], [out])
    b.sink(out)


def test_corners_of_each_form(tmp_path: Path) -> None:
    """Products in a slice and in the fabric, of constants whose digits are none, one and many; many levels and none;
    tables of several banks; equal elements; a sum of powers that one element has alone."""
    b = builder(3)
    wide, byte = Fixed(16), Fixed(8)
    taking_turns = MultiplyShift(np.array([511, -300, 1, 0]), np.array([0, -70000, 9, 1 << 20]), 12, -128, 127)
    small = MultiplyShift(np.array([5, -3, 1, 0]), np.array([0, 1, -9, 40]), 2, -8, 7)
    for lanes in (1, 2, 4):
        apply(b, taking_turns, lanes, wide, byte)
        apply(b, small, lanes, Fixed(7, 0, False), Fixed(4))
    apply(b, MultiplyShift(np.array([87]), np.array([3, -5, 0, 1]), 5, -128, 127), 2, byte, byte)
    levels = np.sort(b.codes(wide, (4, 15)), axis=1)
    rising_and_falling = Thresholds(np.array([0, 15, 3, 7]), np.array([1, -1, 0, 1]), levels)
    for lanes in (1, 2, 4):
        apply(b, rising_and_falling, lanes, wide, Fixed(6))
    apply(b, Thresholds(np.array([-2, 3, 1, 0]), np.ones(4, dtype=np.int64), np.zeros((4, 0), np.int64)), 2, byte, byte)
    apply(b, Table(-8, b.codes(byte, (4, 16))), 2, Fixed(4), byte)
    apply(b, Table(-8, b.codes(byte, (1, 16))), 2, Fixed(4), byte)
    for lanes in (1, 3, 6):
        b.sink(argmax(b, b.source(Fixed(1, 0, lanes == 3), 2, 6, lanes)))  # mostly equal elements
        b.sink(softmax(b, b.source(Fixed(1, 0, False), 2, 6, lanes)))
    assert_cosimulated(b.design, random_codes(b.design, 12), tmp_path)
