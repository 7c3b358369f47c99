"""`build` runs the right tool with the right words, looks for its results, and refuses what cannot be."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from codesign.compiler.build import build
from codesign.errors import ConfigError, OutputError, ToolError
from codesign.vendor.steps import STEPS
from tests.vendor.fakes import HLS_LOG, Tools, only_tools

MAKE = shutil.which("make") or pytest.fail("make is needed, as for every build")
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
        ("csim", "csim", None),
        ("csynth", "csynth", "syn/report/net_csynth.rpt"),
        ("cosim", "csynth cosim", "sim/report/net_cosim.rpt"),
        ("export", "csynth export", "impl/ip/component.xml"),
    ],
)
def test_the_tcl_scripts_get_their_steps(
    tools: Tools, project: Path, tool: str, version: str, script: str, step: str, words: str, result: str | None
) -> None:
    left = [] if result is None else [f"hls_project/solution/{result}"]
    tools.add(tool, WRITES.format(names=left), version)
    done = build(project, step)
    assert f"['-f', '{script}', '{words}']" in said(project, step)
    assert done.results == tuple(project / name for name in left)
    assert (done.log, done.tools[0].version is not None) == (project / "logs" / f"{step}.log", True)


@pytest.mark.parametrize(
    ("step", "calls", "result"),
    [
        ("csim", [("vitis-run", "--csim")], None),
        ("csynth", [("v++", "-c")], "syn/report/csynth.rpt"),
        ("cosim", [("v++", "-c"), ("vitis-run", "--cosim")], "sim/report/net_cosim.rpt"),
        ("export", [("v++", "-c"), ("vitis-run", "--package")], "impl/ip/component.xml"),
    ],
)
def test_the_unified_tools_get_the_configuration(
    tools: Tools, project: Path, step: str, calls: list[tuple[str, str]], result: str | None
) -> None:
    left = [] if result is None else [f"hls_work/hls/{result}"]
    for name in ("v++", "vitis-run"):
        tools.add(name, WRITES.format(names=left), "v2024.2")
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


MAKEFILE = """TARGET ?= hw
PLATFORM ?= xilinx_u50_gen3x16_xdma_5_202210_1
xo: build/$(TARGET)/net_kernel.xo
xclbin: build/$(TARGET)/net.xclbin
build/$(TARGET)/%: ../src/net.cpp
\tv++ $(TARGET) $(PLATFORM) $@
"""
LINKS = """
print(words)
Path(words[2]).parent.mkdir(parents=True, exist_ok=True)
Path(words[2]).write_text("made")
"""


@pytest.fixture
def card(tools: Tools, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project folder of a card whose platform is installed."""
    (tools.folder / "make").symlink_to(MAKE)
    (tools.folder / "sh").symlink_to("/bin/sh")
    (project / "alveo").mkdir()
    (project / "alveo" / "Makefile").write_text(MAKEFILE)
    (project / "src" / "net.cpp").touch()
    platform = tmp_path / "cards" / "xilinx_u50_gen3x16_xdma_5_202210_1"
    platform.mkdir(parents=True)
    (platform / f"{platform.name}.xpfm").touch()
    monkeypatch.setenv("PLATFORM_REPO_PATHS", f"/nonexistent:{platform.parent}")
    return project


@pytest.mark.parametrize(
    ("step", "target", "result"),
    [
        ("xo", "hw", "net_kernel.xo"),
        ("link", "hw", "net.xclbin"),
        ("hw_emu", "hw_emu", "net.xclbin"),
        ("sw_emu", "sw_emu", "net.xclbin"),
    ],
)
def test_cards_are_made_by_their_makefile(tools: Tools, card: Path, step: str, target: str, result: str) -> None:
    tools.add("v++", LINKS)
    done = build(card, step)
    assert f"['{target}', 'xilinx_u50_gen3x16_xdma_5_202210_1', 'build/{target}/{result}']" in said(card, step)
    assert done.results == (card / "alveo" / "build" / target / result,)
    assert build(card, step).results == done.results, "make leaves what is up to date"


def test_another_platform_may_be_named(tools: Tools, card: Path, tmp_path: Path) -> None:
    tools.add("v++", LINKS)
    place = tmp_path / "elsewhere.xpfm"
    place.touch()
    build(card, "link", platform=str(place))
    assert f"'{place}'" in said(card, "link")
    for platform, message in (
        (str(tmp_path / "no.xpfm"), r"--platform .*no\.xpfm: there is no such \.xpfm file"),
        ("two words", "--platform: 'two words' is not the name of a platform"),
        ("$(rm)", "is not the name of a platform"),
        ("xilinx_u250", r"the platform xilinx_u250 is not installed: there are xilinx_u50_gen3x16_xdma_5_202210_1 in "),
    ):
        with pytest.raises((ConfigError, ToolError), match=message):
            build(card, "link", platform=platform)
    blank = tmp_path / "a b"
    blank.mkdir()
    (blank / "p.xpfm").touch()
    with pytest.raises(ConfigError, match="make takes no path with blanks"):
        build(card, "link", platform=str(blank / "p.xpfm"))
    with pytest.raises(ConfigError, match="--platform: the step csynth has none; it is for xo, link, hw_emu, sw_emu"):
        build(card, "csynth", platform="x")


