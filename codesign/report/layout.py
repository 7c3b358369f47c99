"""Places for the boxes of a directed acyclic graph: one row per rank, edges from row to row."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SWEEPS = 8
"""Up and down through the rows; the orders of networks settle after two or three."""


@dataclass(frozen=True)
class Layout:
    """The centre of each box in columns and rows (0, 0 is the first), and the bends of each edge."""

    at: Mapping[str, tuple[float, int]]
    bends: Mapping[tuple[str, str], tuple[tuple[float, int], ...]]
    columns: float
    rows: int


def layout(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> Layout:
    """A layered drawing of nodes `names` (in topological order); an edge over several rows bends once in each.

    Rows are ordered by the mean place of their neighbours, so that a chain is a straight line and branches
    keep to their side.
    """
    edges = list(dict.fromkeys(edges))
    rank = _ranks(names, edges)
    rows: list[list[str]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    for name in names:
        rows[rank[name]].append(name)
    above: dict[str, list[str]] = {name: [] for name in names}
    below: dict[str, list[str]] = {name: [] for name in names}
    virtual: dict[tuple[str, str], list[str]] = {}
    for a, b in edges:
        chain = [f"{a}\0{b}\0{row}" for row in range(rank[a] + 1, rank[b])]  # \0 is in no node's name
        for row, v in enumerate(chain, rank[a] + 1):
            rows[row].append(v)
            above[v], below[v] = [], []
        virtual[a, b] = chain
        path = [a, *chain, b]
        for upper, lower in itertools.pairwise(path):
            below[upper].append(lower)
            above[lower].append(upper)
    for sweep in range(SWEEPS):
        _order(rows if sweep % 2 == 0 else rows[::-1], above if sweep % 2 == 0 else below)
    x = _columns(rows, above, below)
    place = {name: (x[name], row) for row, members in enumerate(rows) for name in members}
    bends = {edge: tuple(place[v] for v in chain) for edge, chain in virtual.items()}
    columns = max(x.values(), default=0.0) + 1
    return Layout({name: place[name] for name in names}, bends, columns, len(rows))


def _ranks(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The longest path from a source; sources stand right above their first reader."""
    before: dict[str, list[str]] = {name: [] for name in names}
    after: dict[str, list[str]] = {name: [] for name in names}
    for a, b in edges:
        before[b].append(a)
        after[a].append(b)
    rank: dict[str, int] = {}
    for name in names:
        rank[name] = max((rank[a] + 1 for a in before[name]), default=0)
    for name in names:
        if not before[name] and after[name]:
            rank[name] = min(rank[b] for b in after[name]) - 1
    return rank


def _order(rows: list[list[str]], neighbours: Mapping[str, list[str]]) -> None:
    """Sorts each row by the mean place of its neighbours in the row before."""
    for previous, row in itertools.pairwise(rows):
        place = {name: (i + 0.5) / len(previous) for i, name in enumerate(previous)}
        own = {name: (i + 0.5) / len(row) for i, name in enumerate(row)}

        def mean(name: str, place: dict[str, float] = place, own: dict[str, float] = own) -> float:
            found = [place[n] for n in neighbours[name]]
            return sum(found) / len(found) if found else own[name]

        row.sort(key=mean)


def _columns(
    rows: Sequence[list[str]], above: Mapping[str, list[str]], below: Mapping[str, list[str]]
) -> dict[str, float]:
    """x in columns from 0: each node as near to the mean of its neighbours as its row's order allows."""
    widest = max((len(row) for row in rows), default=1)
    x = {n: i + (widest - len(row)) / 2 for row in rows for i, n in enumerate(row)}
    for sweep in range(SWEEPS):
        neighbours = above if sweep % 2 == 0 else below
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            wanted = [_mean([x[n] for n in neighbours[name]], x[name]) for name in row]
            for name, place in zip(row, _apart(wanted)):
                x[name] = place
    left = min(x.values(), default=0.0)
    return {name: round(place - left, 3) for name, place in x.items()}


def _apart(wanted: list[float]) -> list[float]:
    """The places nearest to those wanted that keep the order and a distance of one column."""
    # Pool adjacent violators on wanted[i] - i, which must not decrease.
    blocks: list[tuple[float, int]] = []
    for i, place in enumerate(wanted):
        total, count = place - i, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / count:
            t, c = blocks.pop()
            total, count = total + t, count + c
        blocks.append((total, count))
    level = [total / count for total, count in blocks for _ in range(count)]
    return [place + i for i, place in enumerate(level)]


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
