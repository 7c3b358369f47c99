"""The pull lowering: each node takes its edges, CHUNK at a time, in a fixed order. Deterministic, and no scatter.

    gather (chunks, 16, channels) -> sum over 16 -> partial sums, one for each chunk
    nodes with several chunks: their partial sums the same way again, and those with more than 16 * 16 a third time,
    with as many columns as the largest of them needs: so any degree works
    each node takes the last sum that it got

Most nodes of a tracking graph have one chunk, and no edge is read that is not summed but what fills up the chunks.
"""

from __future__ import annotations

from dataclasses import dataclass

from codesign.gpu.export.segments import Segments, longest, where_true, windows
from codesign.gpu.export.writer import Writer

CHUNK = 16


@dataclass(frozen=True)
class PullTables:
    """Names of int64 tensors: `first` (M1, 16) rows of the values, `second` (M2, 16) of the first sums, `third` (M3, D)
    of the second sums, each with the number of rows where there is none; `last` (N,) rows of all sums in this order."""

    first: str
    second: str
    third: str
    last: str


def pull_tables(w: Writer, s: Segments) -> PullTables:
    """The tables of an index, built in the graph."""
    sixteen, one, zero = w.whole(CHUNK), w.scalar(1), w.scalar(0)

    def chunks(place: str, length: str, part: str, only: str = "") -> tuple[str, str, str, str]:
        """Where chunks start, how many items each has, and its place and the number of chunks of its node."""
        begins = w.op(
            "Equal", w.op("Mod", place, w.scalar(CHUNK), part=f"{part}_in_chunk"), zero, part=f"{part}_begins"
        )
        begins = w.op("And", begins, only, part=f"{part}_chosen") if only else begins
        starts = where_true(w, begins, f"{part}_starts")
        at = w.op("Gather", place, starts, part=f"{part}_at", axis=0)
        long = w.op("Gather", length, starts, part=f"{part}_long", axis=0)
        number = w.op("Div", at, w.scalar(CHUNK), part=f"{part}_place")
        rounded = w.op("Add", long, w.scalar(CHUNK - 1), part=f"{part}_rounded")
        return (
            starts,
            w.op("Sub", long, at, part=f"{part}_have"),
            number,
            w.op("Div", rounded, w.scalar(CHUNK), part=f"{part}_count"),
        )

    starts, have, place, count = chunks(s.place, s.length, "first")
    items, there = windows(w, starts, have, sixteen, w.whole(0), "first_items")
    rows = w.op("Gather", s.rows, items, part="first_rows", axis=0)
    first = w.op("Where", there, rows, s.none, part="first")
    m1 = w.count(starts, part="first_sums")
    node = where_true(w, w.op("Equal", place, zero, part="first_of_node"), "node_first")
    sums = w.op("Gather", count, node, part="node_first_sums", axis=0)

    several = w.op("Greater", count, one, part="several")
    starts, have, place, count = chunks(place, count, "second", several)
    second, _ = windows(w, starts, have, sixteen, m1, "second")
    m2 = w.count(starts, part="second_sums")
    of_node = where_true(w, w.op("Equal", place, zero, part="second_of_node"), "node_second")

    several = w.op(
        "And",
        w.op("Greater", count, one, part="many"),
        w.op("Equal", place, zero, part="many_first"),
        part="many_nodes",
    )
    starts = where_true(w, several, "third_starts")
    have = w.op("Gather", count, starts, part="third_have", axis=0)
    third, _ = windows(w, starts, have, longest(w, count, "third_width"), m2, "third")

    # Which of the sums is a node's last one: its number among the nodes with as many levels.
    has_second = w.op("Greater", sums, one, part="has_second")
    has_third = w.op("Greater", sums, w.scalar(CHUNK), part="has_third")
    padded = w.op("Concat", of_node, w.whole(0), part="node_second_padded", axis=0)
    in_second = w.op("Gather", padded, _rank(w, has_second, "rank_second"), part="in_second", axis=0)
    in_second = w.op("Add", in_second, m1, part="last_second")
    in_third = w.op(
        "Add", _rank(w, has_third, "rank_third"), w.op("Add", m1, m2, part="before_third"), part="last_third"
    )
    higher = w.op("Where", has_third, in_third, in_second, part="last_higher")
    return PullTables(first, second, third, w.op("Where", has_second, higher, node, part="last"))


def _rank(w: Writer, mask: str, part: str) -> str:
    """For each place where the mask is true its number among those; 0 before the first."""
    ones = w.op("Cast", mask, part=f"{part}_ones", to=7)
    passed = w.op("CumSum", ones, w.scalar(0), part=f"{part}_passed")
    return w.op("Max", w.op("Sub", passed, w.scalar(1), part=f"{part}_number"), w.scalar(0), part=part)


def pull(w: Writer, values: str, shape: tuple[int, ...], tables: PullTables) -> str:
    """The sums, as the result of the node at hand."""
    sums, level = [], values
    for number, table in enumerate((tables.first, tables.second, tables.third)):
        taken = w.op("Gather", w.with_none(level, shape), table, part=f"taken_{number}", axis=0)
        level = w.op("ReduceSum", taken, w.whole(1), part=f"sums_{number}", keepdims=0)
        sums.append(level)
    return w.op("Gather", w.op("Concat", *sums, part="all_sums", axis=0), tables.last, axis=0)
