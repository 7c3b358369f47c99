"""Parsing and building with tensorrt-rtx, which needs no card: what it says of a model, before anybody runs it."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from codesign.errors import ToolError
from codesign.gpu.tensorrt.profile import Profile

WHEEL = "tensorrt_rtx"
CAPABILITIES = ("7.5", "8.0", "8.6", "8.9")
"""Of T4; A100; A10, A40 and RTX 30; L4, L40 and RTX 40. The wheel also builds for 12.0 and 12.1 (RTX 50)."""
KNOWN = ("7.5", "8.0", "8.6", "8.9", "12.0", "12.1")
LONGEST = 600
"""Characters of a message that are kept."""


@dataclass(frozen=True, slots=True)
class Built:
    """What came of building for one compute capability: the engine's bytes, or why there is none."""

    capability: str
    engine_bytes: int | None
    seconds: float
    error: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """What tensorrt-rtx said of a model."""

    version: str
    parse_errors: tuple[str, ...]
    """One line for each node that the parser refused; nothing where it took the model."""
    built: tuple[Built, ...]

    @property
    def passed(self) -> bool:
        """Whether the model was parsed, and an engine built for each compute capability."""
        return not self.parse_errors and bool(self.built) and all(b.engine_bytes is not None for b in self.built)


def available() -> bool:
    """Whether the wheel is installed."""
    return importlib.util.find_spec(WHEEL) is not None


def gate(model: Any, profile: Profile, capabilities: Sequence[str] = CAPABILITIES) -> Gate:
    """Parses the model and builds an engine for each compute capability; ToolError where the wheel is not installed."""
    parsed = Parsed(model)
    if parsed.errors:
        return Gate(parsed.version, parsed.errors, ())
    return Gate(parsed.version, (), tuple(parsed.build(profile, capability) for capability in capabilities))


class Parsed:
    """A model as tensorrt-rtx reads it."""

    def __init__(self, model: Any) -> None:
        if not available():
            raise ToolError("tensorrt-rtx is not installed; pip install 'codesign[gpu]' brings it")
        import tensorrt_rtx as trt

        self.trt, self.version, said = trt, str(trt.__version__), []

        class Log(trt.ILogger):
            """Keeps what is said of errors."""

            def log(self, severity: Any, message: str) -> None:
                if severity in (trt.ILogger.ERROR, trt.ILogger.INTERNAL_ERROR):
                    said.append(message)

        self.said: list[str] = said
        self.log = Log()
        self.builder = trt.Builder(self.log)
        self.network = self.builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
        parser = trt.OnnxParser(self.network, self.log)
        parsed = parser.parse(model.SerializeToString())
        errors = [parser.get_error(number) for number in range(parser.num_errors)]
        self.errors = tuple(dict.fromkeys(map(_line, errors)))
        if not parsed and not self.errors:
            self.errors = ("the parser refused the model without a reason",)
        elif parsed and not self.network.num_outputs:
            self.errors = ("the model has no outputs",)
        self.parser = parser  # owns constants that the network points to

    def build(self, profile: Profile, capability: str) -> Built:
        """The engine for one compute capability, whose bytes are counted and dropped."""
        if capability not in KNOWN:
            raise ToolError(f"compute capability {capability}: tensorrt-rtx builds for {', '.join(KNOWN)}")
        trt, config = self.trt, self.builder.create_builder_config()
        config.num_compute_capabilities = 1
        config.set_compute_capability(getattr(trt.ComputeCapability, "SM" + capability.replace(".", "")), 0)
        shapes = self.builder.create_optimization_profile()
        for one in profile.inputs:
            if any(isinstance(axis, str) for axis in one.axes):
                shapes.set_shape(one.name, one.least, one.usual, one.most)
        config.add_optimization_profile(shapes)
        self.said.clear()
        begin = time.perf_counter()
        engine = self.builder.build_serialized_network(self.network, config)
        seconds = time.perf_counter() - begin
        if engine is None:
            said = " ".join("; ".join(self.said).split())
            return Built(capability, None, seconds, said[:LONGEST] or "the builder gave no reason")
        return Built(capability, int(engine.nbytes), seconds)


def _line(error: Any) -> str:
    where = f"{error.node_name() or 'a node'} ({error.node_operator()}): " if error.node_operator() else ""
    return f"{where}{' '.join(str(error.desc()).split())}"[:LONGEST]
