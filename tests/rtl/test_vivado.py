"""The scripts for Vivado, run by tclsh with its commands recorded instead of done."""

from __future__ import annotations

import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from codesign.backends.rtl.project import write_twin
from codesign.backends.rtl.top import rtl
from codesign.backends.rtl.vivado import vivado
from codesign.errors import IRError
from tests.rtl.cosimulated import final
from tests.rtl.test_axis import reversed_sample, written

STUBS = """
namespace eval ipx {}
foreach name {create_project set_property add_files read_xdc synth_design write_checkpoint report_utilization
              report_timing_summary opt_design place_design phys_opt_design route_design current_project
              current_fileset get_files update_compile_order create_clock
              ipx::package_project ipx::current_core ipx::get_bus_interfaces ipx::associate_bus_interfaces
              ipx::create_xgui_files ipx::update_checksums ipx::check_integrity ipx::save_core} {
    proc $name args "lappend ::calls \\[list $name {*}\\$args\\]; return \\[expr {{$name} eq {ipx::get_bus_interfaces}\
 ? \\$::interfaces : {$name}}\\]"
}
rename exit leave
proc exit {{code 0}} { foreach call $::calls { puts [regsub -all {\\s+} [join $call] { }] }; leave $code }
proc exec args { error "executed $args" }
set calls {}
set interfaces {found}
"""


def calls(folder: Path, script: str, *arguments: str, before: str = "") -> list[str]:
    """What the script asks of Vivado, a line per command; as it runs in another folder than its own."""
    tclsh = shutil.which("tclsh")
    if tclsh is None:
        pytest.skip("needs tclsh")
    text = (folder / script).read_text()
    stubs = folder.parent / "stubs.tcl"
    check = f"if {{![info complete [read [open {{{folder / script}}}]]]}} {{ error unbalanced }}\n"
    stubs.write_text(STUBS + before + check + f"source {{{folder / script}}}\n")
    assert text.isascii()
    done = subprocess.run([tclsh, stubs, *arguments], capture_output=True, text=True, cwd=folder.parent, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_project_has_the_scripts_beside_its_sources(tmp_path: Path) -> None:
    design = final(reversed_sample())
    write_twin(design, tmp_path, part="xc7z020clg400-1", clock_ns=Fraction(10, 3), version="0", digest="0")
    there = {str(p.relative_to(tmp_path / "rtl")) for p in (tmp_path / "rtl").rglob("*") if p.is_file()}
    assert there >= {"net.sv", "net_axis.v", "package_ip.tcl", "synth.tcl", "clock.xdc"}
    assert "-period {3.333}" in (tmp_path / "rtl" / "clock.xdc").read_text()
    assert "create_project -in_memory -part {xc7z020clg400-1}" in (tmp_path / "rtl" / "synth.tcl").read_text()
    assert (tmp_path / "cosim" / "codesign_cosim.sv").is_file()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "rtl"
    written(final(reversed_sample(("x", "aclk"), ("x", "core"), lanes=1)), place)
    assert list(place.glob("weights/*.hex"))
    return place


def files(found: list[str]) -> set[str]:
    """Every file that is added."""
    added = (line.removeprefix("add_files -norecurse").split() for line in found if line.startswith("add_files"))
    return {word.strip("{}") for words in added for word in words}


def test_synthesis_reads_every_file_that_there_is_for_the_device_and_its_clock(folder: Path) -> None:
    found = calls(folder, "synth.tcl")
    assert "create_project -in_memory -part xcu50-fsvh2104-2-e" in found
    assert "set_property file_type Memory Initialization Files get_files" in found
    assert "synth_design -top net -part xcu50-fsvh2104-2-e -mode out_of_context" in found
    assert files(found) == {str(p.relative_to(folder)) for p in (*folder.glob("*.sv"), *folder.glob("weights/*"))}
    assert not [line for line in found if line.startswith("route_design")]
    assert "create_clock -name clock -period {5} [get_ports {clk}]\n" in (folder / "clock.xdc").read_text()
    assert (folder / "reports").is_dir()


def test_implementation_is_asked_for_by_name(folder: Path) -> None:
    steps = [line.split()[0] for line in calls(folder, "synth.tcl", "synth implement")]
    assert [s for s in steps if s.endswith("_design")] == [
        "synth_design", "opt_design", "place_design", "phys_opt_design", "route_design"
    ]  # fmt: skip


def test_an_ip_has_every_port_as_an_interface_with_its_clock(folder: Path) -> None:
    found = calls(folder, "package_ip.tcl")
    assert "set_property top net_axis current_fileset" in found
    there = (*folder.glob("*.sv"), *folder.glob("*.v"), *folder.glob("weights/*"))
    assert files(found) == {str(p.relative_to(folder)) for p in there}
    assert [line for line in found if "associate" in line] == [
        *(
            f"ipx::associate_bus_interfaces -busif {name} -clock aclk ipx::current_core"
            for name in ("s_axis_x", "s_axis_aclk", "m_axis_x", "m_axis_core")
        ),
        "ipx::associate_bus_interfaces -clock aclk -reset aresetn ipx::current_core",
    ]
    assert "set_property auto_family_support_level level_2 ipx::current_core" in found
    assert found[-1] == "ipx::save_core ipx::current_core"


def test_a_port_of_which_no_interface_was_made_ends_the_packaging(folder: Path) -> None:
    with pytest.raises(AssertionError, match="no AXI4-Stream was inferred from the ports s_axis_x"):
        calls(folder, "package_ip.tcl", before="set interfaces {}\n")


def test_names_that_are_no_words_of_tcl_are_not_printed() -> None:
    with pytest.raises(IRError, match=r"'\[exec id\]' was to be printed as a Tcl word"):
        vivado(rtl(final(reversed_sample())), "[exec id]", "5", "0", "0")
