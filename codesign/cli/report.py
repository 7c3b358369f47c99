"""`codesign report`: what is known of a compiled network, in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codesign.cli.errors import errors_reported
from codesign.cli.options import Build


def report_command(
    context: typer.Context,
    build: Build,
    vendor: Annotated[
        list[Path] | None,
        typer.Option("--vendor", metavar="PATH", help="A report of a vendor's tool, or a folder of them; repeatable."),
    ] = None,
) -> None:
    """Print the report of a compiled network, with what was measured of it since.

    Reports of Vivado HLS, Vitis HLS, Vivado and XRT that lie in the folder are read, put into the report, and stand
    beside the figures that are known here. The same stands in report.html of the folder, with pictures, and in
    report.json.
    """
    with errors_reported(context):
        from codesign.cli.terminal import console, print_report
        from codesign.report.card_tables import card_tables
        from codesign.report.stored import read_report, update_report
        from codesign.report.vendor.gather import gather
        from codesign.report.vendor_tables import told_lines, vendor_tables

        report = read_report(build)
        found = gather(report, build, vendor or ())
        if found.reports != report.vendor:
            report = update_report(build, vendor=found.reports)
        print_report(report)
        tables = [*card_tables(report), *told_lines(found.told), *vendor_tables(report)]
        if tables:
            console().print(*tables, sep="\n")
