"""`codesign convert`: a network in, a QONNX file out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codesign.cli.errors import errors_reported
from codesign.cli.options import Model


def convert_command(
    context: typer.Context,
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="The QONNX file to write, .onnx.")],
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write a network, of Keras for instance, as QONNX.

    The file is read again and compared with the network before it appears.
    """
    with errors_reported(context):
        from codesign.compiler.convert import convert

        for note in convert(model, output, force=force):
            typer.echo(note)
        typer.echo(f"wrote {output}")
