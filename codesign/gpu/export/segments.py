"""Which rows are summed for which: an index sorted inside the ONNX graph, once for all sums that read it.

Built from operators that every runtime has: a sort of unique integers (TopK), comparisons and gathers. The keys are

    node n: n * (E + 1)        edge i that is summed at n: n * (E + 1) + 1 + i

so that in their order each node stands before its edges, and those stay in their order: the result does not depend on
how a runtime sorts, nor on what it runs in parallel.
"""

from __future__ import annotations

from dataclasses import dataclass

from codesign.gpu.export.writer import Writer


@dataclass(frozen=True)
class Segments:
    """Names of tensors: the items of all nodes in order (first of each the node itself), T = N + E of them.

    `rows` (T,): the row of an edge, and E (no row) for a node. `place` (T,): its number within its node. `length`
    (T,): how many items its node has. `starts` (N,): where each node begins. `none` (1,): the number E.
    """

    rows: str
    place: str
    length: str
    starts: str
    none: str


def segments(w: Writer, index: str, like: str) -> Segments:
    """The segments of an index (E,) into the N rows of `like`."""
    edges, nodes = w.count(index, part="edges"), w.count(like, part="nodes")
    stride = w.op("Add", edges, w.whole(1), part="stride")
    own = w.op("Mul", count_up(w, nodes, "node_numbers"), stride, part="node_keys")
    behind = w.op("Add", count_up(w, edges, "edge_numbers"), w.scalar(1), part="behind")
    theirs = w.op("Add", w.op("Mul", index, stride, part="first_keys"), behind, part="edge_keys")
    keys = w.op("Concat", own, theirs, part="keys", axis=0)
    total = w.op("Add", edges, nodes, part="items")
    ordered, order = w.ops("TopK", keys, total, parts=("sorted", "order"), largest=0, sorted=1, axis=0)
    node = w.op("Div", ordered, stride, part="node")
    is_node = w.op("Less", order, nodes, part="is_node")
    rows = w.op("Where", is_node, edges, w.op("Sub", order, nodes, part="edge"), part="rows")
    starts = where_true(w, is_node, "starts")
    ends = w.op("Concat", starts, total, part="ends", axis=0)
    first = w.op("Gather", starts, node, part="first", axis=0)
    behind = w.op("Gather", ends, w.op("Add", node, w.scalar(1), part="next"), part="end", axis=0)
    place = w.op("Sub", count_up(w, total, "item_numbers"), first, part="place")
    return Segments(rows, place, w.op("Sub", behind, first, part="length"), starts, edges)


def count_up(w: Writer, stop: str, part: str) -> str:
    """0, 1, ... to before the number in `stop` (1,)."""
    return w.op("Range", w.scalar(0), w.op("Squeeze", stop, w.whole(0), part=f"{part}_stop"), w.scalar(1), part=part)


def where_true(w: Writer, mask: str, part: str) -> str:
    """The places, in order, where a vector is true."""
    return w.op("Squeeze", w.op("NonZero", mask, part=f"{part}_row"), w.whole(0), part=part)


def windows(w: Writer, starts: str, have: str, width: str, none: str, part: str) -> tuple[str, str]:
    """(M, width): the numbers from each of `starts` (M,) on, as many as it has in `have`, then `none`; and which of
    them there are. `width` and `none` are vectors of one number."""
    i = w.op("Unsqueeze", count_up(w, width, f"{part}_steps"), w.whole(0), part=f"{part}_across")
    there = w.op("Less", i, w.op("Unsqueeze", have, w.whole(1), part=f"{part}_have"), part=f"{part}_there")
    number = w.op("Add", w.op("Unsqueeze", starts, w.whole(1), part=f"{part}_start"), i, part=f"{part}_number")
    return w.op("Where", there, number, none, part=part), there


def longest(w: Writer, lengths: str, part: str) -> str:
    """The largest of the lengths, at least 1, as a vector of one number."""
    some = w.op("Concat", lengths, w.whole(1), part=f"{part}_some", axis=0)
    return w.op("ReduceMax", some, w.whole(0), part=part, keepdims=1)
