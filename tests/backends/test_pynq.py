"""The overlay of a kernel, as far as tclsh can tell: what is connected exists, and all that must be is connected."""

from __future__ import annotations

import configparser
from dataclasses import replace
from pathlib import Path

import pytest

from codesign.backends.kernel.sources import kernel, write_kernel
from codesign.backends.project import write_project
from codesign.backends.pynq import write_overlay
from codesign.ir.design import Design
from codesign.ir.layers import Input, Quantize
from codesign.ir.vector import Vector
from codesign.targets import load_target
from tests.rtl.test_axis import reversed_sample
from tests.tclsh import Vendor, recorded

BOARDS = ("pynq-z2", "kv260", "zcu102")

ANSWERS = """
proc get_ipdefs {pattern} { return [string map {:* :9.9} $pattern] }
proc get_property {what object} {
    switch -glob -- $what { PROGRESS { return $::progress } STATS.W?S { return $::slack } default { return $object } }
}
proc get_board_parts {quiet name} { return [expr {$::boards ? $name : {}}] }
proc get_bd_intf_pins {args} { return [expr {[llength $args] > 1 ? $::masters : [lindex $args 0]}] }
set ::progress 100%
set ::slack 0.1
set ::boards 1
"""


def project(tmp_path: Path, design: Design, board: str = "pynq-z2") -> Path:
    """The project of `design` for a board, with an IP as HLS would leave it and a finished implementation."""
    target = load_target(board)
    assert target.word_bits is not None and target.board_part is not None
    printed = write_project(design, tmp_path, part=target.part, clock_ns=10, vectors=None, version="0", digest="0")
    found = write_kernel(kernel(design, printed, target.word_bits), tmp_path, version="0", digest="0")
    write_overlay(
        design, found, tmp_path, family=target.family, part=target.part, board_part=target.board_part,
        clock_ns=1000 / 142, version="0", digest="0",
    )  # fmt: skip
    place = tmp_path / "pynq"
    (place / "kernel_ip").mkdir()
    (place / "kernel_ip" / "component.xml").touch()
    for file in ("overlay.gen/sources_1/bd/net/hw_handoff/net.hwh", "overlay.runs/impl_1/net_wrapper.bit"):
        (place / "overlay" / file).parent.mkdir(parents=True)
        (place / "overlay" / file).write_text(file)
    return place


def two_ports() -> Design:
    """Two inputs and two outputs, so five masters with the status."""
    return encoded(reversed_sample(("x", "mask"), ("y", "z")))


def encoded(design: Design) -> Design:
    """The same with inputs of plain numbers."""
    for k, port in enumerate(design.inputs):
        t = port.tensor
        layer = Input(t, (Quantize(t.type.low, t.type.high, Vector.of(t.type.step)),))
        design.inputs[k] = replace(port, layer=layer)
    return design


def ran(place: Path, *words: str, masters: int = 5, answers: str = "") -> Vendor:
    names = " ".join(f"/kernel/m_axi_gmem{i}" for i in range(masters))
    return recorded(place / "overlay.tcl", *words, answers=f"{ANSWERS}set ::masters {{{names}}}\n{answers}")


