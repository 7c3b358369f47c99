"""What a kernel's C++ template is given: the constants, types and memories of one instance, all final."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.base import MemoryStyle
from codesign.ir.kernels.multiplier import Multiplier, one_slice, shift_of
from codesign.ir.tensor import Array

LARGEST = (1 << 63) - 1


@dataclass(frozen=True)
class Beat:
    """`lanes` codes of type `element` in one word of a stream."""

    element: Fixed
    lanes: int


@dataclass(frozen=True)
class Constant:
    """A code that is printed as a 64-bit literal."""

    value: int

    def __post_init__(self) -> None:
        if not -LARGEST <= self.value <= LARGEST:
            raise IRError(f"hls: the constant {self.value} needs more than 64 bits")


@dataclass(frozen=True)
class Product:
    """Products of codes of two types, and what they are made of."""

    made_of: Multiplier
    x: Fixed
    w: Fixed


@dataclass(frozen=True, eq=False)
class Rom:
    """A constant array of one to three axes, printed in a header of its own.

    A word is all but the first axis, and is read in one cycle. Where `banks`, a word is one element: the first axis
    counts memories that are read side by side, each by so many `readers`.
    """

    name: str
    values: Array
    element: Fixed
    style: MemoryStyle | None = None
    """None leaves the choice to the tool."""
    banks: bool = False
    readers: int = 1

    def __post_init__(self) -> None:
        if self.values.size == 0:
            raise IRError(f"hls: memory {self.name} is empty")
        low, high = int(self.values.min()), int(self.values.max())
        if low < self.element.low or high > self.element.high:
            raise IRError(f"hls: memory {self.name} has codes {low}..{high}, which {self.element} does not hold")
        if self.style is MemoryStyle.URAM:
            raise IRError(f"hls: memory {self.name} is constant, and the URAM of UltraScale+ cannot be initialized")


@dataclass(frozen=True, eq=False)
class Instance:
    """Base of all instances: each field of a subclass is a member of the configuration of the same name.

    An int or bool becomes a constant, a Constant a 64-bit constant, a Fixed a code, a Beat a beat, a Product
    what makes it. `roms` are passed to the function, in their order, after its streams.
    """

    function: ClassVar[str]
    header: ClassVar[str]
    dataflow: ClassVar[bool] = False
    """Whether the function is itself a chain of processes."""

    roms: tuple[Rom, ...]

    def members(self) -> list[str]:
        """The members of the configuration as C++ declarations."""
        values = [(f.name, getattr(self, f.name)) for f in fields(self) if f.name != "roms"]
        return [declaration(name, value) for name, value in values]

    def statements(self) -> tuple[str, ...]:
        """Straight-line C++ that gives a beat `y` for a beat `x`, if there is any: a class that holds it is passed to
        the template, behind the configuration."""
        return ()


def declaration(name: str, value: object) -> str:
    """The C++ declaration of one member."""
    match value:
        case bool():
            return f"static const bool {name} = {str(value).lower()};"
        case int():
            if not 0 <= value < 1 << 31:
                raise IRError(f"hls: {name} = {value} does not fit an int")
            return f"static const int {name} = {value};"
        case Constant():
            return f"static const long long {name} = {value.value}LL;"
        case Fixed():
            return f"typedef {code(value)} {name};"
        case Beat():
            return f"typedef {beat(value)} {name};"
        case Product():
            return f"typedef {multiplier(value)} {name};"
        case _:
            raise IRError(f"hls: {name} = {value!r} cannot be printed")


def code(fixed: Fixed) -> str:
    """The C++ type of a code."""
    if not 1 <= fixed.width <= 64:
        raise IRError(f"hls: a code of {fixed.width} bits; 64 is the most")
    return f"codesign::{'sint' if fixed.signed else 'uint'}<{fixed.width}>"


def beat(value: Beat) -> str:
    """The C++ type of a beat."""
    return f"codesign::beat<{code(value.element)}, {value.lanes}>"


def multiplier(value: Product) -> str:
    """The C++ type of a multiplier."""
    match value.made_of:
        case Multiplier.LUT:
            return "codesign::fabric"
        case Multiplier.DSP:
            return "codesign::slice" if one_slice(value.x, value.w) else "codesign::slices"
        case Multiplier.PACKED:
            return f"codesign::shared_slice<{shift_of(value.x, value.w)}>"
        case Multiplier.ADDERS:
            raise IRError("hls: an adder graph has no multipliers")


def channelwise(name: str, values: Array, channels: int, lanes: int) -> Rom:
    """One value per channel in the layout (folds, lanes); (1, 1) where all channels agree."""
    flat = np.broadcast_to(values.reshape(-1), channels)
    if (flat == flat[0]).all():
        words = flat[:1].reshape(1, 1)
    else:
        words = flat.reshape(channels // lanes, lanes)
    return Rom(name, words, covering(words), style=_style(len(words)))


def covering(values: Array) -> Fixed:
    """The narrowest type for these constants."""
    return Fixed.covering(int(values.min()), int(values.max()))


def _style(folds: int) -> MemoryStyle | None:
    """One word is logic; the tool places small tables of several words."""
    return MemoryStyle.REGISTERS if folds == 1 else None


def span(*values: int) -> Fixed:
    """The narrowest type for all these numbers; IRError beyond 64 bits."""
    fixed = Fixed.covering(min(values), max(values))
    if fixed.width > 64:
        raise IRError(f"hls: an intermediate result of {min(values)}..{max(values)} needs {fixed.width} bits, not 64")
    return fixed
