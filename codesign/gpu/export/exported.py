"""A network exported: the model, what was measured of it, and what each runtime says of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from codesign.errors import ModelError, OutputError
from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.export.maps import MAPS, cloud_feeds, with_maps
from codesign.gpu.export.model import to_onnx
from codesign.gpu.export.trial import Difference, check, differences, trial_cloud, trial_inputs
from codesign.gpu.lint import Finding, Level, lint, lint_targets
from codesign.gpu.lint.tensors import type_name
from codesign.gpu.networks.spvcnn import prepare
from codesign.gpu.spvcnn.settings import Settings
from codesign.ir.graph import Graph
from codesign.ir.text import to_text
from codesign.report.text import counted


@dataclass(frozen=True)
class Options:
    """How networks are exported; what is None is chosen by the target."""

    lowering: str = "pull"
    edges: str = "any"
    precision: str = "fp32"
    calibration: Path | None = None
    """Of int8: see `codesign.gpu.export.calibration`."""
    maps: str = "inputs"
    """Of SPVCNN: `model` where the model makes its tables of points itself, `events` where it does so for several
    events at a time (`codesign.gpu.export.maps`)."""


@dataclass(frozen=True, slots=True)
class Port:
    """An input or an output of a model: its axes are numbers, or the names of sets."""

    name: str
    type: str
    axes: tuple[str | int, ...]
    table: bool = False
    """Whether it is one that `codesign.gpu.export.model.feeds` makes from the others."""


@dataclass(frozen=True)
class Exported:
    """A network as an ONNX model."""

    graph: Graph
    model: onnx.ModelProto
    options: Options
    differences: Sequence[Difference]
    findings: Mapping[str, Sequence[Finding]]
    checkpoint: Checkpoint | None = None

    @property
    def inputs(self) -> list[Port]:
        """Of the model: the network's, then its tables."""
        own = {node.origin for node in self.graph.inputs} | (
            {"points", "event"} if self.options.maps != "inputs" else set()
        )
        return [_port(value, value.name not in own) for value in self.model.graph.input]

    @property
    def outputs(self) -> list[Port]:
        """Of the model."""
        return [_port(value, False) for value in self.model.graph.output]

    def manifest(self) -> dict[str, object]:
        """All of it as plain values."""
        return {
            "network": self.graph.name,
            "inputs": [_row(port) for port in self.inputs],
            "outputs": [_row(port) for port in self.outputs],
            "check": [
                {"output": d.output, "largest_value": d.largest, "largest_difference": d.difference}
                for d in self.differences
            ],
            "lint": {
                target: [
                    {"level": f.level.value, "node": f.node, "operator": f.operator, "why": f.reason.why}
                    for f in findings
                ]
                for target, findings in self.findings.items()
            },
        }

    def verdicts(self) -> list[tuple[str, str]]:
        """(runtime, whether it takes the model): `taken`, `taken, 2 warnings` (the same one of several
        nodes counts once), or what it refuses."""
        return [(target, _verdict(findings)) for target, findings in self.findings.items()]


def exported(
    graph: Graph,
    options: Options,
    what: str,
    checkpoint: Checkpoint | None = None,
    calibration: Mapping[str, np.ndarray] | None = None,
) -> Exported:
    """The network, and the checkpoint that it is of, exported, tried in onnxruntime on random inputs (in int8 on the
    event that it was calibrated with), and looked at by the linter.

    ModelError, which calls the network `what`, where the model is further off than its precision explains.
    """
    cloud_of = _maps_in_model(options, checkpoint, what)
    model = to_onnx(graph, options.lowering, options.edges, options.precision, calibration=calibration)
    arrays = None
    if cloud_of is None:
        inputs = calibration or trial_inputs(graph, checkpoint=checkpoint)
    else:
        several = options.maps == "events"
        model = with_maps(model, Settings.read(cloud_of.settings, what), events=several)
        points, features, events = trial_cloud(cloud_of)
        cloud = (points, features, events if several else None)
        inputs, arrays = prepare(cloud_of, *cloud), cloud_feeds(cloud_of, *cloud)
    found = differences(graph, model, inputs, options.lowering, options.edges, arrays)
    check(found, options.precision, what)
    findings = {target: lint(model, target) for target in lint_targets()}
    return Exported(graph, model, options, found, findings, checkpoint)


def _maps_in_model(options: Options, checkpoint: Checkpoint | None, what: str) -> Checkpoint | None:
    """The SPVCNN whose maps are made in the model; ModelError for options that do not go together."""
    if options.maps not in MAPS:
        raise ModelError(f"maps is {options.maps!r}, expected one of {', '.join(MAPS)}")
    if options.maps == "inputs":
        return None
    if checkpoint is None or checkpoint.kind != "spvcnn":
        kind = "no checkpoint" if checkpoint is None else f"of the kind {checkpoint.kind}"
        raise ModelError(f"{what}: maps are made in the model for spvcnn, this is {kind}; leave --maps out")
    if options.edges != "any":
        raise ModelError(
            f"edges {options.edges} takes tables as inputs, and maps in the model takes none; use edges any"
        )
    if options.precision == "int8":
        raise ModelError("maps in the model are there for precision fp32 and fp16; for int8 take them as inputs")
    return checkpoint


def write_model(one: Exported, folder: Path) -> None:
    """model.onnx and network.txt, the network as text with digests of its weights."""
    write(folder / "model.onnx", one.model.SerializeToString(deterministic=True))
    write(folder / "network.txt", to_text(one.graph)[0].encode())


def write(path: Path, content: bytes) -> None:
    """The file; OutputError where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise OutputError(f"{path.name} cannot be written: {error.strerror}") from error


def digests(folder: Path) -> dict[str, str]:
    """The sha256 of every file in a folder, by its path in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def _port(value: onnx.ValueInfoProto, table: bool) -> Port:
    tensor = value.type.tensor_type
    axes = tuple(d.dim_value if d.HasField("dim_value") else d.dim_param for d in tensor.shape.dim)
    return Port(value.name, type_name(tensor.elem_type), axes, table)


def _row(port: Port) -> dict[str, object]:
    return {"name": port.name, "type": port.type, "shape": list(port.axes), "table": port.table}


def _verdict(findings: Sequence[Finding]) -> str:
    stopped = [f for f in findings if f.level is Level.REFUSED]
    if stopped:
        operators = sorted({f.operator or "the model" for f in stopped})
        return f"refused: {', '.join(operators)}"
    kinds = len({(f.operator, f.reason) for f in findings})
    return f"taken, {counted(kinds, 'warning')}" if kinds else "taken"
