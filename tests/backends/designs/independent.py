"""Whole designs of independent chains."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from codesign.ir.design import Design
from codesign.ir.fixed import MAX_WIDTH
from codesign.ir.kernels import Repack
from codesign.ir.layers.requantize import Shift
from tests.backends.designs.builder import Builder, Wire, applied, narrowed
from tests.backends.designs.joins import fork_join, held, times
from tests.backends.designs.moves import border, permute, pick_append, reorder, repack, repeat
from tests.backends.designs.positions import argmax, softmax
from tests.backends.designs.products import depthwise, grouped, matvec
from tests.backends.designs.steps import multiply_shift, shift, table, thresholds
from tests.backends.designs.windows import inside, pool, wide_window, window

IMAGES = (
    window,
    window,
    wide_window,
    wide_window,
    inside,
    inside,
    pool,
    depthwise,
    grouped,
    repeat,
    border,
    pick_append,
    reorder,
)
"""Those that are given images."""
KERNELS = (
    matvec, shift, multiply_shift, thresholds, table, repack, permute, fork_join, times, held, argmax, softmax, *IMAGES
)  # fmt: skip
"""How a chain grows by one kernel (or what the kernel needs); together they reach every kernel."""
STEP_FUNCTIONS = (shift, multiply_shift, thresholds)
"""Those with the most cases."""


def _builder(seed: int) -> Builder:
    return Builder(Design("net", "net.onnx"), np.random.default_rng(seed))


def _input(b: Builder, widest: int) -> Wire:
    return b.source(b.fixed(1, widest), b.choice([1, 3]), b.choice([1, 2, 4, 6]))


def _image(b: Builder, widest: int) -> Wire:
    return b.source(b.fixed(1, widest), b.integer(2, 6) * b.integer(2, 7), b.choice([1, 2, 4, 6]))


def one_of_each(seed: int, each: int) -> Design:
    """Independent chains of one kernel: `each` of every kind, a third of them of up to 63 bits."""
    b = _builder(seed)
    for grow in KERNELS:
        for k in range(each * (2 if grow in STEP_FUNCTIONS else 1)):
            source = _image if grow in IMAGES else _input
            b.sink(grow(b, source(b, MAX_WIDTH if k % 3 == 2 else 8)))
    for lanes in (1, 2, 4):  # a position of one beat is computed by a function of its own
        b.sink(softmax(b, b.source(b.fixed(), 3, 4, lanes)))
    return b.design


def several_chains(seed: int, count: int, longest: int) -> Design:
    """Independent chains of several kernels."""
    b = _builder(seed)
    for _ in range(count):
        wire = _input(b, 10)
        for _ in range(b.integer(2, longest)):
            wire = b.choice(KERNELS)(b, wire)
        b.sink(wire)
    return b.design


def wide_beats(seed: int) -> Design:
    """Kernels that gather, buffer, change, copy, add and split beats of several words."""
    b = _builder(seed)
    x = b.source(b.fixed(54, 56), 2, 160, 40)
    for lanes in (80, 160):  # two words, three words
        wide = b.after(x, x.element, lanes=lanes)
        b.process("widen", Repack(x.size, x.lanes, lanes, x.element), [x], [wide])
        wide = fork_join(b, applied(b, wide, Shift(1, 1, True, x.element.low, x.element.high), x.element))
        x = b.after(wide, wide.element, lanes=40)
        b.process("narrow", Repack(wide.size, wide.lanes, 40, wide.element), [wide], [x])
        x = narrowed(b, x, 56)
    wide = b.after(x, x.element, lanes=80)
    b.process("widen", Repack(x.size, x.lanes, 80, x.element), [x], [wide])
    b.sink(argmax(b, repeat(b, wide)))
    return b.design


def every_kernel(each: int = 5) -> st.SearchStrategy[Design]:
    return st.integers(0, 2**32 - 1).map(lambda seed: one_of_each(seed, each))


def chains(count: int = 6, longest: int = 5) -> st.SearchStrategy[Design]:
    return st.integers(0, 2**32 - 1).map(lambda seed: several_chains(seed, count, longest))
