"""Every monotone function pulls half-lines back exactly: x lies in `preimage(region)` iff f(x) lies in the region."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import IRError
from codesign.ir.fixed import Rounding
from codesign.ir.halfline import HalfLine, Region
from codesign.ir.layers import (
    ALL,
    Affine,
    BatchNorm,
    Clip,
    Elementwise,
    LeakyRelu,
    MultiThreshold,
    Quantize,
    Relu,
    Sigmoid,
    Sign,
    Tanh,
    Truncate,
)
from codesign.ir.steps import pull_back, regions
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector

QUARTERS = st.integers(-24, 24).map(lambda n: Fraction(n, 4))
STEPS = st.sampled_from([Fraction(1, 4), Fraction(1), Fraction(3, 8), Fraction(0.1), Fraction(2, 3)])
TINY = Fraction(1, 10**40)
Draw = Callable[[type[Elementwise]], st.SearchStrategy[Elementwise]]


def bounds() -> st.SearchStrategy[tuple[Fraction | None, Fraction | None]]:
    both = st.tuples(QUARTERS, QUARTERS)
    return st.one_of(both, both.map(lambda b: (b[0], None)), both.map(lambda b: (None, b[1])))


def quantizers(kind: type[Quantize]) -> st.SearchStrategy[Quantize]:
    ends = st.tuples(st.integers(-6, 6), st.integers(-6, 6)).map(sorted)
    vectors, modes = (STEPS.map(Vector.of), QUARTERS.map(Vector.of)), st.sampled_from(Rounding)
    return st.builds(lambda e, s, o, r: kind(e[0], e[1], s, o, r), ends, *vectors, modes)


def multithresholds() -> st.SearchStrategy[MultiThreshold]:
    levels = st.lists(st.integers(-12, 12).map(lambda n: n / 4), min_size=1, max_size=6).map(sorted)
    rows = levels.map(lambda row: np.array([row], dtype=np.float64))
    steps = st.one_of(STEPS, st.just(Fraction(-1)))
    return st.builds(lambda t, s, o: MultiThreshold(t, Vector.of(s), Vector.of(o)), rows, steps, QUARTERS)


def batchnorms() -> st.SearchStrategy[BatchNorm]:
    variance = st.sampled_from([Fraction(1, 4), Fraction(9), Fraction(2), Fraction(0.3)])
    vector = QUARTERS.map(Vector.of)
    return st.builds(BatchNorm, vector, vector, vector, variance.map(Vector.of), st.just(Fraction(0)))


FUNCTIONS: dict[type[Elementwise], st.SearchStrategy[Elementwise]] = {
    Affine: st.builds(lambda s, o: Affine(Vector.of(s), Vector.of(o)), QUARTERS, QUARTERS),
    BatchNorm: batchnorms(),
    Clip: bounds().map(lambda b: Clip(*b)),
    LeakyRelu: st.sampled_from([Fraction(0), Fraction(1, 8), Fraction(0.01), Fraction(1), Fraction(2)]).map(LeakyRelu),
    MultiThreshold: multithresholds(),
    Quantize: quantizers(Quantize),
    Relu: st.just(Relu()),
    Sign: st.just(Sign()),
    Truncate: quantizers(Truncate),
}
"""Those whose values are rational, so that a preimage is exact."""
SMOOTH: tuple[Elementwise, ...] = (Sigmoid(), Tanh())


def at(function: Elementwise, x: Fraction) -> Fraction:
    return Fraction(function.real(np.array([[x]], dtype=object))[0, 0])


def inside(x: Fraction, region: Region) -> bool:
    return region if isinstance(region, bool) else x in region


def test_every_elementwise_layer_is_tested_here() -> None:
    assert {c for c in ALL if issubclass(c, Elementwise)} == {*FUNCTIONS, *map(type, SMOOTH)}


@pytest.mark.parametrize("kind", FUNCTIONS)
@given(data=st.data())
def test_the_preimage_holds_exactly_what_maps_into_the_region(kind: type[Elementwise], data: st.DataObject) -> None:
    function = data.draw(FUNCTIONS[kind])
    x = data.draw(QUARTERS)
    # On a value of the function, where closed and open differ, or anywhere.
    border = data.draw(st.one_of(QUARTERS, QUARTERS.map(lambda v: at(function, v))))
    region = HalfLine(border, data.draw(st.booleans()), data.draw(st.booleans()))
    found = function.preimage(region, 0)
    points = {x, Fraction(10**9), Fraction(-(10**9))}
    if isinstance(found, HalfLine):
        points |= {found.at, found.at - TINY, found.at + TINY}
    for point in points:
        assert inside(point, found) == (at(function, point) in region), (function, region, found, point)


@pytest.mark.parametrize("function", SMOOTH, ids=lambda f: type(f).__name__)
@given(data=st.data())
def test_the_preimage_of_a_smooth_function_is_right_to_50_digits(function: Elementwise, data: st.DataObject) -> None:
    border = data.draw(st.integers(-40, 40).map(lambda n: Fraction(n, 32)))
    region = HalfLine(border, data.draw(st.booleans()), data.draw(st.booleans()))
    found = function.preimage(region, 0)
    points = {data.draw(QUARTERS), Fraction(10**9), Fraction(-(10**9)), Fraction(0)}
    if isinstance(found, HalfLine):
        points |= {found.at - Fraction(1, 10**50), found.at + Fraction(1, 10**50)}
    for point in points:
        assert inside(point, found) == (at(function, point) in region), (region, found, point)


@pytest.mark.parametrize("kind", FUNCTIONS)
@given(data=st.data())
def test_everything_and_nothing_are_their_own_preimages(kind: type[Elementwise], data: st.DataObject) -> None:
    function = data.draw(FUNCTIONS[kind])
    assert function.preimage(True, 0) is True
    assert function.preimage(False, 0) is False


@pytest.mark.parametrize("kind", FUNCTIONS)
@given(data=st.data())
def test_a_function_on_codes_agrees_with_its_meaning_on_values(kind: type[Elementwise], data: st.DataObject) -> None:
    function = data.draw(FUNCTIONS[kind])
    x = Tensor.of_codes((1,), -7, 6, Vector.of(data.draw(STEPS)), Vector.of(data.draw(QUARTERS)))
    y = function.result(x)
    codes = np.arange(-7, 7)[:, None]
    found = function.run([x], y, [codes])
    values = found if y.real else y.decode(found)
    assert values.tolist() == function.real(x.decode(codes)).tolist()


def test_a_falling_leaky_relu_has_no_preimage() -> None:
    bent = LeakyRelu(Fraction(-1, 2))
    assert not bent.monotone
    with pytest.raises(IRError, match="LeakyRelu is not monotone"):
        bent.preimage(HalfLine(Fraction(1), True, True), 0)


def test_parameters_per_channel_are_taken_from_the_channel() -> None:
    region = HalfLine(Fraction(1), True, True)
    two = Vector.of([1, -2])
    assert Affine(two).preimage(region, 1) == HalfLine(Fraction(-1, 2), True, False)
    assert Quantize(-4, 3, Vector.of([1, 2])).preimage(region, 1) == HalfLine(Fraction(1), False, True)
    levels = MultiThreshold(np.array([[0.0, 1.0], [5.0, 6.0]]))
    assert levels.preimage(region, 1) == HalfLine(Fraction(5), True, True)
    assert BatchNorm(two, two, two, Vector.of(1), Fraction(0)).preimage(region, 0) == HalfLine(Fraction(1), True, True)
    assert all(f.per_channel for f in (Affine(two), Affine(offset=two), Quantize(0, 1, offset=two), levels))
    assert not any(f.per_channel for f in (Affine(), Quantize(0, 1), Relu(), MultiThreshold(np.zeros((1, 2)))))


@given(st.data())
def test_the_regions_of_a_chain_count_its_codes(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(sorted(FUNCTIONS, key=lambda c: c.__name__)), max_size=3))
    chain = [*(data.draw(FUNCTIONS[k]) for k in kinds), data.draw(quantizers(Quantize))]
    result = Tensor((1,))
    for function in chain:
        result = function.result(result)
    found = regions(chain, result, 0)
    points = {data.draw(QUARTERS)}
    for line in [r for r in found if isinstance(r, HalfLine)][:4]:
        points |= {line.at, line.at - TINY, line.at + TINY}
    for x in points:
        value = x
        for function in chain:
            value = at(function, value)
        code = (value - result.offset[0]) / result.step[0]
        assert result.low + sum(inside(x, r) for r in found) == code
    assert pull_back(chain, True, 0) is True
