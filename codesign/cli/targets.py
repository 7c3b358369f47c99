"""`codesign targets`: the devices and boards there are."""

from __future__ import annotations

import typer

from codesign.cli.errors import errors_reported

ROOMY = 110
"""Columns from which on the names of the boards find room."""


def targets_command(context: typer.Context) -> None:
    """List the devices and boards, with their resources."""
    with errors_reported(context):
        from rich.table import Table

        from codesign.cli.terminal import console
        from codesign.targets import all_targets

        out = console()
        roomy = out.width >= ROOMY
        table = Table(box=None, padding=(0, 2 if roomy else 1, 0, 0))
        table.add_column("target", style="bold", no_wrap=True)
        for heading in ("part", "what it is") if roomy else ("part",):
            table.add_column(heading, no_wrap=True)
        for heading in ("kLUT", "kFF", "DSP", "BRAM36", "URAM", "SLR", "MHz"):
            table.add_column(heading, justify="right", no_wrap=True)
        for target in all_targets():
            has = target.resources
            words = (target.part, target.title) if roomy else (target.part,)
            amounts = (
                round(has.lut / 1000, 1),
                round(has.ff / 1000, 1),
                has.dsp,
                has.bram36,
                has.uram,
                target.slrs,
                target.clock_mhz,
            )
            table.add_row(target.name, *words, *(f"{amount:.10g}" for amount in amounts))
        out.print(table)
