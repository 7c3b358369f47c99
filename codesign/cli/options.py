"""Options that several commands share, and how their values are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[
    Path,
    typer.Argument(help="The trained network: .onnx (QONNX, QCDQ or plain), or .h5, .hdf5 or .keras (Keras, QKeras)."),
]
InputTypes = Annotated[
    list[str] | None,
    typer.Option(
        "--input-type",
        metavar="[NAME=]TYPE",
        help="Type of an input that the file does not quantize, e.g. 'fixed<16,6>'; once per input with its name.",
    ),
]
Precision = Annotated[
    str | None, typer.Option(metavar="TYPE", help="Type of all that the file leaves in float, e.g. 'fixed<16,6>'.")
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Types, reuse factors and strategies per layer, in YAML."),
]
Reuse = Annotated[
    int | None,
    typer.Option(min=1, help="How often each multiplier is used per input vector; by default the fastest that fits."),
]
Clock = Annotated[float | None, typer.Option("--clock-mhz", help="The clock; by default the target's.")]
Streams = Annotated[
    str | None,
    typer.Option(
        metavar="KIND", help="Wire every stream alike, to compare: single, array or struct; by default mixed, the best."
    ),
]
Interval = Annotated[
    int | None,
    typer.Option(
        metavar="CYCLES", help="Most cycles from one sample to the next; gives the cheapest design that is so fast."
    ),
]
Latency = Annotated[
    float | None,
    typer.Option(
        "--latency-us", metavar="US", help="Most microseconds for one sample; gives the cheapest such design."
    ),
]
Budget = Annotated[
    str | None,
    typer.Option(metavar="AMOUNTS", help="What it may take: '70%' or 'dsp=3800,bram=50%'; 80% of what is not named."),
]
Build = Annotated[Path, typer.Argument(help="The folder that `codesign compile` made.")]
Inputs = Annotated[
    Path | None,
    typer.Option(help="Inputs, samples first: x.npy; for several an .npz with an array each, or a folder of .npy."),
]
DIFFERS = 1
"""The exit code of a comparison that was made, where values differ."""
ComputeUnits = Annotated[
    int | None,
    typer.Option("--compute-units", metavar="N", help="Instances of the kernel on the card; they share the budget."),
]
Banks = Annotated[
    str | None,
    typer.Option(metavar="NAMES", help="Memory banks of the inputs and outputs, in turn, e.g. 'HBM[0],HBM[1]'."),
]
MaxBatch = Annotated[
    int | None, typer.Option("--max-batch", metavar="N", help="Most samples of one launch of a compute unit.")
]
Data = Annotated[
    Path,
    typer.Option(help="Inputs, samples first: x.npy; for several an .npz with an array each, or a folder of .npy."),
]
Labels = Annotated[Path, typer.Option(help="What is true of each sample: an .npy, samples first.")]
Metric = Annotated[
    str, typer.Option(help="accuracy, auc, mae, iqr, or file.py:function (outputs, labels) -> number, which is run.")
]
Goal = Annotated[str | None, typer.Option(metavar="max|min", help="Which way a function of your own is better.")]
Samples = Annotated[int | None, typer.Option(min=1, help="Of the data the first so many; by default all.")]
Target = Annotated[str | None, typer.Option(help="Device or board, see `codesign targets`.")]


def input_types(given: Sequence[str] | None) -> dict[str, str]:
    """Type by input name; the empty name stands for every input. The type follows the last `=`, names may have some."""
    from codesign.errors import ConfigError

    found: dict[str, str] = {}
    for entry in given or ():
        name, _, text = entry.rpartition("=")
        if name in found:
            raise ConfigError(f"--input-type: {name or 'a type for every input'} is given twice")
        found[name] = text
    return found
