"""What `codesign triton load` prints: a row for each number of clients and each batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table

from codesign.gpu.triton.load import Point


def measured(points: Sequence[Point]) -> Iterator[RenderableType]:
    """The points, in the order in which they were measured."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("clients", "events per request", "requests", "events/s", "p50 ms", "p95 ms", "p99 ms", "errors"):
        table.add_column(heading, justify="right")
    for p in points:
        figures = (f"{value:.2f}" for value in (p.p50_ms, p.p95_ms, p.p99_ms))
        wrong = ", ".join(f"{count} {kind}" for kind, count in p.errors.items()) or "-"
        table.add_row(
            str(p.concurrency), str(p.batch), str(p.requests), f"{p.events_per_s:.1f}", *figures, wrong,
            style="" if not p.errors else "red",
        )  # fmt: skip
    yield table
