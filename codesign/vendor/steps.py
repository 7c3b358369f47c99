"""What can be built from a project folder: the commands of each step, and the files that it must leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from codesign.errors import OutputError
from codesign.vendor.run import Command
from codesign.vendor.tools import VITIS_HLS, VITIS_UNIFIED, VIVADO, VIVADO_HLS, Found, Tool

_HLS = (VITIS_UNIFIED, VITIS_HLS, VIVADO_HLS)
_WORK = "hls_work"


@dataclass(frozen=True)
class Plan:
    """What is run, and patterns of files below the project folder that it writes anew."""

    commands: tuple[Command, ...]
    results: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """Something that a vendor tool does with a project folder."""

    name: str
    what: str
    tools: tuple[Tool, ...]
    """Any of these, the first one that is there."""
    plan: Callable[[Path, Found], Plan]


def _hls(words: tuple[str, ...], result: str, unified: tuple[str, ...]) -> Callable[[Path, Found], Plan]:
    """The steps of the Tcl scripts, their result below the solution or the work folder, and those of the unified
    tools."""

    def plan(folder: Path, found: Found) -> Plan:
        if found.tool is not VITIS_UNIFIED:
            script = "vivado_hls.tcl" if found.tool is VIVADO_HLS else "vitis_hls.tcl"
            _needed(folder, script)
            command = Command((str(found.programs[0]), "-f", script, " ".join(words)), folder)
            return Plan((command,), (f"hls_project/solution/{result}",))
        _needed(folder, "hls_config.cfg")
        compiler, runner = (str(program) for program in found.programs)
        common = ("--config", "hls_config.cfg", "--work_dir", _WORK)
        commands = (
            (compiler, "-c", "--mode", "hls", *common)
            if step == "csynth"
            else (runner, "--mode", "hls", f"--{step}", *common)
            for step in unified
        )
        return Plan(tuple(Command(words, folder) for words in commands), (f"{_WORK}/hls/{result}",))

    return plan


def _vivado(script: str, words: tuple[str, ...], results: tuple[str, ...]) -> Callable[[Path, Found], Plan]:
    def plan(folder: Path, found: Found) -> Plan:
        _needed(folder, script)
        words_of_script = ("-tclargs", *words) if words else ()
        batch = ("-mode", "batch", "-nojournal", "-nolog", "-source", script, *words_of_script)
        return Plan((Command((str(found.programs[0]), *batch), folder),), results)

    return plan


def _needed(folder: Path, name: str) -> None:
    if not (folder / name).is_file():
        raise OutputError(f"{folder / name} is not there; make the folder anew with `codesign compile`")


STEPS: dict[str, Step] = {
    step.name: step
    for step in (
        Step(
            "csim", "C simulation with the vendor's ap_int", _HLS, _hls(("csim",), "csim/report/*csim.log", ("csim",))
        ),
        Step("csynth", "HLS synthesis", _HLS, _hls(("csynth",), "syn/report/*csynth.rpt", ("csynth",))),
        Step(
            "cosim",
            "HLS synthesis, and simulation of its RTL",
            _HLS,
            _hls(("csynth", "cosim"), "sim/report/*cosim.rpt", ("csynth", "cosim")),
        ),
        Step(
            "export",
            "HLS synthesis, and an IP for Vivado",
            _HLS,
            _hls(("csynth", "export"), "impl/ip/component.xml", ("csynth", "package")),
        ),
        Step(
            "synth",
            "Vivado synthesis of the SystemVerilog",
            (VIVADO,),
            _vivado("rtl/synth.tcl", (), ("rtl/reports/synth_utilization.rpt", "rtl/reports/synth_timing.rpt")),
        ),
        Step(
            "implement",
            "Vivado synthesis, placement and routing of the SystemVerilog",
            (VIVADO,),
            _vivado(
                "rtl/synth.tcl",
                ("synth", "implement"),
                ("rtl/reports/route_utilization.rpt", "rtl/reports/route_timing.rpt"),
            ),
        ),
        Step(
            "package",
            "the SystemVerilog as an IP for Vivado",
            (VIVADO,),
            _vivado("rtl/package_ip.tcl", (), ("rtl/component.xml",)),
        ),
    )
}
