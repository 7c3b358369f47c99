"""What a kernel's template is given in every back end: the constants, types and memories of one instance, all final."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.base import MemoryStyle
from codesign.ir.kernels.depthwise import Depthwise
from codesign.ir.kernels.grouped import Grouped
from codesign.ir.kernels.matvec import MatVec
from codesign.ir.kernels.multiplier import Multiplier
from codesign.ir.tensor import Array

LARGEST = (1 << 63) - 1


@dataclass(frozen=True)
class Beat:
    """`lanes` codes of type `element` in one word of a stream."""

    element: Fixed
    lanes: int


@dataclass(frozen=True)
class Constant:
    """A number that is printed as a 64-bit literal."""

    value: int

    def __post_init__(self) -> None:
        if not -LARGEST <= self.value <= LARGEST:
            raise IRError(f"the constant {self.value} needs more than 64 bits")


@dataclass(frozen=True)
class Product:
    """Products of codes of two types, and what they are made of."""

    made_of: Multiplier
    x: Fixed
    w: Fixed


@dataclass(frozen=True, eq=False)
class Rom:
    """A constant array of one to three axes, printed in a file of its own; `role` says what the kernel reads in it.

    A word is all but the first axis, and is read in one cycle. Where `banks`, a word is one element: the first axis
    counts memories that are read side by side, each by so many `readers`.
    """

    name: str
    role: str
    values: Array
    element: Fixed
    style: MemoryStyle | None = None
    """None leaves the choice to the tool."""
    banks: bool = False
    readers: int = 1

    def __post_init__(self) -> None:
        if self.values.size == 0:
            raise IRError(f"memory {self.name} is empty")
        low, high = int(self.values.min()), int(self.values.max())
        if low < self.element.low or high > self.element.high:
            raise IRError(f"memory {self.name} has codes {low}..{high}, which {self.element} does not hold")
        if self.style is MemoryStyle.URAM:
            raise IRError(
                f"instance: memory {self.name} is constant, and the URAM of UltraScale+ cannot be initialized"
            )


Value = int | Constant | Fixed | Beat | Product
"""What a member of a configuration is; a bool is an int."""


@dataclass(frozen=True, eq=False)
class Instance:
    """Base of all instances: each field of a subclass is a member of the configuration of the same name.

    An int or bool is a constant, a Constant a 64-bit constant, a Fixed the type of a code, a Beat that of a word of a
    stream, a Product what makes it. `function` names the template in C++ and, behind `codesign_`, the module in
    SystemVerilog; `header` is where the C++ is. `roms` are passed to the function, in their order, after its streams.
    """

    function: ClassVar[str]
    header: ClassVar[str]
    dataflow: ClassVar[bool] = False
    """Whether the function is itself a chain of processes."""

    roms: tuple[Rom, ...]

    def values(self) -> list[tuple[str, Value]]:
        """The members of the configuration, each by its name."""
        return [(f.name, getattr(self, f.name)) for f in fields(self) if f.name != "roms"]


def memories(kernel: MatVec | Grouped | Depthwise) -> tuple[Rom, ...]:
    """The weights of a product, and its bias if it has one, in the layout that the kernel documents."""
    owned = zip(("weights", "bias"), kernel.memories())
    return tuple(Rom(m.name, role, m.words, m.element, m.style) for role, m in owned)


def channelwise(name: str, role: str, values: Array, channels: int, lanes: int) -> Rom:
    """One value per channel in the layout (folds, lanes); (1, 1) where all channels agree."""
    flat = np.broadcast_to(values.reshape(-1), channels)
    if (flat == flat[0]).all():
        words = flat[:1].reshape(1, 1)
    else:
        words = flat.reshape(channels // lanes, lanes)
    return Rom(f"{name}_{role}", role, words, covering(words), style=_style(len(words)))


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
        raise IRError(
            f"instance: an intermediate result of {min(values)}..{max(values)} needs {fixed.width} bits, not 64"
        )
    return fixed
