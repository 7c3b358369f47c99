"""`codesign show`: the network or the design as text, after any pass."""

from __future__ import annotations

from typing import Annotated

import typer

from codesign.cli.errors import errors_reported
from codesign.cli.options import (
    Budget,
    Clock,
    ConfigFile,
    InputTypes,
    Interval,
    Latency,
    Model,
    Precision,
    Reuse,
    Streams,
    Target,
    input_types,
)


def show_command(
    context: typer.Context,
    model: Model,
    after: Annotated[
        str | None, typer.Option(metavar="PASS", help="Stop after this pass; `import` is before the first.")
    ] = None,
    design: Annotated[bool, typer.Option("--design", help="The processes and streams instead of the network.")] = False,
    target: Target = None,
    input_type: InputTypes = None,
    precision: Precision = None,
    config: ConfigFile = None,
    reuse: Reuse = None,
    clock_mhz: Clock = None,
    streams: Streams = None,
    interval: Interval = None,
    latency_us: Latency = None,
    budget: Budget = None,
) -> None:
    """Print a network as text, as imported or after a pass, or the design it becomes."""
    with errors_reported(context):
        from codesign.compiler import show
        from codesign.report.text import printable

        text = show(
            model,
            after=after,
            design=design,
            target=target,
            input_type=input_types(input_type),
            precision=precision,
            config=config,
            reuse=reuse,
            clock_mhz=clock_mhz,
            streams=streams,
            interval=interval,
            latency_us=latency_us,
            budget=budget,
        )
        typer.echo(printable(text), nl=not text.endswith("\n"))
