"""`codesign scan`: the metric and the cost of a float network at many precisions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codesign.cli.errors import errors_reported
from codesign.cli.options import (
    Budget,
    Clock,
    ConfigFile,
    Data,
    Goal,
    InputTypes,
    Interval,
    Labels,
    Latency,
    Metric,
    Model,
    Reuse,
    Samples,
    Target,
)
from codesign.cli.options import input_types as read_types


def scan_command(
    context: typer.Context,
    model: Model,
    data: Data,
    labels: Labels,
    metric: Metric,
    goal: Goal = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder for results.csv, configs/ and scan.db.")
    ] = (Path("scan")),
    samples: Samples = None,
    bits: Annotated[
        str, typer.Option(metavar="RANGE", help="Widths of weights and results: 2..16 or 4,6,8.")
    ] = "2..16",
    activations: Annotated[
        str | None, typer.Option(metavar="RANGE", help="Widths of results, where they are not those of the weights.")
    ] = None,
    integer: Annotated[
        str | None,
        typer.Option(metavar="RANGE", help="The same integer bits for all types; by default by --calibration."),
    ] = None,
    accumulators: Annotated[
        str | None,
        typer.Option(
            metavar="RANGE",
            help="Bits of sums that wrap where more would be safe, e.g. 8..20; by default all are safe.",
        ),
    ] = None,
    calibration: Annotated[
        str, typer.Option(help="Binary points from the data: min-max, percentile, mse.")
    ] = "min-max",
    percentile: Annotated[float, typer.Option(help="Of --calibration percentile, on both sides.")] = 99.9,
    rounding: Annotated[
        str | None, typer.Option(metavar="MODE", help="Of results: ROUND (half to even), FLOOR, or another of QONNX.")
    ] = None,
    search: Annotated[str, typer.Option(help="Which points: grid, layers, allocate, hessian or sample.")] = "grid",
    bit_operations: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBERS", help="Budgets of --search allocate and hessian; by default one for each width."
        ),
    ] = None,
    objective: Annotated[
        str, typer.Option(metavar="COSTS", help="Of --search sample, beside the metric: lut,dsp,interval,ebops, ...")
    ] = "bit_operations",
    trials: Annotated[int, typer.Option(min=1, help="New points of --search sample.")] = 100,
    seed: Annotated[int, typer.Option(help="Of --search sample.")] = 0,
    design: Annotated[bool, typer.Option(help="Make the design of each point, for its cycles and area.")] = True,
    store: Annotated[
        str | None, typer.Option(metavar="URL", help="Database of the trials; by default scan.db in the output folder.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Of the scan in the store; by default the network's.")] = None,
    train_data: Annotated[
        Path | None, typer.Option(help="Where the model is a description in YAML: inputs to train it on.")
    ] = None,
    train_labels: Annotated[Path | None, typer.Option(help="What is wanted of each of them: an .npy.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that evaluate points; by default one.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="URL", help="A Dask cluster that evaluates them instead: tcp://host:8786.")
    ] = None,
    parquet: Annotated[bool, typer.Option("--parquet", help="Write results.parquet as well; needs pyarrow.")] = False,
    target: Target = None,
    input_type: InputTypes = None,
    config: ConfigFile = None,
    reuse: Reuse = None,
    clock_mhz: Clock = None,
    interval: Interval = None,
    latency_us: Latency = None,
    budget: Budget = None,
) -> None:
    """Scan the precision of a float network: a metric on data, in exact integers, and the cost of each design.

    A scan that was stopped goes on where it was. The configurations of the best points can be given to
    `codesign compile --config`.
    """
    with errors_reported(context):
        from codesign.cli.scanning import scanned
        from codesign.cli.terminal import console, progress
        from codesign.scan.run import scan

        with progress() as told:
            result = scan(
                model,
                data=data,
                labels=labels,
                metric=metric,
                output=output,
                goal=goal,
                samples=samples,
                bits=bits,
                activations=activations,
                integer=integer,
                accumulators=accumulators,
                calibration=calibration,
                percentile=percentile,
                rounding=rounding,
                method=search,
                bit_operations=bit_operations,
                objective=objective,
                trials=trials,
                seed=seed,
                design=design,
                store=store,
                name=name,
                train_data=train_data,
                train_labels=train_labels,
                workers=workers,
                scheduler=scheduler,
                parquet=parquet,
                target=target,
                input_type=read_types(input_type),
                config=config,
                reuse=reuse,
                clock_mhz=clock_mhz,
                interval=interval,
                latency_us=latency_us,
                budget=budget,
                progress=told,
            )
        console().print(*scanned(result), sep="\n")
