"""`report_accelerator_utilization` of Vivado, which `v++ --link` writes: what each kernel takes beside the platform."""

from __future__ import annotations

from codesign.report.vendor.figures import area
from codesign.report.vendor.source import Source
from codesign.report.vendor.table import Row, Table, read_table
from codesign.report.vendor.vivado_head import read_head
from codesign.report.vendor_report import Instance, VendorReport
from codesign.targets import Resources

_HEADING = "Accelerator Utilization Design Information"
_STEP = 3
"""Spaces before the name of a compute unit, below that of its kernel."""


def is_accelerator(source: Source) -> bool:
    """Whether the report is of kernels."""
    return any(text.strip() == _HEADING for text in source.lines)


def read_accelerator(source: Source) -> VendorReport:
    """What all kernels take together, what the platform leaves them, and each compute unit.

    The top is the kernel, where there is but one; a report of several has none.
    """
    head = read_head(source)
    line = source.find(lambda text: text.startswith("+-"), "the table of the kernels", head.end)
    table = read_table(source, line, "the table of the kernels")
    budget, used = table.named("User Budget"), table.named("Used Resources")
    table.named("Unused Resources")
    rows = [row for row in table.rows if row.line > table.named("Unused Resources").line]
    kernels = [row.cells[0] for row in rows if row.indent < _STEP]
    if not kernels:
        raise source.error(table.end - 1, "the end of the table", "a row of a kernel in it")
    units = [Instance(row.cells[0], "compute unit", 0, _amounts(table, row)) for row in rows if row.indent >= _STEP]
    return VendorReport(
        tool="Vivado",
        version=head.version,
        stage=head.stage,
        top=kernels[0] if len(kernels) == 1 else "",
        part=head.device,
        files=(source.name,),
        resources=_amounts(table, used),
        available=_amounts(table, budget),
        instances=tuple(units),
        remarks=(f"compute units of {', '.join(kernels)}: {len(units)}; the platform is not in these figures",),
    )


def _amounts(table: Table, row: Row) -> Resources:
    """Block RAM is counted in tiles of 36 Kb here; a device without UltraRAM has no column for it."""
    uram = table.optional("URAM")

    def of(name: str) -> float:
        return area(table.source, row.line, row.cells[table.column(name)], f"{row.cells[0]}: {name}")

    return Resources(
        lut=of("LUT"), ff=of("REG"), dsp=of("DSP"), bram36=of("BRAM"), uram=0 if uram is None else of("URAM")
    )
