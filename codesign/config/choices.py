"""What is chosen from a few names: strategies, multipliers, streams."""

from __future__ import annotations

from enum import Enum

from codesign.ir.kernels.multiplier import Multiplier


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
