"""Codes become words and words become the same codes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.ir.fixed import MAX_WIDTH, Fixed
from codesign.verification import words
from codesign.verification.words import packed, unpacked


@given(st.integers(1, MAX_WIDTH), st.booleans(), st.integers(1, 9), st.integers(0, 5), st.integers(0, 99))
def test_there_and_back(width: int, signed: bool, lanes: int, beats: int, seed: int) -> None:
    x = Fixed(width, 0, signed)
    codes = np.random.default_rng(seed).integers(x.low, x.high, (beats, lanes), endpoint=True, dtype=np.int64)
    if beats > 1:
        codes[0], codes[1] = x.low, x.high
    size = -(-lanes * width // 32)
    found = np.frombuffer(packed(codes, width), "<u4").reshape(beats, size)
    np.testing.assert_array_equal(unpacked(found, lanes, width, signed), codes)


def test_lane_0_is_in_the_lowest_bits() -> None:
    codes = np.array([[1, -1, 2], [0, 3, -8]])
    assert np.frombuffer(packed(codes, 4), "<u4").tolist() == [0x2F1, 0x830]
    assert np.frombuffer(packed(codes[:1], 20), "<u4").tolist() == [0xFFF00001, 0x2FF]


@pytest.mark.parametrize("together", [1, 5, 1 << 20])
def test_many_beats_are_taken_in_parts(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_TOGETHER", together)
    codes = np.arange(-300, 300).reshape(-1, 3)
    found = np.frombuffer(packed(codes, 11), "<u4").reshape(-1, 2)
    np.testing.assert_array_equal(unpacked(found, 3, 11, True), codes)
