"""The configuration as a whole: read, completed by the command line, and asked for one layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from codesign.config.choices import Streams
from codesign.config.keys import SYNONYMS
from codesign.config.layer import LayerConfig, spelled
from codesign.config.reader import Reader, nearest
from codesign.config.yaml_text import MAX_BYTES, load
from codesign.errors import ConfigError
from codesign.ir.fixed import Fixed


@dataclass(frozen=True)
class Config:
    """A configuration; `file` is what its messages call it."""

    model: LayerConfig = field(default_factory=LayerConfig)
    layer_types: Mapping[str, LayerConfig] = field(default_factory=dict)
    layer_names: Mapping[str, LayerConfig] = field(default_factory=dict)
    input_precision: Fixed | None = None
    target: str | None = None
    clock_mhz: float | None = None
    streams: Streams | None = None
    interval: int | None = None
    """Cycles."""
    latency_us: float | None = None
    budget: object = None
    """As the user spells it; what it means depends on the device."""
    compute_units: int | None = None
    banks: tuple[str, ...] | None = None
    max_batch: int | None = None
    """Samples."""
    file: str = "config"

    @classmethod
    def read(cls, path: str | Path) -> Config:
        """The configuration in a YAML file; ConfigError says what is wrong with it, and where."""
        try:
            with open(path, "rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            raise ConfigError(f"{path}: the configuration cannot be read: {error.strerror}") from error
        if len(data) > MAX_BYTES:
            raise ConfigError(f"{path}: a configuration of more than {MAX_BYTES} bytes is not one")
        return cls.parse(data, str(path))

    @classmethod
    def parse(cls, text: str | bytes, file: str = "config") -> Config:
        """The configuration that YAML `text` spells; an empty one asks for nothing."""
        return cls.of(load(text, file), file)

    @classmethod
    def of(cls, data: object, file: str = "config") -> Config:
        """The configuration in nested mappings, as YAML or Python has them."""
        return Reader(file).config({} if data is None else data, cls)

    def data(self) -> dict[str, object]:
        """Nested mappings that `of` reads as this configuration; what says nothing is left out."""
        model = self.model.data()
        if self.input_precision is not None:
            model["InputPrecision"] = spelled(self.input_precision)
        found: dict[str, object] = {
            "Target": self.target,
            "ClockMHz": self.clock_mhz,
            "Streams": self.streams and self.streams.value,
            "Interval": self.interval,
            "LatencyUs": self.latency_us,
            "Budget": self.budget,
            "ComputeUnits": self.compute_units,
            "Banks": None if self.banks is None else list(self.banks),
            "MaxBatch": self.max_batch,
            "Model": model or None,
            "LayerType": {name: layer.data() for name, layer in self.layer_types.items()} or None,
            "LayerName": {name: layer.data() for name, layer in self.layer_names.items()} or None,
        }
        return {key: value for key, value in found.items() if value is not None}

    def for_layer(self, name: str, type_name: str, origin: str | None = None) -> LayerConfig:
        """What holds for the layer `name` (`origin` in the user's file): LayerName over LayerType over Model."""
        found = self.model
        if (by_type := self.layer_types.get(SYNONYMS.get(type_name, type_name))) is not None:
            found = by_type.over(found)
        for key in (origin, name):
            if key is not None and (by_name := self.layer_names.get(key)) is not None:
                found = by_name.over(found)
        return found

    def input_type(self, name: str, origin: str | None = None) -> Fixed | None:
        """The type asked for an input that the file does not quantize: of its name, of inputs, of the model."""
        own = replace(self, model=LayerConfig(result=self.input_precision or self.model.result))
        return own.for_layer(name, "Input", origin).result

    def with_model(self, precision: str | None = None, reuse: int | None = None, strategy: str | None = None) -> Config:
        """The same with other values for the whole model, as the command line gives them."""
        entries = {"Precision": precision, "ReuseFactor": reuse, "Strategy": strategy}
        given = {key: value for key, value in entries.items() if value is not None}
        model = Reader("command line").layer(given, "Model")
        return replace(self, model=model.over(self.model))

    def with_rounding(self, rounding: str | None) -> Config:
        """The same with another rounding of all results, as the command line gives it."""
        asked = Reader("command line").rounding(rounding, "--rounding")
        return self if asked is None else replace(self, model=LayerConfig(rounding=asked).over(self.model))

    def with_streams(self, streams: str | None) -> Config:
        """The same with other streams, as the command line gives them."""
        asked = Reader("command line").streams({"Streams": streams})
        return self if asked is None else replace(self, streams=asked)

    def with_goals(self, interval: int | None = None, latency_us: float | None = None, budget: object = None) -> Config:
        """The same with other goals of the folding, as the command line gives them."""
        reader = Reader("command line")
        given = {"Interval": interval, "LatencyUs": latency_us, "Budget": budget}
        return replace(
            self,
            interval=self.interval if interval is None else reader.interval(given),
            latency_us=self.latency_us if latency_us is None else reader.latency(given),
            budget=self.budget if budget is None else reader.budget(given),
        )

    def with_deployment(
        self, compute_units: int | None = None, banks: str | Sequence[str] | None = None, max_batch: int | None = None
    ) -> Config:
        """The same with another deployment on a card, as the command line gives it."""
        reader = Reader("command line")
        given = {"ComputeUnits": compute_units, "Banks": banks, "MaxBatch": max_batch}
        return replace(
            self,
            compute_units=self.compute_units if compute_units is None else reader.count(given, "ComputeUnits"),
            banks=self.banks if banks is None else reader.banks(given),
            max_batch=self.max_batch if max_batch is None else reader.count(given, "MaxBatch"),
        )

    def check_names(self, names: Iterable[str], types: Iterable[str]) -> None:
        """ConfigError for an entry of a layer, or of a type of layers, that the network does not have.

        `names` are the layers' names, as identifiers and as the user's file spells them.
        """
        known = sorted(set(names))
        for name in self.layer_names:
            if name not in known:
                raise ConfigError(f"{self.file}: LayerName.{name}: no such layer in the network{nearest(name, known)}")
        there = sorted({SYNONYMS.get(t, t) for t in types})
        for name in self.layer_types:
            if name not in there:
                listed = ", ".join(there)
                raise ConfigError(f"{self.file}: LayerType.{name}: the network has no such layer, only {listed}")
