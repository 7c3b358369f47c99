"""Reorder as an instance of reorder.hpp."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesign.backends.instances.base import Beat, Instance, Rom, covering
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.base import MemoryStyle
from codesign.ir.kernels.reorder import Reorder


@dataclass(frozen=True, eq=False)
class ReorderInstance(Instance):
    """The loops, the ring, and how far writing is behind."""

    function = "reorder"
    header = "reorder.hpp"

    beats: int
    delay: int
    steps: int
    ring: int
    loops: int
    x: Beat
    place: Fixed
    turn: Fixed
    move: Fixed


def reorder(name: str, kernel: Reorder) -> ReorderInstance:
    """The instance. A move is how far the next place is when that loop goes on and those inside it start again;
    both memories are one word, of which each loop has a number."""
    turns = np.array([[n - 1 for n, _ in reversed(kernel.loops)]], dtype=np.int64)
    moves, back = [], 0
    for n, distance in reversed(kernel.loops):
        moves.append((distance - back) % kernel.ring)
        back += (n - 1) * distance
    last = Rom(f"{name}_turns", "turns", turns, covering(turns), MemoryStyle.REGISTERS)
    places = np.array([moves], dtype=np.int64)
    moved = Rom(f"{name}_moves", "moves", places, covering(places), MemoryStyle.REGISTERS)
    return ReorderInstance(
        roms=(last, moved),
        beats=kernel.beats,
        delay=kernel.delay,
        steps=kernel.interval,
        ring=kernel.ring,
        loops=len(kernel.loops),
        x=Beat(kernel.x, kernel.lanes),
        place=Fixed.covering(0, kernel.ring),
        turn=last.element,
        move=moved.element,
    )
