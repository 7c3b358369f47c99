"""Only what lies behind an upset is evaluated again, with the integers of the whole network and of the C++."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from codesign.backends.project import write_project
from codesign.config import Config, Strategy, Streams
from codesign.errors import ModelError
from codesign.faults.suffix import Suffix
from codesign.faults.weights import Weights, weights_of
from codesign.faults.wrapped import evaluate
from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Conv, Input
from codesign.ir.tensor import Array, Tensor, as_codes
from codesign.ir.wrap import wrapped
from codesign.passes import pipeline
from codesign.passes.builder import Fold, is_product
from codesign.passes.grouped import grouped
from codesign.passes.pipelines import pipelines
from codesign.passes.products import foldings
from codesign.verification.csim import Arithmetic, Csim
from tests.faults.flipped import flipped_design, flipped_network, twos_complement
from tests.perceptrons import dense, random_codes, requantize
from tests.strategies import networks

SEED = 2
"""Of weights with which a flip makes the sums leave their accumulator."""
Case = tuple[Graph, Design, list[Array], list[Weights]]


def designed(data: st.DataObject) -> Case:
    """A random network after all passes with its design, codes of its inputs, and its weights."""
    graph, inputs = data.draw(networks())
    try:
        network = pipeline.run(graph, Config(), {}).network
    except ModelError as refused:
        if "at most 63 are supported" in str(refused):  # constants of far apart sizes on one grid
            reject()
        raise
    folding: dict[str, Fold] = {}
    for node in network:
        if is_product(node.layer):
            folding[node.name] = data.draw(st.sampled_from(foldings(node)))
    design = pipelines(pipeline.wired_design(network, folding, {}, Streams.MIXED), 200)
    layers, _ = weights_of(network, design)
    assume(layers)
    return network, design, design.encode(inputs), layers


def drawn_site(data: st.DataObject, weights: Weights) -> tuple[int, int, int]:
    return tuple(data.draw(st.integers(0, n - 1)) for n in weights.changes.shape)  # type: ignore[return-value]


def from_scratch(network: Graph, codes: list[Array]) -> tuple[dict[str, Array], np.ndarray]:
    """Every node's codes as the hardware gives them, and for which samples they are not defined."""
    values: dict[str, Array] = dict(zip((n.name for n in network.inputs), codes, strict=True))
    undefined = np.zeros(len(codes[0]), dtype=bool)
    for node in network:
        if node.name not in values:
            values[node.name], bad = evaluate(network, node, [values[i] for i in node.inputs])
            undefined |= False if bad is None else bad
    return values, undefined


def proved(network: Graph, values: dict[str, Array]) -> bool:
    """Whether every node stays in the range that was proved for it, before it is wrapped."""
    for node in network:
        if node.inputs:  # those of its inputs are in theirs
            found = as_codes(
                node.layer.run([network[i].type for i in node.inputs], node.type, [values[i] for i in node.inputs])
            )
            if found.min() < node.type.low or found.max() > node.type.high:
                return False
    return True


@settings(max_examples=40)
@given(st.data())
def test_an_upset_gives_what_the_whole_network_gives_with_the_other_weight(data: st.DataObject) -> None:
    network, _, codes, layers = designed(data)
    suffix = Suffix(network, codes)
    for weights in layers:
        row, output, bit = drawn_site(data, weights)

        found = suffix.upset(weights, row, output, bit)

        changed = flipped_network(network, weights, row, output, bit)
        values, undefined = from_scratch(changed, codes)
        np.testing.assert_array_equal(found.undefined, undefined)
        for output_of, given_codes in zip(network.outputs, found.outputs, strict=True):
            np.testing.assert_array_equal(given_codes[~undefined], values[output_of.source][~undefined])
        if proved(changed, values):
            plain = changed.run_codes(codes)
            for output_of, given_codes in zip(network.outputs, found.outputs, strict=True):
                np.testing.assert_array_equal(given_codes, as_codes(plain[output_of.source]))


def csim(design: Design, codes: list[Array]) -> list[Array]:
    with TemporaryDirectory() as folder:
        write_project(design, Path(folder), part="x", clock_ns=5, vectors=None, version="0", digest="0")
        return Csim(Path(folder), Arithmetic.AP)(codes)


@settings(max_examples=4)
@given(st.data())
def test_random_networks_with_an_upset_give_the_integers_of_their_cpp(data: st.DataObject) -> None:
    network, design, codes, layers = designed(data)
    weights = data.draw(st.sampled_from(layers))
    row, output, bit = drawn_site(data, weights)

    found = Suffix(network, codes).upset(weights, row, output, bit)

    expected = csim(flipped_design(design, weights, row, output, bit), codes)
    for given_codes, values in zip(found.outputs, expected, strict=True):
        np.testing.assert_array_equal(given_codes[~found.undefined], values[~found.undefined])


def test_a_grouped_window_of_several_places_and_channels_has_its_weights_where_they_are_flipped() -> None:
    rng = np.random.default_rng(SEED)
    network = Graph("net", "net.onnx")
    network.add("x", Input(Tensor.of_fixed((4, 1, 4), Fixed(3))), origin="global_in")
    network.add("conv", Conv(rng.integers(-4, 4, (3, 1, 2, 4)), Fixed(3), groups=2), "x")
    network.outputs = [Output("y", "conv", "y")]
    design, codes = compiled(network), random_codes(rng, network, 8)
    [weights], _ = weights_of(network, design)
    suffix = Suffix(network, codes)
    for row in range(6):  # 3 places of 2 channels
        [expected] = csim(flipped_design(design, weights, row, 1, 0), codes)
        [found] = suffix.upset(weights, row, 1, 0).outputs
        np.testing.assert_array_equal(found, expected)
        assert (found != suffix.outputs[0]).any()


