"""The configuration: what the user asks of each layer, in YAML with the keys that hls4ml users know.

It holds only data. `Config.read` gives it from a file, `for_layer` answers what holds for one layer.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from codesign.errors import ConfigError
from codesign.ir.fixed import Fixed, Rounding
from codesign.ir.kernels.multiplier import Multiplier

if TYPE_CHECKING:
    from yaml._yaml import Mark as FastMark
    from yaml.error import Mark as PlainMark

    Mark = FastMark | PlainMark

Choice = TypeVar("Choice", bound=Enum)
Choices = type[Choice]

MAX_BYTES = 1 << 20
"""A larger file is not a configuration."""
MAX_DEPTH = 16
"""Nesting beyond this has no meaning here."""


@dataclass(frozen=True)
class Key:
    """One key of the file: the sections it may stand in, what it takes and what it means."""

    section: str
    name: str
    values: str
    meaning: str


KEYS: tuple[Key, ...] = (
    Key("top", "HLSConfig", "mapping", "may hold Model, LayerType and LayerName, as hls4ml writes them"),
    Key("top", "Model", "mapping", "what holds for every layer that says nothing else"),
    Key("top", "LayerType", "mapping of mappings", "the same for all layers of a type, e.g. Dense"),
    Key("top", "LayerName", "mapping of mappings", "the same for one layer; the most specific of the three wins"),
    Key("top", "Target", "name", "device or board, as `codesign targets` lists them; `--target` wins"),
    Key("top", "ClockMHz", "number > 0", "clock in MHz; `--clock-mhz` wins, the target's own is the default"),
    Key("top", "ClockPeriod", "number > 0", "the same in nanoseconds, as hls4ml has it"),
    Key("top", "Streams", "mixed, single, array or struct", "wires every stream alike, to compare; `--streams` wins"),
    Key("top", "Interval", "integer >= 1", "most cycles from one sample to the next; `--interval` wins"),
    Key("top", "LatencyUs", "number > 0", "most microseconds for a sample on its own; `--latency-us` wins"),
    Key("top", "Budget", "text or mapping", "what the design may take: 80% or {dsp: 3800, bram: 50%}; `--budget` wins"),
    Key(
        "top",
        "ComputeUnits",
        "integer >= 1",
        "instances of the kernel on the card, which share the budget; `--compute-units` wins",
    ),
    Key(
        "top", "Banks", "text or list", "memory banks of the inputs and outputs, in turn: HBM[0],HBM[1]; `--banks` wins"
    ),
    Key("top", "MaxBatch", "integer >= 1", "most samples of one launch of a compute unit; `--max-batch` wins"),
    Key("Model", "InputPrecision", "type", "type of inputs that the file does not quantize; else Precision holds"),
    Key("layer", "Precision", "type, or mapping", "of what the file leaves in float; its quantizers always win"),
    Key("layer", "ReuseFactor", "integer >= 1", "how often each multiplier is used per input vector"),
    Key("layer", "Strategy", "Latency, Resource or auto", "spend area for cycles, or memories and DSPs; auto chooses"),
    Key("layer", "Multiplier", "lut, dsp, packed, adders or auto", "what products are made of; auto chooses"),
    Key("layer", "Rounding", "a mode of QONNX", "of results that the file leaves in float; ROUND (half to even) else"),
    Key("Precision", "default", "type", "weight, bias and result where they are not given"),
    Key("Precision", "weight", "type", "type of the weights"),
    Key("Precision", "bias", "type", "type of the bias"),
    Key("Precision", "result", "type", "type of the layer's result"),
    Key("Precision", "table", "type", "type of the entries of a softmax table"),
)
"""Every key there is. `layer` keys stand in Model and in each entry of LayerType and LayerName."""

REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "accum": "accumulators are proved wide enough for every input and cannot be set; remove this line",
        "maximum": "widths follow from the proved ranges, so there is no maximum to give; remove this line",
        "Backend": "the vendor follows from the target; remove this line",
        "Board": "write Target, e.g. `Target: u50`",
        "IOType": "every design streams, with the lanes that the folding needs; remove this line",
        "OutputDir": "give the folder on the command line: -o",
        "Part": "write Target, a device of `codesign targets`",
        "ProjectName": "give the name on the command line: --name",
        "Activation": "name the function itself: Relu, Sigmoid, Tanh, Softmax, ...",
    }
)
"""What hls4ml users may try, and what to do instead."""

LAYER_TYPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Add": ("Sub", "Merge"),
        "ArgMax": (),
        "BatchNormalization": ("BatchNorm", "Affine", "ApplyAlpha"),
        "Clip": (),
        "Concat": (),
        "Conv": ("FloatConv", "ConvTranspose", "Conv1D", "Conv2D", "DepthwiseConv2D"),
        "Dense": ("MatMul", "Gemm"),
        "Input": ("InputLayer",),
        "LeakyRelu": ("LeakyReLU",),
        "MaxPool": ("MaxPooling1D", "MaxPooling2D", "GlobalMaxPool"),
        "MultiThreshold": (),
        "Multiply": ("Mul",),
        "Pad": ("ZeroPadding1D", "ZeroPadding2D"),
        "Quant": ("Quantize", "BipolarQuant", "Trunc", "Truncate"),
        "Relu": ("ReLU",),
        "Requantize": (),
        "Reshape": ("Flatten", "Identity"),
        "Sigmoid": (),
        "Sign": (),
        "Slice": ("Split", "Crop"),
        "Softmax": ("SoftmaxTable",),
        "SumPool": (
            "AveragePool",
            "AveragePooling1D",
            "AveragePooling2D",
            "GlobalAveragePool",
            "ReduceMean",
            "ReduceSum",
        ),
        "Tanh": ("TanH",),
        "Transpose": (),
        "Upsample": ("Expand", "Resize", "UpSampling1D", "UpSampling2D"),
    }
)
"""The names that LayerType takes, each with its synonyms (ONNX operators, layers of this compiler)."""

_SYNONYMS = {other: name for name, others in LAYER_TYPES.items() for other in (name, *others)}


class Strategy(Enum):
    """What a layer is built for."""

    LATENCY = "latency"
    """Constants in logic, whatever they cost."""
    RESOURCE = "resource"
    """Constants in block RAM."""
    AUTO = "auto"
    """Whatever is cheaper."""


class Multipliers(Enum):
    """What the products of a layer are made of."""

    LUT = "lut"
    """Adders in the fabric."""
    DSP = "dsp"
    """A DSP slice each."""
    PACKED = "packed"
    """A DSP slice for two."""
    ADDERS = "adders"
    """One graph of adders for a matrix of constants."""
    AUTO = "auto"
    """Whatever is cheaper."""

    @property
    def kind(self) -> Multiplier | None:
        """The same in the design; None leaves the choice."""
        return None if self is Multipliers.AUTO else Multiplier(self.value)


class Streams(Enum):
    """How the lanes of the streams between processes are wired; all but MIXED are for comparison."""

    MIXED = "mixed"
    """Stream by stream, what serves best."""
    SINGLE = "single"
    """One element per beat between all layers."""
    ARRAY = "array"
    """A FIFO for every lane."""
    STRUCT = "struct"
    """All lanes in one word."""


@dataclass(frozen=True)
class LayerConfig:
    """What is asked of a layer; None where nothing is."""

    weight: Fixed | None = None
    bias: Fixed | None = None
    result: Fixed | None = None
    table: Fixed | None = None
    rounding: Rounding | None = None
    """Of the result."""
    reuse_factor: int | None = None
    strategy: Strategy | None = None
    multiplier: Multipliers | None = None

    def data(self) -> dict[str, object]:
        """The entry of a file that reads as this."""
        types = {name: getattr(self, name) for name in ("weight", "bias", "result", "table")}
        precision = {name: _spelled(fixed) for name, fixed in types.items() if fixed is not None}
        found: dict[str, object] = {
            "Precision": precision or None,
            "Rounding": self.rounding and self.rounding.value,
            "ReuseFactor": self.reuse_factor,
            "Strategy": self.strategy and self.strategy.value,
            "Multiplier": self.multiplier and self.multiplier.value,
        }
        return {key: value for key, value in found.items() if value is not None}

    def over(self, other: LayerConfig) -> LayerConfig:
        """This, completed by `other` where it says nothing."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}
        return replace(other, **own)


