"""design.evaluate == the C++ with native integers == the C++ with ap_int, for random designs."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.backends.hls.sources import DOCUMENTED_WORD
from codesign.backends.project import write_project
from codesign.ir import kernels
from codesign.ir.design import Design
from codesign.verification.csim import Arithmetic, Csim
from codesign.verification.vectors import random_codes
from tests.backends.designs import chains, every_kernel, wide_beats


def check(design: Design, samples: int = 40) -> None:
    """Both simulations give the integers of the design."""
    codes = random_codes(design, samples)
    expected = design.evaluate(codes)
    with tempfile.TemporaryDirectory() as folder:
        write_project(
            design, Path(folder), part="xcu50-fsvh2104-2-e", clock_ns=5, vectors=None, version="0", digest="0"
        )
        for arithmetic in Arithmetic:
            found = Csim(Path(folder), arithmetic)(codes)
            for port, got, want in zip(design.outputs, found, expected, strict=True):
                np.testing.assert_array_equal(got, want, f"{arithmetic.value}: {port.name}")


@settings(max_examples=1)
@given(st.integers(0, 2**32 - 1))
def test_beats_of_several_words_give_the_design_s_integers(seed: int) -> None:
    design = wide_beats(seed)
    assert max(s.width for s in design.streams.values()) > 2 * DOCUMENTED_WORD
    check(design)


# Every example costs two runs of g++, so there are few, each with many instances.
@settings(max_examples=1)
@given(every_kernel())
def test_every_kernel_gives_the_design_s_integers(design: Design) -> None:
    assert {type(p.kernel) for p in design} == set(kernels.ALL)
    check(design)


@settings(max_examples=2)
@given(chains())
def test_chains_of_kernels_give_the_design_s_integers(design: Design) -> None:
    check(design)
