"""What `codesign tracking evaluate` prints: the tracks, the edges by stage, and what disturbs them."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import RenderableType
from rich.table import Table

from codesign.gpu.tracking.evaluation import Evaluation


def told_of(found: Evaluation) -> Iterator[RenderableType]:
    """The tables."""
    yield _table(
        f"tracks of at least {found.min_hits} hits in {found.events:,} events of {found.hits / found.events:,.0f} hits",
        ("particles", "technical efficiency", "physics efficiency", "purity"),
        [
            (name, *map(str, (t.technical_efficiency, t.physics_efficiency, t.purity)))
            for name, t in (("all", found.tracks), ("above 500 MeV", found.fast))
        ],
    )
    yield _table(
        "edges by stage",
        ("stage", "per event", "efficiency", "purity", "same particle", "ms per event"),
        [
            (stage, f"{e.purity.all / found.events:,.0f}", str(e.efficiency), str(e.purity), str(e.same_particle),
             f"{1e3 * found.seconds[stage]:.1f}")
            for stage, e in found.edges.items()
        ],
    )  # fmt: skip
    for title, rows in (("with more noise", found.noise), ("with modules elsewhere, mm", found.misalignment)):
        if rows:
            yield _table(
                title,
                ("amount", "efficiency above 500 MeV", "efficiency", "purity"),
                [
                    (
                        f"{d.amount:g}",
                        str(d.fast.technical_efficiency),
                        str(d.tracks.technical_efficiency),
                        str(d.tracks.purity),
                    )
                    for d in rows
                ],
            )


def _table(title: str, headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
    for k, heading in enumerate(headings):
        table.add_column(heading, justify="left" if k == 0 else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table
