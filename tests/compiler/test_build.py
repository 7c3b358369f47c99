"""`build` runs the right tool with the right words, looks for its results, and refuses what cannot be."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from codesign.compiler.build import build
from codesign.errors import ConfigError, OutputError, ToolError
from codesign.vendor.steps import STEPS
from tests.vendor.fakes import HLS_LOG, Tools, only_tools

GOLDEN = Path(__file__).parents[1] / "backends" / "golden" / "small"

WRITES = """
print(words)
for name in {names!r}:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text("made")
"""


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    return only_tools(tmp_path, monkeypatch)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder with the scripts that every project has."""
    place = tmp_path / "build"
    shutil.copytree(GOLDEN, place)
    (place / "rtl").mkdir()
    for name in ("synth.tcl", "package_ip.tcl"):
        (place / "rtl" / name).touch()
    return place


def said(project: Path, step: str) -> str:
    return (project / "logs" / f"{step}.log").read_text()


@pytest.mark.parametrize(
    ("tool", "version", "script"),
    [("vitis_hls", "v2023.2", "vitis_hls.tcl"), ("vivado_hls", "v2020.1", "vivado_hls.tcl")],
)
@pytest.mark.parametrize(
    ("step", "words", "result"),
    [
        ("csim", "csim", "csim/report/net_csim.log"),
        ("csynth", "csynth", "syn/report/net_csynth.rpt"),
        ("cosim", "csynth cosim", "sim/report/net_cosim.rpt"),
        ("export", "csynth export", "impl/ip/component.xml"),
    ],
)
def test_the_tcl_scripts_get_their_steps(
    tools: Tools, project: Path, tool: str, version: str, script: str, step: str, words: str, result: str
) -> None:
    tools.add(tool, WRITES.format(names=[f"hls_project/solution/{result}"]), version)
    done = build(project, step)
    assert f"['-f', '{script}', '{words}']" in said(project, step)
    assert done.results == (project / "hls_project" / "solution" / result,)
    assert (done.log, done.tool.version is not None) == (project / "logs" / f"{step}.log", True)


@pytest.mark.parametrize(
    ("step", "calls", "result"),
    [
        ("csim", [("vitis-run", "--csim")], "csim/report/net_csim.log"),
        ("csynth", [("v++", "-c")], "syn/report/csynth.rpt"),
        ("cosim", [("v++", "-c"), ("vitis-run", "--cosim")], "sim/report/net_cosim.rpt"),
        ("export", [("v++", "-c"), ("vitis-run", "--package")], "impl/ip/component.xml"),
    ],
)
def test_the_unified_tools_get_the_configuration(
    tools: Tools, project: Path, step: str, calls: list[tuple[str, str]], result: str
) -> None:
    for name in ("v++", "vitis-run"):
        tools.add(name, WRITES.format(names=[f"hls_work/hls/{result}"]), "v2024.2")
    build(project, step)
    lines = [line.split()[1:] for line in said(project, step).splitlines() if line.startswith("$ ")]
    assert [(Path(words[0]).name, words[1] if words[1] == "-c" else words[3]) for words in lines] == calls
    for words in lines:
        assert words[-4:] == ["--config", "hls_config.cfg", "--work_dir", "hls_work"]
        assert words[words.index("--mode") + 1] == "hls"


@pytest.mark.parametrize(
    ("step", "words", "results"),
    [
        ("synth", ["rtl/synth.tcl"], ["synth_utilization.rpt", "synth_timing.rpt"]),
        (
            "implement",
            ["rtl/synth.tcl", "-tclargs", "synth", "implement"],
            ["route_utilization.rpt", "route_timing.rpt"],
        ),
        ("package", ["rtl/package_ip.tcl"], []),
    ],
)
def test_vivado_gets_the_scripts_of_the_systemverilog(
    tools: Tools, project: Path, step: str, words: list[str], results: list[str]
) -> None:
    names = [f"rtl/reports/{name}" for name in results] or ["rtl/component.xml"]
    tools.add("vivado", WRITES.format(names=names))
    done = build(project, step)
    assert str(["-mode", "batch", "-nojournal", "-nolog", "-source", *words]) in said(project, step)
    assert done.results == tuple(sorted(project / name for name in names))


def test_every_step_is_tried_above() -> None:
    assert list(STEPS) == ["csim", "csynth", "cosim", "export", "synth", "implement", "package"]


def test_a_tool_that_leaves_nothing_new_has_failed(tools: Tools, project: Path) -> None:
    tools.add("vitis_hls", WRITES.format(names=["hls_project/solution/syn/report/net_csynth.rpt"]))
    build(project, "csynth")
    tools.add("vitis_hls", "print('all is well')")
    with pytest.raises(ToolError, match=r"Vitis HLS 2022\.1 ended well, but wrote no hls_project/.*what it said is in"):
        build(project, "csynth")


def test_a_failing_tool_is_quoted(tools: Tools, project: Path) -> None:
    tools.add("vitis_hls", f"print({HLS_LOG!r})\nprint('ERROR: [HLS 200-70] no')\nsys.exit(1)")
    with pytest.raises(ToolError) as error:
        build(project, "csynth")
    assert "vitis_hls failed (exit code 1) while it was writing RTL; it said last:\n  ERROR: [HLS 200-70] no\n" in str(
        error.value
    )
    assert HLS_LOG in said(project, "csynth")


def test_a_hanging_tool_is_stopped(tools: Tools, project: Path) -> None:
    tools.add("vitis_hls", "print('Starting Placer Task', flush=True)\ntime.sleep(600)")
    with pytest.raises(ToolError, match=r"vitis_hls took longer than 1 s and was stopped while it was placing"):
        build(project, "csynth", seconds=1)


def test_what_is_asked_wrongly_is_refused(tools: Tools, project: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no step 'synthesis'; there are csim, csynth, cosim"):
        build(project, "synthesis")
    with pytest.raises(OutputError, match=r"nothing: there is no codesign\.json, so this is no folder that `codesign"):
        build(tmp_path / "nothing", "csynth")
    with pytest.raises(ToolError, match=r"csynth \(HLS synthesis\) needs one of these, and none is ready here:"):
        build(project, "csynth")
    tools.add("vivado")
    (project / "rtl" / "synth.tcl").unlink()
    with pytest.raises(OutputError, match=r"synth\.tcl is not there; make the folder anew with `codesign compile`"):
        build(project, "synth")
