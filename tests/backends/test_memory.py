"""Where the codes of a batch lie in memory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.backends.memory import WORD_BITS, MemoryLayout
from codesign.errors import IRError, TargetError
from codesign.ir.design import Stream
from codesign.ir.fixed import Fixed


def layout(width: int, lanes: int, word_bits: int, signed: bool = True) -> MemoryLayout:
    return MemoryLayout.of(Stream("x", Fixed(width, 0, signed), lanes, 3), word_bits)


def bits_of(memory: np.ndarray) -> int:
    """All bytes as one number, the first lowest: words follow each other."""
    return int.from_bytes(memory.tobytes(), "little")


def test_a_word_holds_as_many_whole_beats_as_fit() -> None:
    found = layout(5, 6, 64, signed=False)

    memory = found.pack(np.arange(1, 19))

    assert (found.beats, found.words, found.slots) == (2, 1, 12)
    first = sum(code << 5 * i for i, code in enumerate(range(1, 13)))
    second = sum(code << 5 * i for i, code in enumerate(range(13, 19)))
    assert bits_of(memory) == first | second << 64


def test_a_wide_beat_takes_several_words_with_its_lanes_spread_evenly() -> None:
    found = layout(10, 14, 64)

    memory = found.pack(np.arange(-7, 7))

    assert (found.beats, found.words, found.slots) == (1, 3, 5)
    codes = [code % 1024 for code in range(-7, 7)]
    words = [sum(code << 10 * i for i, code in enumerate(codes[k : k + 5])) for k in (0, 5, 10)]
    assert bits_of(memory) == sum(word << 64 * k for k, word in enumerate(words))


@given(
    st.integers(1, 63), st.integers(1, 200), st.integers(0, 12), st.sampled_from(WORD_BITS), st.booleans(), st.data()
)
def test_every_code_is_where_the_formula_says_and_comes_back(width, lanes, beats, word_bits, signed, data) -> None:
    if width > word_bits:
        return
    found = layout(width, lanes, word_bits, signed)
    type = Fixed(width, 0, signed)
    count = beats * lanes
    codes = np.random.default_rng(data.draw(st.integers(0, 99))).integers(type.low, type.high, count, endpoint=True)

    memory = found.pack(codes)

    assert memory.size == found.byte_count(count)
    whole = bits_of(memory)
    expected = 0
    for i, code in enumerate(codes.tolist()):
        chunk, rest = divmod(i, found.elements)
        word, slot = chunk * found.words + rest // found.slots, rest % found.slots
        assert (slot + 1) * width <= word_bits
        expected |= (code % (1 << width)) << (word * word_bits + slot * width)
    assert whole == expected
    np.testing.assert_array_equal(found.unpack(memory, count), codes)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(TargetError, match="x: a code of 40 bits does not fit a memory word of 32 bits"):
        layout(40, 1, 32)
    with pytest.raises(IRError, match="words of 48 bits"):
        layout(4, 1, 48)
    with pytest.raises(IRError, match="3 codes, not all of 4 bits in beats of 2"):
        layout(4, 2, 32).pack(np.array([1, 2, 3]))
    with pytest.raises(IRError, match="2 codes, not all of 4 bits"):
        layout(4, 2, 32).pack(np.array([1, 8]))
    with pytest.raises(IRError, match="2 codes, not all of 4 bits"):
        layout(4, 2, 32, signed=False).pack(np.array([1, -1]))
