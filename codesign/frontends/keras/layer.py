"""One layer of a Keras model on its way into the network: what its converter sees of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from codesign.frontends.converters.building import Building, Stream
from codesign.frontends.keras.container import CURE, StoredWeights
from codesign.frontends.keras.fields import Fields
from codesign.frontends.keras.float32 import Single, singles
from codesign.frontends.names import Names, spelled
from codesign.ir.graph import Graph

TRAINING = (
    "trainable", "name", "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer",
    "activity_regularizer", "kernel_constraint", "bias_constraint", "depthwise_initializer", "depthwise_regularizer",
    "depthwise_constraint", "pointwise_initializer", "pointwise_regularizer", "pointwise_constraint",
    "beta_initializer", "gamma_initializer", "moving_mean_initializer", "moving_variance_initializer",
    "beta_regularizer", "gamma_regularizer", "beta_constraint", "gamma_constraint", "momentum", "kernel_range",
    "bias_range", "beta_range", "gamma_range", "depthwise_range", "pointwise_range", "batch_input_shape", "autocast",
    "build_input_shape",
)  # fmt: skip
"""Entries of a layer's configuration that say nothing about inference."""


@dataclass(eq=False)
class KerasLayer(Building):
    """The layer with its configuration, its weights and the tensors that it reads, and the network so far."""

    layer: str
    """Its class."""
    called: str
    fields: Fields
    weights: StoredWeights
    inputs: Sequence[Stream]
    version: int
    """The major version of Keras that wrote the file."""
    graph: Graph
    names: Names
    notes: list[str]
    place: str = ""
    """Where its weights lie among numbered ones, for a layer inside another."""
    taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.fields.ignore(*TRAINING)
        dtype = self.fields.other("dtype")
        if isinstance(dtype, Mapping):  # a policy of Keras 3
            config = dtype.get("config")
            dtype = config.get("name") if isinstance(config, Mapping) else dtype.get("class_name")
        if dtype not in (None, "float32", "float64"):
            self.refuse(f"its dtype is {spelled(str(dtype))}; save the model in float32")

    @property
    def kind(self) -> str:
        return self.layer

    @property
    def label(self) -> str:
        return self.called

    @property
    def origin(self) -> str:
        return spelled(self.called)

    @property
    def x(self) -> Stream:
        """The one tensor that it reads."""
        if len(self.inputs) != 1:
            self.refuse(f"{self.kind} reads {len(self.inputs)} tensors, expected 1")
        return self.inputs[0]

    def within(self, kind: str, config: Mapping[str, object], place: str) -> KerasLayer:
        """The layer of class `kind` inside this one, of the same name; its numbered weights lie in `place`."""
        fields = Fields(kind, config)
        return replace(self, layer=kind, fields=fields, place=place, taken=set())

    def flag(self, key: str, default: bool) -> bool:
        """A switch of its configuration."""
        return self.fields.flag(key, default)

    def stored(self, *names: str, part: str = "") -> dict[str, NDArray[np.generic]]:
        """Its weights by name; those of `part`, a layer within it, where they are numbered, in this order."""
        prefix = "/".join(p for p in (self.place, part) if p)
        found = {}
        for k, name in enumerate(names):
            key = f"{prefix}/{k}".strip("/") if self.weights.numbered else name
            if key not in self.weights.arrays:
                self.refuse(f"the file has no weights {spelled(name)} for it; {CURE}")
            self.taken.add(key)
            found[name] = self.weights.arrays[key]
        return found

    def weight(self, name: str, stored: Mapping[str, NDArray[np.generic]], shape: tuple[int | None, ...]) -> Single:
        """One of them in float32, checked against the shape expected (None: any length above 0)."""
        x = stored[name]
        fits = x.ndim == len(shape) and all(n and m in (None, n) for n, m in zip(x.shape, shape, strict=True))
        if not fits:
            expected = ", ".join("any" if m is None else str(m) for m in shape)
            self.refuse(f"its weights {spelled(name)} have the shape {x.shape}, expected ({expected}); {CURE}")
        return singles(x)

    def check_used(self) -> None:
        """Refuses entries of the configuration and weights that no converter has asked for."""
        unread = self.fields.unread()
        if unread:
            shown = spelled(repr(self.fields.entries[unread[0]]))
            self.refuse(
                f"{self.kind} has the entry {spelled(unread[0])}={shown}, whose meaning is not supported; "
                "build it without"
            )
        left = sorted(set(self.weights.arrays) - self.taken)
        if left:
            self.refuse(f"{self.kind} has the weights {spelled(left[0])}, which are not expected; {CURE}")
