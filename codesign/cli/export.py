"""`codesign export`: a network for GPU farms as ONNX, for TensorRT, or as a Triton model repository."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from codesign.cli.errors import errors_reported

if TYPE_CHECKING:
    from codesign.gpu.export.exported import Exported
    from codesign.gpu.tensorrt.target import Engine

TARGETS = ("onnx", "tensorrt")
SIZES = "NAME=N,..."
REFUSED = 1
"""The exit code where the folder was written, and tensorrt-rtx takes a model of it not."""


def export_command(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(help="A folder: the checkpoint of a network, or a tracking pipeline.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write.")],
    target: Annotated[str, typer.Option(help="onnx or tensorrt.")] = "onnx",
    lowering: Annotated[
        str, typer.Option(help="How rows are summed: pull (gathers and sums, in a fixed order), padded or scatter.")
    ] = "pull",
    edges: Annotated[
        str | None,
        typer.Option(
            help="any: what sums need is sorted in the model; sorted: the model takes it as inputs. "
            "By default any, and sorted for TensorRT."
        ),
    ] = None,
    precision: Annotated[str, typer.Option(help="fp32.")] = "fp32",
    least: Annotated[str | None, typer.Option("--min", metavar=SIZES, help="TensorRT: the smallest event.")] = None,
    usual: Annotated[str | None, typer.Option("--opt", metavar=SIZES, help="TensorRT: the usual event.")] = None,
    most: Annotated[
        str | None, typer.Option("--max", metavar=SIZES, help="TensorRT: the largest, e.g. nodes=100000,edges=1000000.")
    ] = None,
    capability: Annotated[
        list[str] | None,
        typer.Option(metavar="X.Y", help="TensorRT: compute capability to try; by default 7.5, 8.0, 8.6 and 8.9."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a folder that codesign made.")] = False,
) -> None:
    """Export a network of irregular data: checked against its meaning, and linted for every runtime."""
    with errors_reported(context):
        from codesign import __version__
        from codesign.checks import nearest
        from codesign.cli.terminal import progress
        from codesign.errors import ConfigError
        from codesign.gpu.export.exported import Options

        if target not in TARGETS:
            raise ConfigError(f"--target {target!r} is not known; {nearest(target, TARGETS)}")
        only = {"--min": least, "--opt": usual, "--max": most, "--capability": capability}
        for option, given in only.items():
            if given and target != "tensorrt":
                raise ConfigError(f"{option} is for --target tensorrt, not {target}")
        options = Options(lowering, edges or ("sorted" if target == "tensorrt" else "any"), precision)
        with progress() as told:
            if target == "onnx":
                from codesign.gpu.export.onnx_target import write_onnx

                models = write_onnx(model, output, options, version=__version__, force=force, progress=told)
                engines: dict[str, Engine] = {}
            else:
                from codesign.gpu.tensorrt.gate import CAPABILITIES
                from codesign.gpu.tensorrt.profile import sizes_of
                from codesign.gpu.tensorrt.target import Wishes, write_tensorrt

                wishes = Wishes(
                    sizes_of("--min", least),
                    sizes_of("--opt", usual),
                    sizes_of("--max", most),
                    tuple(dict.fromkeys(capability or CAPABILITIES)),
                )
                engines = write_tensorrt(
                    model, output, options, wishes, version=__version__, force=force, progress=told
                )
                models = {stage: engine.exported for stage, engine in engines.items()}
        for stage, one in models.items():
            _print(stage or one.graph.name, one)
        for stage, engine in engines.items():
            _print_gate(stage or engine.exported.graph.name, engine)
        typer.echo(f"wrote {output}")
        if any(engine.stopped for engine in engines.values()):
            raise typer.Exit(REFUSED)


def _print(name: str, one: Exported) -> None:
    """How exact a model is, and which runtime takes it."""
    from codesign.report.text import one_line

    for d in one.differences:
        away = f"{one_line(d.output, 80)} differs by {d.difference:.2g} at most from float64"
        typer.echo(f"{name}: {away} (values up to {d.largest:.3g})")
    typer.echo(f"{name}: {'; '.join(f'{target} {verdict}' for target, verdict in one.verdicts())}")


def _print_gate(name: str, engine: Engine) -> None:
    """What tensorrt-rtx said of the models of a network."""
    for v in engine.variants:
        if v.gate is None:
            typer.echo(f"{name}: {v.file}.onnx was not parsed here: tensorrt-rtx is not installed (codesign[gpu])")
            continue
        for error in v.gate.parse_errors:
            typer.echo(f"{name}: {v.file}.onnx is refused by tensorrt-rtx {v.gate.version}: {error}")
        for b in v.gate.built:
            made = f"{b.engine_bytes:,} bytes in {b.seconds:.1f} s" if b.engine_bytes is not None else f"no: {b.error}"
            typer.echo(f"{name}: {v.file}.onnx, engine for {b.capability} by tensorrt-rtx {v.gate.version}: {made}")
