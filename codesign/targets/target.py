"""What a device or board has: resources, memories beside the logic, the way to its host."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

FAMILIES = ("ultrascale+", "zynq-ultrascale+", "7-series", "zynq-7000")

WORD_BITS = (32, 64, 128, 256, 512, 1024)
"""The widths that an AXI master may have (UG1399, m_axi)."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What a device has, or a design needs; half a block of BRAM is one of 18 Kb."""

    lut: float = 0
    ff: float = 0
    dsp: float = 0
    bram36: float = 0
    uram: float = 0

    @property
    def bram18(self) -> float:
        """The same block RAM counted in halves, as HLS reports do."""
        return 2 * self.bram36

    def __add__(self, other: Resources) -> Resources:
        return Resources(*(a + b for a, b in zip(self, other)))

    def __mul__(self, factor: float) -> Resources:
        return Resources(*(a * factor for a in self))

    def __iter__(self) -> Iterator[float]:
        return iter((self.lut, self.ff, self.dsp, self.bram36, self.uram))

    def items(self) -> list[tuple[str, float]]:
        """(name as engineers write it, amount)."""
        return list(zip(("LUT", "FF", "DSP", "BRAM36", "URAM"), self))

    def exceeding(self, limit: Resources) -> list[str]:
        """The names of those of which there is more than in `limit`."""
        return [name for (name, need), (_, most) in zip(self.items(), limit.items()) if need > most]


@dataclass(frozen=True, slots=True)
class MemoryBanks:
    """`banks` equal memories beside the logic. A kernel's argument is put into one by `sp=cu.argument:HBM[0]`, HBM
    being the tag that the board's platforms give them."""

    kind: str
    banks: int
    mib_per_bank: int
    tag: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """HBM[0], HBM[1] and so on; nothing without a tag."""
        return () if self.tag is None else tuple(f"{self.tag}[{bank}]" for bank in range(self.banks))


@dataclass(frozen=True, slots=True)
class Platform:
    """A Vitis platform of a board: what `v++ --platform` is given."""

    name: str
    tools: str
    """The first version of Vitis that takes it: the one it was made with, or the first there is. Later ones do too."""


@dataclass(frozen=True, slots=True)
class Link:
    """The way between the host's memory and the card's."""

    gbytes_per_s: float
    """What large transfers reach, in 10^9 bytes."""
    launch_us: float
    """From the call that starts a kernel to the return of the wait for it, beyond the kernel's own time."""
    source: str
    peak_gbytes_per_s: float | None = None
    """What the wire carries at most."""


@dataclass(frozen=True, slots=True)
class Target:
    """A device or board. `source` names the documents that the figures come from.

    `clock_mhz` is the default; above `max_clock_mhz` we do not expect generated designs to close timing.
    """

    name: str
    title: str
    part: str
    family: str
    source: str
    resources: Resources
    slrs: int
    clock_mhz: float
    max_clock_mhz: float
    resources_per_slr: tuple[Resources, ...] = ()
    """Of SLR0, SLR1 and so on; nothing where the device has one, or where they are not known."""
    memory: tuple[MemoryBanks, ...] = ()
    board_part: str | None = None
    """The board's name for Vivado (`set_property board_part`)."""
    word_bits: int | None = None
    """The width of a memory-mapped kernel's ports; None where the device has no memory that they could reach."""
    platforms: tuple[Platform, ...] = ()
    """The newest first."""
    link: Link | None = None

    @property
    def dsp_operands(self) -> tuple[int, int]:
        """Signed widths of the multiplier in a DSP slice: DSP48E2 (UG579) or DSP48E1 (UG479)."""
        return (27, 18) if "ultrascale" in self.family else (25, 18)

    @property
    def banks(self) -> dict[str, int]:
        """MiB of each memory bank that a kernel's argument can be put into, by name (HBM[0]), in the file's order."""
        return {name: memory.mib_per_bank for memory in self.memory for name in memory.names}

    @property
    def smallest_slr(self) -> Resources | None:
        """What every one of several super logic regions has; None where there is one, or they are not known."""
        if len(self.resources_per_slr) < 2:
            return None
        return Resources(*(min(amounts) for amounts in zip(*self.resources_per_slr)))
