"""What Triton is told of a model: its config.pbtxt, printed from checked values.

The fields are those of `ModelConfig` in model_config.proto of triton-inference-server/common; a test parses every
printed text with that message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from codesign.backends.render import render
from codesign.errors import ConfigError

MOST_INSTANCES = 256
MOST_EVENTS = 4096
"""Of one batch."""
LONGEST_DELAY_US = 10_000_000

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}", re.ASCII)
_PRINTED = re.compile(r"[ -~]*", re.ASCII)


class Type(Enum):
    """An element, as the protocol calls it."""

    FP16 = "FP16"
    FP32 = "FP32"
    INT32 = "INT32"
    INT64 = "INT64"
    BYTES = "BYTES"
    """Texts, which the configuration calls TYPE_STRING."""

    @property
    def printed(self) -> str:
        """The name of the constant in config.pbtxt."""
        return "TYPE_STRING" if self is Type.BYTES else f"TYPE_{self.value}"


class Kind(Enum):
    """Where instances of a model run."""

    CPU = "cpu"
    GPU = "gpu"


@dataclass(frozen=True)
class Port:
    """An input or an output: its dims without the batch, -1 where they vary."""

    name: str
    type: Type
    dims: tuple[int, ...]
    optional: bool = False
    """Whether a request may leave it out."""
    ragged: bool = False
    """Whether requests of different shapes may share a batch."""


@dataclass(frozen=True)
class Batching:
    """Requests that wait at most `delay_us` for others, to be run together: at most `events` of them."""

    events: int
    delay_us: int = 0


@dataclass(frozen=True)
class Step:
    """A model of an ensemble: which tensor of the ensemble each of its inputs reads and each of its outputs writes."""

    model: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


@dataclass(frozen=True)
class ModelConfig:
    """A model of a repository: run by a backend, or an ensemble of others."""

    name: str
    backend: str
    """python or onnxruntime; for an ensemble `ensemble`."""
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    kind: Kind = Kind.CPU
    instances: int = 1
    batching: Batching | None = None
    """None for requests without a batch axis, each run on its own."""
    tensorrt: bool = False
    """Whether onnxruntime is to run what it can through TensorRT."""
    steps: tuple[Step, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""

    def __post_init__(self) -> None:
        check_name(self.name, "the model's name")
        if self.backend not in ("python", "onnxruntime", "ensemble"):
            raise ConfigError(f"{self.name}: the backend {self.backend!r} is none of ours")
        if (self.backend == "ensemble") != bool(self.steps):
            raise ConfigError(f"{self.name}: an ensemble has steps, and nothing else has")
        if self.tensorrt and (self.backend, self.kind) != ("onnxruntime", Kind.GPU):
            raise ConfigError(
                f"{self.name}: TensorRT is used by onnxruntime on GPUs, not by {self.backend} on the {self.kind.value}"
            )
        _check_ports(self.name, self.inputs, "input")
        _check_ports(self.name, self.outputs, "output")
        _whole(self.instances, f"{self.name}: instances", 1, MOST_INSTANCES)
        if self.batching is not None:
            _whole(self.batching.events, f"{self.name}: events per batch", 1, MOST_EVENTS)
            _whole(self.batching.delay_us, f"{self.name}: microseconds to wait", 0, LONGEST_DELAY_US)
        if self.batching is None and any(port.ragged for port in self.inputs):
            raise ConfigError(f"{self.name}: there are no ragged batches without batches")
        for text in (*self.parameters, *self.parameters.values()):
            if not _PRINTED.fullmatch(text):
                raise ConfigError(f"{self.name}: the parameter {text!r} has characters that are not printed")
        if self.steps:
            check_ensemble(self)

    def text(self) -> str:
        """config.pbtxt."""
        return render("triton/config.pbtxt.j2", c=self, gpu=self.kind is Kind.GPU)


def check_name(name: str, what: str) -> str:
    """The name, which is also that of a folder; ConfigError, which calls it `what`, if it cannot be one."""
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{what} {name[:140]!r} is none: letters, digits and _.- , at most 128, a letter or _ first")
    return name


def check_ensemble(config: ModelConfig) -> None:
    """ConfigError where a step reads a tensor that nothing has written before, or two write the same one."""
    known = {port.name for port in config.inputs}
    for step in config.steps:
        check_name(step.model, f"{config.name}: the step")
        for name in (*step.inputs, *step.outputs, *step.inputs.values(), *step.outputs.values()):
            check_name(name, f"{config.name}: the tensor")
        if missing := sorted(set(step.inputs.values()) - known):
            raise ConfigError(f"{config.name}: {step.model} reads {', '.join(missing)}, which no step before writes")
        written = list(step.outputs.values())
        if twice := sorted({name for name in written if name in known or written.count(name) > 1}):
            raise ConfigError(f"{config.name}: {step.model} writes {', '.join(twice)}, which is there already")
        known |= set(written)
    if missing := sorted({port.name for port in config.outputs} - known):
        raise ConfigError(f"{config.name}: no step writes the output {', '.join(missing)}")


def _check_ports(model: str, ports: Sequence[Port], what: str) -> None:
    if not ports:
        raise ConfigError(f"{model}: a model has at least one {what}")
    for port in ports:
        check_name(port.name, f"{model}: the {what}")
        if not port.dims or any(d != -1 and not 1 <= d < 1 << 31 for d in port.dims):
            raise ConfigError(f"{model}: {what} {port.name} has the dims {port.dims}, expected -1 or sizes from 1")
    names = [port.name for port in ports]
    if len(set(names)) < len(names):
        raise ConfigError(f"{model}: two {what}s have the same name")


def _whole(value: int, what: str, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ConfigError(f"{what}: {value}, expected {low}..{high}")
