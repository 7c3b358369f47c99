"""Pipelines that stop whole: the equations against registers that are shifted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis import rigid
from codesign.analysis.rigid import NEVER_WAITS, pipeline


def shifted(need: list[int], room: list[int], depth: int) -> tuple[list[int], list[int]]:
    """The same with registers, cycle by cycle."""
    registers: list[int | None] = [None] * depth
    begin, leave = [], []
    now = 0
    while len(leave) < len(need):
        last = registers[-1]
        if last is None or room[last] <= now:
            if last is not None:
                leave.append(now)
            registers = [None, *registers[:-1]]
            if len(begin) < len(need) and need[len(begin)] <= now:
                registers[0] = len(begin)
                begin.append(now)
        now += 1
    return begin, leave


def codes(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


@st.composite
def iterations(draw: st.DrawFn) -> tuple[list[int], list[int], int]:
    count = draw(st.integers(1, 30))
    far = draw(st.sampled_from([1, 20, 100]))
    need = draw(st.lists(st.integers(0, far), min_size=count, max_size=count))
    room = draw(st.lists(st.one_of(st.just(NEVER_WAITS), st.integers(0, 2 * far)), min_size=count, max_size=count))
    return need, room, draw(st.integers(1, 8))


@settings(max_examples=300)
@given(iterations())
def test_equations_agree_with_registers(drawn: tuple[list[int], list[int], int]) -> None:
    need, room, depth = drawn
    begin, leave = pipeline(codes(*need), codes(*room), depth)
    assert (begin.tolist(), leave.tolist()) == shifted(need, room, depth)


@settings(max_examples=300)
@given(iterations())
def test_one_by_one_gives_the_same(drawn: tuple[list[int], list[int], int]) -> None:
    need, room, depth = drawn
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rigid, "_ROUNDS", 0)
        begin, leave = pipeline(codes(*need), codes(*room), depth)
    assert (begin.tolist(), leave.tolist()) == shifted(need, room, depth)


def test_a_beat_that_comes_earlier_can_make_the_next_one_later() -> None:
    """Ready in cycle 0 the first is at the end from cycle 5 on, and the second, ready in 6, cannot begin until it has
    left; ready in cycle 2 it is there from 7 on, and the second is in."""
    room = codes(20, NEVER_WAITS)
    assert pipeline(codes(0, 6), room, 5)[1].tolist() == [20, 25]
    assert pipeline(codes(2, 6), room, 5)[1].tolist() == [20, 24]
