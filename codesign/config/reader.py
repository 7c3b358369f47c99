"""Nested mappings become a configuration; a message names the key by its path."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from codesign.config.choices import Multipliers, Strategy, Streams
from codesign.config.keys import KEYS, REFUSED, SYNONYMS
from codesign.config.layer import LayerConfig
from codesign.errors import ConfigError
from codesign.ir.fixed import LEAST_ACCUMULATOR, MAX_WIDTH, Fixed, Rounding

if TYPE_CHECKING:
    from codesign.config.configuration import Config

Choice = TypeVar("Choice", bound=Enum)
Choices = type[Choice]


class Reader:
    """Takes nested mappings apart, keeping the path of the key for messages."""

    def __init__(self, file: str) -> None:
        self.file = file

    def config(self, data: object, kind: type[Config]) -> Config:
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
            if name not in SYNONYMS:
                self.unknown(path, name, list(SYNONYMS))
            if SYNONYMS[name] in types:
                self.fail(path, f"{name} is another word for {SYNONYMS[name]}, which has an entry already")
            types[SYNONYMS[name]] = self.layer(entry, path)
        names = {
            name: self.layer(entry, f"LayerName.{name}")
            for name, entry in self.mapping(top.get("LayerName"), "LayerName").items()
        }
        return kind(
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
                near = nearest(strategy, ["Latency", "Resource", "auto"])
                self.fail(f"{path}.Strategy", f"{_show(strategy)} is not one of Latency, Resource, auto{near}")
            strategy = Strategy(strategy.lower())
        multiplier = self.choice(entry.get("Multiplier"), f"{path}.Multiplier", Multipliers)
        rounding = self.rounding(entry.get("Rounding"), f"{path}.Rounding")
        accumulator = entry.get("AccumulatorWidth")
        if accumulator is not None and (
            isinstance(accumulator, bool)
            or not isinstance(accumulator, int)
            or not LEAST_ACCUMULATOR <= accumulator <= MAX_WIDTH
        ):
            valid = f"an integer from {LEAST_ACCUMULATOR} to {MAX_WIDTH}, the bits of the sums of products"
            self.fail(f"{path}.AccumulatorWidth", f"{_show(accumulator)} is not {valid}")
        return LayerConfig(
            **types,
            rounding=rounding,
            reuse_factor=reuse,
            strategy=strategy,
            multiplier=multiplier,
            accumulator=accumulator,
        )

    def rounding(self, data: object, path: str) -> Rounding | None:
        """A mode by its name in QONNX; None for nothing."""
        text = self.text(data, path)
        valid = [mode.value for mode in Rounding]
        if text is not None and text.upper() not in valid:
            self.fail(path, f"{_show(text)} is not one of {', '.join(valid)}{nearest(text, valid)}")
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
            self.fail(path, f"{_show(text)} is not one of {', '.join(valid)}{nearest(text, valid)}")
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
        near = nearest(key, valid) or f"; there are {', '.join(valid)}"
        self.fail(path, f"unknown key{near}")

    def fail(self, path: str, what: str) -> NoReturn:
        raise ConfigError(f"{self.file}: {path}: {what}")


def nearest(name: object, valid: Iterable[str]) -> str:
    """`; did you mean X?`, or nothing where nothing is close; case is no distance."""
    by_lower = {v.lower(): v for v in valid}
    close = difflib.get_close_matches(str(name).lower(), by_lower, n=1, cutoff=0.5)
    return f"; did you mean {by_lower[close[0]]}?" if close else ""


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
