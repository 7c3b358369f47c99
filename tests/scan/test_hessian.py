"""Traces of the Hessian of the squared output error: where they are known, and against points that are measured."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from codesign.errors import ModelError, ToolError
from codesign.ir.fixed import Fixed
from codesign.scan.calibrate import SAMPLES, Calibration, calibrate
from codesign.scan.evaluate import Evaluator, Task
from codesign.scan.run import scan
from codesign.scan.search import Binary
from tests.frontends.models import model, node
from tests.scan.conftest import Case


@pytest.fixture
def torch() -> Any:
    """Torch on one thread; the test skips by name where it is absent."""
    found = pytest.importorskip("torch", reason="needs the `train` extra")
    found.set_num_threads(1)
    return found


def evaluator(case: Case, metric: str = "accuracy", **more: Any) -> Evaluator:
    return Evaluator(Task(str(case.model), str(case.data), str(case.labels), metric, design=False, **more))


def saved(folder: Path, proto: Any, x: np.ndarray, y: np.ndarray) -> Case:
    case = Case(folder / "net.onnx", folder / "x.npy", folder / "y.npy", x, y)
    onnx.save(proto, case.model)
    np.save(case.data, x)
    np.save(case.labels, y)
    return case


def linear(folder: Path, outputs: int) -> tuple[Evaluator, Calibration, np.ndarray, np.ndarray]:
    """y = x w + 1: (it, its calibration, x, w as the wide type holds it)."""
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(96, 7)).astype(np.float32), rng.normal(size=(7, outputs)).astype(np.float32)
    proto = model([node("Gemm", ["x", "w", "b"], "y", "dense")], {"w": w, "b": np.ones(outputs, np.float32)}, x=(1, 7))
    made = evaluator(saved(folder, proto, x, x[:, :outputs]), "mae")
    calibration = calibrate(made.space, made.data)
    frac = calibration.wide["dense.weight"].frac
    return made, calibration, x.astype(np.float64), np.ldexp(np.rint(np.ldexp(w.astype(np.float64), frac)), -frac)


def rounded(values: np.ndarray, fixed: Fixed) -> np.ndarray:
    codes = np.clip(np.rint(values * 2.0**fixed.frac), fixed.low, fixed.high)
    return codes / 2.0**fixed.frac


@pytest.mark.train
def test_the_hessian_of_a_linear_regression_is_that_of_its_moments(torch: Any, tmp_path: Path) -> None:
    """H of sum (x w - y)^2 / (N v) by w is 2 X^T X / (N v), by the input 2 w w^T / v. With one output and one sample
    at a time nothing is left to chance: the signs vanish in the square."""
    from codesign.scan.hessian import curvatures

    made, calibration, x, w = linear(tmp_path, 1)
    binary = Binary(calibration)
    found = {c.site.key: c for c in curvatures(made.space, binary, [3, 5], made.data, batch=1, probes=1)}
    assert list(found) == ["x.result", "dense.weight"]
    variance = float((x @ w).var())
    weight, given = found["dense.weight"], found["x.result"]
    assert weight.trace == pytest.approx((x**2).sum(axis=1).mean() / variance, rel=1e-9)
    assert given.trace == pytest.approx((w**2).sum() / variance, rel=1e-9)
    for bits in (3, 5):
        change = rounded(w, binary.fixed(weight.site, bits)) - w
        diagonal = (x**2).mean(axis=0)[:, None]
        assert weight.losses[bits] == pytest.approx(float((diagonal * change**2).sum()) / variance, rel=1e-9)
        change = rounded(x, binary.fixed(given.site, bits)) - x
        assert given.losses[bits] == pytest.approx(float((change**2 @ w**2).mean()) / variance, rel=1e-9)


@pytest.mark.train
def test_random_signs_find_the_trace_within_their_error(torch: Any, tmp_path: Path) -> None:
    """Of K outputs |J|^2 is K |x|^2 for the weights, over N K v; the samples of a batch share the signs."""
    from codesign.scan.hessian import curvatures

    made, calibration, x, w = linear(tmp_path, 5)
    variance = (x @ w + 1).var()
    true = {"dense.weight": (x**2).sum(axis=1).mean() / variance, "x.result": (w**2).sum() / 5 / variance}
    found = curvatures(made.space, Binary(calibration), [4], made.data, batch=16, probes=40)
    assert {c.site.key for c in found} == set(true)
    for c in found:
        assert 0 < c.error < 0.1 * true[c.site.key]
        assert abs(c.trace - true[c.site.key]) < 4 * c.error


@pytest.mark.train
def test_what_is_differentiated_is_the_network(torch: Any, jets: Case, images: Case) -> None:
    """Its outputs in torch, against the network in integers of 18 and 20 bits, whose rounding is all that differs."""
    from codesign.scan.calibrate import wide_outputs
    from codesign.scan.derivative import Derivative

    for case in (jets, images):
        found = evaluator(case, "mae" if case is images else "accuracy")
        wide = calibrate(found.space, [x[:SAMPLES] for x in found.data]).wide
        (expected,) = wide_outputs(found.space, wide, found.data)
        graph = found.space.passed(wide, after="tune_precision").network
        outputs, results = Derivative(graph, found.space.sites)(found.data)
        spread = expected.std()
        assert np.abs(outputs.detach().numpy() - expected.reshape(len(expected), -1)).max() < 1e-3 * spread
        assert {f"{key}" for key in results} == {s.key for s in found.space.sites if s.part.value == "result"}


@pytest.mark.train
def test_expected_losses_are_those_that_points_have(torch: Any, jets: Case, tmp_path: Path) -> None:
    """Where rounding is fine, the loss at a site is its trace times its squared error: within a factor of 2 here."""
    from codesign.scan.hessian import curvatures, expected

    found = scan(**jets.options(metric="accuracy", bits="7,16", output=tmp_path, method="layers", design=False))
    made = evaluator(jets)
    calibration = calibrate(made.space, made.data)
    losses = expected(curvatures(made.space, Binary(calibration), [7, 16], made.data))
    ratios = {s.site.key: losses[s.site.key, 7] / s.loss for s in found.sensitivities}
    assert len(ratios) == 6
    assert all(0.5 < ratio < 2 for ratio in ratios.values()), ratios


@pytest.mark.train
def test_an_allocation_by_the_hessian_is_better_than_one_width(torch: Any, images: Case, tmp_path: Path) -> None:
    found = scan(**images.options(metric="mae", bits="4..8", output=tmp_path, method="hessian", design=False))
    assert [m.bits for m in found.mixed] == [4, 5, 6, 7, 8]
    gained = 0
    for m in found.mixed:
        assert m.uniform is not None
        assert m.outcome.bit_operations <= m.budget
        gained += m.outcome.output_error < m.uniform.output_error
    assert gained >= 3
    assert found.evaluated <= 2 * len(found.mixed)  # no point was spent on finding what each layer loses
    with open(tmp_path / "hessian.csv", newline="") as stream:
        table = list(csv.DictReader(stream))
    assert [row["site"] for row in table] == [c.site.key for c in found.curvatures]
    assert "<h2>Expected sensitivity by layer</h2>" in (tmp_path / "scan.html").read_text()
    assert all(float(row["loss at 4"]) > float(row["loss at 8"]) >= 0 for row in table)


@pytest.mark.train
def test_a_layer_without_a_derivative_is_refused_by_name(torch: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    constants = {"w": rng.normal(size=(6, 4)).astype(np.float32), "v": rng.normal(size=(4, 2)).astype(np.float32)}
    nodes = [
        node("MatMul", ["x", "w"], "a", "first"),
        node("Sign", ["a"], "s", "sign_1"),
        node("MatMul", ["s", "v"], "y", "last"),
    ]
    x = rng.normal(size=(40, 6)).astype(np.float32)
    case = saved(tmp_path, model(nodes, constants, x=(1, 6)), x, np.zeros((40, 2), np.float32))
    with pytest.raises(ModelError, match=r"node sign_1: Sign has no derivative; take --search allocate"):
        scan(**case.options(metric="mae", bits="4,6", output=tmp_path / "out", method="hessian", design=False))


def test_without_torch_the_search_is_refused_at_once(
    jets: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in ("codesign.scan.derivative", "codesign.scan.hessian"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(
        ToolError, match=r"^--search hessian needs torch, which is missing: pip install 'codesign\[train"
    ):
        scan(**jets.options(metric="accuracy", bits="4", output=tmp_path / "out", method="hessian"))
    assert not (tmp_path / "out").exists()