class Blocks:
    """The block design that a script asked for, with the pins that its cells have by their documentation."""

    def __init__(self, asked: Vendor, masters: int) -> None:
        self.settings: dict[str, dict[str, str]] = {}
        for _, settings, cell in (c for c in asked.of("set_property") if c[0] == "-dict"):
            words = settings.replace("{", "").replace("}", "").split()
            self.settings.setdefault(cell, {}).update(zip(words[::2], words[1::2]))
        self.cells = {c[-1]: c[c.index("-vlnv") + 1] for c in asked.of("create_bd_cell")}
        self.interfaces: set[str] = set()
        self.pins: set[str] = set()
        for cell, kind in self.cells.items():
            self._add(cell, kind.split(":")[2], self.settings.get(cell, {}), masters)
        self.nets = asked.of("connect_bd_net")
        self.buses = asked.of("connect_bd_intf_net")

    def _add(self, cell: str, kind: str, s: dict[str, str], masters: int) -> None:
        pins: list[str] = []
        buses: list[str] = []
        match kind:
            case "processing_system7":  # PG082
                pins = ["FCLK_CLK0", "FCLK_RESET0_N", "M_AXI_GP0_ACLK"]
                buses = ["M_AXI_GP0"] if s["CONFIG.PCW_USE_M_AXI_GP0"] == "1" else []
                for i in range(4):
                    if s[f"CONFIG.PCW_USE_S_AXI_HP{i}"] == "1":
                        assert s[f"CONFIG.PCW_S_AXI_HP{i}_DATA_WIDTH"] == "64"
                        pins.append(f"S_AXI_HP{i}_ACLK")
                        buses.append(f"S_AXI_HP{i}")
            case "zynq_ultra_ps_e":  # PG201
                pins = ["pl_clk0", "pl_resetn0", "maxihpm0_fpd_aclk"]
                buses = ["M_AXI_HPM0_FPD"] if s["CONFIG.PSU__USE__M_AXI_GP0"] == "1" else []
                for i in range(4):
                    if s[f"CONFIG.PSU__USE__S_AXI_GP{i + 2}"] == "1":
                        assert s[f"CONFIG.PSU__SAXIGP{i + 2}__DATA_WIDTH"] == "128"
                        pins.append(f"saxihp{i}_fpd_aclk")
                        buses.append(f"S_AXI_HP{i}_FPD")
            case "smartconnect":  # PG247
                pins = ["aclk", "aresetn"]
                buses = [f"S{i:02d}_AXI" for i in range(int(s["CONFIG.NUM_SI"]))]
                buses += [f"M{i:02d}_AXI" for i in range(int(s["CONFIG.NUM_MI"]))]
            case "proc_sys_reset":  # PG164
                pins = ["slowest_sync_clk", "ext_reset_in", "peripheral_aresetn"]
            case "net_kernel":
                pins = ["ap_clk", "ap_rst_n"]
                buses = ["s_axi_control", *(f"m_axi_gmem{i}" for i in range(masters))]
            case _:
                raise AssertionError(kind)
        self.pins |= {f"{cell}/{pin}" for pin in pins}
        self.interfaces |= {f"{cell}/{bus}" for bus in buses}


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("ports", [1, 2])
def test_everything_that_must_be_connected_is_and_exists(board: str, ports: int, tmp_path: Path) -> None:
    design = two_ports() if ports == 2 else encoded(reversed_sample())
    masters = 2 * ports + 1
    place = project(tmp_path, design, board)
    asked = ran(place, masters=masters)
    blocks = Blocks(asked, masters)
    ends = [end for bus in blocks.buses for end in bus]
    assert sorted(ends) == sorted(blocks.interfaces)  # each once: nothing is open, nothing is connected twice
    driven = [net[1] for net in blocks.nets]
    sources = {net[0] for net in blocks.nets}
    assert sorted(driven) == sorted(blocks.pins - sources)
    assert sources <= blocks.pins
    clock = {net[1] for net in blocks.nets if net[0] in ("ps/FCLK_CLK0", "ps/pl_clk0")}
    assert clock == {p for p in blocks.pins if p.lower().endswith("clk") and p not in sources}
    steps = asked.names()
    order = ["assign_bd_address", "validate_bd_design", "generate_target", "launch_runs", "wait_on_run"]
    assert [s for s in steps if s in order] == order
    assert ["impl_1", "-to_step", "write_bitstream"] in asked.of("launch_runs")


def test_an_interconnect_joins_masters_of_the_kernel_and_one_port_to_the_memory(tmp_path: Path) -> None:
    blocks = Blocks(ran(project(tmp_path, two_ports())), 5)
    joined = dict(blocks.buses)
    ports = {joined[f"memory_{i}/M00_AXI"] for i in range(4)}
    assert ports == {f"ps/S_AXI_HP{i}" for i in range(4)}
    assert [joined[f"kernel/m_axi_gmem{i}"] for i in range(5)] == [
        "memory_0/S00_AXI", "memory_1/S00_AXI", "memory_2/S00_AXI", "memory_3/S00_AXI", "memory_0/S01_AXI"
    ]  # fmt: skip
    assert joined["ps/M_AXI_GP0"] == "control/S00_AXI"
    assert joined["control/M00_AXI"] == "kernel/s_axi_control"


@pytest.mark.parametrize(
    ("board", "setting"),
    [
        ("pynq-z2", "CONFIG.PCW_FPGA0_PERIPHERAL_FREQMHZ"),
        ("kv260", "CONFIG.PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ"),
    ],
)
def test_the_clock_is_the_one_that_the_design_was_made_for(board: str, setting: str, tmp_path: Path) -> None:
    place = project(tmp_path, two_ports(), board)
    assert Blocks(ran(place), 5).settings["ps"][setting] == "142.005112"  # 7.042 ns
    [clock] = recorded(place / "kernel_ip.tcl", answers=HLS).of("create_clock")
    assert clock == ["-period", "7.042", "-name", "default"]


