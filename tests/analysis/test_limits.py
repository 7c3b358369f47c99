"""Lower bounds: by hand, and never above what a design reaches."""

from __future__ import annotations

from dataclasses import fields
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis.latency import timing
from codesign.analysis.limits import Limit, Share, adder_levels, limits
from codesign.analysis.work import necessary
from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.kernels import Depthwise, Grouped, MatVec, Multiplier
from codesign.ir.layers import Conv, Dense, Input
from codesign.ir.tensor import Tensor
from codesign.passes.lower import Fold, lower
from codesign.passes.products import foldings
from tests.backends.designs import chains
from tests.images import image_networks
from tests.perceptrons import folds, perceptron
from tests.strategies import typed_networks


def by(limits: tuple[Limit, ...]) -> dict[str, int]:
    return {limit.by: limit.cycles for limit in limits}


def test_the_bounds_of_a_perceptron() -> None:
    graph = perceptron(np.random.default_rng(0), [16, 8, 4], 6)
    nonzero = [int(np.count_nonzero(graph[name].layer.weights)) for name in ("dense_1", "dense_2")]  # type: ignore[attr-defined]
    design = lower(graph, {"dense_1": Fold(4, 8), "dense_2": Fold(4, 1)})
    found = limits(design)
    assert found.macs == sum(nonzero)
    # dense_2 takes 8 cycles, dense_1 only 4; x comes in 2 beats, y leaves in one.
    assert by(found.interval) == {
        "port": 2,
        "pixels": 1,
        "products": ceil(sum(nonzero) / (32 + 4)),
        "weight memories": ceil(sum(nonzero) * 6 / ((32 + 4) * 6)),
    }
    assert found.interval[0].because == f"{sum(nonzero)} products have to be made, 36 at a time"
    assert found.products == Share(36, sum(ceil(n / 8) for n in nonzero))
    assert found.rom_bits == Share(36 * 6, sum(ceil(6 * n / 8) for n in nonzero))  # both in LUTs
    assert found.dsp == found.rom_ports == found.row_bits == found.bram36 == Share(0, 0)
    assert found.latency[0].by == "products"
    # Those of dense_1 with x[8:] and all of dense_2 wait for the second beat; all of them wait for the first.
    late = int(np.count_nonzero(graph["dense_1"].layer.weights[8:])) + nonzero[1]  # type: ignore[attr-defined]
    assert by(found.latency) == {
        "inputs": 2,
        "products": max(ceil(sum(nonzero) / 36), 1 + ceil(late / 36)),
        "additions": 1,
    }
    # dense_1 takes its beats in cycles 1 and 2, and again for the other fold; the step and dense_2 a cycle later each.
    assert found.folded == timing(design, pipelines=0).latency == 13


def test_ports_may_be_what_bounds_the_interval() -> None:
    graph = perceptron(np.random.default_rng(0), [64, 2])
    found = limits(lower(graph, {"dense_1": Fold(2, 1)}))
    assert found.interval[0] == Limit("port", 64, "x has 64 beats, one per cycle")
    assert found.latency[0].cycles == 64


def test_constants_need_no_memory_and_zeros_no_products() -> None:
    weights = np.diag([1, 2, 3, 0])
    graph = Graph("net")
    graph.add("x", Input(Tensor.of_fixed((4,), Fixed(4))))
    graph.add("d", Dense(weights, Fixed(3)), "x")
    graph.outputs = [Output("y", "d", "y")]
    found = limits(lower(graph, {"d": Fold(4, 4)}))
    assert (found.macs, found.products.least, found.rom_bits.used, found.bram36.used) == (3, 3, 0, 0)
    assert by(found.interval) == {"port": 1, "pixels": 1, "products": 1}
    assert by(found.latency) == {"inputs": 1, "products": 1, "additions": 1}


