"""What launches take: the parts by hand, and bounds below them for every design and batch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.analysis.launch import READ_CYCLES, WRITE_CYCLES, Pace, Traffic, kernel_bound, kernel_cycles, launch
from codesign.targets import Link

ANSWER = READ_CYCLES + WRITE_CYCLES
LINK = Link(10, 100, "here", 16)
PACKED = Traffic("x", True, beats=16, beats_per_word=10, words_per_beat=1, word_bits=512, bits=16 * 51)
WIDE = Traffic("w", True, beats=4, beats_per_word=1, words_per_beat=3, word_bits=64, bits=4 * 130)
OUT = Traffic("y", False, beats=1, beats_per_word=8, words_per_beat=1, word_bits=512, bits=60)


def test_words_are_shared_by_samples() -> None:
    assert [PACKED.words(n) for n in (0, 1, 5, 10)] == [0, 2, 8, 16]
    assert [PACKED.bytes(n) for n in (1, 5)] == [128, 512]
    assert [WIDE.words(n) for n in (0, 1, 5)] == [0, 12, 60]
    assert [OUT.words(n) for n in (1, 8, 9)] == [1, 1, 2]
    assert PACKED.least_words(5) == 8 and WIDE.least_words(1) == 9
    assert (PACKED.interval, WIDE.interval) == (16, 12)


def test_the_kernel_takes_its_latency_and_an_interval_for_each_further_sample() -> None:
    pace = Pace(interval=20, latency=90)
    assert kernel_cycles((PACKED, OUT), pace, 0) == 0
    assert kernel_cycles((PACKED, OUT), pace, 1) == ANSWER + 90 + 7
    assert kernel_cycles((PACKED, OUT), pace, 5) == ANSWER + 90 + 4 * 20 + 7


def test_a_port_that_needs_several_words_for_a_beat_may_be_the_slowest() -> None:
    fast = Pace(interval=4, latency=9)
    assert kernel_cycles((WIDE,), fast, 1) == ANSWER + 9 + 8, "the last beat comes 8 cycles later than one per cycle"
    assert kernel_cycles((WIDE,), fast, 11) == ANSWER + 9 + 8 + 10 * 12
    assert kernel_cycles((WIDE,), Pace(interval=40, latency=50), 2) == ANSWER + 50 + 8 + 40


def test_a_launch_has_its_parts_apart() -> None:
    found = launch((PACKED, OUT), Pace(20, 90), Pace(16, 31), 200, LINK, 100)
    assert (found.kernel_cycles, found.kernel_us) == (ANSWER + 90 + 99 * 20 + 7, (ANSWER + 90 + 99 * 20 + 7) / 200)
    assert (found.input_bytes, found.output_bytes) == (160 * 64, 13 * 64)
    assert (found.input_us, found.output_us) == (pytest.approx(1.024), pytest.approx(0.0832))
    assert found.end_to_end_us == 100 + found.input_us + found.output_us + found.kernel_us
    assert found.kernel_bound_us == (31 + 99 * 16) / 200
    assert found.transfer_bound_us == pytest.approx(100 * 16 * 51 / 8 / 16e3)
    assert found.bound_us == found.kernel_bound_us
    assert found.per_second == pytest.approx(100e6 / found.end_to_end_us)


def test_compute_units_share_a_batch_and_each_has_words_of_its_own() -> None:
    pace, bound = Pace(20, 90), Pace(16, 31)
    whole, halves = (launch((PACKED, OUT), pace, bound, 200, LINK, 5, units) for units in (1, 2))
    assert halves.kernel_cycles == kernel_cycles((PACKED, OUT), pace, 3) < whole.kernel_cycles
    assert halves.input_bytes == 64 * (PACKED.words(3) + PACKED.words(2)) and whole.input_bytes == 64 * PACKED.words(5)
    quarters = launch((PACKED, OUT), pace, bound, 200, LINK, 10, 4)
    assert quarters.input_bytes == 64 * sum(map(PACKED.words, (3, 3, 2, 2)))
    assert halves.output_bytes == 2 * 64 == 2 * whole.output_bytes
    assert launch((PACKED, OUT), pace, bound, 200, LINK, 1, 4).kernel_cycles == kernel_cycles((PACKED, OUT), pace, 1)


def test_a_launch_without_samples_is_the_launch_alone() -> None:
    empty = launch((PACKED, OUT), Pace(20, 90), Pace(16, 31), 200, LINK, 0)
    assert (empty.kernel_cycles, empty.input_bytes, empty.output_bytes, empty.end_to_end_us) == (0, 0, 0, 100)
    assert empty.bound_us == 0


def test_without_a_peak_the_link_is_as_fast_as_it_is() -> None:
    slow = launch((PACKED, OUT), Pace(1, 1), Pace(1, 1), 1e6, Link(1, 0, "here"), 1000)
    assert slow.bound_us == slow.transfer_bound_us == pytest.approx(1000 * 16 * 51 / 8 / 1e3)


@st.composite
def traffics(draw: st.DrawFn) -> Traffic:
    width, lanes, word_bits = draw(st.integers(1, 40)), draw(st.integers(1, 40)), draw(st.sampled_from([64, 128, 512]))
    several = lanes * width > word_bits
    return Traffic(
        name="p",
        reads=draw(st.booleans()),
        beats=(beats := draw(st.integers(1, 50))),
        beats_per_word=1 if several else word_bits // (lanes * width),
        words_per_beat=-(-lanes // (word_bits // width)) if several else 1,
        word_bits=word_bits,
        bits=beats * lanes * width,
    )


@given(
    st.lists(traffics(), min_size=1, max_size=4),
    st.integers(1, 60),
    st.integers(0, 60),
    st.integers(1, 300),
    st.integers(0, 300),
    st.integers(0, 200),
    st.integers(1, 5),
)
def test_no_bound_is_above_what_it_bounds(
    ports: list[Traffic], least: int, more: int, first: int, later: int, samples: int, units: int
) -> None:
    beats = max(port.beats for port in ports)  # a design moves a beat per cycle
    bound = Pace(max(least, beats), max(first, beats))
    pace = Pace(bound.interval + more, bound.latency + later)
    assert kernel_bound(ports, bound, samples) <= kernel_cycles(ports, pace, samples)
    found = launch(ports, pace, bound, 200, LINK, samples, units)
    assert found.bound_us <= found.end_to_end_us
    assert found.kernel_bound_us <= found.kernel_us
    for reads, took in ((True, found.input_bytes), (False, found.output_bytes)):
        assert sum(port.bits * samples for port in ports if port.reads is reads) <= 8 * took
