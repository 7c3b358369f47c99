"""Whatever is done to a report, it is read or refused with a message: nothing else comes of it."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codesign.errors import ReportError
from codesign.report.vendor.read import read_report_text
from codesign.report.vendor_report import VendorReport
from tests.report.vendor import texts
from tests.report.vendor.texts import LAYOUTS

PIECES = (
    "|",
    "+",
    "-",
    "+---+",
    "\n",
    "\n\n",
    " ",
    "  ",
    "?",
    "~",
    "9" * 30,
    "1e9",
    "(",
    "<",
    ">",
    "</",
    "&",
    ",",
    ":",
    "\t",
    "\u202e",
    "*",
    '"',
)


def read(text: str, name: str) -> VendorReport | None:
    """What is read, or None where it is refused."""
    try:
        return read_report_text(text, name)
    except ReportError as error:
        assert name in str(error)
        return None


@settings(max_examples=400)
@given(
    st.sampled_from(sorted(LAYOUTS)),
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from(PIECES), st.integers(0, 12)), min_size=1, max_size=6),
)
def test_a_damaged_report_is_read_or_refused(name: str, changes: list[tuple[float, str, int]]) -> None:
    text = LAYOUTS[name]
    for where, piece, lost in changes:
        at = int(where * len(text))
        text = text[:at] + piece + text[at + lost :]
    read(text, name)


@settings(max_examples=300)
@given(st.sampled_from(sorted(LAYOUTS)), st.randoms(use_true_random=False))
def test_lines_in_any_order_are_read_or_refused(name: str, random: object) -> None:
    lines = LAYOUTS[name].splitlines(keepends=True)
    some = random.sample(lines, random.randint(1, len(lines)))  # type: ignore[attr-defined]
    read("".join(some), name)


@given(
    st.sampled_from(
        ["<", "{", "Profile Summary\n", "$MAX_LATENCY", "| Tool Version : ", "== Vitis HLS Report for 'x'\n", ""]
    ),
    st.text(),
)
@example("Profile Summary\n", "Flow mode: System Run")
def test_any_text_is_refused(start: str, rest: str) -> None:
    assert read(start + rest, "x") is None


@pytest.mark.parametrize("heading", ["TITLE:Host Reads from Global Memory", "Kernel Execution"])
def test_a_table_of_a_profile_may_be_empty_but_not_without_its_columns(heading: str) -> None:
    whole = texts.PROFILE + f"{heading}\n\nGuidance Parameters\n"
    assert read(whole, "x") is None
