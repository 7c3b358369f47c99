"""A network and its training as the user describes them in YAML.

    Bits: {weights: 6, activations: 6}
    Inputs:
      jets: {shape: [16], bits: 8}
    Layers:
      first: {kind: dense, units: 64}
      second: {kind: dense, units: 32, weight_bits: 4, prune: 0.5}
      logits: {kind: dense, units: 5, activation: none, norm: false}
    Training: {loss: cross_entropy, epochs: 20, quantized_epochs: 5}

A layer takes the result of the one before, or of those that `from` names; the last layer is the output. Shapes are
those of one sample as torch and ONNX have it, channels first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from codesign.checks import Checks
from codesign.errors import ConfigError
from codesign.scan.qat.layers import KINDS, Layer, Shape

LEAST_BITS, MOST_BITS = 2, 16
"""Of weights and of what flows between layers; one bit has no narrow signed range."""


@dataclass(frozen=True)
class InputLayer:
    """An input: the shape of one sample, and the bits of its quantizer."""

    name: str
    shape: Shape
    bits: int = 8


@dataclass(frozen=True)
class Training:
    """How a network is trained: without quantizers first, then from those weights with them."""

    loss: str = "mse"
    """One of those in `losses.py`."""
    epochs: int = 10
    """Without quantizers."""
    quantized_epochs: int = 5
    batch: int = 64
    learning_rate: float = 2e-3
    """The highest; without quantizers."""
    quantized_learning_rate: float = 5e-4
    schedule: str = "one_cycle"
    """one_cycle, cyclical or constant."""
    validation: float = 0.1
    """The share of the samples that is kept for early stopping."""
    patience: int | None = None
    """Epochs without a better validation loss after which training stops; the best weights are kept. None: never."""
    frozen_norm: float = 0.5
    """The share of the float epochs, at their end, in which batch norms use their averages; always with quantizers."""
    distill: float = 0.0
    """The share of the quantized network's loss that is its distance from the float one's results."""
    seed: int = 1


@dataclass(frozen=True)
class Description:
    """A network with the bits of each part, and how it is trained."""

    inputs: tuple[InputLayer, ...]
    layers: tuple[Layer, ...]
    weight_bits: int = 8
    activation_bits: int = 8
    training: Training = field(default_factory=Training)

    @property
    def shapes(self) -> dict[str, Shape]:
        """Of every input and every layer's result; ConfigError where a layer does not fit its sources."""
        found = {i.name: i.shape for i in self.inputs}
        for layer in self.layers:
            found[layer.name] = layer.shape(*(found[s] for s in layer.sources))
        return found

    def check(self) -> None:
        """ConfigError where a layer does not fit its sources, or an input or a layer is not used."""
        used = {source for layer in self.layers for source in layer.sources}
        for name in list(self.shapes)[:-1]:
            if name not in used:
                raise ConfigError(f"{name}: nothing takes it; the last layer alone is the output")

    def with_bits(
        self, bits: int | None = None, layers: Mapping[str, int] | None = None, seed: int | None = None
    ) -> Description:
        """The same with so many bits everywhere but at the inputs, or in the layers named; each wins over the file's.

        ConfigError for a layer that there is not, and for bits out of range.
        """
        checks = Checks("bits", ConfigError)
        changed = self
        if bits is not None:
            checks.whole(bits, "the bits", LEAST_BITS, MOST_BITS)
            plain = tuple(_with(layer, None) for layer in self.layers)
            changed = replace(self, weight_bits=bits, activation_bits=bits, layers=plain)
        known = {layer.name: layer for layer in changed.layers if hasattr(layer, "activation_bits")}
        for name, own in (layers or {}).items():
            checks.known(name, list(known), "layer")
            known[name] = _with(known[name], checks.whole(own, name, LEAST_BITS, MOST_BITS))
        settled = tuple(known.get(layer.name, layer) for layer in changed.layers)
        training = self.training if seed is None else replace(self.training, seed=seed)
        return replace(changed, layers=settled, training=training)

    @classmethod
    def read(cls, path: str | Path) -> Description:
        """The description in a YAML file; ConfigError with file, place, what was found and what was expected."""
        path = Path(path)
        return cls.of(Checks(str(path), ConfigError).yaml(path), str(path))

    @classmethod
    def of(cls, data: object, where: str = "description") -> Description:
        """The same from nested mappings."""
        checks = Checks(where, ConfigError)
        top = checks.mapping(data, "the file", ("Bits", "Inputs", "Layers", "Training"))
        bits = top.get("Bits", 8)
        given = checks.mapping({"weights": bits, "activations": bits} if isinstance(bits, int) else bits, "Bits", _BITS)
        inputs = checks.entries(top.get("Inputs"), "Inputs")
        layers = checks.entries(top.get("Layers"), "Layers")
        found = cls(
            tuple(_input(checks, name, values) for name, values in inputs.items()),
            _layers(checks, list(inputs), layers),
            checks.whole(given.get("weights", 8), "Bits: weights", LEAST_BITS, MOST_BITS),
            checks.whole(given.get("activations", 8), "Bits: activations", LEAST_BITS, MOST_BITS),
            _training(checks, top.get("Training", {})),
        )
        try:
            found.check()
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from error
        return found


