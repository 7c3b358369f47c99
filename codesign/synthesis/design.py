"""All processes and FIFOs of a design, each distinct one synthesized once."""

from __future__ import annotations

from dataclasses import dataclass

from codesign.analysis.cost import DesignCost
from codesign.backends.rtl.top import rtl
from codesign.ir.design import Design
from codesign.progress import Progress, silent
from codesign.synthesis.cache import Cache
from codesign.synthesis.effort import expected_seconds
from codesign.synthesis.job import Job, Outcome
from codesign.synthesis.jobs import fifo_job, process_job
from codesign.synthesis.schedule import Task, synthesize
from codesign.synthesis.script import Family
from codesign.synthesis.yosys import Engine, Limits, Over
from codesign.targets import Resources


@dataclass(frozen=True)
class Made:
    """What came of a process or a FIFO, and which one was synthesized for it: itself, or the first that is equal."""

    outcome: Outcome
    of: str
    key: str = ""
    """A digest of all that decides the outcome."""


@dataclass(frozen=True)
class Synthesis:
    """What came of each process, and of the FIFO of each stream, by their names."""

    processes: dict[str, Made]
    streams: dict[str, Made]


@dataclass(frozen=True)
class _Part:
    """A process or a FIFO."""

    name: str
    label: str
    """How messages call it."""
    job: Job
    estimate: Resources


def synthesize_design(
    design: Design,
    cost: DesignCost,
    family: Family,
    engine: Engine,
    limits: Limits,
    workers: int,
    cache: Cache | None = None,
    progress: Progress = silent,
) -> Synthesis:
    """Synthesizes the SystemVerilog of `design`. What would take longer than the limit, to judge by its estimated
    `cost`, is not tried.

    A process whose products are estimated to take DSP slices gets them; those of all others are made of logic.
    """
    text = rtl(design)
    progress("printing the processes", 0, 0)
    processes = []
    for p in text.processes:
        estimate = cost.processes.get(p.process, Resources())
        processes.append(_Part(p.process, p.process, process_job(text, p, family, estimate.dsp > 0), estimate))
    streams = [
        _Part(s.stream, f"the FIFO of {s.stream}", fifo_job(s, family), cost.streams.get(s.stream, Resources()))
        for s in text.streams
    ]
    keys = {part.label: part.job.key(engine) for part in (*processes, *streams)}
    first: dict[str, _Part] = {}
    for part in (*processes, *streams):
        first.setdefault(keys[part.label], part)
    tasks, found = [], {}
    for part in first.values():
        seconds = expected_seconds(part.estimate)
        if seconds > limits.seconds:
            found[part.label] = Over(f"some {seconds:,.0f} s expected, over {limits.seconds:g} s")
        else:
            tasks.append(Task(part.label, part.job, seconds))
    outcomes: dict[str, Outcome] = {**found, **synthesize(tasks, engine, limits, workers, cache, progress)}

    def made(parts: list[_Part]) -> dict[str, Made]:
        owners = {part.name: (keys[part.label], first[keys[part.label]]) for part in parts}
        return {name: Made(outcomes[owner.label], owner.name, key) for name, (key, owner) in owners.items()}

    return Synthesis(made(processes), made(streams))
