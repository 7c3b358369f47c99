"""The command line: `codesign compile`, `convert`, `verify`, `cosim`, `area`, `build`, `clustering`, `scan`, `faults`,
`lint`, `report`, `show`, `targets`, `tracking`, `train` and `triton`.

Nothing heavy is imported before a command runs, so that `--help` answers at once.
"""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from codesign.cli.area import area_command
from codesign.cli.build import build_command
from codesign.cli.clustering import clustering
from codesign.cli.compile import compile_command
from codesign.cli.convert import convert_command
from codesign.cli.cosim import cosim_command
from codesign.cli.export import export_command
from codesign.cli.faults import faults_command
from codesign.cli.lint import lint_command
from codesign.cli.report import report_command
from codesign.cli.scan import scan_command
from codesign.cli.show import show_command
from codesign.cli.targets import targets_command
from codesign.cli.tracking import tracking
from codesign.cli.train import train_command
from codesign.cli.triton import triton
from codesign.cli.verify import verify_command

app = typer.Typer(
    name="codesign",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A trained, quantized network in, a verified HLS C++ project for an FPGA out.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(clustering)
app.command("compile")(compile_command)
app.command("convert")(convert_command)
app.command("verify")(verify_command)
app.command("cosim")(cosim_command)
app.command("area")(area_command)
app.command("build")(build_command)
app.command("export")(export_command)
app.command("faults")(faults_command)
app.command("lint")(lint_command)
app.command("report")(report_command)
app.command("scan")(scan_command)
app.command("show")(show_command)
app.command("targets")(targets_command)
app.add_typer(tracking)
app.add_typer(triton)
app.command("train")(train_command)


def _version(asked: bool) -> None:
    if asked:
        from codesign import __version__

        typer.echo(f"codesign {__version__}")
        raise typer.Exit


@app.callback()
def main(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Holds the options that stand before the command."""
    context.obj = debug
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without unicode is no reason to fail
