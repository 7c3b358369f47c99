"""Kernels that move or combine streams: design.evaluate == SystemVerilog, with the cycles of the model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import Append, Fork, Join, Permute, Pick, Reorder, Repack, Times
from codesign.ir.kernels.combine import Factor
from codesign.verification.vectors import random_codes
from tests.backends.designs import Builder, Wire, fork_join, permute, pick_append, reorder, repack
from tests.rtl.cosimulated import assert_cosimulated


def builder(seed: int) -> Builder:
    return Builder(Design("net", "net.onnx"), np.random.default_rng(seed))


def source(b: Builder, widest: int) -> Wire:
    return b.source(b.fixed(1, widest), b.integer(1, 6) * b.integer(1, 4), b.choice([1, 2, 4, 6]))


def join_of(b: Builder, positions: int, channels: int, lanes: int, left: int, right: int) -> None:
    """left * x + right * y of two inputs; y is a vector where there are several positions."""
    x = b.source(b.fixed(1, 26), positions, channels, lanes)
    y = b.source(b.fixed(1, 20), 1, channels, lanes)
    ends = [[k * code for code in (e.low, e.high)] for k, e in ((left, x.element), (right, y.element))]
    z = b.after(x, Fixed.covering(sum(map(min, ends)), sum(map(max, ends))))
    join = Join(left, right, x.beats, lanes, x.element, y.element, z.element, positions)
    b.process("join", join, [x, y], [z])
    b.sink(z)


def times_of(b: Builder, positions: int, channels: int, lanes: int, left: Factor, right: Factor) -> None:
    """(q * x + p) * (s * y + r) of two inputs; y is a vector where there are several positions."""
    x = b.source(b.fixed(1, 20), positions, channels, lanes)
    y = b.source(b.fixed(1, 20), 1, channels, lanes)
    ends = [[q * code + p for code in (e.low, e.high)] for (q, p), e in ((left, x.element), (right, y.element))]
    products = [u * v for u in ends[0] for v in ends[1]]
    z = b.after(x, Fixed.covering(min(products), max(products)))
    times = Times(left, right, x.beats, lanes, x.element, y.element, z.element, positions)
    b.process("times", times, [x, y], [z])
    b.sink(z)


def chains(seed: int) -> Design:
    """Each kernel several times, of random types and sizes, widest and single lanes among them."""
    b = builder(seed)
    for grow in (repack, permute, permute, fork_join, pick_append, reorder):
        for widest in (8, 20, 57):  # wider codes are narrowed by a step function first
            b.sink(grow(b, source(b, widest)))
    for lanes in (1, 3, 6):
        join_of(b, b.choice([1, 2, 5]), 6, lanes, b.integer(-99, 99), b.integer(-999, 999))
        times_of(b, b.choice([1, 2, 5]), 6, lanes, (1, 0), (1, b.choice([0, 7])))
        times_of(b, b.choice([1, 2, 5]), 6, lanes, (b.integer(1, 99), b.integer(-99, 99)), (1, 0))
    return b.design


# Every example costs a run of Verilator and g++, so there are few, each with many instances, and none is made smaller.
@settings(max_examples=1, phases=[Phase.generate])
@given(st.integers(0, 2**32 - 1), st.sampled_from([100, 200, 400]))
def test_kernels_that_move_streams_are_exact_in_integers_and_cycles(
    tmp_path_factory: pytest.TempPathFactory, seed: int, clock_mhz: int
) -> None:
    design = chains(seed)
    assert {type(p.kernel) for p in design} >= {Repack, Permute, Fork, Join, Append, Pick, Reorder, Times}
    assert_cosimulated(design, random_codes(design, 6), tmp_path_factory.mktemp("rtl"), clock_mhz, seed)


def test_the_smallest_of_each_kernel(tmp_path: Path) -> None:
    b = builder(0)
    smallest: list[Callable[[Builder, Wire], Wire]] = [repack, permute, fork_join, pick_append, reorder]
    for grow in smallest:
        b.sink(grow(b, b.source(Fixed(1, 0, False), 1, 1)))
        b.sink(grow(b, b.source(Fixed(1, 0, True), 1, 2, 2)))
    for left, right in ((1, 0), (0, 0), (-1, 1)):
        join_of(b, 1, 1, 1, left, right)
    join_of(b, 2, 1, 1, 1, 1)
    times_of(b, 1, 1, 1, (1, 0), (1, 0))
    times_of(b, 3, 1, 1, (3, -1), (1, 1))
    assert_cosimulated(b.design, random_codes(b.design, 8), tmp_path)


def test_a_fork_to_many_is_as_slow_as_the_slowest(tmp_path: Path) -> None:
    b = builder(0)
    x = b.source(Fixed(7), 4, 6, 3)
    copies = [b.after(x, x.element) for _ in range(5)]
    b.process("fork", Fork(5, x.beats, x.lanes, x.element), [x], copies)
    narrow = b.after(x, x.element, lanes=1)
    b.process("narrow", Repack(x.size, x.lanes, 1, x.element), [copies[3]], [narrow])
    for wire in (*copies[:3], copies[4], narrow):
        b.sink(wire)
    assert_cosimulated(b.design, random_codes(b.design, 5), tmp_path)
