"""SPVCNN of the published size in onnxruntime beside PyTorch, on the CPU.

    python -m benchmarks.spvcnn_export [--points 3000] [--threads 1 2] [--resolution 2] [--repeat 5]
                                       [--scale 1]

The cloud is the one of 200 generated HGCAL-like events whose hits are nearest to `--points` in number; a voxel is
`--resolution` cells wide, by default as many as training takes. Weights are untrained, the averages of batch norms
those of three such clouds. All run in turn in one process, on as many threads as `--threads` says, one table for each
(by default 1, and all cores, as both do when left alone); of `--repeat` turns the least CPU seconds and the least
seconds count. What is measured is the network alone: all take the same tables, whose seconds stand in the first
line, but the model of the row `maps in the model`, which makes them itself. Prints markdown tables; the exit code is 1
if an export is further than 1e-4 from PyTorch. `--scale` divides the channels. Needs the extra `gpu`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.exports import EAGER, Measured, Outputs, exported, measure_in_turn, running
from benchmarks.measure import surroundings, table
from codesign.gpu.export.maps import cloud_feeds, with_maps
from codesign.gpu.export.model import to_onnx
from codesign.gpu.networks import network
from codesign.gpu.networks.spvcnn import prepare
from codesign.gpu.showers.detectors import detector
from codesign.gpu.showers.generator import Mixture, showers
from codesign.gpu.showers.inputs import FEATURES, Sample, grid_of, sample
from codesign.gpu.showers.training.config import TrainingConfig
from codesign.gpu.spvcnn.cloud import Cloud
from codesign.gpu.spvcnn.model import SPVCNN, parameters, to_checkpoint
from codesign.gpu.spvcnn.settings import PUBLISHED, Settings
from codesign.gpu.spvcnn.tables import tables

CLOSE = 1e-4
"""The largest difference to PyTorch; numbers of the untrained network are below 10."""
EVENTS = 200
EXPORTS: Mapping[str, Mapping[str, Any]] = {
    "lines of taps (pull)": {"lowering": "pull"},
    "all taps (pull, tables given)": {"lowering": "pull", "edges": "sorted"},
    "all taps (padded, tables given)": {"lowering": "padded", "edges": "sorted"},
}
MAPS = "lines of taps, maps in the model"


@dataclass
class Case:
    """A cloud, the network, and the ways to run it."""

    sample: Sample
    module: SPVCNN
    rows: list[int]
    table_seconds: float
    ways: dict[str, Measured]


def clouds(points: int, seed: int) -> list[Sample]:
    """The four events whose hits are nearest to so many, nearest first."""
    particles = max(1, points // 280)
    mixture = Mixture(particles=(particles, particles + 4))
    nearest = sorted(showers("hgcal", EVENTS, seed, mixture), key=lambda event: abs(len(event) - points))
    return [sample(detector("hgcal"), event) for event in nearest[:4]]


def case(args: argparse.Namespace, threads: int) -> Case:
    """All ways, not run yet."""
    torch.set_num_threads(threads)
    torch.manual_seed(args.seed)
    first, *others = clouds(args.points, args.seed)
    grid = grid_of(detector("hgcal"), args.resolution)
    channels = tuple(max(1, c // args.scale) for c in PUBLISHED)
    module = SPVCNN(Settings(grid, inputs=len(FEATURES), classes=4, channels=channels)).train()
    with torch.no_grad():
        for other in others:
            module(torch.from_numpy(other.features), Cloud.of(tables(grid, other.points)))
    checkpoint = to_checkpoint(module.eval())
    started = time.process_time()
    found = tables(grid, first.points)
    seconds = time.process_time() - started
    features, cloud = torch.from_numpy(first.features), Cloud.of(found)

    def eager() -> Outputs:
        with torch.inference_mode():
            return [part.numpy() for part in module(features, cloud)]

    graph, inputs = network(checkpoint), prepare(checkpoint, first.points, first.features)
    ways = {EAGER: Measured(eager)}
    for name, options in EXPORTS.items():
        ways[name] = Measured(exported(graph, inputs, options, threads))
    with_tables = with_maps(to_onnx(graph), module.settings)
    ways[MAPS] = Measured(running(with_tables, cloud_feeds(checkpoint, first.points, first.features), threads))
    return Case(first, module, found.rows, seconds, ways)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("points", 3000), ("repeat", 5), ("scale", 1), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--resolution", type=float, default=TrainingConfig("hgcal").network.resolution)
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, os.cpu_count() or 1}))
    args = parser.parse_args(arguments)
    print(surroundings("onnxruntime", "torch"))
    return max([_table(args, threads) for threads in args.threads])


def _table(args: argparse.Namespace, threads: int) -> int:
    """Measures and prints; 1 if an export is off."""
    one = case(args, threads)
    measure_in_turn(one.ways, args.repeat)
    eager = one.ways[EAGER]
    rows = [
        [name, min(w.cpu), min(w.wall), min(eager.cpu) / min(w.cpu), min(eager.wall) / min(w.wall), w.difference]
        for name, w in one.ways.items()
    ]
    heading = ["run by", "CPU s", "s", "times eager (CPU s)", "times eager (s)", "max difference"]
    voxels = ", ".join(f"{rows:,}" for rows in one.rows)
    print(f"\n{len(one.sample.points):,} points in {voxels} voxels, tables in {one.table_seconds:.2g} CPU s; ", end="")
    print(f"{parameters(one.module):,} parameters, threads: {threads}\n")
    print(table(heading, rows))
    return int(any(w.difference > CLOSE for w in one.ways.values()))


if __name__ == "__main__":
    sys.exit(main())
