"""`codesign area`: what a compiled network takes of its device, process by process."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from codesign.cli.errors import errors_reported
from codesign.cli.options import Build

TOO_LARGE = 1
"""The area is known, and the device has less of some resource."""


class Family(Enum):
    """The generations of devices, as Yosys calls them."""

    XCUP = "xcup"
    XC7 = "xc7"


def area_command(
    context: typer.Context,
    build: Build,
    time_limit: Annotated[
        float, typer.Option(min=0.01, metavar="SECONDS", help="Longest run; what takes longer is estimated.")
    ] = 120.0,
    memory_limit: Annotated[
        int, typer.Option(min=1, metavar="MB", help="Most memory of a run; what takes more is estimated.")
    ] = 4096,
    jobs: Annotated[int | None, typer.Option(min=1, help="Runs at once; by default one per core.")] = None,
    family: Annotated[
        Family | None, typer.Option(help="xcup (UltraScale+) or xc7 (7-series); by default the target's.")
    ] = None,
    cache: Annotated[bool, typer.Option(help="Take what was synthesized before, and keep what is now.")] = True,
) -> None:
    """Synthesize each process of a compiled network with Yosys, and compare their area with the target.

    Estimates stand only where a limit was met, and are marked. The report of the folder is updated. Exit code 1 says
    that the design is larger than the device.
    """
    with errors_reported(context):
        from codesign.cli.terminal import console, progress
        from codesign.compiler import area
        from codesign.report.area_tables import area_tables

        with progress() as told:
            found = area(
                build,
                family=None if family is None else family.value,
                time_limit=time_limit,
                memory_limit=memory_limit,
                jobs=jobs,
                cache=cache,
                progress=told,
            )
        console().print(*area_tables(found.report, found.seconds), sep="\n")
        if not found.report.fits:
            raise typer.Exit(TOO_LARGE)
