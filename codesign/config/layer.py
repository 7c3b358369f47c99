"""What is asked of one layer."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from codesign.config.choices import Multipliers, Strategy
from codesign.ir.fixed import Fixed, Rounding


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
    accumulator: int | None = None
    """The most bits of its sums of products."""

    def data(self) -> dict[str, object]:
        """The entry of a file that reads as this."""
        types = {name: getattr(self, name) for name in ("weight", "bias", "result", "table")}
        precision = {name: spelled(fixed) for name, fixed in types.items() if fixed is not None}
        found: dict[str, object] = {
            "Precision": precision or None,
            "Rounding": self.rounding and self.rounding.value,
            "ReuseFactor": self.reuse_factor,
            "Strategy": self.strategy and self.strategy.value,
            "Multiplier": self.multiplier and self.multiplier.value,
            "AccumulatorWidth": self.accumulator,
        }
        return {key: value for key, value in found.items() if value is not None}

    def over(self, other: LayerConfig) -> LayerConfig:
        """This, completed by `other` where it says nothing."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}
        return replace(other, **own)


def spelled(fixed: Fixed) -> str:
    """The type as the file has it."""
    return f"{'' if fixed.signed else 'u'}fixed<{fixed.width},{fixed.width - fixed.frac}>"
