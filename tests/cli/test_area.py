"""`codesign area`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import codesign.compiler
from codesign.compiler.area import AreaFound
from codesign.targets import Resources
from tests.report import samples

Run = Callable[..., tuple[int, str, str]]


def found(dsp: float = 2) -> AreaFound:
    report = samples.measured()
    assert report.area is not None
    first, *others = report.area.processes
    first = replace(first, resources=replace(first.resources, dsp=dsp))
    area = replace(report.area, processes=(first, *others))
    return AreaFound(replace(report, area=area), area, {others[0].name: 3.25})


def test_every_process_says_what_it_takes_and_how_that_is_known(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codesign.compiler, "area", lambda *_, **__: found())
    code, out, errors = run("area", "build")
    assert (code, errors) == (0, "")
    area = found().area
    lines = out.splitlines()
    for row in area.processes:
        [line] = [line for line in lines if line.split()[:1] == [row.name]]
        assert f"{row.resources.lut:g}" in line.split()
        assert (" synthesized " in line.split("estimate:")[0]) is row.synthesized
        assert ("estimate: larger than what is synthesized within 300 s" in line) is not row.synthesized
    assert any(line.split() == ["fits", *samples.chain().target.split()] for line in lines)
    [total] = [line for line in lines if line.startswith(" in all")]
    assert f"{area.total.lut:,.0f}" in total and "in part an estimate" in total
    assert "where synthesis tells, all estimates together are off by +36.3 % LUT" in out


def test_what_the_device_lacks_is_named_and_gives_exit_code_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codesign.compiler, "area", lambda *_, **__: found(dsp=1e6))
    code, out, errors = run("area", "build")
    assert (code, errors) == (1, "")
    dsp = found(1e6).area.total.dsp
    assert f"larger than the device: {dsp:,.0f} DSP, it has" in out
    assert "fits" not in out and out.count("larger than the device") == 1


def test_every_option_reaches_the_synthesis(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}

    def record(build: Path, **options: object) -> AreaFound:
        seen.update(options, build=build)
        return found()

    monkeypatch.setattr(codesign.compiler, "area", record)
    limits = ("--time-limit", "0.5", "--memory-limit", "100", "--jobs", "3")
    assert run("area", "build", *limits, "--family", "xc7", "--no-cache")[0] == 0
    assert callable(seen.pop("progress"))
    assert seen == {
        "build": Path("build"), "family": "xc7", "time_limit": 0.5, "memory_limit": 100, "jobs": 3, "cache": False,
    }  # fmt: skip


@pytest.mark.parametrize("option", [("--family", "xc6"), ("--jobs", "0"), ("--time-limit", "0")])
def test_options_that_mean_nothing_are_refused(run: Run, option: tuple[str, str]) -> None:
    assert run("area", "build", *option)[0] == 2


def test_a_folder_that_is_no_project_is_refused(run: Run, tmp_path: Path) -> None:
    code, out, errors = run("area", tmp_path)
    assert (code, out) == (2, "")
    assert str(tmp_path) in errors and "codesign compile" in errors


def test_a_resource_that_the_target_has_none_of_is_named_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    one = found()
    row = replace(one.area.processes[0], resources=Resources(uram=3))
    area = replace(one.area, processes=(row,))
    small = replace(one.report, budgets=tuple(b for b in one.report.budgets if b.resource != "URAM"), area=area)
    monkeypatch.setattr(codesign.compiler, "area", lambda *_, **__: AreaFound(small, area, {}))
    code, out, _ = run("area", "build")
    assert code == 1 and "larger than the device: 3 URAM, it has 0" in out
