"""A point's integers are those that `codesign compile` makes of its configuration."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codesign.compiler import compile
from codesign.errors import ConfigError, ModelError
from codesign.scan.calibrate import Calibration, Method, calibrate
from codesign.scan.evaluate import Evaluator, Task, evaluated
from codesign.scan.search import Binary, point
from codesign.scan.space import spelled
from tests.scan.conftest import Case


def task(case: Case, metric: str, **more: object) -> Task:
    return Task(str(case.model), str(case.data), str(case.labels), metric, **more)  # type: ignore[arg-type]


def calibrated(evaluator: Evaluator) -> Calibration:
    return calibrate(evaluator.space, evaluator.data)


@pytest.mark.parametrize("network", ["jets", "images"])
@pytest.mark.parametrize("bits", [3, 6])
def test_a_points_integers_are_those_of_the_compiled_network_and_of_its_cpp(
    network: str, bits: int, request: pytest.FixtureRequest
) -> None:
    case: Case = request.getfixturevalue(network)
    evaluator = Evaluator(task(case, "accuracy" if network == "jets" else "mae", target="u250", clock_mhz=100.0))
    binary = Binary(calibrated(evaluator), Method.MSE)
    widths = {s.key: bits + i % 3 for i, s in enumerate(evaluator.space.sites)}
    types = point(evaluator.space, binary, lambda s: widths[s.key])
    found = evaluator(types)
    config = evaluator.space.config(types).data()
    compiled = compile(case.model, config=config, target="u250", clock_mhz=100.0, csim=False)

    passed = evaluator.space.passed(types)
    (codes,) = evaluator.codes(passed.network)
    (output,) = compiled.network.outputs
    encoded = compiled.encode(case.x)
    network_codes = compiled.network.run_codes(encoded)[output.source]
    np.testing.assert_array_equal(codes, network_codes)
    np.testing.assert_array_equal(evaluator.outputs(passed.network)[0], compiled.csim(case.x))

    report = compiled.report
    assert (found.interval, found.latency) == (report.interval.cycles, report.latency.cycles)
    needs = {b.resource.lower(): b.need for b in report.budgets}
    assert {r: round(v, 1) for r in ("lut", "ff", "dsp") if (v := getattr(found, r)) is not None} == {
        r: round(needs[r], 1) for r in ("lut", "ff", "dsp")
    }


def test_results_are_rounded_as_asked_and_so_they_are_compiled(jets: Case) -> None:
    kinds = [Evaluator(task(jets, "accuracy", design=False, rounding=mode)) for mode in (None, "FLOOR")]
    types = point(kinds[0].space, Binary(calibrated(kinds[0])), lambda s: 6)
    usual, floor = (k.codes(k.space.passed(types).network)[0] for k in kinds)
    assert (usual != floor).any()
    compiled = compile(jets.model, config=kinds[1].space.config(types).data(), target="u250", csim=False)
    (output,) = compiled.network.outputs
    np.testing.assert_array_equal(floor, compiled.network.run_codes(compiled.encode(jets.x))[output.source])
    np.testing.assert_array_equal(kinds[1].outputs(compiled.network)[0], compiled.csim(jets.x))


def test_more_bits_come_nearer_to_the_reference(jets: Case) -> None:
    evaluator = Evaluator(task(jets, "accuracy", design=False))
    calibration = calibrated(evaluator)
    reference = evaluator.refer(calibration.wide)
    errors = [evaluator(point(evaluator.space, Binary(calibration), lambda s, b=b: b)).output_error for b in (4, 8, 12)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.01
    best = evaluator(point(evaluator.space, Binary(calibration), lambda s: 16))
    assert best.value == pytest.approx(reference, abs=0.01)
    assert best.interval is None


def test_a_design_that_does_not_fit_leaves_the_metric_and_says_why(jets: Case) -> None:
    evaluator = Evaluator(task(jets, "accuracy", interval=1, budget="lut=50,dsp=1"))
    found = evaluator(point(evaluator.space, Binary(calibrated(evaluator)), lambda s: 8))
    assert found.value > 0.2
    assert found.interval is None
    assert found.refused is not None
    assert "lut" in found.refused.lower()


def test_sums_beyond_63_bits_are_a_failure_of_the_point(jets: Case) -> None:
    evaluator = Evaluator(task(jets, "accuracy", design=False))
    types = point(evaluator.space, Binary(calibrated(evaluator)), lambda s: 40)
    assert "accumulator needs" in str(evaluated(evaluator, spelled(types))["failed"])


def test_labels_of_another_length_are_refused(jets: Case, tmp_path: Path) -> None:
    np.save(tmp_path / "y.npy", jets.y[:-1])
    with pytest.raises(ModelError, match=r"y\.npy: 399 labels for the 400 samples of .*x\.npy"):
        Evaluator(Task(str(jets.model), str(jets.data), str(tmp_path / "y.npy"), "accuracy"))


def test_data_of_another_shape_are_refused(jets: Case, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", jets.x[:, :15])
    with pytest.raises(ModelError, match=r"the samples of input x have shape \(15,\), the network expects \(16,\)"):
        Evaluator(Task(str(jets.model), str(tmp_path / "x.npy"), str(jets.labels), "accuracy"))


@pytest.mark.parametrize("name", ["data", "labels"])
def test_numbers_that_are_none_are_refused(jets: Case, tmp_path: Path, name: str) -> None:
    bad = {"data": jets.x, "labels": jets.y}[name].astype(np.float32)
    bad[3] = np.nan
    np.save(tmp_path / "bad.npy", bad)
    files = {"data": str(jets.data), "labels": str(jets.labels)} | {name: str(tmp_path / "bad.npy")}
    with pytest.raises(ModelError, match=r"bad\.npy: .*NaN"):
        Evaluator(Task(str(jets.model), files["data"], files["labels"], "accuracy"))


def test_an_unknown_metric_is_refused_before_anything_is_evaluated(jets: Case) -> None:
    with pytest.raises(ConfigError, match="metric 'f1': there is none"):
        Evaluator(task(jets, "f1"))


def test_a_pickled_array_is_not_unpickled(jets: Case, tmp_path: Path) -> None:
    np.save(tmp_path / "y.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ModelError, match=r"the labels cannot be read as \.npy"):
        Evaluator(Task(str(jets.model), str(jets.data), str(tmp_path / "y.npy"), "accuracy"))


def test_labels_that_begin_like_an_archive_are_refused_by_message(jets: Case, tmp_path: Path) -> None:
    file = tmp_path / "y.npy"
    file.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ModelError, match=r"y\.npy: the labels cannot be read as \.npy"):
        Evaluator(Task(str(jets.model), str(jets.data), str(file), "accuracy"))
