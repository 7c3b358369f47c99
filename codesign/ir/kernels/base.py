"""What a kernel is: the beats it reads and writes, its cycles, and its meaning."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum

from codesign.ir.fixed import Fixed
from codesign.ir.tensor import Array


class MemoryStyle(Enum):
    """What a constant memory is made of."""

    REGISTERS = "registers"
    """Constants in logic: every word is always there (one word, or fully partitioned)."""
    LUTRAM = "lutram"
    BRAM = "bram"
    URAM = "uram"


@dataclass(frozen=True, eq=False)
class Memory:
    """Constants, one word per row: `words` is (depth, lanes) int64 codes of type `element`."""

    name: str
    words: Array
    element: Fixed
    style: MemoryStyle

    @property
    def depth(self) -> int:
        """The number of words."""
        return int(self.words.shape[0])

    @property
    def width(self) -> int:
        """Bits per word."""
        return int(self.words.shape[1]) * self.element.width


@dataclass(frozen=True)
class Beats:
    """What a kernel expects of a stream: `beats` words per sample of `lanes` elements."""

    element: Fixed
    lanes: int
    beats: int


@dataclass(frozen=True, eq=False)
class Kernel(ABC):
    """Base of all kernels. A kernel overlaps reading, computing and writing; II = 1 within a sample."""

    @property
    @abstractmethod
    def reads(self) -> tuple[Beats, ...]:
        """The streams it reads."""

    @property
    @abstractmethod
    def writes(self) -> tuple[Beats, ...]:
        """The streams it writes."""

    @property
    @abstractmethod
    def interval(self) -> int:
        """Cycles per sample in steady state, if neighbours never make it wait."""

    @property
    @abstractmethod
    def first_output(self) -> int:
        """Cycles of input, at full rate, before the first beat of a sample can be computed (pipeline depth not
        included: that is the analysis' business)."""

    @abstractmethod
    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        """Codes (n, beats, lanes) of each output from those of each input."""

    def memories(self) -> tuple[Memory, ...]:
        """The constants it owns."""
        return ()
