"""`codesign cosim`: the SystemVerilog of a compiled network, cycle by cycle."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from codesign.cli.errors import errors_reported
from codesign.cli.options import DIFFERS, Build, Inputs


class Drive(Enum):
    """How the inputs come, and the outputs are taken."""

    PACED = "paced"
    UNTHROTTLED = "unthrottled"
    RANDOM = "random"
    ALL = "all"


def cosim_command(
    context: typer.Context,
    build: Build,
    data: Inputs = None,
    inputs: Annotated[
        int | None, typer.Option(min=1, help="How many; by default all of the data, or as many as seconds allow.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of random inputs and stalls.")] = 0,
    source: Annotated[
        Drive, typer.Option(help="A sample per interval, beats without a pause, random stalls on both ends, or all.")
    ] = Drive.ALL,
    vcd: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all signals of the first simulation, to look at.")
    ] = None,
) -> None:
    """Simulate the SystemVerilog of a compiled network with Verilator, and compare every value.

    Measures latency, interval, how full streams are and where processes wait; the report of the folder is updated.
    Exit code 1 says that values differ.
    """
    with errors_reported(context):
        from codesign.cli.terminal import console, progress
        from codesign.compiler import cosim
        from codesign.report.cosim_tables import cosim_tables
        from codesign.verification.cosim import Pacing

        pacings = tuple(Pacing) if source is Drive.ALL else (Pacing[source.name],)
        with progress() as told:
            found = cosim(build, data=data, inputs=inputs, seed=seed, pacings=pacings, vcd=vcd, progress=told)
        console().print(*cosim_tables(found.report, found.runs, found.measured is not None), sep="\n")
        if not found.exact:
            raise typer.Exit(DIFFERS)
