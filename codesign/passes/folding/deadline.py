"""The latency of a design as rows of the program: when beats are written, at some shares of a sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.analysis.delays import NEVER
from codesign.passes.folding.pieces import Piece, Region
from codesign.passes.folding.program import Program

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Where the beats of a sample are followed from one piece to the next; the more, the nearer the model is to the cycles
of the design, from below."""


@dataclass(frozen=True)
class Deadline:
    """The last beat of the outputs comes at most so many cycles after the first of the inputs, in the model."""

    cycles: int
    clock_mhz: float

    def of(self, piece: Piece, exit: int) -> list[NDArray[np.int64]]:
        """The delays to an exit of a piece: from the start, and then from each entry. What nothing depends on is as far
        back as the deadline is ahead, so that it never binds."""
        found = piece.delays(SHARES, self.clock_mhz)[exit]
        never = np.full((len(SHARES), len(SHARES)), NEVER, dtype=np.int64)
        behind = [found.behind.get(name, never) for name in piece.entries]
        return [np.maximum(a, -self.cycles) for a in (found.from_start[:, None], *behind)]

    def delays(self, piece: Piece) -> tuple[int, ...]:
        """All of them in a row."""
        return tuple(int(d) for e in range(len(piece.exits)) for found in self.of(piece, e) for d in found.ravel())


@dataclass(frozen=True, eq=False)
class Term:
    """What a variable of 1 adds: a piece, instead of the piece `against` if there is one. No variable: always."""

    variable: int | None
    piece: Piece
    against: Piece | None = None


def add_deadline(
    program: Program, groups: Mapping[str | Region, Sequence[Term]], products: Sequence[str], deadline: Deadline
) -> int:
    """Rows that let every beat be written no earlier than those it waits for allow; gives the variable of the latency.

    A beat at a share of what a product reads, or writes, is a variable; each pair of beats before and behind a piece a
    row: the later one is at least the delay of the chosen option behind the earlier one.
    """
    latest = deadline.cycles - 1
    into = {name: [program.variable(high=latest) for _ in SHARES] for name in products}
    out = {name: [program.variable(high=latest) for _ in SHARES] for name in products}
    last = program.variable(high=latest)
    for owner, terms in groups.items():
        if isinstance(owner, str):
            entries, exits = [into[owner]], [out[owner]]
        else:
            entries = [out[name] for name in owner.writers]
            exits = [into[name] for name in owner.readers] + [[last] * len(SHARES) for _ in owner.outputs]
        for number, exit in enumerate(exits):
            found = [deadline.of(term.piece, number) for term in terms]
            against = [None if t.against is None else deadline.of(t.against, number) for t in terms]
            for e, entry in enumerate([None, *entries]):
                delays = np.array([f[e] - (0 if a is None else a[e]) for f, a in zip(found, against)])
                _rows(program, [t.variable for t in terms], delays, exit, entry, -deadline.cycles)
    return last


def _rows(
    program: Program,
    variables: Sequence[int | None],
    delays: NDArray[np.int64],
    exit: Sequence[int],
    entry: Sequence[int] | None,
    never: int,
) -> None:
    """exit[j] - entry[g] >= the sum of delay[j, g] * variable over all terms; no row where none is above `never`."""
    for j, later in enumerate(exit):
        for g in range(delays.shape[2]):
            binding = delays[:, j, g]
            if not len(binding) or binding.max() <= never:
                continue
            fixed = sum(int(d) for v, d in zip(variables, binding) if v is None)
            terms = [(v, -float(d)) for v, d in zip(variables, binding) if v is not None and d]
            earlier = [] if entry is None else [(entry[g], -1.0)]
            program.row([(later, 1.0), *earlier, *terms], low=fixed)
