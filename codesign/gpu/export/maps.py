"""Voxels, kernel maps and interpolations made in the model, for SPVCNN on a grid that is small enough to lay out whole.

The inputs that `codesign.gpu.networks.spvcnn.prepare` makes become tensors of the model, which then takes the points
and their features alone, of one event, or of several with the number of each point's event. For each level

    keys of the points' cells --Unique--> keys of the voxels, rising; the voxel of each point; points in each voxel
    voxels' numbers --ScatterElements--> a grid of all cells, with a border of one: the voxel there, -1 where none is;
                                         of several events one grid behind the other
    cells around a voxel --Gather--> their voxels

Nothing is reduced by a scatter, and no cell is written twice. Voxels are ordered as `prepare` orders them and places
are computed in float64 as there, so the tables are the same numbers, whatever the order of the points: but for the last
bit of a weight, and the means of weights over a voxel's points, which are summed in float32. A point that is not finite
or outside the grid, or of a negative event, has a key behind the last cell, where onnxruntime's ScatterElements fails;
what other runtimes do there is not known, so whoever runs the model calls `cloud_feeds` first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from codesign.errors import IRError, ModelError
from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.export.pull import pull, pull_tables
from codesign.gpu.export.segments import count_up, segments
from codesign.gpu.export.writer import FLOAT, INT64, Writer
from codesign.gpu.networks.spvcnn import check_features
from codesign.gpu.spvcnn.kernel_maps import CORNERS, NEIGHBOURS
from codesign.gpu.spvcnn.settings import Settings
from codesign.gpu.spvcnn.tables import FUSED, LEVELS
from codesign.gpu.spvcnn.voxels import Integers, event_numbers
from codesign.ir.graph import Graph

MAPS = ("inputs", "model", "events")
"""Where tables are made: by `prepare`; in the model, for one event; in the model, for several at a time."""
MOST_CELLS = 1 << 24
"""Of the finest grid with its border, of all events: 64 MiB of int32, which the model fills each time it is run."""
DOUBLE, INT32 = TensorProto.DOUBLE, TensorProto.INT32


def with_maps(model: onnx.ModelProto, settings: Settings, *, events: bool = False) -> onnx.ModelProto:
    """The model of an SPVCNN, as `to_onnx` makes it with `edges="any"`, that takes `points` (n, 3) float32 and
    `features` (n, inputs) float32 alone, and with `events` the number of each point's event, `event` (n,) int64; its
    outputs are the same.

    ModelError for a grid of more than `MOST_CELLS` cells, or half of them with `events`.
    """
    cells, most = _cells(settings), MOST_CELLS // 2 if events else MOST_CELLS
    if cells > most:
        raise ModelError(
            f"maps in the model need a grid of at most {most:,} cells with its border{' for two events' * events}, "
            f"size {settings.grid.size} has {cells:,}; use coarser voxels, or take the maps as inputs (--maps inputs)"
        )
    w = Writer(Graph("maps"))
    graph = model.graph
    used = {name for node in graph.node for name in (*node.input, *node.output, node.name)}
    w.taken |= used | {t.name for t in graph.initializer} | {i.name for i in graph.input}
    made = _Maps(w, settings, events).tables()
    given = {value.name: value for value in graph.input}
    if set(given) != {*made, "features"}:
        odd = sorted(set(given) ^ {*made, "features"})
        raise IRError(f"maps in the model: {', '.join(odd)}: made and not taken, or taken and not made")
    for name, result in made.items():
        w.nodes.append(helper.make_node("Identity", [result], [name], w.fresh(f"maps_{name}")))
    found = onnx.ModelProto()
    found.CopyFrom(model)
    for field, values in (
        ("input", [w.inputs[0], given["features"], *w.inputs[1:]]),
        ("node", [*w.nodes, *graph.node]),
        ("initializer", [*w.tensors, *graph.initializer]),
    ):
        found.graph.ClearField(field)
        getattr(found.graph, field).extend(values)
    entry = found.metadata_props.add()
    entry.key, entry.value = "codesign_maps", "events" if events else "model"
    onnx.checker.check_model(found, full_check=True)
    return found


def cloud_feeds(
    checkpoint: Checkpoint,
    points: NDArray[np.floating],
    features: NDArray[np.floating],
    events: Integers | None = None,
) -> dict[str, np.ndarray]:
    """What the model is run with: the points (n, 3) and features (n, inputs) in float32, and `events` (n,), the number
    of each point's event, for the model of several.

    ModelError for points that, as float32, are not finite or outside the grid, features that are not finite or not
    of these points, and numbers of events that are none or need more than `MOST_CELLS` cells.
    """
    settings = Settings.read(checkpoint.settings, "spvcnn checkpoint")
    arrays: dict[str, np.ndarray] = {}
    with np.errstate(over="ignore"):
        arrays |= {"points": points.astype(np.float32), "features": features.astype(np.float32)}
    check_features(settings, points, arrays["features"])
    settings.grid.positions(arrays["points"])
    if events is not None:
        arrays["event"] = event_numbers(len(points), events)
        last, cells = int(events.max(initial=0)), _cells(settings)
        if (last + 1) * cells > MOST_CELLS:
            raise ModelError(
                f"events: with event {last} there are grids of {last + 1} x {cells:,} cells, at most {MOST_CELLS:,} "
                "are made in the model; number them from 0, and give fewer at a time"
            )
    return arrays


def _cells(settings: Settings) -> int:
    """Of the finest grid, with its border."""
    return int(np.prod([s + 2 for s in settings.grid.size], dtype=object))


@dataclass(frozen=True)
class _Level:
    """Names of tensors of the V voxels of a level: `voxel` (points,), `points_in` (V,), `coordinates` (V, 3) with the
    border, `none` (1,) the number V, and `grid`, the numbers of the voxels in all `cells` of each event; a step in x,
    y, z is `steps`. `event` (V,), where there are several.
    """

    voxel: str
    points_in: str
    coordinates: str
    none: str
    grid: str
    cells: int
    steps: tuple[int, int, int]
    event: str


class _Maps:
    """The operators that make the tables."""

    def __init__(self, w: Writer, settings: Settings, events: bool) -> None:
        self.w, self.settings, self.events = w, settings, events

    def tables(self) -> Mapping[str, str]:
        """The tensors of all tables by the names of `prepare`."""
        w = self.w
        found: dict[str, str] = {}
        w.prefix = "maps"
        positions, cells, outside = self.positions()
        event, outside = self.several(outside) if self.events else ("", outside)
        levels = [self.level(k, cells, outside, event) for k in range(LEVELS)]
        for k in FUSED:
            w.prefix = f"maps_{k}"
            found |= {f"{name}_{k}": result for name, result in self.reads(k, levels[k], positions).items()}
        for k, level in enumerate(levels):
            w.prefix = f"maps_around_{k}"
            found[f"around_{k}"] = self.at(level, self.moved(level.coordinates, NEIGHBOURS), level.event)
        for k, (fine, coarse) in enumerate(pairwise(levels)):
            w.prefix = f"maps_down_{k}"
            inner = self.op("Sub", coarse.coordinates, w.whole(1), part="inner")
            first = self.op("Add", self.op("Mul", inner, w.whole(2), part="doubled"), w.whole(1), part="first")
            found[f"down_{k}"] = self.at(fine, self.moved(first, CORNERS), coarse.event)
            w.prefix = f"maps_up_{k}"
            found[f"up_{k}"] = self.up(fine, coarse)
        return found

    def op(self, kind: str, *inputs: str, part: str, **attributes: object) -> str:
        return self.w.op(kind, *inputs, part=part, **attributes)

    def positions(self) -> tuple[str, str, str]:
        """The points in units of cells (n, 3), float64; their cells (n, 3); and (n,) 1 where one is not in the grid,
        whose numbers are 0. The model fails where there are not as many features."""
        w, grid = self.w, self.settings.grid
        given = w.input("points", FLOAT, ["points", 3])
        shape = self.op("Concat", w.count("features", part="rows"), w.whole(3), part="shape", axis=0)
        points = self.op("Reshape", given, shape, part="of_features", allowzero=1)
        double = self.op("Cast", points, part="double", to=DOUBLE)
        from_low = self.op("Sub", double, w.constant(np.array(grid.low, dtype=np.float64)), part="from_low")
        found = self.op("Div", from_low, w.constant(np.array(grid.resolution, dtype=np.float64)), part="positions")
        zero = w.constant(np.array(0.0))
        above = self.op("GreaterOrEqual", found, zero, part="above")
        below = self.op("Less", found, w.constant(np.array(grid.size, dtype=np.float64)), part="below")
        inside = self.op("And", above, below, part="inside")
        out = self.op("Cast", self.op("Not", inside, part="not_inside"), part="out", to=INT64)
        outside = self.op("ReduceMax", out, w.whole(1), part="outside", keepdims=0)
        kept = self.op("Where", inside, found, zero, part="kept")
        return kept, self.op("Cast", self.op("Floor", kept, part="low"), part="cells", to=INT64), outside

    def several(self, outside: str) -> tuple[str, str]:
        """The event of each point (n,), 0 where it is negative; and (n,) 1 there and where it is not in the grid."""
        w = self.w
        given = w.input("event", INT64, ["points"])
        event = self.op("Reshape", given, w.count("features", part="events"), part="event_of_features", allowzero=1)
        negative = self.op("Cast", self.op("Less", event, w.scalar(0), part="is_negative"), part="negative", to=INT64)
        return self.op("Max", event, w.scalar(0), part="event"), self.op("Max", outside, negative, part="no_cell")

    def level(self, k: int, cells: str, outside: str, event: str) -> _Level:
        """The voxels of level k of points in these cells of level 0, of these events where there are several."""
        w = self.w
        w.prefix = f"maps_level_{k}"
        x, y, z = (s + 2 for s in self.settings.grid.cells_at(k))
        steps, total = (y * z, z, 1), x * y * z
        halved = self.op("Div", cells, w.whole(1 << k), part="cells") if k else cells
        key, every = self.key(self.op("Add", halved, w.whole(1), part="bordered"), steps, axis=1), w.whole(total)
        if event:
            key = self.op("Add", key, self.op("Mul", event, w.scalar(total), part="before"), part="key_of_event")
            last = self.op("ReduceMax", self.op("Concat", event, w.whole(0), part="events", axis=0), part="last")
            every = self.op("Mul", self.op("Add", last, w.whole(1), part="count"), every, part="cells_of_all")
        keys = self.op("Add", key, self.op("Mul", outside, every, part="beyond"), part="keys")
        parts = ("voxels", "first", "voxel", "points_in")
        voxels, _, voxel, points_in = w.ops("Unique", keys, parts=parts, sorted=1)
        none = w.count(voxels, part="none")
        numbers = self.op("Cast", count_up(w, none, "numbers"), part="numbers_32", to=INT32)
        empty = helper.make_tensor("empty", INT32, [1], [-1])
        blank = self.op("ConstantOfShape", every, part="blank", value=empty)
        grid = self.op("ScatterElements", blank, voxels, numbers, part="grid", axis=0)
        column = self.op("Unsqueeze", voxels, w.whole(1), part="column")
        coordinates = self.op(
            "Mod", self.op("Div", column, w.whole(*steps), part="steps"), w.whole(x, y, z), part="coordinates"
        )
        of_voxels = self.op("Div", voxels, w.scalar(total), part="event") if event else ""
        return _Level(voxel, points_in, coordinates, none, grid, total, steps, of_voxels)

    def key(self, coordinates: str, steps: tuple[int, int, int], axis: int) -> str:
        """The number of cells (..., 3)."""
        products = self.op("Mul", coordinates, self.w.whole(*steps), part="products")
        return self.op("ReduceSum", products, self.w.whole(axis), part="key", keepdims=0)

    def moved(self, coordinates: str, offsets: np.ndarray) -> str:
        """The cells (n, offsets, 3) at these offsets (offsets, 3) of cells (n, 3)."""
        across = self.op("Unsqueeze", coordinates, self.w.whole(1), part="across")
        return self.op("Add", across, self.w.constant(offsets.astype(np.int64), "offsets"), part="moved")

    def at(self, level: _Level, cells: str, event: str) -> str:
        """The voxels in cells (n, m, 3) of the events (n,), the number of voxels where there is none."""
        numbers = self.numbers(level, cells, event)
        empty = self.op("Less", numbers, self.w.scalar(0), part="empty")
        return self.op("Where", empty, level.none, numbers, part="voxels")

    def numbers(self, level: _Level, cells: str, event: str) -> str:
        """The voxels in cells (n, m, 3) of the events (n,), -1 where there is none."""
        key = self.key(cells, level.steps, axis=2)
        if event:
            before = self.op("Mul", event, self.w.scalar(level.cells), part="before")
            key = self.op("Add", key, self.op("Unsqueeze", before, self.w.whole(1), part="across_events"), part="there")
        return self.op("Cast", self.op("Gather", level.grid, key, part="found", axis=0), part="numbers", to=INT64)

    def up(self, fine: _Level, coarse: _Level) -> str:
        """Each finer voxel sees the one that holds it through the tap of its corner."""
        w = self.w
        inner = self.op("Sub", fine.coordinates, w.whole(1), part="inner")
        holder = self.op("Add", self.op("Div", inner, w.whole(2), part="half"), w.whole(1), part="holder")
        across = self.op("Unsqueeze", holder, w.whole(1), part="holder_across")
        parent = self.numbers(coarse, across, fine.event)
        odd = self.op("Mod", inner, w.whole(2), part="odd")
        corner = self.op(
            "ReduceSum", self.op("Mul", odd, w.whole(4, 2, 1), part="bits"), w.whole(1), part="corner", keepdims=1
        )
        mine = self.op("Equal", corner, w.whole(*range(8)), part="mine")
        return self.op("Where", mine, parent, coarse.none, part="table")

    def reads(self, k: int, level: _Level, positions: str) -> dict[str, str]:
        """How points read the voxels of level k and voxels those around them; the tables' names without the level."""
        w = self.w
        one, none = w.constant(np.array(1.0)), w.scalar(0)
        count = self.op("Cast", level.points_in, part="count", to=DOUBLE)
        share = self.op("Cast", self.op("Div", one, count, part="part_of"), part="share_32", to=FLOAT)
        share = self.op("Unsqueeze", share, w.whole(1), part="share")
        around = self.numbers(level, self.moved(level.coordinates, CORNERS), level.event)
        empty = self.op("Less", around, none, part="empty")
        own = self.op("Unsqueeze", count_up(w, level.none, "own_numbers"), w.whole(1), part="own")
        near = self.op("Where", empty, own, around, part="near")
        corners = self.op("Gather", near, level.voxel, part="corners", axis=0)
        there = self.op("Cast", self.op("Not", empty, part="occupied"), part="there", to=DOUBLE)
        weights = self.weights(k, positions, self.op("Gather", there, level.voxel, part="corners_there", axis=0))
        w.prefix = f"maps_{k}_near_sum"
        total = pull(w, weights, (8,), pull_tables(w, segments(w, level.voxel, share)))
        w.prefix = f"maps_{k}"
        near_weights = self.op("Mul", total, share, part="near_weights")
        return {
            "voxel": level.voxel, "share": share, "corners": corners, "weights": weights, "near": near,
            "near_weights": near_weights,
        }  # fmt: skip

    def weights(self, k: int, positions: str, there: str) -> str:
        """The weights (points, 8) of the corners; `there` (points, 8) is 1 where a voxel is, else 0."""
        w = self.w
        if self.settings.nearest:
            first = w.constant(np.eye(1, 8), "first")
            return self.op("Cast", self.op("Add", self.op("Mul", there, w.constant(np.array(0.0)), part="zeros"), first,
                                           part="own_alone"), part="weights", to=FLOAT)  # fmt: skip
        scaled = self.op("Div", positions, w.constant(np.array(float(1 << k))), part="scaled")
        part = self.op("Sub", scaled, self.op("Floor", scaled, part="whole"), part="part")
        rest = self.op("Sub", w.constant(np.array(1.0)), part, part="rest")
        both = self.op("Concat", self.op("Unsqueeze", rest, w.whole(2), part="low"),
                       self.op("Unsqueeze", part, w.whole(2), part="high"), part="both", axis=2)  # fmt: skip
        x, y, z = (
            self.op("Unsqueeze", self.op("Gather", both, w.scalar(axis), part=f"{name}_both", axis=1),
                    w.whole(*others), part=name)
            for axis, (name, others) in enumerate((("x", (2, 3)), ("y", (1, 3)), ("z", (1, 2))))
        )  # fmt: skip
        product = self.op("Mul", self.op("Mul", x, y, part="xy"), z, part="xyz")
        shape = self.op("Concat", w.count(positions, part="points"), w.whole(8), part="shape", axis=0)
        seen = self.op("Mul", self.op("Reshape", product, shape, part="all_corners", allowzero=1), there, part="seen")
        total = self.op("ReduceSum", seen, w.whole(1), part="total", keepdims=1)
        return self.op("Cast", self.op("Div", seen, total, part="normed"), part="weights", to=FLOAT)