def test_slices_make_two_products_where_operands_allow() -> None:
    """64 x 32 products of 8 x 8 bits in 256 cycles: eight at a time, in four slices."""
    graph = perceptron(np.random.default_rng(0), [64, 32], 8)
    narrow = lower(graph, {"dense_1": Fold(4, 2, multiplier=Multiplier.DSP)})
    found = limits(narrow)
    assert (found.dsp.used, found.dsp.least) == (8, 4)
    assert limits(lower(graph, {"dense_1": Fold(4, 2, multiplier=Multiplier.PACKED)})).dsp == Share(4, 4)
    assert limits(lower(graph, {"dense_1": Fold(4, 2, multiplier=Multiplier.LUT)})).dsp == Share(0, 0)


def test_weights_in_block_ram_are_read_through_ports_of_18_bits() -> None:
    """256 x 128 weights of 8 bits, 16 at a time: 128 bits per cycle are 8 blocks of 18 bits, of 2048 words 16."""
    graph = Graph("net")
    graph.add("x", Input(Tensor.of_fixed((256,), Fixed(8))))
    graph.add("d", Dense(np.full((256, 128), -3), Fixed(8)), "x")
    graph.outputs = [Output("y", "d", "y")]
    found = limits(lower(graph, {"d": Fold(4, 4)}))
    assert (found.rom_ports.used, found.rom_ports.least) == (15, 8)  # 2048 x 9 bits each: 128 / 9
    assert (found.bram36.used, found.bram36.least) == (7.5, 7.5)


def test_rows_that_were_read_are_kept_in_row_buffers() -> None:
    """3 x 3 windows without padding on 5 x 4 pixels: 3 rows of windows, two stored rows of 4 pixels for each."""
    graph = Graph("net")
    graph.add("x", Input(Tensor.of_fixed((5, 4, 2), Fixed(4))))
    graph.add("c", Conv(np.ones((3, 3, 2, 2), dtype=np.int64), Fixed(2)), "x")
    graph.outputs = [Output("y", "c", "y")]
    bits = 3 * 2 * 4 * 2 * 4
    design = lower(graph, {"c": Fold(2, 18)})
    found = limits(design)
    assert by(found.interval)["pixels"] == 20
    assert by(found.interval)["row buffers"] == ceil(bits / 16)
    assert found.row_bits == Share(2 * 8, ceil(bits / design.interval()))
    slow = lower(graph, {"c": Fold(1, 1)})
    assert limits(slow).row_bits == Share(4, ceil(bits / slow.interval()))  # a ring with a port of one element


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


def check(design: Design) -> None:
    """No bound is above what the design reaches."""
    found, times = limits(design), timing(design)
    for limit in found.interval:
        assert 0 < limit.cycles <= times.interval, limit
    for limit in found.latency:
        assert 0 < limit.cycles <= found.folded <= times.latency, limit
    for bounds in (found.interval, found.latency):
        assert bounds and [b.cycles for b in bounds] == sorted((b.cycles for b in bounds), reverse=True)
    for share in (getattr(found, f.name) for f in fields(found)):
        if isinstance(share, Share):
            assert 0 <= share.least <= share.used
    assert found.products.used == sum(
        p.kernel.weights.words.shape[1] for p in design if isinstance(p.kernel, (MatVec, Depthwise, Grouped))
    )


@settings(max_examples=100)
@given(st.data())
def test_no_design_is_better_than_its_bounds(data: st.DataObject) -> None:
    graph, _ = data.draw(typed_networks())
    check(lower(graph, data.draw(folds(graph))))


@settings(max_examples=100)
@given(image_networks(), st.sampled_from([None, 1, 16, 1 << 20]))
def test_no_design_of_images_is_better_than_its_bounds(
    network: tuple[Graph, dict[str, Fold], object], pace: int | None
) -> None:
    check(lower(network[0], network[1], pace=pace))


@settings(max_examples=40)
@given(chains())
def test_no_chain_of_kernels_is_better_than_its_bounds(design: Design) -> None:
    check(design)


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
    assert bounds.rom_bits.used == 2 + 2 * 3  # words of one weight, and of two
    assert by(bounds.interval)["products"] == ceil((20 * 4 + 12 * 4) / 3)  # one product at a time, those of two lanes
    alone = limits(lower(graph, {"p": Fold(2, 2)}))
    assert (alone.macs, alone.rom_bits.used) == (bounds.macs, 0)  # all taps and lanes at once: constants


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
