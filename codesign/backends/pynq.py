"""The kernel on a PYNQ board: scripts that make an overlay of it, and the driver that runs it from Python.

An overlay is a block design: the processors with the settings of the board, the kernel on their clock, its registers
behind the general-purpose master and its memory ports behind the high-performance slaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from codesign.backends.kernel.sources import Kernel
from codesign.backends.project import clock_text
from codesign.backends.python_host import python_host, write_texts
from codesign.backends.render import render
from codesign.ir.design import Design

FOLDER = "pynq"
"""The overlay's place in the project folder."""

REGISTERS = "s_axi_control"
"""The AXI-Lite slave that HLS makes of the bundle `control`."""


@dataclass(frozen=True)
class Processors:
    """The processing system of a family: its IP, and what its ports are called there.

    The names are those of PG082 (Zynq-7000) and PG201 (Zynq UltraScale+).
    """

    name: str
    automation: str
    """What the rule that applies the board's preset is told."""
    control: str
    clock: str
    reset: str
    control_clock: str
    memory: tuple[str, ...]
    """The high-performance slaves."""
    memory_clocks: tuple[str, ...]
    uses: tuple[str, ...]
    """The setting that gives each of them."""
    widths: tuple[str, ...]
    """The setting of the width of each of them."""
    frequency: str
    others: tuple[tuple[str, str], ...]


ZYNQ_7000 = Processors(
    name="processing_system7",
    automation='make_external "FIXED_IO, DDR" apply_board_preset "1" Master "Disable" Slave "Disable"',
    control="M_AXI_GP0",
    clock="FCLK_CLK0",
    reset="FCLK_RESET0_N",
    control_clock="M_AXI_GP0_ACLK",
    memory=tuple(f"S_AXI_HP{i}" for i in range(4)),
    memory_clocks=tuple(f"S_AXI_HP{i}_ACLK" for i in range(4)),
    uses=tuple(f"PCW_USE_S_AXI_HP{i}" for i in range(4)),
    widths=tuple(f"PCW_S_AXI_HP{i}_DATA_WIDTH" for i in range(4)),
    frequency="PCW_FPGA0_PERIPHERAL_FREQMHZ",
    others=(("PCW_USE_M_AXI_GP0", "1"), ("PCW_EN_CLK0_PORT", "1"), ("PCW_EN_RST0_PORT", "1")),
)

ZYNQ_ULTRASCALE = Processors(
    name="zynq_ultra_ps_e",
    automation='apply_board_preset "1"',
    control="M_AXI_HPM0_FPD",
    clock="pl_clk0",
    reset="pl_resetn0",
    control_clock="maxihpm0_fpd_aclk",
    memory=tuple(f"S_AXI_HP{i}_FPD" for i in range(4)),
    memory_clocks=tuple(f"saxihp{i}_fpd_aclk" for i in range(4)),
    # HP0 is the third of the slave ports of the programmable logic.
    uses=tuple(f"PSU__USE__S_AXI_GP{i + 2}" for i in range(4)),
    widths=tuple(f"PSU__SAXIGP{i + 2}__DATA_WIDTH" for i in range(4)),
    frequency="PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ",
    others=(
        ("PSU__USE__M_AXI_GP0", "1"),
        ("PSU__USE__M_AXI_GP1", "0"),
        ("PSU__USE__M_AXI_GP2", "0"),
        ("PSU__FPGA_PL0_ENABLE", "1"),
    ),
)

FAMILIES = {"zynq-7000": ZYNQ_7000, "zynq-ultrascale+": ZYNQ_ULTRASCALE}
"""The families that have processors."""


@dataclass(frozen=True)
class MemoryPort:
    """A port to the memory, and the masters that share it, each with its place at the interconnect between them."""

    name: str
    connect: str
    masters: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Overlay:
    """The block design, every name and number final."""

    name: str
    part: str
    board_part: str
    clock_ns: str
    ps: Processors
    settings: tuple[tuple[str, str], ...]
    registers: str
    masters: int
    ports: tuple[MemoryPort, ...]
    clocked: tuple[str, ...]
    reset: tuple[str, ...]


def overlay(kernel: Kernel, family: str, part: str, board_part: str, clock_ns: str) -> Overlay:
    """The overlay of `kernel` on a board of one of `FAMILIES`, at a clock of `clock_ns` nanoseconds."""
    ps = FAMILIES[family]
    masters = [f"m_axi_gmem{number}" for number in range(kernel.status_number + 1)]
    count = min(len(masters), len(ps.memory))
    ports = tuple(
        MemoryPort(
            ps.memory[p],
            f"memory_{p}",
            tuple((f"S{slot:02d}_AXI", master) for slot, master in enumerate(masters[p::count])),
        )
        for p in range(count)
    )
    connects = [port.connect for port in ports]
    clocks = (ps.control_clock, *ps.memory_clocks[:count])
    return Overlay(
        name=kernel.sources.top,
        part=part,
        board_part=board_part,
        clock_ns=clock_ns,
        ps=ps,
        settings=tuple(_settings(ps, count, kernel.word_bits, clock_ns)),
        registers=REGISTERS,
        masters=len(masters),
        ports=ports,
        clocked=(
            *(f"ps/{clock}" for clock in clocks),
            "kernel/ap_clk",
            "reset/slowest_sync_clk",
            *(f"{cell}/aclk" for cell in ("control", *connects)),
        ),
        reset=("kernel/ap_rst_n", *(f"{cell}/aresetn" for cell in ("control", *connects))),
    )


def write_overlay(
    design: Design,
    kernel: Kernel,
    folder: Path,
    *,
    family: str,
    part: str,
    board_part: str,
    clock_ns: Fraction | float,
    version: str,
    digest: str,
) -> None:
    """Writes `pynq/` into the project `folder`, which holds `design` and its `kernel` already.

    `digest` names the model. The same arguments give the same bytes. TargetError where a host could not encode an input
    exactly.
    """
    found = overlay(kernel, family, part, board_part, clock_text(clock_ns))
    texts = overlay_files(kernel, found, version, digest)
    texts |= python_host(FOLDER, "driver.py", design, kernel, ("kernel",), digest)
    write_texts(folder, texts)


def overlay_files(kernel: Kernel, found: Overlay, version: str, digest: str) -> dict[str, str]:
    """The scripts by their path in the project; `digest` names the model."""
    values = {"o": found, "k": kernel, "version": version, "digest": digest}
    names = ("kernel_ip.tcl", "kernel_ip.cfg", "overlay.tcl", "README.md")
    return {f"{FOLDER}/{name}": render(f"pynq/{name}.j2", **values) for name in names}


def _settings(ps: Processors, count: int, word_bits: int, clock_ns: str) -> Iterator[tuple[str, str]]:
    yield from ps.others
    yield ps.frequency, f"{float(1000 / Fraction(clock_ns)):.6f}".rstrip("0").rstrip(".")
    for p in range(len(ps.memory)):
        yield ps.uses[p], str(int(p < count))
    for p in range(count):
        yield ps.widths[p], str(word_bits)
