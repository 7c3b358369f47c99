"""`codesign compile`: a network in, a project folder out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codesign.cli.errors import errors_reported
from codesign.cli.options import (
    Banks,
    Budget,
    Clock,
    ComputeUnits,
    ConfigFile,
    InputTypes,
    Interval,
    Latency,
    MaxBatch,
    Model,
    Precision,
    Reuse,
    Streams,
    Target,
    input_types,
)


def compile_command(
    context: typer.Context,
    model: Model,
    target: Target = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The project folder to make.")] = Path("build"),
    input_type: InputTypes = None,
    precision: Precision = None,
    config: ConfigFile = None,
    reuse: Reuse = None,
    clock_mhz: Clock = None,
    streams: Streams = None,
    interval: Interval = None,
    latency_us: Latency = None,
    budget: Budget = None,
    compute_units: ComputeUnits = None,
    banks: Banks = None,
    max_batch: MaxBatch = None,
    name: Annotated[str | None, typer.Option(help="Name of the design; by default the file's.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing project folder.")] = False,
    csim: Annotated[bool, typer.Option(help="Compile the generated C++ with g++ and compare a few inputs.")] = True,
    cosim: Annotated[
        bool, typer.Option("--cosim", help="Simulate the SystemVerilog with Verilator, and compare a few inputs.")
    ] = False,
    dump_passes: Annotated[
        bool, typer.Option("--dump-passes", help="Keep the network's text after each pass in the folder.")
    ] = False,
) -> None:
    """Compile a network into a verified HLS C++ project.

    The folder appears whole or not at all. It holds the C++, the scripts for the vendor's tools, a testbench and
    the report.
    """
    with errors_reported(context):
        from codesign.cli.terminal import print_report, progress
        from codesign.compiler import compile

        with progress() as told:
            compiled = compile(
                model,
                target=target,
                output=output,
                input_type=input_types(input_type),
                precision=precision,
                config=config,
                reuse=reuse,
                clock_mhz=clock_mhz,
                streams=streams,
                interval=interval,
                latency_us=latency_us,
                budget=budget,
                compute_units=compute_units,
                banks=banks,
                max_batch=max_batch,
                name=name,
                force=force,
                csim=csim,
                cosim=cosim,
                dump_passes=dump_passes,
                progress=told,
            )
        print_report(compiled.report)
        typer.echo(f"project: {output}\nreport:  {output / 'report.html'}")
