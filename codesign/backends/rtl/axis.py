"""The design with AXI4-Stream ports: a wrapper around its top, in Verilog."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codesign.backends.names import Names
from codesign.backends.render import render
from codesign.backends.rtl.modules import Side
from codesign.backends.rtl.top import PortText, Rtl


@dataclass(frozen=True)
class AxisPort:
    """A port: `name`_tdata and so on of so many `bytes`, and what it connects to: the top's port, by wires."""

    name: str
    instance: str
    origin: str
    beats: int
    lanes: int
    element_width: int
    width: int
    bytes: int
    port: Side
    beat: Side


@dataclass(frozen=True)
class Axis:
    """The wrapper `name` around the module `top`: its ports are aclk, aresetn (active low, for at least a cycle), those
    of the AXI4-Streams, and misframed."""

    name: str
    top: str
    origin: str
    inputs: tuple[AxisPort, ...]
    outputs: tuple[AxisPort, ...]

    @property
    def file(self) -> str:
        """Where the wrapper is, below the folder of the SystemVerilog."""
        return f"{self.name}.v"

    def text(self, version: str, digest: str) -> str:
        """The Verilog."""
        return render("rtl/axis.v.j2", s=self, version=version, digest=digest)


def axis(rtl: Rtl) -> Axis:
    """The wrapper's values: ports s_axis_<input>_... and m_axis_<output>_..., of the whole bytes that a beat takes."""
    inputs, outputs = _ports("s_axis", "in", rtl.inputs), _ports("m_axis", "out", rtl.outputs)
    return Axis(rtl.axis, rtl.top, rtl.origin, tuple(inputs), tuple(outputs))


def _ports(prefix: str, inside: str, ports: Sequence[PortText]) -> Iterator[AxisPort]:
    names = Names()
    for i, p in enumerate(ports):
        instance = f"{inside}_{i}"
        yield AxisPort(
            name=names.unique(f"{prefix}_{p.name}"),
            instance=instance,
            origin=p.origin,
            beats=p.beats,
            lanes=p.lanes,
            element_width=p.element_width,
            width=p.stream.width,
            bytes=-(-p.stream.width // 8),
            port=p.signals,
            beat=Side(*(f"{instance}_{what}" for what in ("data", "valid", "ready"))),
        )