@dataclass(frozen=True)
class Config:
    """A configuration; `file` is what its messages call it."""

    model: LayerConfig = LayerConfig()
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
        return cls.of(_load(text, file), file)

    @classmethod
    def of(cls, data: object, file: str = "config") -> Config:
        """The configuration in nested mappings, as YAML or Python has them."""
        return _Reader(file).config({} if data is None else data)

    def data(self) -> dict[str, object]:
        """Nested mappings that `of` reads as this configuration; what says nothing is left out."""
        model = self.model.data()
        if self.input_precision is not None:
            model["InputPrecision"] = _spelled(self.input_precision)
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
        if (by_type := self.layer_types.get(_SYNONYMS.get(type_name, type_name))) is not None:
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
        model = _Reader("command line").layer(given, "Model")
        return replace(self, model=model.over(self.model))

    def with_rounding(self, rounding: str | None) -> Config:
        """The same with another rounding of all results, as the command line gives it."""
        asked = _Reader("command line").rounding(rounding, "--rounding")
        return self if asked is None else replace(self, model=LayerConfig(rounding=asked).over(self.model))

    def with_streams(self, streams: str | None) -> Config:
        """The same with other streams, as the command line gives them."""
        asked = _Reader("command line").streams({"Streams": streams})
        return self if asked is None else replace(self, streams=asked)

    def with_goals(self, interval: int | None = None, latency_us: float | None = None, budget: object = None) -> Config:
        """The same with other goals of the folding, as the command line gives them."""
        reader = _Reader("command line")
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
        reader = _Reader("command line")
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
                raise ConfigError(f"{self.file}: LayerName.{name}: no such layer in the network{_nearest(name, known)}")
        there = sorted({_SYNONYMS.get(t, t) for t in types})
        for name in self.layer_types:
            if name not in there:
                listed = ", ".join(there)
                raise ConfigError(f"{self.file}: LayerType.{name}: the network has no such layer, only {listed}")


