"""What `codesign clustering evaluate` prints."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from codesign.gpu.showers.page import NAMES, Comparison, figure


def told_of(found: Comparison) -> Iterator[RenderableType]:
    """Qualities and energies of each way."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title="panoptic quality, hits weighed with their energy")
    table.add_column("")
    for head in ("PQ", "SQ", "RQ", "PQ by hits", *(f"PQ {k.name}" for k in NAMES), "mean IoU", "ms"):
        table.add_column(head, justify="right")
    for e in found.evaluations:
        kinds = [figure(e.by_kind[k].pq) + ("*" if e.kinds_given else "") for k in NAMES]
        q = e.weighted
        cells = [figure(q.pq), figure(q.sq), figure(q.rq), figure(e.plain.pq), *kinds, figure(e.mean_iou)]
        table.add_row(e.name, *cells, f"{1e3 * e.seconds:.1f}")
    yield table
    title = "energy of clusters: response ± resolution over that of the particles' hits (particles found)"
    energies = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title)
    energies.add_column("")
    for kind in NAMES:
        energies.add_column(kind.name, justify="right")
    for e in found.evaluations:
        rows = [e.responses[k] for k in NAMES]
        energies.add_row(e.name, *(f"{figure(r.median)} ± {figure(r.resolution)} ({r.count})" for r in rows))
    yield energies
    if any(e.kinds_given for e in found.evaluations):
        yield Text("* names no kinds: its clusters are given the true ones")
    for name, text in found.settings.items():
        yield Text(f"{name}: {text}")
