"""Lower bounds: by hand, and never above what a design reaches."""

from __future__ import annotations

from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis.latency import timing
from codesign.analysis.limits import adder_levels, limits, necessary
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.kernels import Depthwise, MatVec
from codesign.ir.layers import Conv, Dense, Input
from codesign.ir.tensor import Tensor
from codesign.passes.lower import Fold, lower
from codesign.passes.products import foldings
from tests.perceptrons import folds, perceptron
from tests.strategies import typed_networks


def test_the_bounds_of_a_perceptron() -> None:
    graph = perceptron(np.random.default_rng(0), [16, 8, 4], 6)
    nonzero = [int(np.count_nonzero(graph[name].layer.weights)) for name in ("dense_1", "dense_2")]  # type: ignore[attr-defined]
    found = limits(lower(graph, {"dense_1": Fold(4, 8), "dense_2": Fold(4, 1)}))
    assert found.macs == sum(nonzero)
    # dense_2 takes 8 cycles, dense_1 only 4.
    assert found.products == sum(ceil(n / 8) for n in nonzero)
    assert found.interval == ceil(sum(nonzero) / (32 + 4))
    assert found.latency == 8
    assert (found.weight_bits, found.bram36) == (160 * 6, 1)


def test_ports_may_be_what_bounds_the_interval() -> None:
    graph = perceptron(np.random.default_rng(0), [64, 2])
    assert limits(lower(graph, {"dense_1": Fold(2, 1)})).interval == 64


def test_constants_need_no_memory_and_zeros_no_products() -> None:
    weights = np.diag([1, 2, 3, 0])
    graph = Graph("net")
    graph.add("x", Input(Tensor.of_fixed((4,), Fixed(4))))
    graph.add("d", Dense(weights, Fixed(3)), "x")
    graph.outputs = [Output("y", "d", "y")]
    found = limits(lower(graph, {"d": Fold(4, 4)}))
    assert (found.macs, found.products, found.interval, found.latency, found.bram36) == (3, 3, 1, 1, 0)


def test_levels_count_the_signed_digits_of_an_output() -> None:
    def levels(column: list[int]) -> int:
        graph = Graph("net")
        graph.add("x", Input(Tensor.of_fixed((len(column),), Fixed(4))))
        graph.add("d", Dense(np.array(column)[:, None], Fixed(8)), "x")
        graph.outputs = [Output("y", "d", "y")]
        kernel = lower(graph, {"d": Fold(1, 1)}).processes["d"].kernel
        assert isinstance(kernel, MatVec)
        return adder_levels(kernel)

    assert [levels(c) for c in ([4], [0], [1, 1], [1, 1, 1], [7, 1], [1] * 4, [1] * 9, [1] * 10)] == [
        0,
        0,
        1,
        1,
        1,
        2,
        2,
        3,
    ]


@settings(max_examples=100)
@given(st.data())
def test_no_design_is_better_than_its_bounds(data: st.DataObject) -> None:
    graph, _ = data.draw(typed_networks())
    design = lower(graph, data.draw(folds(graph)))
    found = limits(design)
    kernels = [p.kernel for p in design if isinstance(p.kernel, (MatVec, Depthwise))]
    products = sum(kernel.weights.words.shape[1] for kernel in kernels)  # a word holds those of a cycle
    assert found.interval <= design.interval()
    assert found.products <= products
    assert found.latency <= timing(design).latency


@settings(max_examples=60)
@given(st.data())
def test_multiplications_by_padding_do_not_count(data: st.DataObject) -> None:
    """Against every product of the convolution, one by one."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    size, stride, groups = rng.integers(1, 4, 2), rng.integers(1, 3, 2), data.draw(st.sampled_from([1, 2, 4]))
    padding = [int(rng.integers(0, size[k // 2])) for k in range(4)]
    height, width = (max(1, n - padding[2 * k]) + int(rng.integers(0, 4)) for k, n in enumerate(size.tolist()))
    weights = rng.integers(-1, 2, (*size, 4 // groups, 4))
    graph = Graph("net", "net.onnx")
    graph.add("x", Input(Tensor.of_fixed((height, width, 4), Fixed(4))))
    node = graph.add(
        "c", Conv(weights, Fixed(2), tuple(stride.tolist()), padding=tuple(padding), groups=groups), "x"
    )  # fmt: skip
    graph.outputs = [Output("y", "c", "y")]
    expected = 0
    for oy, ox, i, j in np.ndindex(*node.type.shape[:2], *size.tolist()):
        y, x = oy * stride[0] + i - padding[0], ox * stride[1] + j - padding[2]
        expected += np.count_nonzero(weights[i, j]) if 0 <= y < height and 0 <= x < width else 0
    folding = {"c": data.draw(st.sampled_from(foldings(node)))} if groups == 1 else {}
    pace = data.draw(st.sampled_from([None, 1 << 20]))  # as parallel as can be, or as little
    assert limits(lower(graph, folding, pace=pace)).macs == expected


def test_a_depthwise_product_counts_like_any_other() -> None:
    weights = np.array([1, 0, -3, 2, 2, 0]).reshape(3, 1, 1, 2)
    graph = Graph("net")
    graph.add("x", Input(Tensor.of_fixed((5, 4, 2), Fixed(4))))
    graph.add("p", Conv(np.ones((1, 1, 2, 2), dtype=np.int64), Fixed(2)), "x")
    graph.add("d", Conv(weights, Fixed(3), groups=2), "p")
    graph.outputs = [Output("y", "d", "y")]
    bounds = limits(lower(graph, {"p": Fold(1, 1)}))
    assert bounds.macs == 20 * 4 + 12 * 4
    assert bounds.weight_bits == 4 * 2 + 3 * 2 * 3
    assert bounds.interval == ceil((20 * 4 + 12 * 4) / 3)  # one product at a time, and those of two lanes
    alone = limits(lower(graph, {"p": Fold(2, 2)}))
    assert (alone.macs, alone.weight_bits) == (bounds.macs, 0)  # all taps and lanes at once: constants


@pytest.mark.parametrize("fold", [Fold(1, 1), Fold(2, 2), Fold(2, 12), Fold(4, 36)])
@pytest.mark.parametrize(
    ("stride", "padding"), [((1, 1), (1, 1, 1, 1)), ((2, 1), (0, 2, 1, 0)), ((1, 2), (0, 0, 0, 0))]
)
def test_products_with_padding_need_not_be_made(
    fold: Fold, stride: tuple[int, int], padding: tuple[int, int, int, int]
) -> None:
    """Counted pixel by pixel, whatever gives the windows."""
    rng = np.random.default_rng(0)
    weights = rng.integers(-2, 3, (3, 3, 4, 4))
    graph = Graph("net")
    graph.add("x", Input(Tensor.of_fixed((5, 4, 4), Fixed(4))))
    graph.add("c", Conv(weights, Fixed(3), stride, (1, 1), padding), "x")
    graph.outputs = [Output("y", "c", "y")]
    top, _, left, _ = padding
    rows, columns, _ = graph["c"].type.shape
    count = 0
    for row in range(rows):
        for column in range(columns):
            for i in range(3):
                for j in range(3):
                    y, x = row * stride[0] - top + i, column * stride[1] - left + j
                    count += int(np.count_nonzero(weights[i, j])) if 0 <= y < 5 and 0 <= x < 4 else 0
    design = lower(graph, {"c": fold})
    assert necessary(design) == {"c": count}
    assert limits(design).macs == count
