"""`codesign train`: a network described in YAML, trained with quantizers in the loop, as a QONNX file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from codesign.cli.errors import errors_reported


def train_command(
    context: typer.Context,
    description: Annotated[Path, typer.Argument(help="The network and its training, in YAML.")],
    data: Annotated[
        Path, typer.Option(help="Samples first: x.npy; for several inputs an .npz with an array each, or a folder.")
    ],
    labels: Annotated[Path, typer.Option(help="What is wanted of each sample: y.npy.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The QONNX file to write.")],
    plain: Annotated[
        Path | None, typer.Option("--float", metavar="FILE", help="Write the network without quantizers as well.")
    ] = None,
    bits: Annotated[int | None, typer.Option(help="Bits of everything but the inputs, instead of the file's.")] = None,
    layer_bits: Annotated[
        list[str] | None, typer.Option("--layer-bits", metavar="NAME=BITS", help="Bits of one layer; once for each.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Instead of the file's.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
) -> None:
    """Train a network with quantizers in the loop (Brevitas), and write it as QONNX.

    It is trained without quantizers first, then with them. The file is what `codesign compile` takes; how training went
    is beside it in <name>.training.json. Needs the `train` extra.
    """
    with errors_reported(context):
        from codesign.cli.terminal import progress
        from codesign.data import read_array, read_arrays
        from codesign.scan.qat.description import Description
        from codesign.scan.qat.extra import check_installed
        from codesign.scan.qat.files import whole

        check_installed()
        from codesign.scan.qat.samples import Samples
        from codesign.scan.qat.train import train

        wanted = Description.read(description).with_bits(bits, _bits(layer_bits), seed)
        arrays = read_arrays(data, [(i.name, i.name) for i in wanted.inputs])
        samples = Samples.of(wanted, arrays, read_array(labels, "the labels"))
        with whole(output, plain, force) as places, progress() as told:
            trained = train(wanted, samples, progress=told)
            trained.write(places)
        for name, fitted in trained.fitted.items():
            when = f"in epoch {fitted.best_epoch + 1}" if fitted.best_epoch >= 0 else "before the first epoch"
            typer.echo(f"{name}: best loss {fitted.best:.6g} {when}")
        typer.echo(f"network: {output}")


def _bits(given: Sequence[str] | None) -> dict[str, int]:
    from codesign.errors import ConfigError

    found = {}
    for entry in given or ():
        name, _, number = entry.rpartition("=")
        if not name or not number.isdecimal():
            raise ConfigError(f"--layer-bits: {entry!r}, expected NAME=BITS, e.g. first=4")
        found[name] = int(number)
    return found
