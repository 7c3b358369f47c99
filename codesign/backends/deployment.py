"""Where a kernel runs on its board: compute units, the memory bank of each argument, the largest batch."""

from __future__ import annotations

from dataclasses import dataclass

PAGE = 4096
"""Buffers begin at multiples of so many bytes: pages of the host, and of the cards (XRT, buffer objects)."""


@dataclass(frozen=True)
class Bank:
    """A memory of the board: as the connectivity file calls it, e.g. HBM[0], and its bytes."""

    tag: str
    bytes: int


@dataclass(frozen=True)
class ComputeUnit:
    """An instance of the kernel. `banks` has, for each of its memory arguments, the status last, the number of its bank
    in the deployment. `slr` is the super logic region that it is put
    into, None where that is left to the tools."""

    name: str
    banks: tuple[int, ...]
    slr: int | None = None


@dataclass(frozen=True)
class Deployment:
    """What was decided of the board; every number is final."""

    units: tuple[ComputeUnit, ...]
    banks: tuple[Bank, ...]
    """All that arguments can be put into, in the order of the target's file; one where there is nothing to choose."""
    max_samples: int
    """The largest batch of one compute unit."""
    buffer_bytes: tuple[int, ...]
    """Of each memory argument of one compute unit, the status last, for that batch; not yet whole pages."""


def pages(count: int) -> int:
    """The bytes of a buffer for `count` bytes."""
    return -(-count // PAGE) * PAGE
