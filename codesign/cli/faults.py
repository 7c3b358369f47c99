"""`codesign faults`: what a flipped bit of a weight costs, and which bits to protect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codesign.cli.errors import errors_reported


def faults_command(
    context: typer.Context,
    build: Annotated[Path, typer.Argument(help="The folder that `codesign compile` made.")],
    data: Annotated[
        Path,
        typer.Option(help="Inputs, samples first: x.npy; for several an .npz with an array each, or a folder of .npy."),
    ],
    labels: Annotated[Path, typer.Option(help="What is true of each sample: an .npy, samples first.")],
    metric: Annotated[
        str,
        typer.Option(help="accuracy, auc, mae, iqr, or file.py:function (outputs, labels) -> number, which is run."),
    ],
    goal: Annotated[
        str | None, typer.Option(metavar="max|min", help="Which way a function of your own is better.")
    ] = None,
    loss: Annotated[
        float | None, typer.Option(help="Of the metric, what one upset may cost: which bits to protect, and the price.")
    ] = None,
    inject: Annotated[
        int, typer.Option(min=1, help="How many bits to flip, each alone; all, where there are fewer.")
    ] = (2000),
    samples: Annotated[int | None, typer.Option(min=1, help="Of the data the first so many; by default all.")] = None,
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
