"""`codesign export --target tensorrt`: model, profile, what builds an engine, and what tensorrt-rtx said of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from codesign import resources
from codesign.backends.project import MARKER, output_folder
from codesign.backends.render import render
from codesign.errors import ConfigError, ModelError
from codesign.gpu.export.calibration import read_calibration
from codesign.gpu.export.exported import Exported, Options, digests, exported, write, write_model
from codesign.gpu.export.model import feeds, to_onnx
from codesign.gpu.export.source import read_source
from codesign.gpu.export.trial import Difference, check, differences, trial_inputs
from codesign.gpu.lint import Level, lint, refused
from codesign.gpu.tensorrt.commands import measuring_lines, trtexec_lines
from codesign.gpu.tensorrt.gate import CAPABILITIES, KNOWN, Built, Gate, Parsed, available
from codesign.gpu.tensorrt.profile import Given, Profile, dynamic_axes, profile
from codesign.gpu.tensorrt.profile_file import profile_text
from codesign.gpu.tensorrt.sizes import all_sizes
from codesign.progress import Progress, silent

TURING = "7.5"
"""Has no engine of float32 products in tensorrt-rtx: its model computes in float16."""
EXAMPLE = 500
"""Rows of each set of the example event, or as many as the profile has."""


@dataclass(frozen=True)
class Wishes:
    """What an engine is asked to be for."""

    least: Given
    usual: Given
    most: Given
    capabilities: Sequence[str] = CAPABILITIES

    def __post_init__(self) -> None:
        for found in self.capabilities:
            if found not in KNOWN:
                raise ConfigError(f"--capability: {found} is none that tensorrt-rtx builds for: {', '.join(KNOWN)}")


@dataclass(frozen=True)
class Variant:
    """A model, and what the gate said of it."""

    file: str
    precision: str
    capabilities: Sequence[str]
    differences: Sequence[Difference]
    commands: Sequence[str]
    gate: Gate | None
    """None: tensorrt-rtx is not installed."""


@dataclass(frozen=True)
class Engine:
    """A network for TensorRT."""

    exported: Exported
    profile: Profile
    variants: Sequence[Variant]
    example: Mapping[str, Sequence[int]]
    measure: Sequence[str]

    @property
    def stopped(self) -> bool:
        """Whether tensorrt-rtx refused a model, or gave no engine for a compute capability."""
        return any(v.gate is not None and not v.gate.passed for v in self.variants)


def write_tensorrt(
    source: Path,
    output: Path,
    options: Options,
    wishes: Wishes,
    *,
    version: str,
    force: bool = False,
    progress: Progress = silent,
) -> dict[str, Engine]:
    """Writes the folder `output` for a checkpoint or a pipeline, whole or not at all; the engines by their stage.

    Each has the files of the target onnx, profile.json, trtexec.sh, build_engine.py, an example event, and gate.json:
    what tensorrt-rtx said where it is installed. ModelError for a model that TensorRT's parsers refuse.
    """
    found = read_source(source)
    events = read_calibration(options.calibration, found, options.precision)
    engines = {}
    with output_folder(output, force) as folder:
        for stage, graph in found.networks.items():
            progress(f"exporting {stage or graph.name}", 0, 0)
            place = folder / stage
            one = exported(graph, options, str(source / stage), found.checkpoints.get(stage), events.get(stage))
            engines[stage] = engine = _engine(one, wishes, str(source / stage), place, progress)
            values = {"x": engine, "version": version, "digest": found.digest}
            write(place / "README.md", render("gpu/tensorrt/README.md.j2", **values).encode())
            write(place / "trtexec.sh", render("gpu/tensorrt/trtexec.sh.j2", **values).encode())
            script = resources.folder("templates") / "gpu" / "tensorrt" / "build_engine.py"
            write(place / "build_engine.py", script.read_bytes())
        told = {
            "codesign": version,
            "top": found.name,
            "target": "tensorrt",
            "source": found.digest,
            "options": {"lowering": options.lowering, "edges": options.edges, "precision": options.precision},
            "networks": {
                stage or engine.exported.graph.name: {**engine.exported.manifest(), "variants": _variants(engine)}
                for stage, engine in engines.items()
            },
            "files": digests(folder),
        }
        write(folder / MARKER, (json.dumps(told, indent=2) + "\n").encode())
    return engines


def _engine(one: Exported, wishes: Wishes, what: str, place: Path, progress: Progress) -> Engine:
    graph, options = one.graph, one.options
    for target in ("tensorrt", "tensorrt-rtx"):
        stopped = [f for f in one.findings[target] if f.level is Level.REFUSED]
        if stopped:
            raise ModelError(f"{what}: {target} refuses the model with {_said(options)}: {stopped[0].message}")
    axes = dynamic_axes(one.model)
    sizes = all_sizes(graph, axes, options.lowering, wishes.least, wishes.usual, wishes.most)
    shapes = profile(one.model, sizes)
    write_model(one, place)
    example = _example(one, shapes, place)
    kept = tuple(c for c in wishes.capabilities if options.precision == "fp16" or c != TURING)
    variants = [_variant(one, shapes, "model", options.precision, kept, one.differences, progress)] if kept else []
    if len(kept) < len(wishes.capabilities):
        half = to_onnx(graph, options.lowering, options.edges, "fp16")
        inputs = trial_inputs(graph, checkpoint=one.checkpoint)
        away = differences(graph, half, inputs, options.lowering, options.edges)
        try:
            check(away, "fp16", f"{what} in float16")
        except ModelError as error:
            raise ModelError(f"{error}; leave Turing out: --capability 8.0, for instance") from error
        if refused(lint(half, "tensorrt-rtx")):
            raise ModelError(f"{what}: tensorrt-rtx refuses the model in float16; leave out --capability {TURING}")
        write(place / "model_fp16.onnx", half.SerializeToString(deterministic=True))
        converted = replace(one, model=half, differences=away, findings={})
        variants.append(_variant(converted, shapes, "model_fp16", "fp16", (TURING,), away, progress))
    write(place / "profile.json", profile_text(shapes).encode())
    gates = {v.file: None if v.gate is None else _gate_values(v.gate) for v in variants}
    write(place / "gate.json", (json.dumps(gates, indent=2) + "\n").encode())
    return Engine(one, shapes, variants, example, measuring_lines(f"{variants[0].file}.plan", example))


def _variant(
    one: Exported,
    shapes: Profile,
    file: str,
    precision: str,
    capabilities: Sequence[str],
    away: Sequence[Difference],
    progress: Progress,
) -> Variant:
    commands = trtexec_lines(shapes, f"{file}.onnx", f"{file}.plan")
    return Variant(file, precision, capabilities, away, commands, _gate(one, shapes, capabilities, progress))


def _gate(one: Exported, shapes: Profile, capabilities: Sequence[str], progress: Progress) -> Gate | None:
    if not available():
        return None
    progress("parsing with tensorrt-rtx", 0, 0)
    parsed = Parsed(one.model)
    built: list[Built] = []
    for capability in capabilities if not parsed.errors else ():
        progress(f"building for compute capability {capability}", 0, 0)
        built.append(parsed.build(shapes, capability))
    return Gate(parsed.version, parsed.errors, tuple(built))


def _example(one: Exported, shapes: Profile, place: Path) -> dict[str, Sequence[int]]:
    """Writes a random event that the profile takes, each input as raw bytes (as trtexec reads them); their shapes."""
    sets = {node.type.rows or "batch" for node in one.graph.inputs}
    counts = {rows: min(max(low, EXAMPLE), high) for rows, (low, _, high) in shapes.sizes.items() if rows in sets}
    inputs = trial_inputs(one.graph, counts, one.checkpoint)
    arrays = feeds(one.graph, inputs, one.options.lowering, one.options.edges)
    found = {port.name: np.ascontiguousarray(arrays[port.name]) for port in one.inputs}
    try:
        shapes.check({name: array.shape for name, array in found.items()})
    except ModelError as error:
        event = ", ".join(f"{count:,} {rows}" for rows, count in counts.items())
        raise ModelError(f"the example event of {event} does not fit the sizes: {error}") from error
    for name, array in found.items():
        write(place / "example" / f"{name}.bin", array.tobytes())
    return {name: array.shape for name, array in found.items()}


def _said(options: Options) -> str:
    return f"--lowering {options.lowering} --edges {options.edges}"


def _variants(engine: Engine) -> list[dict[str, object]]:
    """What does not change from run to run; how long each engine took is in gate.json."""
    return [
        {
            "file": f"{v.file}.onnx",
            "precision": v.precision,
            "check": [
                {"output": d.output, "largest_value": d.largest, "largest_difference": d.difference}
                for d in v.differences
            ],
            "gate": "not parsed here: tensorrt-rtx is not installed" if v.gate is None else _gate_values(v.gate, False),
        }
        for v in engine.variants
    ]


def _gate_values(gate: Gate, seconds: bool = True) -> dict[str, object]:
    return {
        "tensorrt_rtx": gate.version,
        "parse_errors": list(gate.parse_errors),
        "built": [
            {
                "compute_capability": b.capability,
                "engine_bytes": b.engine_bytes,
                **({"seconds": round(b.seconds, 3)} if seconds else {}),
                **({"error": b.error} if b.error else {}),
            }
            for b in gate.built
        ],
    }
