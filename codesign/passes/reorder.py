"""How a transpose walks through the elements of its input: as nested loops over runs of neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LARGEST_SHUFFLE = 1024
"""The most elements that several lanes exchange in registers; HLS tools give up on larger arrays that are cut up."""


@dataclass(frozen=True)
class Walk:
    """The result's elements in order: `loops` of (turns, distance in elements), outermost first, over runs of `run`
    neighbours, the distances being multiples of the run. The first `blocks` turns move forward by whole blocks."""

    loops: tuple[tuple[int, int], ...]
    run: int
    blocks: int

    def beats(self, lanes: int) -> tuple[tuple[int, int], ...]:
        """The same loops over beats of `lanes` elements, which divide the run."""
        inner = ((self.run // lanes, 1),) if self.run > lanes else ()
        return (*((turns, distance // lanes) for turns, distance in self.loops), *inner)


def walk(shape: Sequence[int], axes: Sequence[int]) -> Walk:
    """The walk of a transpose of a tensor of this shape; axes that stay together are one."""
    distances = [1] * len(shape)
    for a in reversed(range(len(shape) - 1)):
        distances[a] = distances[a + 1] * shape[a + 1]
    loops: list[tuple[int, int]] = []
    for a in axes:
        if shape[a] == 1:
            continue
        if loops and loops[-1][1] == shape[a] * distances[a]:
            loops[-1] = (loops[-1][0] * shape[a], distances[a])
        else:
            loops.append((shape[a], distances[a]))
    run = loops.pop()[0] if loops and loops[-1][1] == 1 else 1
    size = run
    for turns, _ in loops:
        size *= turns
    blocks = loops[0][0] if loops and loops[0][0] * loops[0][1] == size else 1
    return Walk(tuple(loops), run, blocks)
