"""What was asked, by the command line, the configuration and the model together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from codesign.config import Config, Strategy, Streams
from codesign.errors import ConfigError, TargetError
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph
from codesign.ir.kernels import Multiplier
from codesign.ir.layers import Product
from codesign.passes.builder import is_product
from codesign.targets import Target, load_target
from codesign.targets.budget import Budget

DEFAULT_TARGET = "u50"

ConfigSource = str | Path | Mapping[str, object] | Config | None
"""A YAML file, the same as nested mappings, or a configuration already read."""


@dataclass(frozen=True)
class Options:
    """Everything that decides the result, apart from the model."""

    config: Config
    target: Target
    clock_mhz: float
    input_types: Mapping[str, Fixed]
    budget: Budget = field(default_factory=Budget)

    @classmethod
    def of(
        cls,
        target: str | None,
        input_type: str | Mapping[str, str] | None,
        precision: str | None,
        config: ConfigSource,
        reuse: int | None,
        clock_mhz: float | None,
        streams: str | None = None,
        interval: int | None = None,
        latency_us: float | None = None,
        budget: object = None,
        compute_units: int | None = None,
        banks: str | Sequence[str] | None = None,
        max_batch: int | None = None,
    ) -> Options:
        """The options with the command line over the configuration over the defaults; CodesignError where they are
        wrong in themselves."""
        merged = _config(config).with_model(precision=precision, reuse=reuse).with_streams(streams)
        where = merged.file if budget is None else "command line"
        merged = merged.with_goals(interval, latency_us, budget).with_deployment(compute_units, banks, max_batch)
        allowed = Budget() if merged.budget is None else Budget.read(merged.budget, f"{where}: Budget")
        device = load_target(target or merged.target or DEFAULT_TARGET)
        clocks = (clock_mhz, merged.clock_mhz, device.clock_mhz)
        clock = next(c for c in clocks if c is not None)
        if not math.isfinite(clock) or not 0 < clock <= device.max_clock_mhz:
            raise TargetError(
                f"{device.name}: a clock of {clock:g} MHz was asked; designs for it run at up to "
                f"{device.max_clock_mhz:g} MHz"
            )
        allowed = replace(allowed, designs=merged.compute_units or 1)
        return cls(merged, device, clock, _input_types(input_type), allowed)

    @property
    def latency(self) -> int | None:
        """The cycles that fit the latency that was asked."""
        return None if self.config.latency_us is None else math.floor(self.config.latency_us * self.clock_mhz + 1e-9)

    @property
    def streams(self) -> Streams:
        """How streams are wired."""
        return self.config.streams or Streams.MIXED

    def check(self, graph: Graph) -> None:
        """ConfigError where the configuration names a layer that the network does not have."""
        names = [n for node in graph for n in (node.name, node.origin)]
        self.config.check_names(names, [type(node.layer).__name__ for node in graph])

    def reuse_by_layer(self, graph: Graph) -> dict[str, int]:
        """The reuse factor asked for each matrix that has one."""
        found = {}
        for node in graph:
            if is_product(node.layer):
                asked = self.config.for_layer(node.name, type(node.layer).__name__, node.origin).reuse_factor
                if asked is not None:
                    found[node.name] = asked
        return found

    def multipliers(self, graph: Graph) -> dict[str, Multiplier]:
        """What the products of each matrix are to be made of, where that is asked."""
        found = {}
        for node in graph:
            if isinstance(node.layer, Product):
                asked = self.config.for_layer(node.name, type(node.layer).__name__, node.origin).multiplier
                if asked is not None and asked.kind is not None:
                    found[node.name] = asked.kind
        return found

    def strategies(self, graph: Graph) -> dict[str, Strategy]:
        """The strategy asked for each layer that has one."""
        found = {}
        for node in graph:
            asked = self.config.for_layer(node.name, type(node.layer).__name__, node.origin).strategy
            if asked is not None:
                found[node.name] = asked
        return found


def _config(source: ConfigSource) -> Config:
    if source is None:
        return Config()
    if isinstance(source, Config):
        return source
    return Config.of(source, "config") if isinstance(source, Mapping) else Config.read(source)


def _input_types(given: str | Mapping[str, str] | None) -> dict[str, Fixed]:
    texts = {"": given} if isinstance(given, str) else dict(given or {})
    found = {}
    for name, text in texts.items():
        try:
            found[name] = Fixed.parse(text)
        except ValueError as error:
            raise ConfigError(f"input type{f' of {name}' if name else ''}: {error}") from error
    return found
