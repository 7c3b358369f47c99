"""Small networks are tried on many samples, large ones on few, but never on fewer than the extreme ones."""

from __future__ import annotations

import numpy as np
import pytest

from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Conv, Input
from codesign.ir.tensor import Tensor
from codesign.passes.builder import Fold
from codesign.passes.lower import lower
from codesign.verification.effort import authoritative, carried, elements, first_inputs, products, together, written


def convolution(height: int, width: int, channels: int, outputs: int) -> Graph:
    graph = Graph("net")
    graph.add("x", Input(Tensor.of_fixed((height, width, channels), Fixed(4))))
    weights = np.ones((3, 3, channels, outputs), dtype=np.int64)
    graph.add("conv", Conv(weights, Fixed(2), padding=(1, 1, 1, 1)), "x")
    graph.outputs.append(Output("y", "conv", "y"))
    return graph


def test_products_and_numbers_are_counted() -> None:
    graph = convolution(4, 5, 2, 3)
    assert products(graph) == 4 * 5 * 3 * 3 * 2 * 3
    assert elements(graph) == 4 * 5 * 2 + 4 * 5 * 3
    design = lower(graph, {"conv": Fold(1, 1)})
    assert carried(design) == sum(s.beats * s.lanes for s in design.streams.values()) >= 4 * 5 * (2 + 3)


@pytest.mark.parametrize(
    ("shape", "first", "quick", "thorough"),
    [((4, 5, 2, 3), 16, 16, 1000), ((64, 64, 16, 32), 10, 7, 113), ((256, 256, 32, 64), 2, 2, 2)],
)
def test_larger_images_are_tried_on_fewer_samples(
    shape: tuple[int, int, int, int], first: int, quick: int, thorough: int
) -> None:
    graph = convolution(*shape)
    assert first_inputs(graph) == first
    assert authoritative(graph, 16, thorough=False) == quick
    assert authoritative(graph, 1000, thorough=True) == thorough
    assert authoritative(graph, 1, thorough=True) == 1


def test_what_is_kept_at_once_is_bounded() -> None:
    assert together(10) == 200
    assert together(1 << 20) == 8
    assert together(1 << 30) == 1


@pytest.mark.parametrize(
    ("shape", "count"), [((4, 5, 2, 3), 16), ((64, 64, 16, 32), 2), ((64, 64, 2, 8), 12), ((256, 256, 32, 64), 2)]
)
def test_few_large_images_become_test_vectors(shape: tuple[int, int, int, int], count: int) -> None:
    design = lower(convolution(*shape), {"conv": Fold(1, 1)})
    assert written(design, 16) == count
    assert written(design, 1) == 1
