"""`report_utilization -hierarchical` of Vivado: what each instance takes, those inside of it included."""

from __future__ import annotations

from codesign.report.vendor.figures import area
from codesign.report.vendor.source import Source, short
from codesign.report.vendor.table import Row, Table, read_table
from codesign.report.vendor.vivado_head import read_head
from codesign.report.vendor_report import Instance, VendorReport
from codesign.targets import Resources

_HEADING = "Utilization by Hierarchy"
_STEP = 2
"""Spaces by which an instance is indented below the one around it."""


def is_hierarchy(source: Source) -> bool:
    """Whether the report has the table of the hierarchy."""
    return any(text.strip().endswith(_HEADING) for text in source.lines)


def read_hierarchy(source: Source) -> VendorReport:
    """The instances in their order; rows of what an instance takes outside of those in it, `(name)`, are left out."""
    head = read_head(source)
    line = source.find(lambda text: text.startswith("+-"), f"the table {_HEADING!r}", head.end)
    table = read_table(source, line, f"the table {_HEADING!r}")
    rows = list(table.rows)
    if not rows or rows[0].cells[table.column("Module")] != "(top)":
        raise source.error(table.line, "a table without its top", "a first row of the module (top)")
    instances, before = [], 0
    for row in rows[1:]:
        name = row.cells[table.column("Instance")]
        depth, odd = divmod(row.indent - rows[0].indent, _STEP)
        if odd or not 1 <= depth <= before + 1:
            raise source.error(row.line, f"{short(name)!r} after {row.indent} spaces", f"{_STEP} more for each level")
        if name.startswith("(") and name.endswith(")"):
            continue
        before = depth
        instances.append(Instance(name, row.cells[table.column("Module")], depth - 1, _amounts(table, row)))
    return VendorReport(
        tool="Vivado",
        version=head.version,
        stage=head.stage,
        top=head.design,
        part=head.device,
        files=(source.name,),
        resources=_amounts(table, rows[0]),
        instances=tuple(instances),
    )


def _amounts(table: Table, row: Row) -> Resources:
    """RAMB36 and RAMB18 are counted apart here; a device without UltraRAM has no column for it."""
    uram = table.optional("URAM")

    def of(*names: str) -> float:
        column = table.column(*names)
        return area(table.source, row.line, row.cells[column], f"{short(row.cells[0])}: {names[0]}")

    return Resources(
        lut=of("Total LUTs"),
        ff=of("FFs"),
        dsp=of("DSP Blocks", "DSP48 Blocks", "DSPs"),
        bram36=of("RAMB36") + of("RAMB18") / 2,
        uram=0 if uram is None else of("URAM"),
    )
