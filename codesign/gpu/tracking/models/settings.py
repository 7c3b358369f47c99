"""The widths and options of the tracking networks, as a checkpoint's settings hold them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import Field, asdict, dataclass, fields
from typing import Any, ClassVar, Self

from codesign.checks import Checks
from codesign.gpu.checkpoint import Setting

ACTIVATIONS = ("tanh", "relu")
AGGREGATES = ("both", "target")
MOST_WIDTH, MOST_LAYERS, MOST_STEPS = 1 << 14, 64, 64


@dataclass(frozen=True)
class Settings:
    """What the networks have in common; `kind` is the name of the network in checkpoints."""

    kind: ClassVar[str]

    @classmethod
    def read(cls, given: object, checks: Checks, place: str = "settings") -> Self:
        """The settings in a mapping; what is not given has its default. An error of `checks` names what is wrong."""
        names = [f.name for f in fields(cls)]
        found = checks.mapping(given, place, names)
        values = {}
        for f in fields(cls):
            if f.name in found:
                values[f.name] = _value(checks, found[f.name], f, f"{place}: {f.name}")
        return cls(**values)

    def plain(self) -> dict[str, Setting]:
        """As a checkpoint holds them."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


@dataclass(frozen=True)
class EmbeddingSettings(Settings):
    """(n, inputs) to (n, outputs): the published 6 x 512 to 8 dimensions by default."""

    kind: ClassVar[str] = "embedding"
    inputs: int = 3
    hidden: tuple[int, ...] = (512,) * 6
    outputs: int = 8
    activation: str = "tanh"
    layer_norm: bool = False


@dataclass(frozen=True)
class FilterSettings(Settings):
    """(E, inputs) to (E,): `inputs` counts the features of both hits of an edge."""

    kind: ClassVar[str] = "filter"
    inputs: int = 24
    hidden: tuple[int, ...] = (1024,) * 3
    activation: str = "tanh"
    layer_norm: bool = True


@dataclass(frozen=True)
class InteractionSettings(Settings):
    """`hidden` are the widths of every MLP; the last is that of the nodes' and the edges' state. With `concat` every
    step reads the encoded inputs again, beside the states that the steps have made of them. An edge has `edge_inputs`
    features of its own (`edge_attr`), or none."""

    kind: ClassVar[str] = "interaction"
    inputs: int = 3
    hidden: tuple[int, ...] = (128, 64)
    steps: int = 8
    activation: str = "relu"
    layer_norm: bool = True
    aggregate: str = "both"
    concat: bool = False
    edge_inputs: int = 0


@dataclass(frozen=True)
class AttentionSettings(Settings):
    """`hidden` is the width of every layer; the state of a node is that and its inputs again."""

    kind: ClassVar[str] = "attention"
    inputs: int = 3
    hidden: int = 64
    steps: int = 8
    activation: str = "relu"
    layer_norm: bool = True


def _value(checks: Checks, found: object, field: Field[Any], place: str) -> Any:
    match field.name:
        case "inputs" | "outputs":
            return checks.whole(found, place, 1, MOST_WIDTH)
        case "edge_inputs":
            return checks.whole(found, place, 0, MOST_WIDTH)
        case "steps":
            return checks.whole(found, place, 1, MOST_STEPS)
        case "activation":
            return checks.choice(found, place, ACTIVATIONS)
        case "aggregate":
            return checks.choice(found, place, AGGREGATES)
        case "layer_norm" | "concat":
            return checks.flag(found, place)
        case _ if isinstance(field.default, tuple):
            return _widths(checks, found, place)
        case _:
            return checks.whole(found, place, 1, MOST_WIDTH)


def _widths(checks: Checks, found: object, place: str) -> tuple[int, ...]:
    if not isinstance(found, Sequence) or isinstance(found, str) or not 1 <= len(found) <= MOST_LAYERS:
        raise checks.refuse(place, found, f"a list of 1 to {MOST_LAYERS} widths")
    return tuple(checks.whole(width, f"{place}: a width", 1, MOST_WIDTH) for width in found)
