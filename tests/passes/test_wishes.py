"""What users ask the products of a layer to be made of: kept, or refused with the reason and what would do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.kernels import Depthwise, MatVec, Multiplier
from codesign.ir.layers import Conv, Dense, Input
from codesign.ir.tensor import Tensor
from codesign.passes.fold import choose_folding
from codesign.passes.lower import lower
from codesign.targets import load_target

LUT, DSP, PACKED, ADDERS = Multiplier


def network(inputs: int = 16, outputs: int = 8, bits: int = 8) -> Graph:
    graph = Graph("net", "net.onnx")
    graph.add("x", Input(Tensor.of_fixed((inputs,), Fixed(bits))))
    weights = np.random.default_rng(0).integers(-(1 << (bits - 1)), 1 << (bits - 1), (inputs, outputs))
    graph.add("dense_1", Dense(weights, Fixed(bits)), "x", origin="/fc1/MatMul")
    graph.outputs = [Output("y", "dense_1", "y")]
    return graph


def depthwise(bits: int) -> Graph:
    graph = Graph("net", "net.onnx")
    graph.add("x", Input(Tensor.of_fixed((4, 4, 3), Fixed(bits))))
    weights = np.random.default_rng(0).integers(-4, 4, (3, 3, 1, 3))
    graph.add("conv_1", Conv(weights, Fixed(bits), groups=3), "x", origin="/conv1/Conv")
    graph.outputs = [Output("y", "conv_1", "y")]
    return graph


def made(graph: Graph, wanted: Multiplier, reuse: int | None = None) -> MatVec:
    folding = choose_folding(graph, load_target("u50"), multipliers={"dense_1": wanted}, reuse=reuse)
    kernel = lower(graph, folding).processes["dense_1"].kernel
    assert isinstance(kernel, MatVec)
    return kernel


@pytest.mark.parametrize("wanted", Multiplier)
@pytest.mark.parametrize("reuse", [None, 1])
def test_a_layer_is_made_of_what_was_asked(wanted: Multiplier, reuse: int | None) -> None:
    kernel = made(network(), wanted, reuse)
    assert kernel.multiplier is wanted
    assert kernel.reuse_factor == 1


@pytest.mark.parametrize("wanted", [LUT, DSP, PACKED])
def test_multipliers_that_take_turns_are_made_of_what_was_asked(wanted: Multiplier) -> None:
    kernel = made(network(), wanted, 16)
    assert (kernel.multiplier, kernel.reuse_factor) == (wanted, 16)


def test_packed_products_of_wide_codes_are_refused_with_what_fits() -> None:
    message = (
        r"^net\.onnx: node /fc1/MatMul: Multiplier packed: a DSP slice takes 27 x 18 bits, too few for two products of "
        r"int<12> inputs and int<12> weights; use one of lut, dsp, adders, or auto$"
    )
    with pytest.raises(ConfigError, match=message):
        made(network(bits=12), PACKED)


def test_older_slices_are_narrower() -> None:
    """A DSP48E1 multiplies 25 x 18 bits, a DSP48E2 27 x 18: weights of 9 bits with inputs of 8 need 27."""
    graph = network()
    graph["dense_1"].layer.weights[0, 0] = 200
    graph.nodes["dense_1"] = replace(graph["dense_1"], layer=replace(graph["dense_1"].layer, bits=Fixed(9)))
    assert choose_folding(graph, load_target("u50"), multipliers={"dense_1": PACKED})["dense_1"].multiplier is PACKED
    with pytest.raises(ConfigError, match="a DSP slice takes 25 x 18 bits, too few for two products of int<8> inputs"):
        choose_folding(graph, load_target("pynq-z2"), multipliers={"dense_1": PACKED})
    assert choose_folding(network(), load_target("pynq-z2"), multipliers={"dense_1": PACKED})


def test_an_adder_graph_that_is_to_take_turns_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"/fc1/MatMul: Multiplier adders: a reuse factor of 4 is asked for, and an"):
        made(network(), ADDERS, 4)


def test_an_adder_graph_of_more_weights_than_can_be_constants_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"adders: its 128 x 64 weights are more than a design can have as constants"):
        made(network(128, 64, 2), ADDERS)


def test_an_adder_graph_that_would_be_searched_for_hours_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"its weights have 2\d,\d\d\d signed digits, and the search takes 20,0"):
        made(network(64, 64, 16), ADDERS)


def test_an_adder_graph_that_is_not_searched_for_unasked_is_found_when_asked() -> None:
    graph = network(64, 40, 8)
    assert choose_folding(graph, load_target("u50"))["dense_1"].multiplier is not ADDERS
    kernel = made(graph, ADDERS)
    assert kernel.adders is not None
    np.testing.assert_array_equal(kernel.adders.matrix(), kernel.matrix())


def test_products_of_several_groups_are_what_their_types_make_them() -> None:
    target = load_target("u50")
    for bits, there, other in [(8, DSP, LUT), (4, LUT, PACKED)]:
        graph = depthwise(bits)
        assert choose_folding(graph, target, multipliers={"conv_1": there}) == {}
        kernel = next(p.kernel for p in lower(graph, {}) if isinstance(p.kernel, Depthwise))
        assert kernel.products is there
        message = f"/conv1/Conv: Multiplier {other.value}: the products of several groups are made of {there.value}"
        with pytest.raises(ConfigError, match=message):
            choose_folding(graph, target, multipliers={"conv_1": other})
