"""The interaction network in onnxruntime beside PyTorch and beside the plain ScatterElements export, on the CPU.

    python -m benchmarks.gnn_export [--nodes 20000] [--edges 200000] [--steps 8] [--hidden 128 64] [--repeat 3]

Untrained weights and a random graph: neither changes how long it takes. All run in turn in one process, on `--threads`
threads each; of `--repeat` turns the least CPU seconds and the least seconds count. Prints a markdown table; the exit
code is 1 if an export is further than 1e-5 from PyTorch. Needs the extra `gpu`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from benchmarks.exports import EAGER, Measured, Outputs, exported, measure_in_turn
from benchmarks.measure import surroundings, table
from codesign.gpu.networks import network
from codesign.gpu.tracking.models.checkpoints import to_checkpoint
from codesign.gpu.tracking.models.interaction import Interaction
from codesign.gpu.tracking.models.settings import InteractionSettings

CLOSE = 1e-5
"""The largest difference to PyTorch; logits of untrained networks are below 1."""

EXPORTS: dict[str, dict[str, Any]] = {
    "pull": {"lowering": "pull"},
    "pull, tables given": {"lowering": "pull", "edges": "sorted"},
    "padded": {"lowering": "padded"},
    "pull, no rewrites": {"lowering": "pull", "rewrites": False},
    "ScatterElements, rewrites": {"lowering": "scatter"},
    "ScatterElements": {"lowering": "scatter", "rewrites": False},
}


def measure(args: argparse.Namespace) -> dict[str, Measured]:
    """All ways, each run `repeat` times."""
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    settings = InteractionSettings(hidden=tuple(args.hidden), steps=args.steps)
    module = Interaction(settings).eval()
    generator = np.random.default_rng(args.seed)
    x = generator.normal(size=(args.nodes, settings.inputs)).astype(np.float32)
    edge_index = generator.integers(0, args.nodes, (2, args.edges))
    graph = network(to_checkpoint(module))

    def eager() -> Outputs:
        with torch.inference_mode():
            return [module(torch.from_numpy(x), torch.from_numpy(edge_index)).numpy()]

    ways = {EAGER: Measured(eager)}
    for name, options in EXPORTS.items():
        ways[name] = Measured(exported(graph, {"x": x, "edge_index": edge_index}, options, args.threads))
    measure_in_turn(ways, args.repeat)
    return ways


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (
        ("nodes", 20_000),
        ("edges", 200_000),
        ("steps", 8),
        ("threads", 1),
        ("repeat", 3),
        ("seed", 0),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--hidden", type=int, nargs="+", default=[128, 64])
    args = parser.parse_args(arguments)
    ways = measure(args)
    scatter, eager = min(ways["ScatterElements"].cpu), min(ways[EAGER].cpu)
    rows = [
        [name, min(w.cpu), min(w.wall), scatter / min(w.cpu), eager / min(w.cpu), w.difference]
        for name, w in ways.items()
    ]
    heading = ["run by", "CPU s", "s", "times ScatterElements", "times eager", "max difference"]
    print(f"{args.nodes:,} nodes, {args.edges:,} edges, {args.steps} steps of {args.hidden}, {args.threads} threads")
    print(surroundings("onnxruntime", "torch"), end="\n\n")
    print(table(heading, rows))
    return int(any(w.difference > CLOSE for w in ways.values()))


if __name__ == "__main__":
    sys.exit(main())
