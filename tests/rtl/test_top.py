"""The generated top: it names every file that lies beside it, and the same design gives the same bytes."""

from __future__ import annotations

import pytest

from codesign.backends.rtl.top import rtl
from codesign.errors import IRError
from tests.backends.designs import one_of_each
from tests.rtl.cosimulated import final


@pytest.mark.parametrize("seed", range(3))
def test_every_memory_that_is_printed_is_read(seed):
    files = rtl(final(one_of_each(seed, 2))).files("0", "0")
    text = "".join(text for name, text in files.items() if name.endswith(".sv"))

    contents = [name for name in files if name.endswith(".hex")]
    assert contents
    for name in contents:  # of memories of several banks the module is told how their names begin
        assert f'"{name}"' in text or f'"{name[:-10]}"' in text, name


def test_the_same_design_gives_the_same_bytes():
    first, second = (rtl(final(one_of_each(5, 1))).files("0", "0") for _ in range(2))

    assert first == second


def test_a_pipeline_that_was_not_decided_is_refused():
    with pytest.raises(IRError, match=r"the pipeline of process \w+ has not been decided"):
        rtl(one_of_each(5, 1))
