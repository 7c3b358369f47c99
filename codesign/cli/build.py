"""`codesign build`: the vendor's tools on a project folder, where they are installed."""

from __future__ import annotations

from typing import Annotated

import typer

from codesign.cli.errors import errors_reported
from codesign.cli.options import Build


def build_command(
    context: typer.Context,
    build: Build,
    step: Annotated[
        str,
        typer.Option(
            metavar="STEP",
            help="HLS: csim, csynth, cosim, export (an IP). Vivado, from the SystemVerilog: synth, implement (placed "
            "and routed), package (an IP). Cards: xo, link, hw_emu, sw_emu. PYNQ boards: overlay.",
        ),
    ],
    platform: Annotated[
        str | None, typer.Option(help="Of a card: another Vitis platform than the folder's, by name or .xpfm file.")
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option(min=1, metavar="SECONDS", help="Stop the tool after that; by default never.")
    ] = None,
) -> None:
    """Run a step of the vendor's tools on a compiled network, keep their log, and put their reports into ours.

    The tool must be on PATH: `source` its settings64.sh first. Where it is not, the message says what is needed, what
    is installed and where that was looked for. Everything that the tool starts ends with this command.
    """
    with errors_reported(context):
        from codesign.cli.terminal import console, progress
        from codesign.compiler.build import build as run_step
        from codesign.compiler.build import refresh
        from codesign.report.text import one_line
        from codesign.report.vendor_tables import told_lines, vendor_tables

        with progress() as told:
            done = run_step(build, step, platform=platform, seconds=time_limit, progress=told)
        out = console()
        tools = " and ".join(map(str, done.tools))
        out.print(one_line(f"{done.step}: {tools}, {done.seconds:,.0f} s, log {done.log}"))
        for result in done.results:
            out.print(one_line(f"  {result}"))
        report, gathered = refresh(build)
        out.print(*told_lines(gathered.told), *vendor_tables(report), sep="\n")
