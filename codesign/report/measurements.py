"""A page of what was measured: facts, cards, pictures and tables, in one file that needs no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codesign.report.pages import page_templates, style
from codesign.report.plots import Drawn


@dataclass(frozen=True)
class Card:
    """A figure at the top of a page; `state` is plain, good, warn or bad."""

    heading: str
    figure: str
    remark: str
    state: str = "plain"


@dataclass(frozen=True)
class Table:
    """Rows of cells under a title; the first column is text, the others are figures."""

    title: str
    remark: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Page:
    """All that a page shows; every text is escaped."""

    title: str
    remark: str
    facts: Sequence[tuple[str, str]] = ()
    cards: Sequence[Card] = ()
    pictures: Sequence[Drawn] = ()
    tables: Sequence[Table] = ()

    def html(self) -> str:
        """The page: neither scripts nor other files."""
        template = page_templates("report").get_template("measurements.html")
        return template.render(page=self, css=style())
