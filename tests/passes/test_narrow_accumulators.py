"""Accumulators of fewer bits than are safe: which layers get them, what their sums become, and what is proved after."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.config import Config
from codesign.errors import ConfigError
from codesign.ir.fixed import Fixed
from codesign.ir.layers import Conv, Product, Quantize, Relu
from codesign.ir.vector import Vector
from codesign.ir.verify import verify
from codesign.passes import pipeline
from codesign.passes.narrow_accumulators import narrow_accumulators
from codesign.passes.pipeline import Passed
from tests.passes.given import codes, dense, network, text
from tests.strategies import networks


def quantizer(low: int = -8, high: int = 7, step: int = 4) -> Quantize:
    return Quantize(low, high, Vector.of(step))


def given_network():
    return network(dense([[7, -7], [7, 7]]), quantizer(), dense([[1], [3]]), x=codes("int<4>"))


def ran(graph, **entry: object) -> Passed:
    return pipeline.run(graph, Config.of(entry), {})


def two_s_complement(value: int, bits: int) -> int:
    return (value + (1 << (bits - 1))) % (1 << bits) - (1 << (bits - 1))


def test_a_product_of_more_bits_than_asked_becomes_one_whose_sums_wrap():
    graph = given_network()

    notes = narrow_accumulators(graph, Config.of({"LayerName": {"a": {"AccumulatorWidth": 5}}}))

    assert text(graph)[1] == "a = Dense(x, weights=array, bits=Fixed(4, 0, True), wrap=5)  # 2 int<5>"
    assert [(n.node, n.what) for n in notes] == [("a", "sums wrap in an accumulator of 5 bits, where 8 are safe")]


def test_sums_are_the_exact_ones_modulo_the_width_with_the_bias_and_what_follows_is_proved_for_all_of_them():
    layer = dense([[7, -7], [7, 7]], bias=[3, -100])
    passed = ran(network(layer, quantizer(), x=codes("int<4>")), LayerName={"a": {"AccumulatorWidth": 6}})
    x = np.array([[a, b] for a in range(-8, 8) for b in range(-8, 8)])

    found = passed.network.run_codes([x], keep=True)

    exact = x @ layer.weights + layer.bias
    sums = [[two_s_complement(v, 6) for v in row] for row in exact.tolist()]
    assert found["a"].tolist() == sums
    assert (exact != found["a"]).mean() > 0.5
    assert found["b"].tolist() == [[min(max(round(v / 4), -8), 7) for v in row] for row in sums]
    assert passed.network["b"].layer.domain == (-32, 31)
    assert passed.safe is not None
    for a, b in zip(passed.safe.values([x]), passed.typed.values([x]), strict=True):
        assert np.array_equal(a, b)  # the passes are exact where the accumulators are safe


@pytest.mark.parametrize("bits", [8, 9, 63])
def test_an_accumulator_that_is_safe_stays_as_it_is(bits: int):
    safe = ran(given_network())

    passed = ran(given_network(), Model={"AccumulatorWidth": bits})

    assert passed.safe is None and not passed.approximations
    assert text(passed.network) == text(safe.network)


def test_a_width_is_safe_by_what_the_layers_before_let_through():
    # b gives -8..7, or -1..1 behind an accumulator of 3 bits: c then needs 3 bits and not 6.
    def wraps(passed: Passed) -> list[int | None]:
        return [n.layer.wrap for n in passed.network if isinstance(n.layer, Product)]

    assert wraps(ran(given_network(), LayerName={"c": {"AccumulatorWidth": 5}})) == [None, 5]
    assert wraps(ran(given_network(), Model={"AccumulatorWidth": 5})) == [5, 5]
    assert wraps(ran(given_network(), LayerName={"a": {"AccumulatorWidth": 3}, "c": {"AccumulatorWidth": 5}})) == [
        3,
        None,
    ]


def test_sums_that_are_never_negative_need_no_sign_until_they_wrap():
    def wide(bits: int):
        graph = network(dense([[3], [3]]), quantizer(0, 15), x=codes("uint<4>"))  # sums of 0..90: 7 bits
        return ran(graph, Model={"AccumulatorWidth": bits}).network["a"].type.type

    assert (wide(7), wide(6)) == (Fixed(7, 0, False), Fixed(6))


def test_convolutions_in_groups_wrap_too():
    weights = np.arange(-8, 8).reshape(2, 2, 1, 4)
    layer = Conv(weights, Fixed(5), groups=2, padding=(1, 0, 0, 1))
    passed = ran(network(layer, quantizer(), x=codes("int<4>", (3, 3, 2))), Model={"AccumulatorWidth": 5})
    x = np.random.default_rng(0).integers(-8, 8, (20, 3, 3, 2))

    found = passed.network.run_codes([x], keep=True)["a"]

    exact = layer.convolve(x, 0)
    assert np.array_equal(found, (exact + 16) % 32 - 16) and (found != exact).any()


def test_a_layer_without_products_has_no_accumulator():
    graph = network(dense([[7, -7], [7, 7]]), Relu(), quantizer(), x=codes("int<4>"))

    with pytest.raises(
        ConfigError, match=r"config: LayerName.b.AccumulatorWidth: this layer sums no products .* are node a$"
    ):
        ran(graph, LayerName={"b": {"AccumulatorWidth": 5}})


def test_the_layer_goes_by_its_name_in_the_file_and_by_its_type():
    for entry in ({"LayerName": {"node a": {"AccumulatorWidth": 5}}}, {"LayerType": {"Gemm": {"AccumulatorWidth": 5}}}):
        assert ran(given_network(), **entry).network["a"].layer.wrap == 5


@settings(max_examples=60)
@given(networks(), st.integers(2, 12))
def test_random_networks_are_verified_and_differ_only_where_a_sum_wraps(drawn, bits: int):
    graph, inputs = drawn

    passed = pipeline.run(graph, Config.of({"Model": {"AccumulatorWidth": bits}}), {})

    verify(passed.network, "narrowing")
    products = [n for n in passed.network if isinstance(n.layer, Product)]
    assert all(n.type.type.width <= bits for n in products if n.layer.wrap is not None)
    for n in products:
        assert n.layer.bounds is not None
        assert (n.layer.wrap is not None) == (Fixed.covering(*n.layer.bounds).width > bits)
    codes_of = [n.layer.encode(x) for n, x in zip(passed.network.inputs, inputs, strict=True)]
    found = passed.network.run_codes(codes_of, keep=True)
    for n in products:
        types = [passed.network[i].type for i in n.inputs]
        exact = n.layer.changed(wrap=None).run(types, n.type, [found[i] for i in n.inputs])
        kept = exact if n.layer.wrap is None else (exact + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)
        assert np.array_equal(found[n.name], kept)
