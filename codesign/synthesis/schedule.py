"""Many jobs over several cores: the largest first, small ones together, those that were done before from the cache."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from codesign.errors import ToolError
from codesign.progress import Progress, silent
from codesign.synthesis.cache import Cache
from codesign.synthesis.cells import areas_of
from codesign.synthesis.job import Job, Outcome, Synthesized, module_of, together
from codesign.synthesis.script import STATISTICS
from codesign.synthesis.yosys import Done, Engine, Limits, Over, Run

_LOOK_SECONDS = 0.05
"""How often it is looked whether one has ended."""
_BUNDLE_SECONDS = 10.0
"""Expected seconds of what is worth a run of its own."""


@dataclass(frozen=True)
class Task:
    """A job with the seconds that it is expected to take; the name is for messages."""

    name: str
    job: Job
    seconds: float


def synthesize(
    tasks: Sequence[Task],
    engine: Engine,
    limits: Limits,
    workers: int,
    cache: Cache | None = None,
    progress: Progress = silent,
) -> dict[str, Outcome]:
    """The outcome of each task under its name, at most `workers` runs at once.

    ToolError, with the name, where Yosys fails other than by a limit. Whatever ends this ends what it started.
    """
    found: dict[str, Outcome] = {}
    keys = {task.name: task.job.key(engine) for task in tasks}
    if cache is not None:
        found = {name: known for name, key in keys.items() if (known := cache.get(key, limits)) is not None}
    waiting = _bundles([task for task in tasks if task.name not in found], workers, limits)
    running: list[tuple[list[Task], Run]] = []
    try:
        while waiting or running:
            progress(f"synthesizing with {engine}", len(found), len(tasks))
            while waiting and len(running) < workers:
                bundle = waiting.pop(0)
                files, script = together([task.job for task in bundle])
                running.append((bundle, Run(engine, files, script, STATISTICS, limits)))
            ended = [(bundle, run, _result(bundle, run)) for bundle, run in running]
            for bundle, run, done in ended:
                if done is None:
                    continue
                running.remove((bundle, run))
                run.stop()
                if isinstance(done, Over) and len(bundle) > 1:  # one of them is too large: each on its own
                    waiting = [[task] for task in bundle] + waiting
                    continue
                for task, outcome in zip(bundle, _outcomes(bundle, done), strict=True):
                    found[task.name] = outcome
                    if cache is not None:
                        cache.put(keys[task.name], outcome, limits)
            if all(done is None for *_, done in ended):
                time.sleep(_LOOK_SECONDS)
    finally:
        for _, run in running:
            run.stop()
    return found


def _bundles(tasks: Sequence[Task], workers: int, limits: Limits) -> list[list[Task]]:
    """The tasks in runs, the longest first: those of a few seconds together, but no fewer runs than workers."""
    order = sorted(tasks, key=lambda task: -task.seconds)
    most = min(_BUNDLE_SECONDS, limits.seconds / 2, sum(task.seconds for task in tasks) / workers)
    bundles: list[list[Task]] = []
    for task in order:
        fitting = (
            b
            for b in bundles
            if (b[0].job.family, b[0].job.slices) == (task.job.family, task.job.slices)
            and sum(t.seconds for t in b) + task.seconds <= most
        )
        bundle = next(fitting, None)
        if bundle is None:
            bundles.append([task])
        else:
            bundle.append(task)
    return bundles


def _result(bundle: Sequence[Task], run: Run) -> Done | Over | None:
    """What came of a run, None while it goes on; ToolError with the names of its tasks where it failed."""
    try:
        return run.poll()
    except ToolError as error:
        raise ToolError(f"{', '.join(task.name for task in bundle)}: {error}") from error


def _outcomes(bundle: Sequence[Task], done: Done | Over) -> list[Outcome]:
    """Of each task of a run; its seconds are shared in the proportion that was expected."""
    if isinstance(done, Over):
        return [done for _ in bundle]
    try:
        areas = areas_of(done.result)
        expected = sum(task.seconds for task in bundle)
        return [
            Synthesized(areas[module_of(k)], done.seconds * task.seconds / expected) for k, task in enumerate(bundle)
        ]
    except KeyError as error:
        raise ToolError(f"{bundle[0].name}: yosys' statistics have no module {error}") from error
    except ToolError as error:
        raise ToolError(f"{', '.join(task.name for task in bundle)}: {error}") from error
