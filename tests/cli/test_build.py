"""`codesign build`: what is printed, and the exit codes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from codesign.report.stored import read_report, write_report
from tests.report import samples
from tests.report.vendor import texts
from tests.vendor.fakes import HLS_LOG, Tools, only_tools

Run = Callable[..., tuple[int, str, str]]
GOLDEN = Path(__file__).parents[1] / "backends" / "golden" / "small"


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    return only_tools(tmp_path, monkeypatch)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    place = tmp_path / "build"
    shutil.copytree(GOLDEN, place)
    write_report(samples.chain(), place)
    return place


def test_a_step_says_what_it_left(run: Run, tools: Tools, project: Path) -> None:
    report = "hls_project/solution/syn/report/net_csynth.rpt"
    tools.add(
        "vitis_hls",
        f"print({HLS_LOG!r})\nPath({report!r}).parent.mkdir(parents=True)\nPath({report!r}).write_text({texts.module_report()!r})",
    )
    code, out, errors = run("build", str(project), "--step", "csynth")
    assert code == 0
    assert (
        out.splitlines()[0].startswith("csynth: Vitis HLS 2022.1, ") and out.splitlines()[1] == f"  {project / report}"
    )
    assert "csynth with Vitis HLS 2022.1: writing RTL" in errors
    assert f"read      {report}: Vitis HLS 2023.1, C synthesis of net: 2 of 2 instances known" in out
    assert [vendor.name for vendor in read_report(project).vendor] == ["Vitis HLS 2023.1, C synthesis of net"]


def test_a_missing_or_failing_tool_is_the_machines_fault(run: Run, tools: Tools, project: Path) -> None:
    code, out, errors = run("build", str(project), "--step", "cosim")
    assert (code, out) == (2, "")
    assert "codesign: error: cosim (HLS synthesis, and simulation of its RTL) needs one of these" in errors
    assert "source <folder of the version>/settings64.sh" in errors
    tools.add("vitis_hls", "print('ERROR: [HLS 200-1023] \\x1b[2Jno part')\nsys.exit(1)")
    code, out, errors = run("build", str(project), "--step", "cosim")
    assert (code, out) == (2, "")
    assert "ERROR: [HLS 200-1023] \\x1b[2Jno part" in errors and "cosim.log" in errors


def test_a_step_must_be_named(run: Run, project: Path) -> None:
    code, _, errors = run("build", str(project))
    assert code == 2 and "--step" in errors
    code, _, errors = run("build", str(project), "--step", "everything")
    assert code == 2 and "there is no step 'everything'; there are csim, csynth" in errors