@pytest.mark.parametrize("pe", [1, 2])
@pytest.mark.parametrize("simd", [1, 2, 4])
def test_weights_of_grouped_windows_are_those_of_the_layer_at_every_width(pe: int, simd: int) -> None:
    layer = Conv(np.arange(3 * 2 * 4 * 6).reshape(3, 2, 4, 6), Fixed(9), groups=3)
    network = Graph("net", "net.onnx")
    network.add("x", Input(Tensor.of_fixed((4, 3, 12), Fixed(3))), origin="global_in")
    network.add("conv", layer, "x")
    kernel = grouped(network["conv"], Fixed(3), pe, simd, Strategy.AUTO)
    weights = Weights("conv", "conv", kernel, taps=6)
    np.testing.assert_array_equal(weights.codes, layer.weights.reshape(24, 6))
    np.testing.assert_array_equal(kernel.weights.words.ravel()[weights.places], weights.codes)


def stepped(kind: str) -> Graph:
    """Two products with a step function of this kind between them."""
    rng = np.random.default_rng(SEED)
    graph = Graph("net", "net.onnx")
    graph.add("x", Input(Tensor.of_fixed((3,), Fixed(5))), origin="global_in")
    graph.add("dense_1", dense(rng, 3, 4, bits=4), "x")
    graph.add("step", requantize(rng, graph["dense_1"].type, kind, bits=4), "dense_1")
    graph.add("dense_2", dense(rng, 4, 3), "step")
    graph.outputs = [Output("y", "dense_2", "y")]
    return graph


def compiled(network: Graph) -> Design:
    folding = {n.name: Fold(1, 1) for n in network if is_product(n.layer)}
    return pipeline.build_design(network, folding, {}, 200)


def extremes(network: Graph) -> list[Array]:
    """Random codes, half of them the smallest or the largest."""
    [x] = random_codes(np.random.default_rng(1), network, 400)
    rng, t = np.random.default_rng(2), network["x"].type
    return [np.where(rng.random(x.shape) < 0.5, x, rng.choice([t.low, t.high], x.shape))]


def wraps(suffix: Suffix, weights: Weights, site: tuple[int, int, int]) -> int:
    """For how many samples the sum leaves its accumulator's type."""
    row, output, bit = site
    node = suffix.network[weights.node]
    change = int(weights.changes[row, output, bit])
    sums = suffix.values[node.name][..., output] + change * suffix.seen(weights, row, output)
    return int(((sums < node.type.type.low) | (sums > node.type.type.high)).sum())


@pytest.mark.parametrize("kind", ["shift", "multiply", "thresholds", "table"])
def test_sums_that_leave_their_accumulator_wrap_as_in_the_cpp(kind: str) -> None:
    network = stepped(kind)
    design, codes = compiled(network), extremes(network)
    suffix = Suffix(network, codes)
    weights = weights_of(network, design)[0][0]
    site = max(np.ndindex(*weights.changes.shape), key=lambda s: wraps(suffix, weights, s))
    assert wraps(suffix, weights, site) > 0

    found = suffix.upset(weights, *site)

    [expected] = csim(flipped_design(design, weights, *site), codes)
    assert (expected != suffix.outputs[0]).any()
    assert not found.undefined.all()
    np.testing.assert_array_equal(found.outputs[0][~found.undefined], expected[~found.undefined])


def test_a_table_read_beyond_its_entries_is_told() -> None:
    network = stepped("table")
    suffix = Suffix(network, extremes(network))
    weights = weights_of(network, compiled(network))[0][0]
    step: Any = network["step"].layer
    entries = step.function.entries.shape[1]
    told = 0
    for row, output, bit in np.ndindex(*weights.changes.shape):
        change = int(weights.changes[row, output, bit])
        sums = suffix.values["dense_1"][:, output] + change * suffix.seen(weights, row, output)
        kept = wrapped(sums, network["dense_1"].type.type)
        address = (kept - step.function.first) % (1 << (entries - 1).bit_length())

        found = suffix.upset(weights, row, output, bit)

        moved = change * suffix.seen(weights, row, output) != 0
        np.testing.assert_array_equal(found.undefined, moved & (address >= entries))
        told += int(found.undefined.sum())
    assert told > 0


@pytest.mark.parametrize("element", [Fixed(4), Fixed(4, 0, False), Fixed(1), Fixed(1, 0, False)])
def test_a_change_is_the_flip_of_a_digit(element: Fixed) -> None:
    network = Graph("net", "net.onnx")
    network.add("x", Input(Tensor.of_fixed((1,), Fixed(4))))
    codes = np.arange(element.low, element.high + 1)[None]
    layer = dense(np.random.default_rng(0), 1, codes.shape[1])
    network.add("d", layer.changed(weights=codes, bits=element), "x")
    network.outputs = [Output("y", "d", "y")]
    design = pipeline.build_design(network, {"d": Fold(1, 1)}, {}, 200)
    [weights] = weights_of(network, design)[0]
    for _, output, bit in np.ndindex(*weights.changes.shape):
        code = int(codes[0, output])
        assert code + weights.changes[0, output, bit] == twos_complement(code, bit, element)
