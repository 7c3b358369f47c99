"""The tables of sums by numpy, for exports that take them as inputs (`edges="sorted"`)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ModelError
from codesign.gpu.export.pull import CHUNK

Table = NDArray[np.int64]


def pull_tables(index: Table, nodes: int) -> dict[str, Table]:
    """The four of `codesign.gpu.export.pull.PullTables` for an index (E,) into `nodes` rows.

    Each table has at least one row (of none), so that no runtime meets an empty tensor for want of a large node.
    ModelError where a row does not exist.
    """
    order, starts, degree = _sorted(index, nodes)
    count = np.maximum(-(-degree // CHUNK), 1)
    first, begin = _chunks(starts, degree, CHUNK, len(index), least=True)
    first = np.append(order, len(index))[first]
    m1 = len(first)

    heavy = np.flatnonzero(count > 1)
    second, inner = _chunks(begin[heavy], count[heavy], CHUNK, m1)
    again = -(-count[heavy] // CHUNK)
    m2 = len(second)

    huge = np.flatnonzero(again > 1)
    width = int(again.max(initial=1))
    third, _ = _chunks(inner[huge], again[huge], width, m2)

    last = begin.copy()
    last[heavy] = m1 + inner
    last[heavy[huge]] = m1 + m2 + np.arange(len(huge))
    return {"first": first, "second": second, "third": third, "last": last}


def padded_table(index: Table, nodes: int) -> dict[str, Table]:
    """`table` (nodes, largest degree): the rows that each node sums, E where there is none."""
    order, starts, degree = _sorted(index, nodes)
    i = np.arange(max(1, degree.max(initial=0)))
    there = i < degree[:, None]
    return {"table": np.append(order, len(index))[np.where(there, starts[:, None] + i, len(index))]}


MAKERS = {"pull": pull_tables, "padded": padded_table}
"""What makes the tables of a lowering; the scatter lowering needs none."""


def tables(lowering: str, indices: Mapping[str, Table], sizes: Mapping[str, int]) -> dict[str, Table]:
    """All table inputs of an export: of each index (E,) by its name, into as many rows as `sizes` says."""
    found = {}
    for name, index in indices.items():
        for table, values in MAKERS[lowering](np.asarray(index, dtype=np.int64), sizes[name]).items():
            found[f"{name}_{table}"] = values
    return found


def _sorted(index: Table, nodes: int) -> tuple[Table, Table, Table]:
    """The rows in the order of what they index, where those of each node start, and how many there are."""
    if index.size and (index.min() < 0 or index.max() >= nodes):
        bad = index.min() if index.min() < 0 else index.max()
        raise ModelError(f"an index names row {bad}, which does not exist: there are {nodes} (0..{nodes - 1})")
    degree = np.bincount(index, minlength=nodes)
    return np.argsort(index, kind="stable"), np.cumsum(degree) - degree, degree


def _chunks(starts: Table, counts: Table, width: int, none: int, least: bool = False) -> tuple[Table, Table]:
    """(chunks, width): the numbers from each of `starts` on, as many as `counts` says, `width` at a time and `none`
    behind them; and the number of the first chunk of each. A count of 0 has a chunk of none where `least`."""
    chunks = np.maximum(-(-counts // width), int(least))
    begin = np.cumsum(chunks) - chunks
    owner = np.repeat(np.arange(len(starts)), chunks)
    offset = (np.arange(len(owner)) - begin[owner]) * width
    i = np.arange(width)
    there = offset[:, None] + i < counts[owner, None]
    table = np.where(there, (starts[owner] + offset)[:, None] + i, none)
    return (table if len(table) else np.full((1, width), none)), begin
