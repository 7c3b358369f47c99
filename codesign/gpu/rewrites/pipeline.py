"""All rewrites in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from codesign.gpu.rewrites.fold_batchnorm import fold_batchnorm
from codesign.gpu.rewrites.hoist import hoist_invariants
from codesign.gpu.rewrites.live_channels import keep_live_channels
from codesign.gpu.rewrites.share import share_results
from codesign.gpu.rewrites.split import split_over_rows
from codesign.ir.graph import Graph
from codesign.ir.verify import verify

Pass = Callable[[Graph], None]

PASSES: tuple[Pass, ...] = (
    fold_batchnorm,
    keep_live_channels,
    split_over_rows,
    hoist_invariants,
    share_results,
)
"""What `rewritten` does, in this order."""


def rewritten(graph: Graph, passes: Sequence[Pass] = PASSES) -> Graph:
    """The network after the passes; the one that is given stays. The verifier checks it after each."""
    graph = graph.copy()
    for rewrite in passes:
        rewrite(graph)
        graph.prune()
        verify(graph, rewrite.__name__)
    return graph
