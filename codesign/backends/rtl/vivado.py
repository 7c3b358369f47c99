"""What Vivado needs beside the SystemVerilog: AXI4-Stream ports, and scripts that package an IP and synthesize."""

from __future__ import annotations

from fractions import Fraction

from codesign.backends.names import Names
from codesign.backends.render import render
from codesign.backends.rtl.axis import axis
from codesign.backends.rtl.top import Rtl, library


def vivado(rtl: Rtl, part: str, clock: str, version: str, digest: str) -> dict[str, str]:
    """Further files by their path below the folder of the SystemVerilog; `clock` is the period in nanoseconds, as text.

    `<top>_axis.v` is the design with AXI4-Stream ports, `package_ip.tcl` makes an IP of that, and `synth.tcl`
    synthesizes the top out of context for the device `part`, with the clock that `clock.xdc` sets.
    """
    wrapper = axis(rtl)
    values = {
        "s": rtl,
        "a": wrapper,
        "part": part,
        "clock": clock,
        "version": version,
        "digest": digest,
        "sources": sorted([f"{rtl.top}.sv", *(f"{name}.sv" for name in rtl.generated), *library()]),
        "weights": sorted(rtl.weights),
    }
    scripts = ("package_ip.tcl", "synth.tcl", "clock.xdc")
    return {wrapper.file: wrapper.text(version, digest)} | {
        name: render(f"rtl/{name}.j2", **values) for name in scripts
    }


def example(rtl: Rtl, name: str, part: str, clock: str, version: str, digest: str) -> str:
    """A script that puts an IP of the design `name`, from the SystemVerilog or from the C++, into a block design whose
    ports are its AXI4-Streams, for the device `part` with a clock of `clock` nanoseconds."""
    return render(
        "rtl/ip_example.tcl.j2",
        a=axis(rtl),
        top=Names().unique(name),
        part=part,
        clock_hz=round(10**9 / Fraction(clock)),
        version=version,
        digest=digest,
    )
