"""Graphs padded to sizes of a short list, so that a CUDA graph recorded for a size serves all that are smaller.

A step of the interaction network is a dozen launches, which on a card take longer to ask for than to run; a recorded
graph asks once. It has fixed sizes and places in memory: inputs are copied there, and what is padded is cut off.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from codesign.gpu.fast.interaction import Adjacency, FastInteraction

LEAST = 1024
PER_OCTAVE = 4
MOST = 16
"""Graphs that are kept, since each holds memory of its own: the one that was used least lately goes first."""
_WARM = 3
"""Runs before recording: kernels are compiled in the first, libraries choose theirs in it."""


def bucket(size: int) -> int:
    """The least size of the list that is at least `size`: 1024 * 2^(k / 4), so at most a fifth is padding."""
    if size <= LEAST:
        return LEAST
    k = math.floor(PER_OCTAVE * math.log2(size / LEAST))
    near = (math.ceil(LEAST * 2 ** (j / PER_OCTAVE)) for j in range(k - 1, k + 3))  # the logarithm is rounded
    return next(found for found in near if found >= size)


def padded(x: Tensor, graph: Adjacency, n: int, m: int) -> tuple[Tensor, Adjacency]:
    """The nodes x with zeros up to n rows, and the graph with edges of node 0 up to m that no node sums."""
    more = m - graph.edges.shape[1]

    def longer(values: Tensor, count: int) -> Tensor:
        return torch.cat([values, values.new_zeros((*values.shape[:-1], count))], -1)

    def starts(begin: Tensor) -> Tensor:
        return torch.cat([begin, begin[-1:].expand(n - len(x))])

    wide = Adjacency(
        longer(graph.edges, more),
        longer(graph.order, more),
        starts(graph.incoming),
        starts(graph.outgoing),
        longer(graph.by_source, more),
    )
    return torch.cat([x, x.new_zeros((n - len(x), x.shape[1]))]), wide


class Recorded:
    """The interaction network by CUDA graphs, one for each pair of sizes of the last MOST. Only for CUDA devices."""

    def __init__(self, network: FastInteraction) -> None:
        self.network = network
        self.graphs: dict[tuple[int, int], tuple[torch.cuda.CUDAGraph, Tensor, Adjacency, Tensor]] = {}

    def __call__(self, x: Tensor, graph: Adjacency) -> Tensor:
        """The logits of graph.edges, valid until the next call."""
        edges = graph.edges.shape[1]
        if edges == 0:
            return x.new_zeros(0)
        sizes = bucket(len(x)), bucket(edges)
        x, graph = padded(x, graph, *sizes)
        if sizes not in self.graphs and len(self.graphs) == MOST:
            del self.graphs[next(iter(self.graphs))]
        found = self.graphs.pop(sizes, None) or self._record(x, graph)
        self.graphs[sizes] = found  # the last
        recorded, nodes, places, logits = found
        nodes.copy_(x)
        for name in ("edges", "incoming", "outgoing", "by_source"):
            getattr(places, name).copy_(getattr(graph, name))
        recorded.replay()
        return logits[:edges]

    def _record(self, x: Tensor, graph: Adjacency) -> tuple[torch.cuda.CUDAGraph, Tensor, Adjacency, Tensor]:
        x = x.clone()
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(_WARM):
                self.network(x, graph)
        torch.cuda.current_stream().wait_stream(side)
        recorded = torch.cuda.CUDAGraph()
        with torch.cuda.graph(recorded):
            logits = self.network(x, graph)
        return recorded, x, graph, logits