class _Reader:
    """Takes nested mappings apart, keeping the path of the key for messages."""

    def __init__(self, file: str) -> None:
        self.file = file

    def config(self, data: object) -> Config:
        top = self.mapping(data, "")
        if "HLSConfig" in top:
            inner = self.mapping(top.pop("HLSConfig"), "HLSConfig")
            for key in inner:
                if key not in ("Model", "LayerType", "LayerName"):
                    self.unknown(f"HLSConfig.{key}", key, ["Model", "LayerType", "LayerName"])
                if key in top:
                    self.fail(key, f"stands both in HLSConfig and beside it; keep one {key}")
            top |= inner
        self.known(top, "", "top")
        model = self.mapping(top.get("Model"), "Model")
        self.known(model, "Model", "Model", "layer")
        input_precision = self.type(model.pop("InputPrecision", None), "Model.InputPrecision")
        types: dict[str, LayerConfig] = {}
        for name, entry in self.mapping(top.get("LayerType"), "LayerType").items():
            path = f"LayerType.{name}"
            if name not in _SYNONYMS:
                self.unknown(path, name, list(_SYNONYMS))
            if _SYNONYMS[name] in types:
                self.fail(path, f"{name} is another word for {_SYNONYMS[name]}, which has an entry already")
            types[_SYNONYMS[name]] = self.layer(entry, path)
        names = {
            name: self.layer(entry, f"LayerName.{name}")
            for name, entry in self.mapping(top.get("LayerName"), "LayerName").items()
        }
        return Config(
            self.layer(model, "Model"),
            types,
            names,
            input_precision,
            self.text(top.get("Target"), "Target"),
            self.clock(top),
            self.streams(top),
            self.interval(top),
            self.latency(top),
            self.budget(top),
            self.count(top, "ComputeUnits"),
            self.banks(top),
            self.count(top, "MaxBatch"),
            self.file,
        )

    def layer(self, data: object, path: str) -> LayerConfig:
        entry = self.mapping(data, path)
        self.known(entry, path, "layer")
        types = self.precision(entry.get("Precision"), f"{path}.Precision")
        reuse = entry.get("ReuseFactor")
        if reuse is not None and (isinstance(reuse, bool) or not isinstance(reuse, int) or reuse < 1):
            self.fail(f"{path}.ReuseFactor", f"{_show(reuse)} is not an integer >= 1")
        strategy = entry.get("Strategy")
        if strategy is not None:
            if not isinstance(strategy, str) or strategy.lower() not in [s.value for s in Strategy]:
                near = _nearest(strategy, ["Latency", "Resource", "auto"])
                self.fail(f"{path}.Strategy", f"{_show(strategy)} is not one of Latency, Resource, auto{near}")
            strategy = Strategy(strategy.lower())
        multiplier = self.choice(entry.get("Multiplier"), f"{path}.Multiplier", Multipliers)
        rounding = self.rounding(entry.get("Rounding"), f"{path}.Rounding")
        return LayerConfig(**types, rounding=rounding, reuse_factor=reuse, strategy=strategy, multiplier=multiplier)

    def rounding(self, data: object, path: str) -> Rounding | None:
        """A mode by its name in QONNX; None for nothing."""
        text = self.text(data, path)
        valid = [mode.value for mode in Rounding]
        if text is not None and text.upper() not in valid:
            self.fail(path, f"{_show(text)} is not one of {', '.join(valid)}{_nearest(text, valid)}")
        return None if text is None else Rounding(text.upper())

    def precision(self, data: object, path: str) -> dict[str, Fixed | None]:
        if not isinstance(data, Mapping):
            one = self.type(data, path)
            return {"weight": one, "bias": one, "result": one, "table": None}
        entry = self.mapping(data, path)
        self.known(entry, path, "Precision")
        found = {key: self.type(value, f"{path}.{key}") for key, value in entry.items()}
        default = found.get("default")
        return {
            "weight": found.get("weight") or default,
            "bias": found.get("bias") or default,
            "result": found.get("result") or default,
            "table": found.get("table"),
        }

    def type(self, data: object, path: str) -> Fixed | None:
        """A type; None for nothing, and for `auto` (as the model has it)."""
        text = self.text(data, path)
        if text is None or text.strip().lower() == "auto":
            return None
        if text.count(",") > 1:
            self.fail(path, f"{_show(text)}: a type has no rounding or overflow mode; write e.g. fixed<16,6>")
        try:
            return Fixed.parse(text)
        except ValueError as error:
            self.fail(path, str(error))

    def text(self, data: object, path: str) -> str | None:
        if data is not None and not isinstance(data, str):
            self.fail(path, f"{_show(data)} is not a text; write it in quotes")
        return data

    def clock(self, top: Mapping[str, object]) -> float | None:
        found = []
        for key in ("ClockMHz", "ClockPeriod"):
            value = top.get(key)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 1e-3 < value < 1e6:
                self.fail(key, f"{_show(value)} is not a number above 0")
            found.append(float(value) if key == "ClockMHz" else 1000.0 / value)
        if len(found) > 1:
            self.fail("ClockPeriod", "ClockMHz says the same; keep one of the two")
        return found[0] if found else None

    def interval(self, top: Mapping[str, object]) -> int | None:
        return self.count(top, "Interval", ", in cycles")

    def count(self, top: Mapping[str, object], key: str, unit: str = "") -> int | None:
        found = top.get(key)
        if found is not None and (isinstance(found, bool) or not isinstance(found, int) or found < 1):
            self.fail(key, f"{_show(found)} is not an integer >= 1{unit}")
        return found

    def banks(self, top: Mapping[str, object]) -> tuple[str, ...] | None:
        """Names of memory banks; whether the board has them is not known here."""
        found = top.get("Banks")
        if found is None:
            return None
        names = found.split(",") if isinstance(found, str) else found
        if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
            self.fail("Banks", f"{_show(found)} is neither a text nor a list of names such as HBM[0]")
        stripped = tuple(name.strip() for name in names)
        if not stripped or not all(stripped):
            self.fail("Banks", f"{_show(found)} names no bank at one of its places; write e.g. 'HBM[0],HBM[1]'")
        return stripped

    def latency(self, top: Mapping[str, object]) -> float | None:
        found = top.get("LatencyUs")
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, (int, float)) or not 0 < found < 1e9:
            self.fail("LatencyUs", f"{_show(found)} is not a number above 0, in microseconds")
        return float(found)

    def budget(self, top: Mapping[str, object]) -> object:
        found = top.get("Budget")
        if isinstance(found, Mapping):
            return self.mapping(found, "Budget")
        if found is not None and (isinstance(found, bool) or not isinstance(found, (str, int, float))):
            self.fail("Budget", f"{_show(found)} is neither a text such as 80% nor a mapping such as {{dsp: 3800}}")
        return found

    def streams(self, top: Mapping[str, object]) -> Streams | None:
        return self.choice(top.get("Streams"), "Streams", Streams)

    def choice(self, data: object, path: str, kind: Choices[Choice]) -> Choice | None:
        """One of the values of an Enum; None for nothing."""
        text = self.text(data, path)
        valid = [member.value for member in kind]
        if text is not None and text.lower() not in valid:
            self.fail(path, f"{_show(text)} is not one of {', '.join(valid)}{_nearest(text, valid)}")
        return None if text is None else kind(text.lower())

    def mapping(self, data: object, path: str) -> dict[str, Any]:
        where = f"{path}: " if path else ""
        if data is None:
            return {}
        if not isinstance(data, Mapping):
            raise ConfigError(f"{self.file}: {where}{_show(data)} is not a mapping; write `key: value` lines")
        for key in data:
            if not isinstance(key, str):
                raise ConfigError(f"{self.file}: {where}the key {_show(key)} is not a text; write it in quotes")
        return dict(data)

    def known(self, data: Mapping[str, object], path: str, *sections: str) -> None:
        valid = [key.name for key in KEYS if key.section in sections]
        for key in data:
            if key not in valid:
                self.unknown(f"{path}.{key}" if path else key, key, valid)

    def unknown(self, path: str, key: str, valid: list[str]) -> NoReturn:
        if key in REFUSED:
            self.fail(path, REFUSED[key])
        if key.endswith(">"):
            self.fail(path, "this is half a type; inside { } write types in quotes: 'fixed<16,6>'")
        near = _nearest(key, valid) or f"; there are {', '.join(valid)}"
        self.fail(path, f"unknown key{near}")

    def fail(self, path: str, what: str) -> NoReturn:
        raise ConfigError(f"{self.file}: {path}: {what}")


