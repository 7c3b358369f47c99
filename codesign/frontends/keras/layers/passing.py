"""Layers that do nothing in inference."""

from __future__ import annotations

from codesign.frontends.converters.building import Stream
from codesign.frontends.keras.layer import KerasLayer


def nothing(node: KerasLayer) -> Stream:
    """x: it works in training only."""
    node.fields.ignore("rate", "noise_shape", "seed", "stddev", "data_format", "l1", "l2")
    return node.same(node.x)
