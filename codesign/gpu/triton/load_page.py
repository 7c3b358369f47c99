"""What a scan of the load leaves behind: a table as csv and json, and a page with throughput and latency."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, ScalarFormatter

from codesign.backends.swap import replace_file
from codesign.errors import OutputError
from codesign.gpu.triton.load import LOOPBACK, Point
from codesign.gpu.triton.protocol import Hits
from codesign.report.measurements import Card, Page, Table
from codesign.report.plots import BLUE, GREEN, GREY, ORANGE, Drawn, svg
from codesign.report.text import counted

COLUMNS = ("concurrency", "batch", "requests", "events", "hits", "seconds", "events_per_s", "p50_ms", "p95_ms",
           "p99_ms", "errors")  # fmt: skip
_LATENCY = (
    "latency from a request to its answer, as the client sees it; percentiles are by nearest rank: p95 of fewer than "
    "20 requests and p99 of fewer than 100 are the slowest of them"
)
_COLOURS = (BLUE, ORANGE, GREEN, GREY, "#7b3fa0", "#b8860b")


def write_scan(folder: Path, points: Sequence[Point], facts: Mapping[str, str]) -> None:
    """load.csv, load.json and load.html in the folder, each whole or not at all; `facts` say what was measured."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: the folder cannot be made: {error.strerror}") from error
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for p in points:
        table.writerow([_cell(getattr(p, name)) for name in COLUMNS[:-1]] + [sum(p.errors.values())])
    replace_file(folder / "load.csv", text.getvalue())
    rows = [
        {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in asdict(p).items()}
        | {"events_per_s": p.events_per_s}
        for p in points
    ]
    replace_file(folder / "load.json", json.dumps({"facts": dict(facts), "points": rows}, indent=2) + "\n")
    replace_file(folder / "load.html", page(points, facts).html())


def check_folder(folder: Path) -> None:
    """OutputError where the folder cannot be made or written to: before anything is measured."""
    place = folder.absolute()
    there = next(path for path in (place, *place.parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: {there} is no folder that can be written to")


def facts(url: str, model: str, hits: Sequence[Hits], generated: bool, compared: bool) -> dict[str, str]:
    """What is measured where, as the page has it."""
    sizes = [len(event) for event in hits]
    cores = f"{os.cpu_count()} CPU cores, shared with the server" if url.rpartition(":")[0] in LOOPBACK else "another"
    return {
        "server": url,
        "machine of the server": cores,
        "model": model,
        "events": f"{len(sizes)} {'generated' if generated else 'read'}, {min(sizes):,} to {max(sizes):,} hits",
        "labels compared with local inference": "all" if compared else "none",
    }


def page(points: Sequence[Point], facts: Mapping[str, str]) -> Page:
    """The page of a scan."""
    best = max(points, key=lambda p: p.events_per_s)
    wrong = sum(sum(p.errors.values()) for p in points)
    at = _where(best)
    cards = [
        Card("most", f"{best.events_per_s:.1f} events/s", at),
        Card("errors", f"{wrong:,}", _errors(points), "good" if not wrong else "bad"),
    ]  # fmt: skip
    timed = [p for p in points if p.requests]
    if timed:
        quick = min(timed, key=lambda p: p.p50_ms)
        cards.insert(1, Card("least latency", f"{quick.p50_ms:.2f} ms", f"median, {_where(quick)}"))
    headings = ["concurrency", "batch", "requests", "events/s", "p50 ms", "p95 ms", "p99 ms", "errors"]
    rows = [
        [str(p.concurrency), str(p.batch), str(p.requests), f"{p.events_per_s:.1f}",
         *("-" if math.isnan(v) else f"{v:.2f}" for v in (p.p50_ms, p.p95_ms, p.p99_ms)), _errors([p]) or "0"]
        for p in points
    ]  # fmt: skip
    remark = "clients that send their next request when they have the answer to the last"
    return Page(
        "Load of a Triton server", f"A closed loop: {remark}.", list(facts.items()), cards, list(pictures(points)),
        [Table("All points", _LATENCY, headings, rows)],
    )  # fmt: skip


_AXES = {"concurrency": "clients at a time", "batch": "events that a client sends at a time"}


def pictures(points: Sequence[Point]) -> Iterator[Drawn]:
    """Throughput and latency against the clients, for each batch, and against the batch, for each number of clients."""
    for along, other in (("concurrency", "batch"), ("batch", "concurrency")):
        if len({getattr(p, along) for p in points}) < 2:
            continue
        found = svg(partial(_throughput, points=points, along=along, other=other), (6.2, 3.6), f"throughput_{along}")
        yield Drawn(f"Throughput against {_AXES[along]}", "events that have labels, per second", found)
        found = svg(partial(_latency, points=points, along=along, other=other), (6.2, 3.6), f"latency_{along}")
        yield Drawn(f"Latency against {_AXES[along]}", "median, and with dashes the 99th percentile", found)


def _throughput(axes: Axes, points: Sequence[Point], along: str, other: str) -> None:
    for line, colour, shown, x in _series(points, along, other):
        axes.plot(x, [p.events_per_s for p in shown], "o-", color=colour, ms=4, label=line)
    _axis(axes, points, along, "throughput, events/s")


def _latency(axes: Axes, points: Sequence[Point], along: str, other: str) -> None:
    for line, colour, shown, x in _series(points, along, other):
        axes.plot(x, [p.p50_ms for p in shown], "o-", color=colour, ms=4, label=line)
        axes.plot(x, [p.p99_ms for p in shown], ".--", color=colour, ms=3, lw=1)
    _axis(axes, points, along, "latency, ms")


def _series(points: Sequence[Point], along: str, other: str) -> Iterator[tuple[str, str, list[Point], list[int]]]:
    """For each value of `other` its name and colour, and its points in the order of `along`."""
    for k, value in enumerate(sorted({int(getattr(p, other)) for p in points})):
        shown = sorted((p for p in points if getattr(p, other) == value), key=lambda p: int(getattr(p, along)))
        name = counted(value, "client") if other == "concurrency" else f"{counted(value, 'event')} at a time"
        yield name, _COLOURS[k % len(_COLOURS)], shown, [int(getattr(p, along)) for p in shown]


def _axis(axes: Axes, points: Sequence[Point], along: str, what: str) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xticks(sorted({int(getattr(p, along)) for p in points}))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(bottom=0)
    axes.set_xlabel(_AXES[along])
    axes.set_ylabel(what)
    axes.legend(frameon=False, fontsize=8.5)


def _where(p: Point) -> str:
    return f"{counted(p.concurrency, 'client')}, {counted(p.batch, 'event')} at a time"


def _errors(points: Sequence[Point]) -> str:
    total: dict[str, int] = {}
    for p in points:
        for kind, count in p.errors.items():
            total[kind] = total.get(kind, 0) + count
    return ", ".join(f"{count} {kind}" for kind, count in sorted(total.items()))


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}" if isinstance(value, float) else str(value)
