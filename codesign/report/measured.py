"""What was measured of a design after it was compiled: cycles by simulation, area by synthesis."""

from __future__ import annotations

from dataclasses import dataclass

from codesign.targets import Resources

SYNTHESIZED, ESTIMATED = "synthesized", "estimate"
"""How the area of a process or a FIFO is known (`AreaRow.source`)."""


@dataclass(frozen=True)
class CosimRun:
    """One simulation of the design: how the inputs were fed and the outputs taken, and what was compared."""

    pacing: str
    """paced (a sample per interval), unthrottled (a beat whenever there is room), random stalls (on both ends)."""
    inputs: int
    values: int
    mismatches: int
    """Codes that differ from what the network gives."""
    cycles: int
    """From the first beat of the first sample to the last beat of the last one."""

    @property
    def exact(self) -> bool:
        """Whether something was compared, and all of it agreed."""
        return self.values > 0 and self.mismatches == 0


@dataclass(frozen=True)
class ProcessActivity:
    """What a process did in the watched cycles; of several loops, all together. The rest of the cycles it had nothing
    to do: the next sample had not begun."""

    process: str
    busy: int
    """Cycles in which an iteration was issued."""
    starved: int
    """Cycles in which the iteration at hand waited for a beat."""
    blocked: int
    """Cycles in which a result waited for room."""


@dataclass(frozen=True)
class StreamOccupancy:
    """The most beats that waited in a stream at once, with paced inputs."""

    stream: str
    most: int


@dataclass(frozen=True)
class CosimResult:
    """What the simulation of the generated SystemVerilog measured, cycle by cycle."""

    simulator: str
    """Name and version: Verilator 5.048."""
    interval: int
    """Cycles between the last beats of two samples, in steady state."""
    latency: int
    """Cycles from the first beat of the inputs to the last of the outputs, for a sample on its own."""
    watched_cycles: int
    """Cycles of the paced run, in which processes and streams were watched."""
    runs: tuple[CosimRun, ...]
    processes: tuple[ProcessActivity, ...] = ()
    streams: tuple[StreamOccupancy, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether every run agreed in every value."""
        return bool(self.runs) and all(run.exact for run in self.runs)


@dataclass(frozen=True)
class AreaRow:
    """The area of a process, or of the FIFO of a stream."""

    name: str
    resources: Resources
    source: str
    """SYNTHESIZED or ESTIMATED."""
    remark: str = ""
    """Why it is only an estimate, or which process was synthesized for this one too."""

    @property
    def synthesized(self) -> bool:
        """Whether a tool made it, so that nothing is estimated."""
        return self.source == SYNTHESIZED


@dataclass(frozen=True)
class ModelError:
    """How far the model that estimates is off where synthesis tells: the same rows by both, added up."""

    resource: str
    rows: int
    estimated: float
    synthesized: float

    @property
    def percent(self) -> float | None:
        """Of what was synthesized; positive where the model says too much. None where nothing was needed."""
        return round(100 * (self.estimated / self.synthesized - 1), 1) if self.synthesized else None


@dataclass(frozen=True)
class AreaResult:
    """The area of each process and FIFO: synthesized where that was possible, else estimated."""

    tool: str
    """Name and version: Yosys 0.70."""
    family: str
    """What it was synthesized for: xcup, xc7."""
    processes: tuple[AreaRow, ...]
    streams: tuple[AreaRow, ...]
    errors: tuple[ModelError, ...] = ()

    @property
    def total(self) -> Resources:
        """Of all processes and FIFOs."""
        return sum((row.resources for row in (*self.processes, *self.streams)), Resources())

    @property
    def synthesized(self) -> bool:
        """Whether no part of the total is an estimate."""
        return all(row.synthesized for row in (*self.processes, *self.streams))
