"""report.json: what stands in it, and that it is the same every time."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from codesign.analysis.limits import Limit
from codesign.report.measured import CosimRun
from codesign.report.model import SCHEMA, Bound, Budget, Figure, OutputError, Report, Rung
from codesign.targets import Resources
from tests.report import samples

# What each part of report.json holds; a change here is a change of the interface.
RESOURCES = dict.fromkeys(("lut", "ff", "dsp", "bram36", "uram"), int | float)
LIMIT = {"by": str, "cycles": int, "because": str}
FIGURE = {
    "cycles": int, "bound": int, "because": str, "source": str, "ns": float, "ratio": float, "limits": [LIMIT],
}  # fmt: skip
NUMBER = int | float
BOUND = {
    "what": str, "unit": str, "value": int | float, "source": str, "bound": int | float, "because": str,
    "ratio": float,
}  # fmt: skip
BUDGET = {
    "resource": str, "need": int | float, "available": int | float, "per_slr": int | float | None, "source": str,
    "percent": float, "slr_percent": float | None,
}  # fmt: skip
AREA_ROW = {"name": str, "resources": RESOURCES, "source": str, "remark": str}
COSIM = {
    "simulator": str, "interval": int, "latency": int, "watched_cycles": int, "exact": bool,
    "runs": [{"pacing": str, "inputs": int, "values": int, "mismatches": int, "cycles": int, "exact": bool}],
    "processes": [{"process": str, "busy": int, "starved": int, "blocked": int}],
    "streams": [{"stream": str, "most": int}],
}  # fmt: skip
AREA = {
    "tool": str, "family": str, "synthesized": bool, "total": RESOURCES,
    "processes": [AREA_ROW], "streams": [AREA_ROW],
    "errors": [{
        "resource": str, "rows": int, "estimated": int | float, "synthesized": int | float, "percent": float | None,
    }],
}  # fmt: skip
CYCLES = {"low": int | None, "high": int | None, "average": NUMBER | None}
COMPARED = {
    "what": str, "unit": str, "ours": NUMBER | None, "source": str, "low": NUMBER | None, "high": NUMBER | None,
    "ratio": float | None,
}  # fmt: skip
VENDOR = {
    "tool": str, "version": str, "stage": str, "top": str, "part": str, "name": str,
    "files": [str], "remarks": [str], "unmatched": [str],
    "clock": (None, {
        "name": str, "target_ns": NUMBER | None, "achieved_ns": NUMBER | None, "uncertainty_ns": NUMBER | None,
    }),
    "slack": (None, {
        "worst_setup_ns": float | None, "total_setup_ns": float | None, "failing_setup": int,
        "worst_hold_ns": float | None, "total_hold_ns": float | None, "failing_hold": int,
    }),
    "latency": (None, CYCLES), "interval": (None, CYCLES),
    "resources": (None, RESOURCES), "available": (None, RESOURCES),
    "instances": [{
        "name": str, "module": str, "depth": int, "resources": (None, RESOURCES), "latency": (None, CYCLES),
        "interval": (None, CYCLES), "process": str | None, "stream": str | None,
    }],
    "launches": [{
        "name": str, "what": str, "calls": int, "total_ms": float, "least_ms": float, "mean_ms": float,
        "most_ms": float, "clock_mhz": NUMBER | None,
    }],
    "transfers": [{
        "direction": str, "count": int, "mean_kb": float, "total_ms": float | None, "mean_ms": float | None,
        "mb_per_s": float | None,
    }],
    "whole": [COMPARED],
    "parts": [{"name": str, "kind": str, "layer": str, "found": int, "figures": [COMPARED], "within": bool}],
}  # fmt: skip
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
        "beats": int, "width": int, "depth": int, "waiting": int, "minimum": int | None,
        "estimate": RESOURCES,
    }],
    "budgets": [BUDGET],
    "needs": [BUDGET],
    "interval": FIGURE,
    "latency": FIGURE,
    "known_interval": FIGURE,
    "known_latency": FIGURE,
    "comparison": {
        "asked": str, "mixed_interval": int, "mixed_latency": int, "single_interval": int, "single_latency": int,
        "interval_ratio": float, "latency_ratio": float,
    },
    "solved": {
        "budget": str, "interval_asked": int | None, "latency_asked": int | None, "interval_bound": int | None,
        "price": float, "price_bound": float, "price_gap": float,
    },
    "bounds": [BOUND],
    "known_bounds": [BOUND],
    "rungs": [{
        "name": str, "against": str, "inputs": int, "values": int, "mismatches": int, "ties": int, "note": str,
        "exact": bool,
    }],
    "approximations": [{
        "where": str, "what": str,
    }],
    "errors": [{"output": str, "largest": float, "mean": float, "inputs": int}],
    "timelines": [{
        "steady": bool, "cycles": int, "before": int, "latency": int, "interval": int, "step": int,
        "rows": [{
            "name": str, "what": str, "start": int, "stop": int, "finish": int, "begin": int,
            "busy": [int], "still": [int], "others": [int],
        }],
    }],
    "cosim": None,
    "area": None,
    "card": None,
    "vendor": [VENDOR],
}  # fmt: skip
CARD = {
    "link": {"gbytes_per_s": NUMBER, "launch_us": NUMBER, "source": str, "peak_gbytes_per_s": NUMBER},
    "ports": [{
        "name": str, "reads": bool, "beats": int, "beats_per_word": int, "words_per_beat": int, "word_bits": int,
        "bits": int,
    }],
    "compute_units": int, "batches": [int], "source": str,
    "launches": [{
        "samples": int, "kernel_cycles": int, "kernel_us": NUMBER, "input_bytes": int, "input_us": NUMBER,
        "output_bytes": int, "output_us": NUMBER, "transfer_us": NUMBER, "launch_us": NUMBER,
        "end_to_end_us": NUMBER, "kernel_bound_us": NUMBER, "transfer_bound_us": NUMBER, "bound_us": NUMBER,
        "per_second": NUMBER,
    }],
}  # fmt: skip


def check(value: object, shape: object, path: str) -> None:
    """Fails with the path of the first value that has not its shape."""
    match shape:
        case dict():
            assert isinstance(value, dict) and value.keys() == shape.keys(), path
            for key, inner in shape.items():
                check(value[key], inner, f"{path}.{key}")
        case (None, inner):
            if value is not None:
                check(value, inner, path)
        case [inner]:
            assert isinstance(value, list), path
            for i, item in enumerate(value):
                check(item, inner, f"{path}[{i}]")
        case None:
            assert value is None, path
        case _:
            assert isinstance(value, shape), f"{path}: {value!r} is not {shape}"  # type: ignore[arg-type]


@pytest.mark.parametrize("sample", [samples.chain, samples.branched, samples.hostile])
def test_report_json_has_its_shape(sample: object) -> None:
    data = json.loads(sample().to_json())  # type: ignore[operator]
    check(data, SHAPE, "report")
    assert data["schema"] == SCHEMA


def test_what_was_measured_has_its_shape() -> None:
    check(json.loads(samples.measured().to_json()), SHAPE | {"cosim": COSIM, "area": AREA}, "report")
    check(json.loads(samples.carded(samples.chain()).to_json()), SHAPE | {"card": CARD}, "report")
    data = json.loads(samples.reported().to_json())
    check(data, SHAPE | {"cosim": COSIM, "area": AREA}, "report")
    assert len(data["vendor"]) == 6


def test_lists_of_numbers_are_one_line_and_texts_are_kept() -> None:
    report = replace(samples.chain(), notes=("[\n  1,\n  2\n]", "[ 1 ]"))
    text = report.to_json()
    assert '"shape": [64],\n' in text
    assert json.loads(text)["notes"] == list(report.notes)


def test_report_json_is_the_same_every_time_and_sorted() -> None:
    text = samples.branched().to_json()
    assert text == samples.branched().to_json()
    data = json.loads(text)
    assert list(data) == sorted(data)
    assert text.endswith("}\n")


def test_the_shape_covers_every_field_of_the_report() -> None:
    derived = {"schema", "fits", "exact", "clock_ns", "needs", "known_interval", "known_latency", "known_bounds"}
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


def test_what_was_synthesized_is_what_has_to_fit() -> None:
    report = samples.chain()
    area = samples.area(report)
    lut = sum(500 + i for i in range(len(report.processes))) + 40 * len(report.streams)
    found = {b.resource: (b.need, b.source) for b in replace(report, area=area).needs}
    assert found["LUT"] == (lut, "synthesized in part")
    assert area.total.lut == lut
    whole = replace(area, processes=area.processes[1:])
    assert {b.source for b in replace(report, area=whole).needs} == {"synthesized"}

    huge = replace(area, streams=(replace(area.streams[0], resources=Resources(dsp=6000)),))
    assert replace(report, area=area).fits and not replace(report, area=huge).fits
    lacking = tuple(b for b in report.budgets if b.resource != "DSP")  # the target has none
    over = replace(report, budgets=lacking, area=huge)
    assert [b.resource for b in over.needs if b.need > b.available] == ["DSP"]


def test_what_was_measured_stands_in_for_the_estimate() -> None:
    report = samples.measured()
    assert (report.known_interval.cycles, report.known_interval.source) == (16, "measured")
    assert (report.known_latency.cycles, report.known_latency.source, report.known_latency.bound) == (
        90,
        "measured",
        31,
    )
    assert (report.latency.cycles, report.latency.source) == (88, "estimate")
    folded, products, slices = report.known_bounds
    assert (folded.value, folded.source, products.source) == (90, "measured", "exact")
    assert (slices.value, slices.source) == (18, "estimate")  # what the design asks for
    plain = samples.chain()
    assert (plain.known_interval, plain.known_latency) == (plain.interval, plain.latency)
    assert plain.known_bounds == plain.bounds


def test_a_simulation_is_exact_when_every_run_is() -> None:
    cosim = samples.cosim(samples.chain())
    assert cosim.exact
    assert not replace(cosim, runs=()).exact
    assert not replace(cosim, runs=(*cosim.runs, CosimRun("paced", 1, 5, 1, 9))).exact
    assert not replace(cosim, runs=(CosimRun("paced", 0, 0, 0, 9),)).exact


def test_the_error_of_the_model_is_of_what_was_synthesized() -> None:
    lut, uram = samples.area(samples.chain()).errors
    assert (lut.percent, uram.percent) == (36.3, None)


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
    figure = Figure(12, "exact", (Limit("port", 4, "reads"), Limit("products", 2, "makes")))
    assert (figure.ratio, figure.bound, figure.because) == (3.0, 4, "reads")
    assert Bound("slices", "DSP", 12, "exact", 0, "nothing").ratio == 12.0


def test_a_number_that_is_none_does_not_reach_the_file() -> None:
    broken = replace(samples.chain(), errors=(OutputError("y", float("nan"), 0.0, 1),))
    with pytest.raises(ValueError, match="not JSON compliant"):
        broken.to_json()
