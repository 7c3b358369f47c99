"""A report that is cut or damaged says the same as the whole one, or is refused with its line: never another figure."""

from __future__ import annotations

import re

import pytest

from codesign.errors import ReportError
from codesign.report.vendor.read import read_report_text
from codesign.report.vendor_report import VendorReport
from tests.report.vendor.texts import LAYOUTS


def outcome(text: str, name: str) -> VendorReport | str:
    """What is read, or the message."""
    try:
        return read_report_text(text, name)
    except ReportError as error:
        return str(error)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_report_cut_after_any_line_is_the_same_or_refused_with_a_line(name: str) -> None:
    whole = LAYOUTS[name]
    expected = read_report_text(whole, name)
    lines = whole.splitlines(keepends=True)
    refused = 0
    for kept in range(len(lines)):
        found = outcome("".join(lines[:kept]), name)
        if isinstance(found, str):
            refused += 1
            assert re.match(rf"{re.escape(name)}, line \d+: .*expected", found, re.DOTALL), found
        else:
            assert found == expected, f"cut after line {kept}"
    assert refused > len(lines) // 10


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_report_without_any_one_line_is_the_same_but_for_that_row_or_refused(name: str) -> None:
    """A lost line may be a whole row of a table, of which nobody can know; no figure of another row changes."""
    whole = LAYOUTS[name].replace("URAM            |    3", "URAM            |    0")  # devices without have no row
    expected = read_report_text(whole, name)
    parts = {(row.name, row.resources, row.latency, row.interval) for row in expected.instances}
    lines = whole.splitlines(keepends=True)
    for lost in range(len(lines)):
        found = outcome("".join(lines[:lost] + lines[lost + 1 :]), name)
        if isinstance(found, str):
            assert re.match(rf"{re.escape(name)}, line \d+: .*", found, re.DOTALL), found
            continue
        assert (found.resources, found.latency, found.interval) == (
            expected.resources,
            expected.latency,
            expected.interval,
        ), lines[lost]
        assert (found.clock, found.slack) in ((expected.clock, expected.slack), (None, expected.slack)), lines[lost]
        for row in found.instances:
            assert (row.name, row.resources, row.latency, row.interval) in parts or row.name in lines[lost], lines[lost]


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_report_cut_within_a_line_is_the_same_or_refused(name: str) -> None:
    whole = LAYOUTS[name]
    expected = read_report_text(whole, name)
    for kept in range(0, len(whole), 7):
        found = outcome(whole[:kept], name)
        assert isinstance(found, str) or found == expected, f"cut after {kept} characters: {whole[kept - 40 : kept]}"
