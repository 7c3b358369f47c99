"""Pages of what was measured."""

from __future__ import annotations

import re

from matplotlib.axes import Axes

from codesign.report.measurements import Card, Page, Table
from codesign.report.plots import Drawn, plain, svg


def draw(axes: Axes) -> None:
    axes.plot([0, 1, 2], [3, 1, 2], "o-", label="a line")
    axes.legend()


def test_a_page_shows_all_it_is_given_and_needs_no_other_file() -> None:
    page = Page(
        "Efficiency",
        "On generated events",
        [("events", "50")],
        [Card("efficiency", "97.1 %", "of 4,000 particles", "good")],
        [Drawn("Against pt", "with errors", svg(draw, (6, 3), "pt"))],
        [Table("Stages", "in order", ["stage", "edges"], [["graph", "12,000"], ["filter", "8,000"]])],
    )
    text = page.html()
    for shown in ("Efficiency", "On generated events", "97.1 %", "Against pt", "8,000", "card good", "<svg", "a line"):
        assert shown in text
    assert not re.search(r"<script|<img|<link|src=|@import|url\((?!#)", text)


def test_texts_of_a_page_are_escaped() -> None:
    hostile = "<script>alert(1)</script>"
    table = Table(hostile, hostile, [hostile], [[hostile]])
    text = Page(hostile, hostile, [(hostile, hostile)], [Card(hostile, hostile, hostile)], (), [table]).html()
    assert "<script" not in text


def test_a_picture_is_the_same_for_the_same_numbers() -> None:
    assert svg(draw, (6, 3), "pt") == svg(draw, (6, 3), "pt")


def test_a_dollar_begins_no_formula() -> None:
    assert plain("a$b\n") == r"a\$b?"
