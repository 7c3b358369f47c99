"""How many rows the sets of a network have, and how large its tables are then: axes that no user thinks in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from codesign.errors import ConfigError
from codesign.gpu.export.pull import CHUNK
from codesign.gpu.tensorrt.profile import Given, Sizes, check_names, chosen
from codesign.ir.graph import Graph
from codesign.ir.layers.rows import SegmentSum

DEGREE = "degree"
"""How many rows one sum has at most: edges at a node, points in a voxel."""
MOST_DEGREE, LARGEST_DEGREE = 4096, CHUNK**4
"""Unless it is given; and the largest that may be: the third table of the pull lowering is then 256 columns wide."""
DEFAULTS: Mapping[str, Sizes] = {"nodes": (1, 20_000, 100_000), "edges": (1, 200_000, 1_000_000)}
"""Of a tracking event: up to a hundred thousand hits, some ten edges for each."""


def all_sizes(
    graph: Graph, axes: Sequence[str], lowering: str, least: Given, usual: Given, most: Given
) -> dict[str, Sizes]:
    """The sizes of all dynamic axes of a network's export with `edges="sorted"`.

    Those of the sets that its rows run over are the user's; there are no more voxels than points. Those of its tables
    follow, with at most `degree` rows in a sum, and may be given too. ConfigError as `chosen`.
    """
    rows = {node.type.rows or "batch" for node in graph.inputs}
    sets = sorted((axis for axis in axes if axis in rows), key=lambda axis: axis.startswith("voxels"))
    tables = [axis for axis in axes if axis not in rows]
    check_names([*sets, *tables, *([DEGREE] if tables else [])], least, usual, most)
    for option, given in (("--min", least), ("--opt", usual)):
        if DEGREE in given and DEGREE not in axes:
            raise ConfigError(f"{option}: {DEGREE} is what a sum has at most; give it with --max")
    degree = most.get(DEGREE, MOST_DEGREE)
    if not 1 <= degree <= LARGEST_DEGREE:
        raise ConfigError(f"--max: {DEGREE} is {degree:,}, expected 1 to {LARGEST_DEGREE:,}")
    found: dict[str, Sizes] = {}
    for axis in sets:
        points = found.get("points")
        default = (min(1, points[0]), *points[1:]) if points and axis.startswith("voxels") else DEFAULTS.get(axis)
        found[axis] = chosen(axis, least, usual, most, default)
    known = _tables(graph, lowering, found, degree)
    return {**found, **{axis: chosen(axis, least, usual, most, known.get(axis)) for axis in tables}}


def _tables(graph: Graph, lowering: str, sets: Mapping[str, Sizes], degree: int) -> dict[str, Sizes]:
    """At least, usually and at most, by the axis, for the tables that `codesign.gpu.export.tables` makes.

    With N rows to sum into and E rows to sum, 16 at a time: the first table has at most N + E/16 rows (each node has
    one that is not full, and there are E/16 full ones). In the second are nodes of more than 16 alone, so it has at
    most E/17 rows, and the third, for those of more than 256, E/257, with as many columns as the largest needs.
    """
    found: dict[str, Sizes] = {}
    for node in graph:
        if not isinstance(node.layer, SegmentSum):
            continue
        index = node.inputs[1]
        (_, n, most_n), (_, e, most_e) = sets[node.type.rows], sets[graph[index].type.rows]
        if lowering == "padded":
            found[f"{index}_table_columns"] = (1, min(CHUNK, degree), degree)
            continue
        columns = -(-degree // CHUNK**2)
        third = most_e // (CHUNK**2 + 1) if columns > 1 else 1
        found[f"{index}_first_rows"] = (1, max(n, e // CHUNK, 1), max(most_n + most_e // CHUNK, 1))
        found[f"{index}_second_rows"] = (1, max(e // (2 * CHUNK + 2), 1), max(most_e // (CHUNK + 1), 1))
        found[f"{index}_third_rows"] = (1, 1, max(third, 1))
        found[f"{index}_third_columns"] = (1, 1, columns)
    return found
