"""Launches on the card in a terminal: a row per batch, its parts beside the whole."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from codesign.report.model import Report
from codesign.report.text import counted, significant


def card_tables(report: Report) -> Iterator[RenderableType]:
    """What a launch of each batch takes, in parts; nothing where the target has no link to a host."""
    card = report.card
    if card is None:
        return
    units = counted(card.compute_units, "compute unit")
    yield Text(
        f"\non the card, {units}: kernel cycles {report.launch_source}, link and launch as the target's file says"
    )
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("batch", "kernel", "transfer", "launch", "end to end", "bound", "samples/s"):
        table.add_column(heading, justify="right")
    for one in report.launches:
        times = (one.kernel_us, one.transfer_us, one.launch_us, one.end_to_end_us, one.bound_us)
        table.add_row(f"{one.samples:,}", *map(_time, times), f"{significant(one.per_second):,.0f}")
    yield table


def _time(us: float) -> str:
    if us >= 1000:
        return f"{us / 1000:,.4g} ms"
    return f"{us:.4g} us" if us >= 0.1 else f"{1000 * us:.3g} ns"
