"""`codesign.area`: a project folder synthesized, estimated beyond its limits, and told in its report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

import codesign
from codesign.analysis.cost import design_cost
from codesign.compiler.area import area_result
from codesign.compiler.saved import restore
from codesign.errors import ConfigError, OutputError, ToolError
from codesign.ir.design import Design, Port, Stream
from codesign.ir.fixed import Fixed
from codesign.ir.tensor import Tensor
from codesign.passes.pipelines import pipelines
from codesign.report.stored import read_report
from codesign.synthesis import schedule, yosys
from codesign.synthesis.cells import Area
from codesign.synthesis.design import Made, Synthesis
from codesign.synthesis.job import Synthesized
from codesign.synthesis.script import Family
from codesign.synthesis.yosys import Over
from codesign.targets import Resources
from tests.frontends.models import model, node


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two products of 4 x 3 and 3 x 2 weights of 3 bits as adder graphs, for the PYNQ-Z2."""
    folder = tmp_path_factory.mktemp("area")
    rng = np.random.default_rng(0)
    constants = {"one": 1.0, "zero": 0.0, "bits": 4.0, "few": 3.0}
    constants |= {name: rng.integers(-3, 4, shape).astype(np.float32) for name, shape in (("a", (4, 3)), ("b", (3, 2)))}
    nodes = [
        node("Quant", ["x", "one", "zero", "bits"], "xq", signed=1, narrow=0, rounding_mode="ROUND"),
        node("Quant", ["a", "one", "zero", "few"], "aq", signed=1, narrow=0, rounding_mode="ROUND"),
        node("MatMul", ["xq", "aq"], "first"),
        node("Quant", ["first", "one", "zero", "bits"], "h", signed=1, narrow=0, rounding_mode="ROUND"),
        node("Quant", ["b", "one", "zero", "few"], "bq", signed=1, narrow=0, rounding_mode="ROUND"),
        node("MatMul", ["h", "bq"], "y"),
    ]
    onnx.save(model(nodes, constants), folder / "small.onnx")
    codesign.compile(folder / "small.onnx", target="pynq-z2", output=folder / "build", csim=False)
    return folder / "build"


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder, empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_each_process_and_fifo_is_synthesized_once_and_reported(
    project: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, int, int]] = []
    found = codesign.area(project, jobs=1, progress=lambda *step: told.append(step))

    design = restore(project).design
    area = found.area
    assert [row.name for row in area.processes] == list(design.processes)
    assert [row.name for row in area.streams] == list(design.streams)
    assert area.synthesized and area.family == "xc7" and area.tool.startswith("pyosys ")
    assert all(row.resources.lut > 0 and row.resources.dsp == 0 for row in area.processes)
    assert found.seconds.keys() == design.processes.keys()
    assert {e.resource for e in area.errors} == {"LUT", "FF", "DSP", "BRAM36", "URAM"}
    assert {e.rows for e in area.errors} == {len(design.processes)}
    first, second = (row for row in area.streams if "the same as" in row.remark), area.streams
    assert all(row.remark.removeprefix("the same as ") in {s.name for s in second} for row in first)
    assert told[-1][0].startswith("synthesizing with pyosys") and told[-1][1] < told[-1][2]

    assert read_report(project).area == area == found.report.area
    assert json.loads((project / "report.json").read_text())["area"]["synthesized"] is True
    assert "synthesized" in (project / "report.html").read_text()

    def none(*_: object) -> None:
        raise AssertionError("a run was started")

    monkeypatch.setattr(yosys.Run, "__init__", none)
    assert codesign.area(project).area == area
    with pytest.raises(AssertionError, match="a run was started"):
        codesign.area(project, cache=False)
    with pytest.raises(AssertionError, match="a run was started"):
        codesign.area(project, family="xcup")


def test_what_is_expected_to_take_longer_than_the_limit_is_estimated_and_says_so(
    project: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "Run", None)  # nothing is even tried
    found = codesign.area(project, time_limit=0.01)
    assert not found.area.synthesized and found.seconds == {}
    assert {row.source for row in (*found.area.processes, *found.area.streams)} == {"estimate"}
    assert all("s expected, over 0.01 s" in row.remark for row in found.area.processes)
    assert {budget.source for budget in found.report.needs} == {"estimate"}


def test_without_yosys_or_a_project_it_says_what_to_do(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OutputError, match="make one with `codesign compile`"):
        codesign.area(tmp_path)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ToolError, match="pip install pyosys"):
        codesign.area(project)


def synthesis(design: Design) -> Synthesis:
    """Of a design whose processes are all alike, and too large but for the first."""
    area = Area(Resources(100, 50, 2, 0.5), 10, 3)
    names = list(design.processes)
    processes = {name: Made(Over("over 120 s"), name) for name in names}
    processes[names[0]] = processes[names[1]] = Made(Synthesized(area, 3.0), names[0])
    return Synthesis(processes, {name: Made(Synthesized(area, 1.0), name) for name in design.streams})


def test_an_estimate_says_its_limit_and_how_far_the_model_is_off_in_this_design(project: Path) -> None:
    design = restore(project).design
    cost = design_cost(design)
    first, second, third = design.processes
    estimate = replace(cost.processes[first], lut=118.0, ff=80)
    cost = replace(cost, processes={**cost.processes, first: estimate, second: estimate, third: Resources(7.2, 3.1, 1)})

    found = area_result(design, cost, synthesis(design), "Yosys 0.70", Family.ULTRASCALE_PLUS)

    rows = {row.name: row for row in found.processes}
    assert rows[first].resources == rows[second].resources == Resources(100, 50, 2, 0.5)
    assert (rows[first].remark, rows[second].remark) == ("", f"the same as {first}")
    assert rows[third].resources == Resources(8, 4, 1)
    assert rows[third].remark == "over 120 s; ±18 % LUT on 1 synthesized one"
    assert [(e.resource, e.rows, e.percent) for e in found.errors][:2] == [("LUT", 1, 18.0), ("FF", 1, 60.0)]
    assert found.total.lut == 208 + 100 * len(design.streams)


def test_what_stands_between_an_input_and_an_output_counts_to_their_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    design = Design("wire", "wire.onnx")
    stream = design.add_stream(Stream("x", Fixed(8), 1, 4))
    ports = [Port(name, stream, Tensor.of_fixed((4,), Fixed(8)), name) for name in ("x", "y")]
    design.inputs, design.outputs = ports[:1], ports[1:]
    made = Made(Synthesized(Area(Resources(lut=10)), 1.0), "x")
    whole = Synthesis({"x_copy": made}, {"x": made, "x_copied": made})
    found = area_result(pipelines(design), design_cost(design), whole, "Yosys 0.70", Family.SERIES_7)
    assert [(row.name, row.resources.lut) for row in (*found.processes, *found.streams)] == [("x", 30)]


@pytest.mark.parametrize(
    ("part", "family"),
    [("xc7z020clg400-1", "xc7"), ("xcu50-fsvh2104-2-e", "xcup"), ("xck26-sfvc784-2LV-c", "xcup")],
)
def test_a_part_says_its_family(part: str, family: str) -> None:
    assert Family.of_part(part).value == family


def test_a_part_of_another_family_is_asked_for() -> None:
    with pytest.raises(ConfigError, match="10CX220 is no part of 7-series or UltraScale\\+ by its number; say which"):
        Family.of_part("10CX220")
