"""Pictures of numbers as SVG, for pages that need no other file: one style, the same bytes for the same numbers."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

BLUE, ORANGE, GREY, GREEN = "#1f5fbf", "#c2410c", "#5c6675", "#2f7d32"
_STYLE: Any = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#98a2b1",
    "axes.grid": True,
    "grid.color": "#e3e7ec",
    "axes.axisbelow": True,
    "figure.facecolor": "white",
}


@dataclass(frozen=True)
class Drawn:
    """A picture with what it shows."""

    title: str
    remark: str
    svg: str


def plain(name: str) -> str:
    """A name as it is: dollars would begin a formula."""
    return "".join(c if c.isprintable() else "?" for c in name).replace("$", r"\$")


def svg(draw: Callable[[Axes], None], inches: tuple[float, float], name: str) -> str:
    """The picture as an element of a page, the same for the same numbers; `name` keeps its marks apart from others'."""
    with mpl.rc_context(_STYLE | {"svg.hashsalt": name}):
        figure = Figure(figsize=inches, layout="constrained")
        draw(figure.add_subplot())
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return re.sub(r' id="(figure|axes|patch|line2d|text|matplotlib|xtick|ytick|PathCollection|legend)[^"]*"', "",
                  text.getvalue()[text.getvalue().index("<svg") :])  # fmt: skip
