"""`codesign export`: a network for GPU farms as ONNX, for TensorRT, or as a Triton model repository."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from codesign.cli.errors import errors_reported

if TYPE_CHECKING:
    from codesign.gpu.export.exported import Exported, Options
    from codesign.gpu.tensorrt.target import Engine, Wishes
    from codesign.gpu.triton.repository import Serving

TARGETS = ("onnx", "tensorrt", "triton")
SIZES = "NAME=N,..."
REFUSED = 1
"""The exit code where the folder was written, and tensorrt-rtx does not take a model of it."""
FOR_TENSORRT, FOR_TRITON = "With --target tensorrt", "With --target triton"


def export_command(
    context: typer.Context,
    model: Annotated[
        Path,
        typer.Argument(help="The folder of a network's checkpoint or of a tracking pipeline, or a TorchScript file."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write.")],
    target: Annotated[str, typer.Option(help="onnx, tensorrt or triton.")] = "onnx",
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
    precision: Annotated[str, typer.Option(help="What the model computes in: fp32, fp16 or int8.")] = "fp32",
    calibration: Annotated[
        Path | None,
        typer.Option(
            help="With --precision int8: an event to find the scales on, an .npz of the network's inputs by name; "
            "of a pipeline, a folder with an .npz for each network."
        ),
    ] = None,
    maps: Annotated[
        str | None,
        typer.Option(
            help="Of SPVCNN for onnx: inputs, voxels and kernel maps are inputs of the model (the default); model, "
            "which takes the points of one event and makes them itself; or events, the same for several at a time."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a folder that codesign made.")] = False,
    least: Annotated[
        str | None, typer.Option("--min", metavar=SIZES, help="The smallest event.", rich_help_panel=FOR_TENSORRT)
    ] = None,
    usual: Annotated[
        str | None, typer.Option("--opt", metavar=SIZES, help="The usual event.", rich_help_panel=FOR_TENSORRT)
    ] = None,
    most: Annotated[
        str | None,
        typer.Option(
            "--max", metavar=SIZES, help="The largest: nodes=100000,edges=1000000.", rich_help_panel=FOR_TENSORRT
        ),
    ] = None,
    capability: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X.Y",
            help="Compute capability to try; by default 7.5, 8.0, 8.6 and 8.9.",
            rich_help_panel=FOR_TENSORRT,
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Of the model; by default tracking.", rich_help_panel=FOR_TRITON)
    ] = None,
    stages: Annotated[
        bool, typer.Option("--stages", help="An ensemble of the pipeline's stages.", rich_help_panel=FOR_TRITON)
    ] = False,
    networks: Annotated[
        str | None,
        typer.Option(
            help="What runs an ensemble's networks, or one network: python, onnxruntime or tensorrt.",
            rich_help_panel=FOR_TRITON,
        ),
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu or gpu; by default cpu.", rich_help_panel=FOR_TRITON)] = None,
    instances: Annotated[
        int | None, typer.Option(min=1, help="Of the model, side by side.", rich_help_panel=FOR_TRITON)
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=0, help="Of each instance on the CPU; 0: all.", rich_help_panel=FOR_TRITON)
    ] = None,
    max_hits: Annotated[
        int | None, typer.Option("--max-hits", min=1, help="Of one event.", rich_help_panel=FOR_TRITON)
    ] = None,
    max_batch: Annotated[
        int | None, typer.Option("--max-batch", min=1, help="Events that are run together.", rich_help_panel=FOR_TRITON)
    ] = None,
    delay_us: Annotated[
        int | None,
        typer.Option("--delay-us", min=0, help="How long one waits for others.", rich_help_panel=FOR_TRITON),
    ] = None,
) -> None:
    """Export a network of irregular data: checked against its meaning, and linted for every runtime."""
    with errors_reported(context):
        from codesign.checks import nearest
        from codesign.errors import ConfigError
        from codesign.gpu.export.exported import Options

        if target not in TARGETS:
            raise ConfigError(f"--target {target!r} is not known; {nearest(target, TARGETS)}")
        if maps not in (None, "inputs") and target != "onnx":
            why = ", which has no Unique" if target == "tensorrt" else ""
            cure = "leave it out: voxels and kernel maps are then inputs"
            raise ConfigError(f"--maps {maps} is for --target onnx, not {target}{why}; {cure}")
        _only(target, "tensorrt", {"--min": least, "--opt": usual, "--max": most, "--capability": capability})
        _only(
            target,
            "triton",
            {
                "--name": name, "--stages": stages or None, "--networks": networks, "--device": device,
                "--instances": instances, "--threads": threads, "--max-hits": max_hits, "--max-batch": max_batch,
                "--delay-us": delay_us,
            },
        )  # fmt: skip
        sums = edges or ("sorted" if target == "tensorrt" else "any")
        options = Options(lowering, sums, precision, calibration, maps or "inputs")
        if target == "onnx":
            _onnx(model, output, options, force)
        elif target == "tensorrt":
            from codesign.gpu.tensorrt.gate import CAPABILITIES
            from codesign.gpu.tensorrt.profile import sizes_of
            from codesign.gpu.tensorrt.target import Wishes

            asked = tuple(dict.fromkeys(capability or CAPABILITIES))
            sizes = sizes_of("--min", least), sizes_of("--opt", usual), sizes_of("--max", most)
            _tensorrt(model, output, options, Wishes(*sizes, asked), force)
        else:
            from codesign.gpu.extra import check_installed

            check_installed("tritonclient", "scipy")
            serving = _serving(name, device, instances, threads, max_hits, max_batch, delay_us)
            _triton(model, output, options, serving, stages, networks or "python", force)


def _only(target: str, owner: str, options: Mapping[str, object]) -> None:
    """ConfigError for an option of another target."""
    from codesign.errors import ConfigError

    for option, given in options.items():
        if given is not None and target != owner:
            raise ConfigError(f"{option} is for --target {owner}, not {target}")


def _onnx(model: Path, output: Path, options: Options, force: bool) -> None:
    from codesign import __version__
    from codesign.cli.terminal import progress
    from codesign.gpu.export.onnx_target import write_onnx

    with progress() as told:
        models = write_onnx(model, output, options, version=__version__, force=force, progress=told)
    for stage, one in models.items():
        _print(stage or one.graph.name, one)
    typer.echo(f"wrote {output}")


def _tensorrt(model: Path, output: Path, options: Options, wishes: Wishes, force: bool) -> None:
    from codesign import __version__
    from codesign.cli.terminal import progress
    from codesign.gpu.tensorrt.target import write_tensorrt

    with progress() as told:
        engines = write_tensorrt(model, output, options, wishes, version=__version__, force=force, progress=told)
    for stage, engine in engines.items():
        _print(stage or engine.exported.graph.name, engine.exported)
        _print_gate(stage or engine.exported.graph.name, engine)
    typer.echo(f"wrote {output}")
    if any(engine.stopped for engine in engines.values()):
        raise typer.Exit(REFUSED)


def _triton(
    model: Path, output: Path, options: Options, serving: Serving, stages: bool, networks: str, force: bool
) -> None:
    from codesign import __version__
    from codesign.errors import ConfigError
    from codesign.gpu.triton.target import write

    if options.edges != "any":
        raise ConfigError(f"--edges {options.edges}: clients of a server send edges in any order; leave it out")
    digest = write(
        model, output, version=__version__, serving=serving, stages=stages, networks=networks,
        lowering=options.lowering, precision=options.precision, calibration=options.calibration,
        force=force,
    )  # fmt: skip
    typer.echo(f"{serving.name}: {digest}")
    typer.echo(f"wrote {output}; `codesign triton serve {output}` starts a server")


def _serving(
    name: str | None,
    device: str | None,
    instances: int | None,
    threads: int | None,
    max_hits: int | None,
    max_batch: int | None,
    delay_us: int | None,
) -> Serving:
    from codesign.errors import ConfigError
    from codesign.gpu.triton.config import Batching, Kind
    from codesign.gpu.triton.repository import Serving

    if device not in (None, *(kind.value for kind in Kind)):
        raise ConfigError(f"--device {device!r}: expected cpu or gpu")
    if delay_us is not None and max_batch is None:
        raise ConfigError("--delay-us is how long an event waits for others; say with --max-batch for how many")
    plain = Serving()
    return Serving(
        name or plain.name,
        Kind(device) if device else plain.kind,
        instances or plain.instances,
        None if max_batch is None else Batching(max_batch, delay_us or 0),
        plain.threads if threads is None else threads,
        max_hits or plain.max_hits,
    )


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