def _nearest(name: object, valid: Iterable[str]) -> str:
    """`; did you mean X?`, or nothing where nothing is close; case is no distance."""
    by_lower = {v.lower(): v for v in valid}
    close = difflib.get_close_matches(str(name).lower(), by_lower, n=1, cutoff=0.5)
    return f"; did you mean {by_lower[close[0]]}?" if close else ""


def _spelled(fixed: Fixed) -> str:
    """The type as the file has it."""
    return f"{'' if fixed.signed else 'u'}fixed<{fixed.width},{fixed.width - fixed.frac}>"


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _load(text: str | bytes, file: str) -> object:
    """What the YAML spells, read with the safe types only: no tags, no aliases, no key twice, no deep nesting."""
    import yaml

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            seen = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode):
                    if key.value in seen:
                        raise yaml.MarkedYAMLError(problem=f"{key.value} stands twice", problem_mark=key.start_mark)
                    seen.add(key.value)
            return super().construct_mapping(node, deep)

    try:
        depth = 0
        for event in yaml.parse(text, Loader):
            problem = None
            if isinstance(event, yaml.AliasEvent):
                problem = "aliases (*name) are not taken; write the values out"
            elif isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    problem = f"nested deeper than {MAX_DEPTH}"
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if problem:
                raise ConfigError(f"{file}: {_line(event.start_mark)}{problem}")
        return yaml.load(text, Loader)
    except yaml.MarkedYAMLError as error:
        raise ConfigError(f"{file}: {_line(error.problem_mark)}{error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError) as error:  # not text, or a number or date that is none
        raise ConfigError(f"{file}: not YAML: {str(error).splitlines()[0]}") from error


def _line(mark: Mark | None) -> str:
    return f"line {mark.line + 1}: " if mark else ""


def markdown() -> str:
    """The table of keys for the documentation."""
    rows = [f"| {k.section} | `{k.name}` | {k.values} | {k.meaning} |" for k in KEYS]
    return "\n".join(["| in | key | takes | meaning |", "|---|---|---|---|", *rows]) + "\n"
