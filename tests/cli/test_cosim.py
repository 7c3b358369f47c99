"""`codesign cosim`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import codesign.compiler
from codesign.compiler.cosim import Cosimulation
from codesign.report.measured import CosimRun
from codesign.verification.cosim import Pacing
from codesign.verification.cosim import Run as Simulated
from tests.report import samples

Run = Callable[..., tuple[int, str, str]]

RUNS = (CosimRun("paced", 12, 60, 0, 1266), CosimRun("random stalls", 12, 60, 7, 4000))


def found(runs: tuple[CosimRun, ...] = RUNS, latency: int = 90, paced: bool = True) -> Cosimulation:
    report = samples.measured()
    assert report.cosim is not None
    report = replace(report, cosim=replace(report.cosim, latency=latency, interval=report.interval.cycles))
    measured = Simulated([], [], np.zeros(1), 1, (), {}, {}) if paced else None
    return Cosimulation(report, runs, measured)


def test_every_simulation_says_whether_it_agreed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codesign.compiler, "cosim", lambda *_, **__: found())
    code, out, errors = run("cosim", "build")
    assert (code, errors) == (1, "")
    assert out.splitlines()[:2] == [
        "exact    cosim, paced = integer network on 12 inputs, 60 values, 1,266 cycles",
        "DIFFERS  cosim, random stalls ≠ integer network on 12 inputs, 7 of 60 values, 4,000 cycles",
    ]
    monkeypatch.setattr(codesign.compiler, "cosim", lambda *_, **__: found(RUNS[:1]))
    assert run("cosim", "build")[0] == 0


def test_cycles_stand_beside_the_model_and_the_bound(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    report = found().report
    model, bound = report.latency.cycles, report.latency.bound
    for latency, says in ((model, "the same"), (model + 3, f"{model:,}")):
        monkeypatch.setattr(codesign.compiler, "cosim", lambda *_, at=latency, **__: found(RUNS[:1], at))
        lines = run("cosim", "build")[1].splitlines()
        assert lines[1].startswith(f"interval {report.interval.cycles} cycles = ")
        assert "the model says the same; " in lines[1]
        assert lines[2].startswith(f"latency  {latency} cycles = ")
        assert f"(measured); the model says {says}; {latency / bound:.3g} × the bound of {bound}" in lines[2]


def test_who_waits_most_and_what_is_fullest_comes_first(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codesign.compiler, "cosim", lambda *_, **__: found(RUNS[:1]))
    out = run("cosim", "build")[1]
    report = found().report
    assert report.cosim is not None
    waits = {row.process: row.starved + row.blocked for row in report.cosim.processes}
    fullest = {row.stream: row.most for row in report.cosim.streams}
    for rows in (waits, fullest):
        shown = [word for line in out.splitlines() if (word := (line.split() or [""])[0]) in rows]
        assert len(shown) == min(len(rows), 12)
        assert [rows[name] for name in shown] == sorted(rows.values(), reverse=True)[:12]


def test_without_the_paced_run_nothing_is_said_to_be_measured(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codesign.compiler, "cosim", lambda *_, **__: found(RUNS[1:], paced=False))
    code, out, _ = run("cosim", "build")
    assert code == 1
    assert len(out.splitlines()) == 1


def test_every_option_reaches_the_simulation(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}

    def record(build: Path, **options: object) -> Cosimulation:
        seen.update(options, build=build)
        return found(RUNS[:1])

    monkeypatch.setattr(codesign.compiler, "cosim", record)
    options = ("--data", "x.npy", "--inputs", "5", "--seed", "7", "--vcd", "w.vcd", "--source", "random")
    assert run("cosim", "build", *options)[0] == 0
    assert callable(seen.pop("progress"))
    expected = {"data": Path("x.npy"), "inputs": 5, "seed": 7, "vcd": Path("w.vcd"), "pacings": (Pacing.RANDOM,)}
    assert seen == {"build": Path("build"), **expected}
    assert run("cosim", "build")[0] == 0
    assert seen["pacings"] == tuple(Pacing)


def test_a_folder_that_is_no_project_is_refused(run: Run, tmp_path: Path) -> None:
    code, out, errors = run("cosim", tmp_path)
    assert (code, out) == (2, "")
    assert str(tmp_path) in errors and "codesign compile" in errors


@pytest.mark.slow
def test_the_jet_tagger_is_exact_and_as_fast_as_its_model(run: Run, build: Path, jets: Path) -> None:
    code, out, errors = run("cosim", build, "--data", jets.parent / "validation_x.npy", "--inputs", "200")
    assert code == 0, errors
    assert "simulating with random stalls" in errors
    lines = out.splitlines()
    values = "integer network on 200 inputs, 1000 values"
    for line, name in zip(lines, ("paced", "unthrottled", "random stalls")):
        assert re.fullmatch(rf"exact    cosim, {name} = {values}, [\d,]+ cycles", line)
    assert all("the model says the same" in line for line in lines[3:5])
    report = json.loads((build / "report.json").read_text())
    assert report["known_latency"]["source"] == "measured"
    assert report["known_latency"]["cycles"] == report["latency"]["cycles"]
    assert [r["pacing"] for r in report["cosim"]["runs"]] == ["paced", "unthrottled", "random stalls"]
    assert report["cosim"]["exact"] is True
