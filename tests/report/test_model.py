"""report.json: what stands in it, and that it is the same every time."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from codesign.report.model import SCHEMA, Budget, Figure, OutputError, Report, Rung
from tests.report import samples

# What each part of report.json holds; a change here is a change of the interface.
RESOURCES = dict.fromkeys(("lut", "ff", "dsp", "bram36", "uram"), int | float)
SHAPE: dict[str, object] = {
    "schema": int, "name": str, "version": str, "model": str, "digest": str, "target": str, "part": str,
    "clock_mhz": float, "clock_ns": float, "fits": bool, "exact": bool,
    "outputs": [str], "notes": [str],
    "layers": [{
        "name": str, "origin": str, "kind": str, "inputs": [str], "shape": [int], "type": str, "scale": str,
        "low": int, "high": int, "value_low": float, "value_high": float,
        "accumulator_bits": int | None, "requantizer": str | None,
    }],
    "processes": [{
        "name": str, "origin": str, "kernel": str, "reads": [str], "writes": [str], "interval_cycles": int,
        "pe": int | None, "simd": int | None, "reuse_factor": int | None, "reuse_requested": int | None,
        "strategy": str | None, "utilisation": float | None, "multiplier": str | None,
        "estimate": RESOURCES,
    }],
    "streams": [{
        "name": str, "writer": str | None, "reader": str | None, "kind": str, "element": str, "lanes": int,
        "beats": int, "width": int, "depth": int, "estimate": RESOURCES,
    }],
    "budgets": [{
        "resource": str, "estimate": int | float, "available": int | float, "per_slr": int | float | None,
        "percent": float, "slr_percent": float | None,
    }],
    "interval": {"cycles": int, "bound": int, "because": str, "source": str, "ns": float, "ratio": float},
    "latency": {"cycles": int, "bound": int, "because": str, "source": str, "ns": float, "ratio": float},
    "comparison": {
        "asked": str, "mixed_interval": int, "mixed_latency": int, "single_interval": int, "single_latency": int,
        "interval_ratio": float, "latency_ratio": float,
    },
    "solved": {
        "budget": str, "interval_asked": int | None, "latency_asked": int | None, "interval_bound": int | None,
        "price": float, "price_bound": float, "price_gap": float,
    },
    "bounds": [{"what": str, "value": int | float, "bound": int | float, "because": str, "ratio": float}],
    "rungs": [{
        "name": str, "against": str, "inputs": int, "values": int, "mismatches": int, "ties": int, "note": str,
        "exact": bool,
    }],
    "approximations": [{
        "where": str, "what": str,
    }],
    "errors": [{"output": str, "largest": float, "mean": float, "inputs": int}],
}  # fmt: skip


def check(value: object, shape: object, path: str) -> None:
    """Fails with the path of the first value that has not its shape."""
    match shape:
        case dict():
            assert isinstance(value, dict) and value.keys() == shape.keys(), path
            for key, inner in shape.items():
                check(value[key], inner, f"{path}.{key}")
        case [inner]:
            assert isinstance(value, list), path
            for i, item in enumerate(value):
                check(item, inner, f"{path}[{i}]")
        case _:
            assert isinstance(value, shape), f"{path}: {value!r} is not {shape}"  # type: ignore[arg-type]


@pytest.mark.parametrize("sample", [samples.chain, samples.branched, samples.hostile])
def test_report_json_has_its_shape(sample: object) -> None:
    data = json.loads(sample().to_json())  # type: ignore[operator]
    check(data, SHAPE, "report")
    assert data["schema"] == SCHEMA


def test_report_json_is_the_same_every_time_and_sorted() -> None:
    text = samples.branched().to_json()
    assert text == samples.branched().to_json()
    data = json.loads(text)
    assert list(data) == sorted(data)
    assert text.endswith("}\n")


def test_the_shape_covers_every_field_of_the_report() -> None:
    derived = {"schema", "fits", "exact", "clock_ns"}
    assert SHAPE.keys() == {f.name for f in fields(Report)} | derived


def test_rows_are_read_off_the_network_and_the_design() -> None:
    report = samples.chain()

    dense = report.layers[1]
    assert (dense.name, dense.origin, dense.kind, dense.inputs) == ("dense_1", "MatMul_1", "Dense", ("x",))
    assert (dense.shape, dense.accumulator_bits, dense.requantizer) == ((64,), 17, None)
    assert dense.value_low == dense.low * 2.0**-4
    relu = report.layers[2]
    assert (relu.type, relu.low, relu.high, relu.value_high) == ("ufixed<6,4>", 0, 63, 15.75)
    assert (relu.accumulator_bits, relu.requantizer) == (None, "shift")

    process = report.processes[0]
    assert (process.name, process.kernel, process.pe, process.simd) == ("dense_1", "MatVec", 16, 4)
    assert (process.reuse_factor, process.interval_cycles) == (16, 16)
    last = next(p for p in report.processes if p.name == "dense_4")
    assert (last.reuse_factor, last.reuse_requested) == (16, 8)

    ends = [(s.writer, s.reader) for s in report.streams]
    assert ends[0] == (None, "dense_1") and ends[-1] == ("dense_4", None)
    assert report.streams[0].width == report.streams[0].lanes * 8


def test_a_scale_that_is_no_power_of_two_is_told() -> None:
    from fractions import Fraction

    import numpy as np

    from codesign.ir.graph import Graph
    from codesign.ir.layers import Affine, Input
    from codesign.ir.tensor import Tensor
    from codesign.ir.vector import Vector
    from codesign.report.build import layer_rows

    graph = Graph("net")
    graph.add("x", Input(Tensor.of_codes((2,), -8, 7, Vector.of(Fraction(1, 3)))))
    graph.add("y", Affine(Vector.of([1, 2]), Vector.of(np.array([0.5, 0.0]))), "x")
    x, y = layer_rows(graph)
    assert (x.scale, x.value_low) == ("× 0.333333", float(Fraction(-8, 3)))
    assert y.scale == "× [0.333333, … 2 channels] + [0.5, … 2 channels]"
    assert (y.value_low, y.value_high) == (float(Fraction(-16, 3)), float(Fraction(14, 3)))


def test_a_design_fits_when_every_resource_does() -> None:
    report = samples.chain()
    assert report.fits
    assert not replace(report, budgets=(*report.budgets, Budget("DSP", 5953, 5952))).fits
    assert replace(report, budgets=(Budget("DSP", 5952, 5952),)).fits
    assert not replace(report, budgets=(Budget("URAM", 1, 0),)).fits


def test_percentages_are_of_the_device_and_of_a_region() -> None:
    assert Budget("LUT", 50, 200, 100).percent == 25.0
    assert Budget("LUT", 50, 200, 100).slr_percent == 50.0
    assert Budget("LUT", 50, 200).slr_percent is None
    assert (Budget("URAM", 0, 0).percent, Budget("URAM", 3, 0).percent) == (0.0, 100.0)


def test_exact_means_something_was_compared_and_nothing_differed() -> None:
    report = samples.chain()
    assert report.exact
    assert not replace(report, rungs=()).exact
    assert not replace(report, rungs=(*report.rungs, Rung("csim", "design", 10, 50, 1))).exact


def test_a_ratio_says_how_far_above_the_bound_a_figure_is() -> None:
    assert Figure(12, 4, "reads", "exact").ratio == 3.0
    assert Figure(12, 0, "nothing", "exact").ratio == 12.0


def test_a_number_that_is_none_does_not_reach_the_file() -> None:
    broken = replace(samples.chain(), errors=(OutputError("y", float("nan"), 0.0, 1),))
    with pytest.raises(ValueError, match="not JSON compliant"):
        broken.to_json()
