"""The padded lowering: one gather (nodes, largest degree, channels) and one sum. Deterministic; for graphs whose nodes
have about as many edges each."""

from __future__ import annotations

from codesign.gpu.export.segments import Segments, longest, windows
from codesign.gpu.export.writer import Writer


def padded_table(w: Writer, s: Segments) -> str:
    """(N, D) int64: the rows of the values that each node sums, and the number of rows where there is none."""
    length = w.op("Gather", s.length, s.starts, part="items_of_node", axis=0)
    degree = w.op("Sub", length, w.scalar(1), part="degree")
    behind = w.op("Add", s.starts, w.scalar(1), part="first_edge")
    items, there = windows(w, behind, degree, longest(w, degree, "width"), w.whole(0), "table_items")
    rows = w.op("Gather", s.rows, items, part="table_rows", axis=0)
    return w.op("Where", there, rows, s.none, part="table")


def padded(w: Writer, values: str, shape: tuple[int, ...], table: str) -> str:
    """The sums, as the result of the node at hand."""
    taken = w.op("Gather", w.with_none(values, shape), table, part="taken", axis=0)
    return w.op("ReduceSum", taken, w.whole(1), keepdims=0)
