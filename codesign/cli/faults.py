"""`codesign faults`: what a flipped bit of a weight costs, and which bits to protect."""

from __future__ import annotations

from typing import Annotated

import typer

from codesign.cli.errors import errors_reported
from codesign.cli.options import Build, Data, Goal, Labels, Metric, Samples


def faults_command(
    context: typer.Context,
    build: Build,
    data: Data,
    labels: Labels,
    metric: Metric,
    goal: Goal = None,
    loss: Annotated[
        float | None, typer.Option(help="Of the metric, what one upset may cost: which bits to protect, and the price.")
    ] = None,
    inject: Annotated[
        int, typer.Option(min=1, help="How many bits to flip, each alone; all, where there are fewer.")
    ] = (2000),
    samples: Samples = None,
    seed: Annotated[int, typer.Option(min=0, help="Of which bits are flipped.")] = 0,
) -> None:
    """Flip bits of the weights of a compiled network, in exact integers, and find which to protect.

    Writes faults.json and faults.html into the folder.
    """
    with errors_reported(context):
        from codesign.cli.faulting import told_of
        from codesign.cli.terminal import console, progress
        from codesign.faults import faults

        with progress() as told:
            result = faults(
                build,
                data=data,
                labels=labels,
                metric_name=metric,
                goal=goal,
                loss=loss,
                inject=inject,
                samples=samples,
                seed=seed,
                progress=told,
            )
        console().print(*told_of(result), sep="\n")
