"""All rewrites in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from codesign.gpu.rewrites.fold_batchnorm import fold_batchnorm
from codesign.gpu.rewrites.split import split_over_rows
from codesign.ir.graph import Graph
from codesign.ir.verify import verify

Pass = Callable[[Graph], None]

PASSES: tuple[Pass, ...] = (fold_batchnorm, split_over_rows)
"""What `rewritten` does, in this order."""


def rewritten(graph: Graph, passes: Sequence[Pass] = PASSES) -> Graph:
    """The network after the passes; the one that is given stays. The verifier checks it after each."""
    graph = graph.copy()
    for rewrite in passes:
        rewrite(graph)
        graph.prune()
        verify(graph, rewrite.__name__)
    return graph
