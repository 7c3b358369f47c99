"""What can be built from a project folder: the commands of each step, and the files that it must leave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codesign.errors import OutputError
from codesign.vendor.platforms import check_platform
from codesign.vendor.run import Command
from codesign.vendor.tools import (
    VITIS_EMULATOR,
    VITIS_HLS,
    VITIS_LINKER,
    VITIS_UNIFIED,
    VIVADO,
    VIVADO_HLS,
    Found,
    Tool,
    program,
)

_CARD = ("alveo/Makefile", "a project has it where its target has Vitis platforms (`codesign targets NAME`)")
_BOARD = ("pynq/overlay.tcl", "a project has it where its target is a PYNQ board, e.g. pynq-z2")
_HLS = (VITIS_UNIFIED, VITIS_HLS, VIVADO_HLS)
_WORK = "hls_work"


@dataclass(frozen=True)
class Plan:
    """What is run, and patterns of files below the project folder that must be there afterwards."""

    commands: tuple[Command, ...]
    results: tuple[str, ...]
    anew: bool = True
    """Whether the results are always written anew; make leaves what is up to date."""


Planner = Callable[[Path, Sequence[Found], str | None], Plan]
"""Of a project folder, the tools that were found, and the platform that was asked for, if any."""


@dataclass(frozen=True)
class Step:
    """Something that vendor tools do with a project folder."""

    name: str
    what: str
    needs: tuple[tuple[Tool, ...], ...]
    """Of each group any one, the first that is there."""
    plan: Planner
    only: tuple[str, str] | None = None
    """A file that not every project has, and which ones have it."""
    on_platform: bool = False
    """Whether it is for a Vitis platform, which may be another than the folder's."""


def _hls(words: tuple[str, ...], result: str | None, unified: tuple[str, ...]) -> Planner:
    """The steps of the Tcl scripts, their result below the solution or the work folder if it is a report, and those of
    the unified tools."""

    def results(place: str) -> tuple[str, ...]:
        return () if result is None else (f"{place}/{result}",)

    def plan(folder: Path, found: Sequence[Found], platform: str | None) -> Plan:
        [tool] = found
        if tool.tool is not VITIS_UNIFIED:
            script = "vivado_hls.tcl" if tool.tool is VIVADO_HLS else "vitis_hls.tcl"
            _needed(folder, script)
            command = Command((str(tool.programs[0]), "-f", script, " ".join(words)), folder)
            return Plan((command,), results("hls_project/solution"))
        _needed(folder, "hls_config.cfg")
        return Plan(_unified(folder, tool, "hls_config.cfg", _WORK, unified), results(f"{_WORK}/hls"))

    return plan


def _unified(folder: Path, found: Found, config: str, work: str, steps: tuple[str, ...]) -> tuple[Command, ...]:
    compiler, runner = (str(program) for program in found.programs)
    common = ("--config", config, "--work_dir", work)
    commands = (
        (compiler, "-c", "--mode", "hls", *common)
        if step == "csynth"
        else (runner, "--mode", "hls", f"--{step}", *common)
        for step in steps
    )
    return tuple(Command(words, folder) for words in commands)


def _vivado(script: str, words: tuple[str, ...], results: tuple[str, ...]) -> Planner:
    def plan(folder: Path, found: Sequence[Found], platform: str | None) -> Plan:
        [vivado] = found
        _needed(folder, script)
        return Plan((_batch(folder, vivado, script, words),), results)

    return plan


def _batch(folder: Path, vivado: Found, script: str, words: tuple[str, ...]) -> Command:
    batch = ("-mode", "batch", "-nojournal", "-nolog", "-source", script, *(("-tclargs", *words) if words else ()))
    return Command((str(vivado.programs[0]), *batch), folder)


def _make(target: str, goal: str, result: str) -> Planner:
    """The goals of alveo/Makefile, which runs v++; the platform by name has to be installed."""

    def plan(folder: Path, found: Sequence[Found], platform: str | None) -> Plan:
        [vitis] = found
        place = folder / "alveo"
        make = program(goal, "make", "install it, e.g. `apt-get install make` or `dnf install make`")
        chosen = check_platform(place / "Makefile", vitis, platform)
        words = (str(make), goal, f"TARGET={target}", f"PLATFORM={chosen}")
        return Plan((Command(words, place),), (f"alveo/build/{target}/{result}",), anew=False)

    return plan


def _overlay(folder: Path, found: Sequence[Found], platform: str | None) -> Plan:
    """The kernel as an IP, and the block design of a PYNQ board around it."""
    hls, vivado = found
    place = folder / "pynq"
    if hls.tool is VITIS_UNIFIED:
        commands = _unified(place, hls, "kernel_ip.cfg", "kernel_work", ("csynth", "package"))
        words: tuple[str, ...] = ("kernel_work/hls/impl/ip",)
    else:
        commands, words = (Command((str(hls.programs[0]), "-f", "kernel_ip.tcl"), place),), ()
    return Plan((*commands, _batch(place, vivado, "overlay.tcl", words)), ("pynq/*.bit", "pynq/*.hwh"))


def _needed(folder: Path, name: str) -> None:
    if not (folder / name).is_file():
        raise OutputError(f"{folder / name} is not there; make the folder anew with `codesign compile`")


STEPS: dict[str, Step] = {
    step.name: step
    for step in (
        Step(
            "csim",
            "C simulation with the vendor's ap_int",
            (_HLS,),
            _hls(("csim",), None, ("csim",)),
        ),
        Step("csynth", "HLS synthesis", (_HLS,), _hls(("csynth",), "syn/report/*csynth.rpt", ("csynth",))),
        Step(
            "cosim",
            "HLS synthesis, and simulation of its RTL",
            (_HLS,),
            _hls(("csynth", "cosim"), "sim/report/*cosim.rpt", ("csynth", "cosim")),
        ),
        Step(
            "export",
            "HLS synthesis, and an IP for Vivado",
            (_HLS,),
            _hls(("csynth", "export"), "impl/ip/component.xml", ("csynth", "package")),
        ),
        Step(
            "synth",
            "Vivado synthesis of the SystemVerilog",
            ((VIVADO,),),
            _vivado("rtl/synth.tcl", (), ("rtl/reports/synth_utilization.rpt", "rtl/reports/synth_timing.rpt")),
        ),
        Step(
            "implement",
            "Vivado synthesis, placement and routing of the SystemVerilog",
            ((VIVADO,),),
            _vivado(
                "rtl/synth.tcl",
                ("synth", "implement"),
                ("rtl/reports/route_utilization.rpt", "rtl/reports/route_timing.rpt"),
            ),
        ),
        Step(
            "package",
            "the SystemVerilog as an IP for Vivado",
            ((VIVADO,),),
            _vivado("rtl/package_ip.tcl", (), ("rtl/component.xml",)),
        ),
        Step("xo", "the kernel compiled", ((VITIS_LINKER,),), _make("hw", "xo", "*.xo"), _CARD, True),
        Step("link", "the binary of the card", ((VITIS_LINKER,),), _make("hw", "xclbin", "*.xclbin"), _CARD, True),
        Step("hw_emu", "the card simulated", ((VITIS_LINKER,),), _make("hw_emu", "xclbin", "*.xclbin"), _CARD, True),
        Step("sw_emu", "the card emulated", ((VITIS_EMULATOR,),), _make("sw_emu", "xclbin", "*.xclbin"), _CARD, True),
        Step("overlay", "the overlay of a PYNQ board", (_HLS, (VIVADO,)), _overlay, _BOARD),
    )
}
