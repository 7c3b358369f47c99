"""The whole ladder on one network: every rung equal, each planted difference on its own rung."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codesign.backends.project import write_project
from codesign.errors import ModelError
from codesign.verification import climb as climbing
from codesign.verification.climb import Climb, Ladder
from codesign.verification.csim import Arithmetic
from codesign.verification.inputs import random_inputs
from tests.verification.forks import project as twin
from tests.verification.networks import classifier, ladder, layers, mutated, saved


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Ladder:
    """A classifier with its file and its generated C++."""
    folder = tmp_path_factory.mktemp("climb")
    found = ladder(saved(classifier(), folder), folder / "project")
    (folder / "project").mkdir()
    assert found.project is not None
    write_project(found.design, found.project, part="x", clock_ns=5, vectors=None, version="0", digest="0")
    twin(found.design, found.project)
    return found


@pytest.fixture
def x(parts: Ladder) -> list[np.ndarray]:
    return random_inputs(layers(parts.network), 30)


def mismatches(found: Climb) -> dict[str, bool]:
    """Which rungs differ."""
    return {rung.name: rung.mismatches > 0 for rung in found.rungs}


def test_every_rung_is_equal(parts: Ladder, x: list[np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    found = parts.climb(x, tuple(Arithmetic))
    assert [(r.name, r.against, r.inputs, r.values, r.mismatches) for r in found.rungs] == [
        ("exact meaning of the model", "qonnx in float32", 30, 90, 0),
        ("integer network", "exact meaning of the model", 30, 90, 0),
        ("design", "integer network", 30, 90, 0),
        ("csim, native integers", "integer network", 30, 90, 0),
        ("csim, ap_int", "integer network", 30, 90, 0),
    ]
    assert found.errors == ()
    monkeypatch.setattr(climbing, "together", lambda network: 7)
    assert parts.climb(x, tuple(Arithmetic)) == found


def test_a_simulation_that_takes_long_is_given_the_first_samples(
    parts: Ladder, x: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(climbing, "authoritative", lambda network, count, thorough: 9 if thorough else 4)
    for thorough, count in ((False, 4), (True, 9)):
        rungs = parts.climb(x, tuple(Arithmetic), thorough=thorough).rungs
        assert [(r.inputs, r.values, r.mismatches) for r in rungs[-2:]] == [(30, 90, 0), (count, 3 * count, 0)]


def test_the_steps_are_told_with_how_far_they_are(parts: Ladder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(climbing, "together", lambda numbers: 2)
    told: list[tuple[str, int, int]] = []

    parts.climb(random_inputs(layers(parts.network), 5), (Arithmetic.NATIVE,), lambda *step: told.append(step))

    assert told[:4] == [("evaluating exactly", n, 5) for n in (0, 2, 4, 5)]
    assert told[4:8] == [("evaluating the design", n, 5) for n in (0, 2, 4, 5)]
    assert told[8:] == [("compiling csim, native integers", 0, 0)] + [
        ("running csim, native integers", n, 5) for n in range(6)
    ]


def test_only_what_was_asked_and_is_there_is_compared(parts: Ladder, x: list[np.ndarray]) -> None:
    assert list(mismatches(parts.climb(x))) == ["exact meaning of the model", "integer network", "design"]
    bare = replace(parts, model=None, project=None)
    assert list(mismatches(bare.climb(x, tuple(Arithmetic)))) == ["integer network", "design"]


def test_a_file_of_another_weight_is_found_by_the_first_rung(
    parts: Ladder, x: list[np.ndarray], tmp_path: Path
) -> None:
    other = replace(parts, model=saved(mutated(classifier(), "v", 4.0), tmp_path), project=None)
    assert mismatches(other.climb(x)) == {
        "exact meaning of the model": True, "integer network": False, "design": False
    }  # fmt: skip


def test_a_design_of_another_network_is_found_by_the_rungs_below(
    parts: Ladder, x: list[np.ndarray], tmp_path: Path
) -> None:
    other = ladder(saved(mutated(classifier(), "v", 4.0), tmp_path))
    found = replace(parts, design=other.design).climb(x, [Arithmetic.NATIVE])
    assert mismatches(found) == {
        "exact meaning of the model": False, "integer network": False, "design": True, "csim, native integers": False
    }  # fmt: skip


def test_a_changed_source_is_found_by_csim(parts: Ladder, x: list[np.ndarray], tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    write_project(parts.design, project, part="x", clock_ns=5, vectors=None, version="0", digest="0")
    header = project / "src" / "codesign" / "adder_graph.hpp"
    assert "(sum(a) << left) +" in header.read_text()
    header.write_text(header.read_text().replace("(sum(a) << left) +", "sum(1) + (sum(a) << left) +"))
    found = mismatches(replace(parts, project=project).climb(x, [Arithmetic.NATIVE]))
    assert [name for name, differs in found.items() if differs] == ["csim, native integers"]
    assert json.loads((project / "codesign.json").read_text())["inputs"]


def test_a_softmax_has_an_error_on_an_exact_network(tmp_path: Path) -> None:
    found = ladder(saved(classifier(softmax=True), tmp_path))
    [x] = random_inputs(layers(found.network), 30)
    climb = found.climb([x])
    assert not any(mismatches(climb).values()) and len(climb.rungs) == 3
    [error] = climb.errors
    assert (error.output, error.inputs) == ("y", 30) and 0 < error.mean < error.largest < 0.01


def test_an_approximated_network_has_errors_in_place_of_the_first_rung(parts: Ladder, x: list[np.ndarray]) -> None:
    found = replace(parts, exact=False).climb(x)
    assert list(mismatches(found)) == ["integer network", "design"]
    [error] = found.errors
    assert error.output == "y" and error.inputs == 30
    # The model of this fixture is exact, so the error is that of float32's ties.
    assert error.largest in (0, 1, 2)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ([], "0 input arrays were given, the network has x"),
        ([np.zeros((3, 5))], r"input x: the input has shape \(5,\), the network expects \(4,\)"),
        ([np.zeros((0, 4))], "input x: there are no samples"),
        ([np.full((2, 4), np.nan)], "values that are not numbers"),
    ],
)
def test_arrays_that_are_not_the_inputs_are_refused(parts: Ladder, arrays: list[np.ndarray], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        parts.climb(arrays)


COSIM = ("cosim, paced", "cosim, unthrottled", "cosim, random stalls")


def test_the_systemverilog_comes_last(parts: Ladder, x: list[np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    found = parts.climb(x, cosim=True)
    assert [(r.name, r.against, r.inputs, r.values, r.mismatches) for r in found.rungs[3:]] == [
        (name, "integer network", 30, 90, 0) for name in COSIM
    ]
    assert found.notes == ()
    monkeypatch.setattr(climbing, "simulated", lambda design, count: 7)
    assert {(r.inputs, r.values, r.mismatches) for r in parts.climb(x, cosim=True).rungs[3:]} == {(7, 21, 0)}


def test_systemverilog_that_differs_is_found(parts: Ladder, x: list[np.ndarray], tmp_path: Path) -> None:
    assert parts.project is not None
    folder = tmp_path / "changed"
    shutil.copytree(parts.project, folder)
    [top] = [path for path in (folder / "rtl").glob("*.sv") if "assign y_data = " in path.read_text()]
    top.write_text(top.read_text().replace("assign y_data = ", "assign y_data = ~"))
    found = mismatches(replace(parts, project=folder).climb(x, cosim=True))
    assert {name for name, differs in found.items() if differs} == set(COSIM)


def test_without_verilator_a_note_says_so(parts: Ladder, x: list[np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODESIGN_VERILATOR", "none-of-this-name")
    found = parts.climb(x, cosim=True)
    assert len(found.rungs) == 3
    [note] = found.notes
    assert note.startswith("the SystemVerilog was not simulated: Verilator 'none-of-this-name'")
