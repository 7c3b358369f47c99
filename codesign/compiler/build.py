"""`build`: a step of the vendor's tools on a project folder, watched, its log kept."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from codesign.backends.project import MARKER
from codesign.errors import ConfigError, OutputError, ToolError
from codesign.progress import Progress, silent
from codesign.vendor.run import run
from codesign.vendor.steps import STEPS
from codesign.vendor.tools import Found, find

LOGS = "logs"
"""The folder in a project folder that has the logs of the tools."""


@dataclass(frozen=True)
class Built:
    """What a step left."""

    step: str
    tool: Found
    log: Path
    results: tuple[Path, ...]
    seconds: float


def build(folder: str | Path, step: str, *, seconds: float | None = None, progress: Progress = silent) -> Built:
    """Runs a step of `STEPS` on a project folder, in that folder, with the first of its tools that is on PATH.

    Raises ConfigError for a step that does not exist, OutputError for a folder that `compile` did not make, ToolError
    where no tool is there (with what to install or source), where it fails, leaves no result or takes longer than
    `seconds`.
    """
    place = Path(folder)
    if step not in STEPS:
        raise ConfigError(f"there is no step {step!r}; there are {', '.join(STEPS)}")
    if not (place / MARKER).is_file():
        raise OutputError(f"{place}: there is no {MARKER}, so this is no folder that `codesign compile` made")
    wanted = STEPS[step]
    progress("looking for the tool", 0, 0)
    found = find(f"{step} ({wanted.what})", *wanted.tools)
    plan, log = wanted.plan(place.absolute(), found), place / LOGS / f"{step}.log"
    before, began = _states(place, plan.results), time.monotonic()
    run(plan.commands, log, what=f"{step} with {found}", seconds=seconds, progress=progress)
    after = _states(place, plan.results)
    for pattern in plan.results:
        if not any(after[path] != before.get(path) for path in after if path.match(pattern)):
            raise ToolError(f"{found} ended well, but wrote no {pattern}; what it said is in {log}")
    results = tuple(sorted(path for path in after if after[path] != before.get(path)))
    return Built(step, found, log, results, time.monotonic() - began)


def _states(place: Path, patterns: tuple[str, ...]) -> dict[Path, tuple[int, int, int]]:
    """What tells a file that was written anew from the one that was there."""
    found = {}
    for pattern in patterns:
        for path in place.glob(pattern):
            state = path.stat()
            found[path] = (state.st_ino, state.st_mtime_ns, state.st_size)
    return found
