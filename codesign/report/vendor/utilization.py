"""`report_utilization` of Vivado: what a design takes of the device, in all, by the tables of site types."""

from __future__ import annotations

from codesign.report.vendor.figures import area
from codesign.report.vendor.source import Source
from codesign.report.vendor.table import Table, is_table, read_table
from codesign.report.vendor.vivado_head import read_head
from codesign.report.vendor_report import VendorReport
from codesign.targets import Resources

_LUTS, _REGISTERS = ("Slice LUTs", "CLB LUTs"), ("Slice Registers", "CLB Registers")
_BRAMS, _DSPS = ("Block RAM Tile",), ("DSPs",)
"""The rows that are needed, of 7-series or of UltraScale and UltraScale+."""


def is_flat(source: Source) -> bool:
    """Whether the report has tables of site types."""
    return any(text.startswith("|") and "Site Type" in text for text in source.lines)


def read_utilization(source: Source) -> VendorReport:
    """What is used, and what the device has: URAM is 0 where it has no such row."""
    head = read_head(source)
    logic, line = _with(source, _LUTS, head.end)
    memory, line = _with(source, _BRAMS, line)
    multipliers, _ = _with(source, _DSPS, line)

    def amounts(column: str) -> Resources:
        return Resources(
            lut=_amount(logic, _LUTS, column),
            ff=_amount(logic, _REGISTERS, column),
            dsp=_amount(multipliers, _DSPS, column),
            bram36=_amount(memory, _BRAMS, column),
            uram=_uram(memory, column),
        )

    return VendorReport(
        tool="Vivado",
        version=head.version,
        stage=head.stage,
        top=head.design,
        part=head.device,
        files=(source.name,),
        resources=amounts("Used"),
        available=amounts("Available"),
    )


def _amount(table: Table, names: tuple[str, ...], column: str) -> float:
    row = table.named(*names)
    return area(table.source, row.line, row.cells[table.column(column)], f"{row.cells[0]}: {column.lower()}")


def _with(source: Source, names: tuple[str, ...], start: int) -> tuple[Table, int]:
    """The first table from a line on with such a row, and the line of it: two rows may share a table."""
    row = source.find(lambda text: _cell(text) in names, f"a row {' or '.join(names)}", start)
    first = row
    while first > 0 and source.lines[first - 1].startswith(("|", "+")):
        first -= 1
    if not is_table(source.lines[first]):
        raise source.error(first, "a row", "the border of its table above")
    return read_table(source, first, "a table of site types"), first


def _cell(text: str) -> str:
    return text[1:].partition("|")[0].rstrip().rstrip("*").strip() if text.startswith("|") else ""


def _uram(memory: Table, column: str) -> float:
    """UltraRAM stands in the same table as block RAM, where the device has any."""
    for row in memory.rows:
        if row.cells[0] == "URAM":
            return area(memory.source, row.line, row.cells[memory.column(column)], f"URAM: {column.lower()}")
    return 0