def test_what_a_card_lacks_is_named(tools: Tools, card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        ToolError, match=r"link \(the binary of the card\) needs this, which is not ready here:\n  Vitis 2020\.2"
    ):
        build(card, "link")
    tools.add("v++", version="v2025.1")
    with pytest.raises(ToolError, match=r"Vitis 2020\.2 to 2024\.2 \(v\+\+\): .*v\+\+ is of 2025\.1"):
        build(card, "sw_emu")
    monkeypatch.setenv("PLATFORM_REPO_PATHS", "")
    monkeypatch.setattr("codesign.vendor.platforms.INSTALLED", str(tmp_path / "none"))
    with pytest.raises(ToolError, match=rf"is not installed: there is none in {tmp_path / 'none'}, .*\n.*REPO_PATHS"):
        build(card, "link")
    (tools.folder / "make").unlink()
    with pytest.raises(ToolError, match="xclbin needs make, which was not found; install it"):
        build(card, "link")
    (card / "alveo" / "Makefile").unlink()
    with pytest.raises(
        OutputError, match=r"Makefile is not there: a project has it where its target has Vitis platforms"
    ):
        build(card, "link")


def test_a_link_that_fails_is_quoted(tools: Tools, card: Path) -> None:
    tools.add("v++", "print('[19:28:00] Run vpl: Step impl: Started')\nprint('ERROR: [VPL 60-806] no')\nsys.exit(1)")
    with pytest.raises(ToolError) as error:
        build(card, "link")
    lines = str(error.value).splitlines()
    assert lines[0] == "make failed (exit code 2) while it was linking, impl; it said last:"
    assert "  ERROR: [VPL 60-806] no" in lines and any("make: ***" in line for line in lines)


@pytest.mark.parametrize(
    ("hls", "version", "calls"),
    [
        (["vitis_hls"], "v2022.1", ["vitis_hls -f kernel_ip.tcl", "vivado -source overlay.tcl"]),
        (
            ["v++", "vitis-run"],
            "v2024.2",
            ["v++ -c kernel_ip.cfg", "vitis-run --package kernel_ip.cfg", "vivado -source overlay.tcl -tclargs "
             "kernel_work/hls/impl/ip"],
        ),
    ],
)  # fmt: skip
def test_an_overlay_takes_the_hls_tool_and_vivado(
    tools: Tools, project: Path, hls: list[str], version: str, calls: list[str]
) -> None:
    (project / "pynq").mkdir()
    (project / "pynq" / "overlay.tcl").touch()
    for name in hls:
        tools.add(name, version=version)
    with pytest.raises(
        ToolError, match=r"overlay \(the overlay of a PYNQ board\) needs this.*\n  Vivado 2019\.2 or later"
    ):
        build(project, "overlay")
    tools.add("vivado", WRITES.format(names=["net.bit", "net.hwh"]))
    done = build(project, "overlay")
    assert done.results == (project / "pynq" / "net.bit", project / "pynq" / "net.hwh")
    lines = [line.split()[1:] for line in said(project, "overlay").splitlines() if line.startswith("$ ")]
    assert len(lines) == len(calls)
    for words, call in zip(lines, calls, strict=True):
        words[0] = Path(words[0]).name
        assert set(call.split()) <= set(words)
    (project / "pynq" / "overlay.tcl").unlink()
    with pytest.raises(
        OutputError, match=r"overlay\.tcl is not there: a project has it where its target is a PYNQ board"
    ):
        build(project, "overlay")


def test_every_step_is_tried_above() -> None:
    hls, vivado = ["csim", "csynth", "cosim", "export"], ["synth", "implement", "package"]
    assert list(STEPS) == [*hls, *vivado, "xo", "link", "hw_emu", "sw_emu", "overlay"]


def test_a_tool_that_leaves_nothing_new_has_failed(tools: Tools, project: Path) -> None:
    tools.add("vitis_hls", WRITES.format(names=["hls_project/solution/syn/report/net_csynth.rpt"]))
    build(project, "csynth")
    tools.add("vitis_hls", "print('all is well')")
    with pytest.raises(
        ToolError, match=r"Vitis HLS 2022\.1 ended well, but wrote no hls_project/.*what was said is in"
    ):
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


def test_two_steps_do_not_work_in_one_folder(tools: Tools, project: Path, tmp_path: Path) -> None:
    started, go = tmp_path / "started", tmp_path / "go"
    wait = f"Path({str(started)!r}).touch()\nwhile not Path({str(go)!r}).exists(): time.sleep(0.02)\n"
    result = "hls_project/solution/syn/report/net_csynth.rpt"
    tools.add("vitis_hls", wait + WRITES.format(names=[result]))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(build, project, "csynth")
        try:
            while not started.exists():
                assert not first.done()
                time.sleep(0.02)
            with pytest.raises(OutputError, match="another `codesign build` is at work here; wait until it is done"):
                build(project, "cosim")
        finally:
            go.touch()
        assert first.result().results == (project / result,)
    assert build(project, "csynth").results == (project / result,)


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
