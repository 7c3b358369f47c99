"""The host packs and unpacks as the compiler says, in parts, and is Python that boards and cards have."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign import resources
from codesign.backends.memory import WORD_BITS, MemoryLayout
from codesign.ir.design import Stream
from codesign.ir.fixed import Fixed
from tests.hosts.modules import module

host = module("codesign_host")

PROGRAMS = sorted((resources.folder("hls") / "python").glob("*.py"))


@given(
    st.integers(1, 63), st.booleans(), st.integers(1, 40), st.sampled_from(WORD_BITS), st.integers(0, 30), st.integers()
)
def test_bytes_are_where_the_kernel_looks_for_them(
    width: int, signed: bool, lanes: int, word_bits: int, beats: int, seed: int
) -> None:
    width = min(width, word_bits)
    fixed = Fixed(width, 0, signed)
    truth = MemoryLayout.of(Stream("x", fixed, lanes, max(1, beats)), word_bits)
    layout = host.Layout(word_bits, width, signed, truth.elements, truth.words, truth.slots)
    rng = np.random.default_rng(abs(seed))
    codes = rng.integers(fixed.low, fixed.high, size=lanes * beats, endpoint=True)
    memory = layout.pack(codes)
    np.testing.assert_array_equal(memory, truth.pack(codes))
    assert memory.size == layout.byte_count(codes.size) == truth.byte_count(codes.size)
    longer = np.concatenate([memory, rng.integers(0, 256, 100).astype(np.uint8)])
    np.testing.assert_array_equal(layout.unpack(longer, codes.size), codes)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("width", [1, 5, 8, 13, 16, 32, 33, 63])
@pytest.mark.parametrize("lanes", [1, 7, 300])
def test_large_batches_are_packed_in_parts(
    lanes: int, width: int, signed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "_PART", 1000)
    fixed = Fixed(width, 0, signed)
    truth = MemoryLayout.of(Stream("x", fixed, lanes, 9), 128)
    layout = host.Layout(128, width, signed, truth.elements, truth.words, truth.slots)
    codes = np.random.default_rng(0).integers(fixed.low, fixed.high, 9 * lanes * 40, endpoint=True)
    np.testing.assert_array_equal(layout.pack(codes), truth.pack(codes))
    np.testing.assert_array_equal(layout.unpack(truth.pack(codes), codes.size), codes)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_the_programs_are_python_of_3_8(program: Path) -> None:
    """PYNQ 2.7 and the Pythons that XRT is built for on older systems."""
    text = program.read_text(encoding="ascii")
    ast.parse(text, feature_version=(3, 8))
    assert "from __future__ import annotations" in text
    compile(text, program.name, "exec")
