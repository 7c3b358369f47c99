"""The tables of `+---+` and `|` in which the vendor's tools report, with the lines they stand in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from codesign.errors import ReportError
from codesign.report.vendor.source import Source, short

_BORDER = re.compile(r"\s*\+(?:-+\+)+\s*")


@dataclass(frozen=True)
class Row:
    """A row of a table; `line` counts from 0."""

    line: int
    cells: tuple[str, ...]
    """Without the spaces around; `indent` has those before the first."""
    indent: int = 0


@dataclass(frozen=True)
class Table:
    """A table with a closing border: its header, whose lines are joined, and its rows in groups between borders."""

    source: Source
    line: int
    heads: tuple[str, ...]
    """Of each column: the cells of the header's lines, joined by spaces; those that span columns stand over the
    first one."""
    groups: tuple[tuple[Row, ...], ...]
    end: int
    """The first line behind it."""

    @property
    def rows(self) -> Iterator[Row]:
        """All of them."""
        for group in self.groups:
            yield from group

    def column(self, *names: str) -> int:
        """The number of the column that is called one of these; ReportError where there is none."""
        found = self.optional(*names)
        if found is None:
            heads = ", ".join(repr(short(head, 30)) for head in self.heads)
            raise self.source.error(self.line, f"a table with the columns {heads}", f"a column {' or '.join(names)}")
        return found

    def optional(self, *names: str) -> int | None:
        """The same, or None."""
        for i, head in enumerate(self.heads):
            if head in names:
                return i
        return None

    def named(self, *names: str) -> Row:
        """The row whose first cell is one of these (marks of a footnote aside); ReportError where there is none."""
        for row in self.rows:
            if row.cells[0].rstrip("*").strip() in names:
                return row
        raise self.source.error(self.end - 1, "the end of the table", f"a row {' or '.join(names)} in it")


def is_table(text: str) -> bool:
    """Whether a table begins or a border stands in this line."""
    return _BORDER.fullmatch(text) is not None


def read_table(source: Source, start: int, what: str, header_lines: int | None = None) -> Table:
    """The table that begins at the first line from `start` on that is not empty; `what` is said where there is none.

    The first group between borders is the header. Every row has as many cells as the border has columns; ReportError
    for another number, for a line within that is no part of a table, and for a table that does not end.
    """
    first = start
    while first < len(source.lines) and not source.lines[first].strip():
        first += 1
    if first == len(source.lines):
        raise source.cut(what)
    if not is_table(source.lines[first]):
        raise source.error(first, repr(short(source.lines[first].strip())), what)
    edges = _edges(source.lines[first])
    groups: list[list[Row]] = [[]]
    i = first + 1
    while True:
        if i == len(source.lines):
            raise source.cut(f"the end of the table in line {first + 1}")
        text = source.lines[i].rstrip()
        if is_table(text):
            if _edges(text) != edges:
                raise source.error(i, "a border of other columns", f"that of line {first + 1}, or a row")
            closed = bool(groups[-1]) or len(groups) > 1
            following = source.lines[i + 1].lstrip() if i + 1 < len(source.lines) else ""
            if closed and not following.startswith("|"):
                break
            groups.append([])
        else:
            groups[-1].append(_row(source, i, text, edges, header=len(groups) == 1))
        i += 1
    head, *body = groups
    if not head:
        raise source.error(first, "a table without a header", what)
    heads = tuple(" ".join(filter(None, (row.cells[c] for row in head))) for c in range(len(edges) - 1))
    return Table(source, first, heads, tuple(tuple(group) for group in body if group), i + 1)


def _edges(border: str) -> tuple[int, ...]:
    return tuple(i for i, c in enumerate(border) if c == "+")


def _row(source: Source, line: int, text: str, edges: Sequence[int], header: bool) -> Row:
    if not text.lstrip().startswith("|") or not text.endswith("|"):
        raise source.error(line, repr(short(text.strip())), "a row of a table between | and |")
    if header:  # cells may span columns, and are cut at the edges that they do have
        return Row(line, _spanning(source, line, text, edges))
    inner = text.strip()[1:-1].split("|")
    if len(inner) != len(edges) - 1:
        raise source.error(line, f"a row of {len(inner)} cells", f"{len(edges) - 1}, as in the border above")
    indent = len(inner[0]) - len(inner[0].lstrip())
    return Row(line, tuple(cell.strip() for cell in inner), indent)


def _spanning(source: Source, line: int, text: str, edges: Sequence[int]) -> tuple[str, ...]:
    """The cells of a header's line, each at the first of the columns that it spans; empty ones at the others."""
    bars = [i for i, c in enumerate(text) if c == "|"]
    if not set(bars) <= set(edges) or {edges[0], edges[-1]} - set(bars):
        raise source.error(line, repr(short(text.strip())), "a header between the edges of its border")
    cells = [""] * (len(edges) - 1)
    for left, right in pairwise(bars):
        cells[edges.index(left)] = text[left + 1 : right].strip()
    return tuple(cells)


def sections(source: Source) -> list[tuple[str, int]]:
    """The headings `== Name` between two lines of =, as HLS reports have them: (name, line)."""
    found = []
    for i, text in enumerate(source.lines):
        if text.startswith("== ") and i > 0 and set(source.lines[i - 1].strip()) == {"="}:
            found.append((text[3:].strip(), i))
    return found


def section(source: Source, name: str) -> int:
    """The line of that heading; ReportError where there is none."""
    for found, line in sections(source):
        if found == name:
            return line
    raise _missing(source, name)


def _missing(source: Source, name: str) -> ReportError:
    there = sections(source)
    after = f"the report ends in {there[-1][0]!r}" if there else "the report ends"
    return source.error(len(source.lines), after, f"the section {name!r}")
