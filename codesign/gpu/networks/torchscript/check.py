"""The network beside its script, on random graphs."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from codesign.errors import ModelError
from codesign.gpu.reference import run
from codesign.ir.graph import Graph

SIZES = ((7, 31), (40, 12), (25, 160))
"""Nodes and edges of the graphs: never as many of the one as of the other, which hides mistakes."""
CLOSE = {torch.float64: 1e-9, torch.float32: 1e-4}
"""Of the largest result, by what the script computes in: some hundred roundings in a row of 1e-16 or 6e-8 each, which
networks whose sums cancel amplify."""


def check_equal(graph: Graph, module: Any) -> None:
    """ModelError where the network's results are not the script's.

    A script with parameters computes in their type, one whose weights are constants in float32.
    """
    kind = next((p.dtype for p in module.parameters()), torch.float32)
    generator = np.random.default_rng(2103)
    for nodes, edges in SIZES:
        x = generator.uniform(-1, 1, (nodes, graph["x"].type.channels)).astype(np.float32)
        edge_index = generator.integers(0, nodes, (2, edges))
        found = run(graph, {"x": x, "edge_index": edge_index})["output"]
        try:
            with torch.inference_mode():
                expected = module(torch.from_numpy(x).to(kind), torch.from_numpy(edge_index)).numpy()
        except RuntimeError as error:
            last = str(error).strip().splitlines()[-1][:200]
            raise ModelError(f"the script fails on a graph of {nodes} nodes and {edges} edges: {last}") from error
        if found.shape != expected.shape:
            raise ModelError(f"it gives {expected.shape} on {nodes} nodes, {edges} edges; read as {found.shape}")
        worst = float(np.abs(found - expected).max())
        if not worst <= CLOSE[kind] * max(1.0, float(np.abs(expected).max())):
            raise ModelError(
                f"read as what it looks like, its results are off by {worst:.3g} on {nodes} nodes, {edges} edges: "
                "it computes something else"
            )
