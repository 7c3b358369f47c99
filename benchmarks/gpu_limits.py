"""What the tracking pipeline must compute and move in each stage, and what a card can: its roofline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any


@dataclass(frozen=True)
class Card:
    """Peaks of a card, dense: floating-point operations per second in float32 without tensor cores and in float16 with
    them, bytes per second of its memory."""

    fp32: float
    fp16: float
    memory: float


CARDS: Mapping[str, Card] = {
    "H200": Card(67e12, 989.5e12, 4.8e12),
    "H200 NVL": Card(60e12, 835.5e12, 4.8e12),
    "A100-SXM4-80GB": Card(19.5e12, 312e12, 2.039e12),
    "A100 80GB PCIe": Card(19.5e12, 312e12, 1.935e12),
    "A100-SXM4-40GB": Card(19.5e12, 312e12, 1.555e12),
    "L4": Card(30.3e12, 121e12, 0.300e12),
    "T4": Card(8.1e12, 65e12, 0.320e12),
    "V100-SXM2-16GB": Card(15.7e12, 125e12, 0.900e12),
    "V100-SXM2-32GB": Card(15.7e12, 125e12, 0.900e12),
}
"""By the name that CUDA gives, without its maker. Of NVIDIA's own tables; where one is with sparsity, half of it:

H200       nvidia.com/en-us/data-center/h200, Specifications (1,979 and, as NVL, 1,671 TFLOPS in float16 with sparsity)
A100       A100 datasheet 2188504 (May 2022), SXM and PCIe with 80 GB; with 40 GB the Ampere architecture whitepaper
L4         L4 datasheet (242 TFLOPS in float16 with sparsity)
T4         T4 datasheet 951643; its 300 GB/s are rounded down from 256 bits at 10 Gb/s, which is 320
V100       V100 datasheet 1165301
"""


def card(name: str) -> Card | None:
    """The card of this name, such as `NVIDIA A100-SXM4-40GB` or `Tesla T4`; None for one whose peaks are not in the
    table, and for a part of a card (MIG)."""
    return CARDS.get(name.removeprefix("NVIDIA ").removeprefix("Tesla "))


@dataclass(frozen=True)
class Work:
    """Of a stage: operations (a product and a sum are two), and the least bytes that memory must read and write when
    every array that is larger than a tile goes there once for each kernel that uses it."""

    flops: float
    bytes: float

    def limit(self, on: Card, fp16: bool) -> float:
        """Seconds below which the card cannot do it."""
        return max(self.flops / (on.fp16 if fp16 else on.fp32), self.bytes / on.memory)


def work(modules: Mapping[str, Any], n: int, graph: int, kept: int, dims: int, size: int) -> dict[str, Work]:
    """By stage, for n hits, `graph` pairs within the radius and `kept` edges that pass the filter; numbers of `size`
    bytes."""
    embedding, edge_filter, gnn = (modules[stage].settings for stage in ("embedding", "filter", "gnn"))
    widths = (embedding.inputs, *embedding.hidden, embedding.outputs)
    products = sum(a * b for a, b in pairwise(widths))
    found = {
        "embedding": Work(2 * n * products, n * 4 * (embedding.inputs + embedding.outputs) + size * products),
        # Each pair is seen from both ends at least, in two passes.
        "graph": Work(2 * 2 * 3 * dims * graph, n * 4 * dims + 16 * graph),
    }
    h, deep = edge_filter.hidden[0], len(edge_filter.hidden) - 1
    found["filter"] = Work(
        2 * n * edge_filter.inputs * h + graph * (2 * deep * h * h + 2 * h), n * 2 * h * size * 2 + graph * (16 + 4)
    )
    wide, narrow = gnn.hidden[0], gnn.hidden[-1]
    sums = 2 if gnn.aggregate == "both" else 1
    on_nodes = 2 * n * narrow * 2 * wide  # both parts of an edge layer
    step_flops = kept * 2 * 2 * narrow * wide + on_nodes + 2 * n * ((1 + sums) * narrow * wide + wide * narrow)
    step_bytes = kept * (16 + size * narrow * (2 + sums)) + n * size * (2 * 2 * wide + (4 + sums) * narrow)
    ends_flops = 2 * n * (gnn.inputs * wide + wide * narrow) + 2 * on_nodes + kept * 2 * (3 * narrow * wide + narrow)
    ends_bytes = kept * (2 * 16 + size * 2 * narrow + 4) + n * size * 2 * 2 * 2 * wide
    found["gnn"] = Work(gnn.steps * step_flops + ends_flops, gnn.steps * step_bytes + ends_bytes)
    found["labels"] = Work(0, kept * 16 + n * 3 * 8)
    return found
