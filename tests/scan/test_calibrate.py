"""Ranges are those of the float network, and binary points do with them what their method says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import numpy_helper

from codesign.config import Config
from codesign.frontends import qonnx
from codesign.ir.fixed import Fixed
from codesign.scan.calibrate import Calibration, Method, Range, calibrate
from codesign.scan.space import Space
from tests.frontends.models import model, node
from tests.scan.conftest import Case


def calibrated(case: Case, scale: float = 1.0) -> Calibration:
    return calibrate(Space.of(qonnx.load(case.model), Config(), {}), [case.x * scale])


def constants(case: Case) -> dict[str, np.ndarray]:
    return {t.name: numpy_helper.to_array(t).astype(np.float64) for t in onnx.load(case.model).graph.initializer}


def test_ranges_are_those_of_the_float_network(jets: Case) -> None:
    found, c = calibrated(jets), constants(jets)
    x = jets.x.astype(np.float64)
    expected = {"x.result": x}
    for k in range(3):
        expected |= {f"dense_{k}.weight": c[f"w{k}"], f"dense_{k}.bias": c[f"b{k}"]}
        x = np.maximum(x @ c[f"w{k}"] + c[f"b{k}"], 0)
        if k < 2:
            expected[f"relu_{k}.result"] = x
    assert set(found.ranges) == set(expected)
    for key, values in expected.items():
        tolerance = 2e-3 * np.abs(values).max()  # of the wide types, which are no float
        np.testing.assert_allclose([found.ranges[key].low, found.ranges[key].high], [values.min(), values.max()],
                                   rtol=0, atol=tolerance)  # fmt: skip


def test_what_is_joined_with_a_result_is_in_its_range(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (50, 6)).astype(np.float32)
    constants = {name: rng.normal(0, 1, shape).astype(np.float32) for name, shape in
                 (("w", (6, 4)), ("v", (6, 4)), ("u", (8, 3)))}  # fmt: skip
    constants["v"] *= 10
    nodes = [
        node("MatMul", ["x", "w"], "a", "first"), node("Relu", ["a"], "b", "relu"),
        node("MatMul", ["x", "v"], "c", "far"),
        node("Concat", ["b", "c"], "d", "join", axis=1), node("MatMul", ["d", "u"], "y", "last"),
    ]  # fmt: skip
    onnx.save(model(nodes, constants, x=(1, 6)), tmp_path / "net.onnx")
    found = calibrate(Space.of(qonnx.load(tmp_path / "net.onnx"), Config(), {}), [x]).ranges["relu.result"]
    assert [found.low, found.high] == pytest.approx([(x @ constants["v"]).min(), (x @ constants["v"]).max()], rel=1e-2)


def test_a_batch_norm_is_in_the_weights_that_are_calibrated(images: Case) -> None:
    found, c = calibrated(images), constants(images)
    folded = c["w0"] * (c["scale"] / np.sqrt(c["var"] + 1e-5))[:, None, None, None]
    assert found.ranges["conv_0.weight"].low == pytest.approx(folded.min(), abs=1e-5)
    assert found.ranges["conv_0.weight"].high == pytest.approx(folded.max(), abs=1e-5)


@pytest.mark.parametrize("scale", [1e-4, 1e5])
def test_numbers_far_from_one_are_found_too(jets: Case, scale: float) -> None:
    found = calibrated(jets, scale)
    assert found.ranges["x.result"].high == pytest.approx(jets.x.max() * scale, rel=1e-3)


def ranges() -> st.SearchStrategy[Range]:
    numbers = st.lists(st.floats(-1e4, 1e4, allow_subnormal=False), min_size=1, max_size=40)
    return numbers.map(lambda v: Range.of(np.array(v)))


@given(ranges(), st.integers(2, 16))
def test_min_max_cuts_no_number_off_and_no_finer_type_would_do(found: Range, bits: int) -> None:
    fixed = found.fixed(bits, Method.MIN_MAX)
    if abs(fixed.frac) < 512 and np.abs(found.values).max() > 1e-100:

        def within(t: Fixed) -> bool:
            codes = np.rint(np.ldexp(found.values, t.frac))
            return bool((np.abs(np.ldexp(found.values, t.frac) - np.clip(codes, t.low, t.high)) <= 0.5).all())

        assert within(fixed)
        assert not within(Fixed(bits, fixed.frac + 1, fixed.signed))
    assert fixed.signed == (found.low < 0)


@given(ranges(), st.integers(2, 12))
def test_the_least_squared_error_is_no_larger_than_that_of_min_max(found: Range, bits: int) -> None:
    def error(t: Fixed) -> float:
        codes = np.clip(np.rint(np.ldexp(found.values, t.frac)), t.low, t.high)
        return float(np.mean((np.ldexp(codes, -t.frac) - found.values) ** 2))

    assert error(found.fixed(bits, Method.MSE)) <= error(found.fixed(bits, Method.MIN_MAX))


def test_a_percentile_leaves_rare_numbers_out() -> None:
    values = np.append(np.linspace(-1, 1, 9999), 100.0)
    found = Range.of(values)
    assert found.fixed(8, Method.MIN_MAX) == Fixed(8, 0)
    assert found.fixed(8, Method.PERCENTILE, 99.9) == Fixed(8, 6)


def test_rare_large_numbers_among_very_many_are_not_forgotten(jets: Case) -> None:
    """One jet in 20,000 is ten times as large: with 16 bits the least squared error must not cut it off."""
    x = np.tile(jets.x, (50, 1))
    x[12_345] *= 10
    space = Space.of(qonnx.load(jets.model), Config(), {})
    found = calibrate(space, [x]).ranges["x.result"]
    assert found.weights.sum() == pytest.approx(x.size)
    assert found.high == np.float32(x.max())
    assert found.fixed(16, Method.MSE) == found.fixed(16, Method.MIN_MAX)
    assert np.abs(found.values).max() == np.abs(x).max()


def test_a_site_without_negative_numbers_has_no_sign_unless_it_is_asked_for() -> None:
    found = Range.of(np.array([0.0, 3.0]))
    assert found.fixed(4, Method.MIN_MAX) == Fixed(4, 2, False)
    assert found.fixed(4, Method.MIN_MAX, signed=True) == Fixed(4, 1, True)
    assert Range.of(np.zeros(3)).fixed(4, Method.MSE) == Fixed(4, 4, False)
