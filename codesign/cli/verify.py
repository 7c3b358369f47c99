"""`codesign verify`: every rung of the ladder on many inputs."""

from __future__ import annotations

from typing import Annotated

import typer

from codesign.cli.errors import errors_reported
from codesign.cli.options import DIFFERS, Build, Inputs


def verify_command(
    context: typer.Context,
    build: Build,
    data: Inputs = None,
    inputs: Annotated[
        int | None, typer.Option(min=1, help="How many; by default all of the data, or 1000 random.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of random inputs, which are used without data.")] = 0,
    cosim: Annotated[bool, typer.Option(help="Simulate the SystemVerilog too, with Verilator.")] = True,
) -> None:
    """Compare all meanings of a compiled network: the file, the network, the design, the C++ and the SystemVerilog.

    Exit code 1 says that they differ.
    """
    with errors_reported(context):
        from codesign.cli.terminal import console, progress
        from codesign.compiler import verify
        from codesign.report.tables import found

        with progress() as told:
            verification = verify(build, data=data, inputs=inputs, seed=seed, cosim=cosim, progress=told)
        console().print(*found(verification), sep="\n")
        if not verification.exact:
            raise typer.Exit(DIFFERS)