def test_the_board_has_its_part_and_its_preset(tmp_path: Path) -> None:
    asked = ran(project(tmp_path, two_ports()))
    assert ["board_part", "tul.com.tw:pynq-z2:part0:1.0", "current_project"] in asked.of("set_property")
    [automation] = asked.of("apply_bd_automation")
    assert automation[:2] == ["-rule", "xilinx.com:bd_rule:processing_system7"]
    assert automation[3].split() == [
        "make_external", '"FIXED_IO,', 'DDR"', "apply_board_preset", '"1"', "Master", '"Disable"', "Slave", '"Disable"',
    ]  # fmt: skip
    [created] = asked.of("create_project")
    assert created[-2:] == ["-part", "xc7z020clg400-1"]


def test_the_overlay_is_a_bitstream_and_its_handoff(tmp_path: Path) -> None:
    place = project(tmp_path, two_ports())
    ran(place)
    assert (place / "net.bit").read_text() == "overlay.runs/impl_1/net_wrapper.bit"
    assert (place / "net.hwh").read_text().endswith("net.hwh")


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ("set ::boards 0\n", "Vivado has no board files for tul.com.tw:pynq-z2:part0:1.0: install them"),
        ("set ::progress 60%\n", "the implementation ended as"),
        ("set ::slack -0.2\n", r"the clock of 7.042 ns is not met \(slack -0.2 ns\): compile with a lower --clock-mhz"),
        ("set ::masters {a b}\n", "the kernel's IP has 2 masters, the design 5: it is the IP of another design"),
        ("file delete [file join kernel_ip component.xml]\n", "has no component.xml: make the kernel's IP first"),
    ],
)
def test_what_cannot_become_an_overlay_is_said(answers: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=message):
        ran(project(tmp_path, two_ports()), answers=answers)
    assert not (tmp_path / "pynq" / "net.bit").exists()


def test_folders_of_the_ip_and_of_the_board_files_can_be_named(tmp_path: Path) -> None:
    place = project(tmp_path, two_ports())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "component.xml").touch()
    asked = ran(place, "../mine", "../boards")
    assert asked.of("set_param") == [["board.repoPaths", str(tmp_path / "boards")]]
    assert str(tmp_path / "mine") in [c[1] for c in asked.of("set_property")]


# --- the kernel's IP


HLS = """
proc export_design {args} {
    lappend ::calls [list export_design {*}$args]
    file mkdir kernel_project/solution/impl/ip
    close [open kernel_project/solution/impl/ip/component.xml w]
}
"""
VIVADO_HLS = """
proc open_solution {args} {
    if {[lsearch -exact $args -flow_target] >= 0} { error {unknown option} }
    lappend ::calls [list open_solution {*}$args]
}
"""


@pytest.mark.parametrize("tool", ["", VIVADO_HLS])
def test_the_kernel_becomes_an_ip_that_the_overlay_finds(tool: str, tmp_path: Path) -> None:
    place = project(tmp_path, two_ports())
    asked = recorded(place / "kernel_ip.tcl", answers=HLS + tool)
    assert asked.of("set_top") == [["net_kernel"]]
    [[source, *_]] = asked.of("add_files")
    assert (place / source).is_file()
    assert asked.of("open_solution")[-1][:2] == ["-reset", "solution"]
    assert ("-flow_target" in asked.of("open_solution")[-1]) == (not tool)
    [words] = asked.of("export_design")
    options = dict(zip(words[::2], words[1::2]))
    assert (options["-vendor"], options["-library"], options["-version"]) == ("codesign", "hls", "1.0")
    assert Blocks(ran(place), 5).cells["kernel"] == "codesign:hls:net_kernel:1.0"


def test_the_configuration_of_later_tools_says_the_same(tmp_path: Path) -> None:
    place = project(tmp_path, two_ports())
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string("[general]\n" + (place / "kernel_ip.cfg").read_text())
    hls = dict(parser["hls"])
    assert (place / hls["syn.file"]).is_file()
    assert (hls["syn.top"], hls["clock"], hls["package.ip.name"]) == ("net_kernel", "7.042ns", "net_kernel")
    assert parser["general"]["part"] == "xc7z020clg400-1"


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    texts = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        place = project(tmp_path / name, two_ports())
        texts.append({p.name: p.read_bytes() for p in place.iterdir() if p.is_file()})
    assert texts[0] == texts[1]
    assert {"driver.py", "codesign_host.py", "codesign_runner.py", "design.json", "README.md"} <= set(texts[0])
