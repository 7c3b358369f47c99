"""What the vendor's tools and a run on the card reported of a design: final values, with the files they come from."""

from __future__ import annotations

from dataclasses import dataclass, replace

from codesign.targets import Resources

CSYNTH, COSIM = "C synthesis", "C/RTL co-simulation"
SYNTHESIZED, OPTIMIZED, PLACED, ROUTED = "synthesized", "optimized", "placed", "routed"
EMULATED, RUN = "emulated", "run on the card"

STAGES = (CSYNTH, COSIM, SYNTHESIZED, OPTIMIZED, PLACED, ROUTED, EMULATED, RUN)
"""In the order of a flow: what comes later knows better."""


@dataclass(frozen=True)
class Cycles:
    """A number of cycles, from the least to the most; None where the tool does not know it (`?`, `undef`)."""

    low: int | None
    high: int | None
    average: float | None = None
    """Where it was measured."""

    @property
    def exact(self) -> int | None:
        """The number, if there is but one."""
        return self.low if self.low == self.high else None


@dataclass(frozen=True)
class Clock:
    """A clock period that was asked for and what the tool says it reached, in ns."""

    name: str
    target_ns: float | None
    achieved_ns: float | None
    """C synthesis: its estimate. Timing analysis: the period less the worst slack."""
    uncertainty_ns: float | None = None


@dataclass(frozen=True)
class Slack:
    """The summary of a timing analysis, in ns; None where no path is constrained."""

    worst_setup_ns: float | None
    total_setup_ns: float | None
    failing_setup: int
    worst_hold_ns: float | None
    total_hold_ns: float | None
    failing_hold: int

    @property
    def met(self) -> bool:
        """Whether no endpoint fails."""
        return self.failing_setup == 0 and self.failing_hold == 0


@dataclass(frozen=True)
class Instance:
    """A part of the design as the tool names it; what its own parts take is included."""

    name: str
    """Of the instance; of the module where the report names modules only."""
    module: str
    depth: int
    """0 for what stands directly in the top."""
    resources: Resources | None = None
    latency: Cycles | None = None
    interval: Cycles | None = None
    process: str | None = None
    """The process of the design whose function or module this is."""
    stream: str | None = None
    """The stream whose FIFO, or a lane of it, this is."""

    @property
    def known(self) -> bool:
        """Whether it is a process or a FIFO of the design."""
        return self.process is not None or self.stream is not None


@dataclass(frozen=True)
class Launches:
    """The executions of a kernel, or of one of its compute units, by a profile; times in ms."""

    name: str
    what: str
    """kernel (host's view, with what it takes to launch), compute unit (the device's counters)."""
    calls: int
    total_ms: float
    least_ms: float
    mean_ms: float
    most_ms: float
    clock_mhz: float | None = None

    @property
    def mean_cycles(self) -> float | None:
        """Of a launch, where the clock is known."""
        return None if self.clock_mhz is None else round(self.mean_ms * 1000 * self.clock_mhz, 1)


@dataclass(frozen=True)
class Transfers:
    """What the host moved in one direction, by a profile; None where an emulation tells nothing."""

    direction: str
    """read (to the host), write (to the device)."""
    count: int
    mean_kb: float
    total_ms: float | None
    mean_ms: float | None
    mb_per_s: float | None


@dataclass(frozen=True)
class VendorReport:
    """What one tool said of one stage of the design. The reports of a stage together make one of these."""

    tool: str
    """Vivado HLS, Vitis HLS, Vivado, XRT; HLS where the file does not say which."""
    version: str
    stage: str
    """One of STAGES."""
    top: str
    """The function or module that it is about; empty where the file does not say."""
    part: str
    """As the tool spells it; empty where the file does not say."""
    files: tuple[str, ...]
    clock: Clock | None = None
    slack: Slack | None = None
    latency: Cycles | None = None
    interval: Cycles | None = None
    resources: Resources | None = None
    available: Resources | None = None
    instances: tuple[Instance, ...] = ()
    launches: tuple[Launches, ...] = ()
    transfers: tuple[Transfers, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """`Vitis HLS 2023.1, C synthesis of net`."""
        of = f" of {self.top}" if self.top else ""
        return f"{' '.join(filter(None, (self.tool, self.version)))}, {self.stage}{of}"

    @property
    def unmatched(self) -> tuple[Instance, ...]:
        """Parts of the design that are no process and no FIFO of ours, nor inside of one, nor around one."""
        found: list[Instance] = []
        inside = None
        for i, row in enumerate(self.instances):
            if inside is not None and row.depth > inside:
                continue
            inside = None
            below = _below(self.instances, i)
            if row.known or not any(part.known for part in below):
                inside = row.depth
                if not row.known:
                    found.append(row)
        return tuple(found)

    @property
    def inner(self) -> int:
        """How many parts stand inside of others that are listed, whose figures include theirs."""
        count, inside = 0, None
        outer = set(map(id, self.unmatched))
        for row in self.instances:
            if inside is not None and row.depth > inside:
                count += 1
                continue
            inside = row.depth if row.known or id(row) in outer else None
        return count

    def at(self, file: str) -> VendorReport:
        """The same, read from `file`."""
        return replace(self, files=(file,))


def _below(rows: tuple[Instance, ...], i: int) -> list[Instance]:
    """The rows inside of the i-th: those after it, as long as they are deeper."""
    found = []
    for row in rows[i + 1 :]:
        if row.depth <= rows[i].depth:
            break
        found.append(row)
    return found
