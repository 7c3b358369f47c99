"""What `codesign faults` prints: losses by layer and bit, the curve in short, and what protection costs."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from codesign.faults import FaultResult
from codesign.faults.files import figure
from codesign.report.text import counted, one_line


def told_of(result: FaultResult) -> Iterator[RenderableType]:
    """The tables, and what to know of them."""
    yield _planes(result)
    if result.limit is not None:
        yield _protections(result)
    name = one_line(result.metric.name, 60)
    yield Text(f"{name} without an upset: {result.reference:.6g} on {counted(result.samples, 'sample')}")
    how = "all of them" if result.exhaustive else f"{len(result.upsets)} of them, a part of each plane,"
    yield Text(f"{counted(result.total, 'bit')} of weight; {how} flipped, one at a time")
    if result.undefined:
        yield Text(
            f"{counted(result.undefined, 'flip')} sent a table beyond its entries: what the hardware gives then is not "
            "defined, so they are in no loss, and are protected first"
        )
    if not result.exhaustive:
        yield Text("the worst losses and what keeps to them are those of the flipped bits; --inject flips more")
    rho = ", ".join(
        f"{'-' if r is None else f'{r:.3f}'} with {what}"
        for r, what in ((result.rho_error, "the output error"), (result.rho_loss, "the loss"))
    )
    yield Text(f"rank correlation of the ranking (Spearman's rho): {rho}")
    constants = [w.origin for w in result.layers if w.constants]
    if constants:
        yield Text(f"constants in logic, counted as if each bit were stored: {one_line(', '.join(constants), 200)}")
    if result.without:
        yield Text(f"left out, as adder graphs store no weights: {one_line(', '.join(result.without), 200)}")
    yield Text(f"{result.folder}: faults.json, faults.html")


def _planes(result: FaultResult) -> Table:
    """The losses by layer and bit: mean and worst of the bits that were flipped."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title="loss of one upset by bit: mean / worst")
    for heading in ("layer", "type", "in"):
        table.add_column(heading, no_wrap=True)
    most = max(w.element.width for w in result.layers)
    for bit in reversed(range(most)):
        table.add_column(str(bit), justify="right")
    planes = list(result.planes)
    for k, weights in enumerate(result.layers):
        cells = [f"{figure(p.mean)} / {figure(p.worst)}" for p in planes if p.layer == k]
        empty = [""] * (most - len(cells))
        table.add_row(one_line(weights.origin, 40), str(weights.element), weights.kept_in, *empty, *cells)
    return table


def _protections(result: FaultResult) -> Table:
    """What to protect for the limit, by each criterion."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=f"bits to protect for a loss of {figure(result.limit)}")
    for heading in ("limit on", "of"):
        table.add_column(heading)
    headings = ("bits", "of all", "worst left", "mean left", "extra memory bits", "voters", "LUT", "BRAM36")
    for heading in headings:
        table.add_column(heading, justify="right")
    for p in result.protections:
        share = f"{100 * p.bits / result.total:.3g} %"
        figures = (figure(p.worst), figure(p.mean), str(p.price.extra_bits), str(p.price.voters))
        areas = (f"{p.price.resources.lut:g}", f"{p.price.resources.bram36:g}")
        of = f"{len(p.chosen)} bit planes" if p.planes else "single bits"
        table.add_row(p.criterion.value, of, str(p.bits), share, *figures, *areas)
    return table
