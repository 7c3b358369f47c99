"""Beats in another order: the walk of a transpose, and a ring that is large enough."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.errors import IRError
from codesign.ir.kernels import Reorder
from codesign.ir.layers import Transpose
from codesign.passes.reorder import walk
from tests.ir.kernels.test_kernels import INT, codes, divisors, run


@st.composite
def transposes(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(shape, axes)."""
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=5)))
    return shape, tuple(draw(st.permutations(range(len(shape)))))


@settings(max_examples=300)
@given(transposes(), st.data())
def test_beats_in_another_order_are_a_transpose(
    drawn: tuple[tuple[int, ...], tuple[int, ...]], data: st.DataObject
) -> None:
    shape, axes = drawn
    found = walk(shape, axes)
    lanes = data.draw(divisors(found.run))
    kernel = Reorder(found.beats(lanes), lanes, INT)
    x = codes(data, *shape)
    (y,) = run(kernel, x)
    assert y.tolist() == Transpose(axes).evaluate(x).reshape(len(x), -1).tolist()


@settings(max_examples=300)
@given(transposes())
def test_a_ring_keeps_each_beat_until_it_is_written_and_no_shorter_delay_would_do(
    drawn: tuple[tuple[int, ...], tuple[int, ...]],
) -> None:
    kernel = Reorder(walk(*drawn).beats(1), 1, INT)
    beats, source = len(kernel.source), kernel.source.tolist()
    for delay, works in ((kernel.delay, True), (kernel.delay - 1, False)):
        kept: dict[int, int] = {}
        seen = []
        for cycle in range(beats + delay):
            if cycle >= delay:
                seen.append(kept.get(source[cycle - delay] % kernel.ring))
            if cycle < beats:
                kept[cycle % kernel.ring] = cycle
        assert (seen == source) is works


def test_an_order_that_takes_a_beat_twice_is_our_mistake() -> None:
    with pytest.raises(IRError, match="do not give every beat once"):
        Reorder(((2, 1), (2, 1)), 1, INT)


@pytest.mark.parametrize(
    ("shape", "axes", "blocks", "rows"),
    [
        ((5, 7, 2, 3, 4), (0, 2, 1, 3, 4), 5, 2),  # pixels become blocks of pixels
        ((5, 2, 7, 3, 4), (0, 2, 1, 3, 4), 5, 2),  # and back
        ((5, 7, 4, 2, 3), (0, 3, 1, 4, 2), 5, 2),  # the block's place behind the channels
        ((5, 7, 4), (2, 0, 1), 1, 10),
    ],
)
def test_an_order_within_rows_needs_at_most_two_of_them(
    shape: tuple[int, ...], axes: tuple[int, ...], blocks: int, rows: int
) -> None:
    found = walk(shape, axes)
    assert found.blocks == blocks
    kernel = Reorder(found.beats(1), 1, INT)
    assert kernel.ring < rows * np.prod(shape) // shape[0]
