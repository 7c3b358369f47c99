"""Hypothesis strategies for designs: chains of kernels with random types, sizes, foldings and constants.

Hypothesis draws a seed and the rest follows from it. Every example costs seconds of g++, so shrinking would take
longer than reading the failing chain, and the first example must be as rich as any.
"""

from tests.backends.designs.builder import Builder, Wire
from tests.backends.designs.independent import chains, every_kernel, one_of_each, several_chains, wide_beats
from tests.backends.designs.joins import fork_join
from tests.backends.designs.moves import permute, pick_append, reorder, repack
from tests.backends.designs.positions import argmax, softmax
from tests.backends.designs.steps import multiply_shift, shift, table, thresholds
from tests.backends.designs.windows import sliding

__all__ = [
    "Builder",
    "Wire",
    "argmax",
    "chains",
    "every_kernel",
    "fork_join",
    "multiply_shift",
    "one_of_each",
    "permute",
    "pick_append",
    "reorder",
    "repack",
    "several_chains",
    "shift",
    "sliding",
    "softmax",
    "table",
    "thresholds",
    "wide_beats",
]