_BITS = ("weights", "activations")


def _with(layer: Layer, bits: int | None) -> Layer:
    own = {f.name: bits for f in fields(layer) if f.name in ("weight_bits", "activation_bits")}
    return replace(layer, **own) if own else layer  # type: ignore[arg-type]


def _input(checks: Checks, name: str, values: object) -> InputLayer:
    given = checks.mapping(values, f"Inputs: {name}", ("shape", "bits"))
    shape = given.get("shape")
    if not isinstance(shape, list) or not 1 <= len(shape) <= 3:
        raise checks.refuse(f"Inputs: {name}: shape", shape, "a list of one to three sizes, channels first")
    sizes = tuple(checks.whole(size, f"Inputs: {name}: shape", 1, 1 << 20) for size in shape)
    return InputLayer(name, sizes, checks.whole(given.get("bits", 8), f"Inputs: {name}: bits", LEAST_BITS, MOST_BITS))


def _layers(checks: Checks, inputs: list[str], entries: Mapping[str, object]) -> tuple[Layer, ...]:
    known = list(inputs)
    found: list[Layer] = []
    for name, values in entries.items():
        place = f"Layers: {name}"
        if name in known:
            raise ConfigError(f"{checks.where}: {place}: there are two of this name")
        if not isinstance(values, dict):
            raise checks.refuse(place, values, "a mapping with a kind")
        kind = KINDS.get(str(values.get("kind")))
        if kind is None:
            raise checks.refuse(f"{place}: kind", values.get("kind"), f"one of {', '.join(KINDS)}")
        options = [f.name for f in fields(kind) if f.name not in ("name", "sources")]  # type: ignore[arg-type]
        given = checks.mapping(values, place, ("kind", "from", *options))
        sources = given.get("from", known[-1:] if found or len(inputs) == 1 else None)
        sources = [sources] if isinstance(sources, str) else sources
        if not isinstance(sources, list) or not sources:
            raise checks.refuse(f"{place}: from", given.get("from"), f"a name or a list of names: {', '.join(known)}")
        for source in sources:
            checks.known(source, known, f"{place}: from")
        read = {o: _OPTIONS[o](checks, given[o], f"{place}: {o}") for o in options if o in given}
        found.append(kind(name, tuple(sources), **read))
        known.append(name)
    return tuple(found)


def _training(checks: Checks, data: object) -> Training:
    names = [f.name for f in fields(Training)]
    given = checks.mapping(data, "Training", names)
    return Training(
        **{name: _TRAINING[name](checks, given[name], f"Training: {name}") for name in names if name in given}
    )


def _pair(checks: Checks, found: object, place: str) -> tuple[int, int]:
    both = found if isinstance(found, list) else [found, found]
    if len(both) != 2:
        raise checks.refuse(place, found, "a size, or two: along height and along width")
    return checks.whole(both[0], place, 1, 1024), checks.whole(both[1], place, 1, 1024)


_Check = Callable[[Checks, object, str], Any]


def _count(low: int, high: int) -> _Check:
    return lambda checks, found, place: checks.whole(found, place, low, high)


def _number(low: float, high: float) -> _Check:
    return lambda checks, found, place: checks.number(found, place, low, high)


def _choice(*options: str) -> _Check:
    return lambda checks, found, place: checks.choice(found, place, options)


_OPTIONS: Mapping[str, _Check] = {
    "activation": _choice("relu", "none"),
    "activation_bits": _count(LEAST_BITS, MOST_BITS),
    "depthwise": Checks.flag,
    "factor": _pair,
    "filters": _count(1, 1 << 16),
    "kernel": _pair,
    "norm": Checks.flag,
    "padding": _choice("same", "valid"),
    "prune": _number(0, 0.99),
    "size": _pair,
    "stride": _pair,
    "units": _count(1, 1 << 16),
    "weight_bits": _count(LEAST_BITS, MOST_BITS),
}

_TRAINING: Mapping[str, _Check] = {
    "loss": _choice("cross_entropy", "mse", "mae", "ratio", "binary_cross_entropy"),
    "epochs": _count(1, 100_000),
    "quantized_epochs": _count(1, 100_000),
    "batch": _count(1, 1 << 20),
    "learning_rate": _number(1e-9, 10),
    "quantized_learning_rate": _number(1e-9, 10),
    "schedule": _choice("one_cycle", "cyclical", "constant"),
    "validation": _number(0, 0.9),
    "patience": _count(1, 100_000),
    "frozen_norm": _number(0, 1),
    "distill": _number(0, 1),
    "seed": _count(0, (1 << 31) - 1),
}
