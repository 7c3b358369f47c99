"""Hits to a space in which those of one track are near each other: an MLP."""

from __future__ import annotations

from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.networks.drawing import Drawing
from codesign.ir.graph import Graph


def embedding(checkpoint: Checkpoint) -> Graph:
    """x (nodes, inputs) -> output (nodes, outputs), not normalized."""
    drawing = Drawing(checkpoint)
    return drawing.finished(drawing.mlp("network", drawing.features()))
