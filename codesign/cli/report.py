"""`codesign report`: what is known of a compiled network, in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codesign.cli.errors import errors_reported


def report_command(
    context: typer.Context,
    build: Annotated[Path, typer.Argument(help="The folder that `codesign compile` made.")],
) -> None:
    """Print the report of a compiled network, with what was measured of it since.

    The same stands in report.html of the folder, with pictures, and in report.json.
    """
    with errors_reported(context):
        from codesign.cli.terminal import console, print_report
        from codesign.report.card_tables import card_tables
        from codesign.report.stored import read_report

        report = read_report(build)
        print_report(report)
        console().print(*card_tables(report), sep="\n")
