"""A block design around the IP, of either language, as far as tclsh can tell."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from codesign.backends.rtl.project import write_twin
from tests.rtl.cosimulated import final
from tests.rtl.test_axis import reversed_sample
from tests.tclsh import Vendor, recorded

STREAMS = ("s_axis_x", "s_axis_aclk", "m_axis_x", "m_axis_core")
ANSWERS = """
proc get_bd_intf_pins {args} { lappend ::calls [list get_bd_intf_pins {*}$args]; return $::streams }
proc get_bd_intf_ports {args} { lmap s $::streams { string cat $s _0 } }
proc get_property {what object} { return $object }
"""


def example(tmp_path: Path, *words: str, folder: str, streams: tuple[str, ...] = STREAMS) -> Vendor:
    design = final(reversed_sample(("x", "aclk"), ("x", "core")))
    write_twin(design, tmp_path, part="xcvu13p-flga2577-2-e", clock_ns=Fraction(10, 3), version="0", digest="0")
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / folder / "component.xml").touch()
    answers = ANSWERS + f"set ::streams {{{' '.join(streams)}}}\n"
    return recorded(tmp_path / "ip_example.tcl", *words, answers=answers)


@pytest.mark.parametrize(
    ("kind", "folder", "ip", "clock", "reset"),
    [
        ("rtl", "rtl", "codesign:codesign:net_axis:1.0", "aclk", "aresetn"),
        ("hls", "hls_project/solution/impl/ip", "codesign:hls:net:1.0", "ap_clk", "ap_rst_n"),
        ("free_running", "hls_free_running/solution/impl/ip", "codesign:hls:net:1.0", "ap_clk", "ap_rst_n"),
    ],
)
def test_every_stream_of_the_ip_becomes_a_port(
    kind: str, folder: str, ip: str, clock: str, reset: str, tmp_path: Path
) -> None:
    asked = example(tmp_path, kind, folder=folder)
    [project] = asked.of("create_project")
    assert project[-2:] == ["-part", "xcvu13p-flga2577-2-e"]
    assert ["ip_repo_paths", str(tmp_path / folder), ""] in [[*c[:2], ""] for c in asked.of("set_property")]
    assert asked.of("create_bd_cell")[0] == ["-type", "ip", "-vlnv", ip, "core"]
    assert [c[0] for c in asked.of("make_bd_intf_pins_external")] == list(STREAMS)
    nets = asked.of("connect_bd_net")
    assert ["clock", f"core/{clock}"] in nets
    assert ["reset_n", f"core/{reset}"] in nets
    assert (["always/dout", "core/ap_start"] in nets) == (kind == "hls")
    assert ["-dir", "I", "-type", "clk", "-freq_hz", "300030003", "clock"] in asked.of("create_bd_port")
    ports = ":".join(f"{s}_0" for s in STREAMS)
    assert ["CONFIG.ASSOCIATED_BUSIF", ports, "clock"] in asked.of("set_property")
    assert asked.names().index("validate_bd_design") < asked.names().index("generate_target")


def test_an_ip_elsewhere_is_named(tmp_path: Path) -> None:
    asked = example(tmp_path, "hls", str(tmp_path / "mine"), folder="mine")
    assert str(tmp_path / "mine") in [c[1] for c in asked.of("set_property")]


def test_the_kind_of_ip_must_be_one_that_there_is(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="'both' is no kind of IP; give one of rtl, hls and free_running"):
        example(tmp_path, "both", folder="rtl")


def test_an_ip_that_was_not_made_yet_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"impl/ip has no component.xml: make the IP first"):
        example(tmp_path, "hls", folder="rtl")


def test_an_ip_with_other_streams_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="the IP has 3 AXI4-Streams, the design 4"):
        example(tmp_path, "rtl", folder="rtl", streams=STREAMS[:3])
