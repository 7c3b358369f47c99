"""`build`: a step of the vendor's tools on a project folder, watched, its log kept."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codesign.backends.project import MARKER
from codesign.errors import ConfigError, OutputError, ToolError
from codesign.progress import Progress, silent
from codesign.report.model import Report
from codesign.report.stored import read_report, update_report
from codesign.report.vendor.gather import Gathered, gather
from codesign.vendor.run import run
from codesign.vendor.steps import STEPS
from codesign.vendor.tools import Found, find

LOGS = "logs"
"""The folder in a project folder that has the logs of the tools."""


@dataclass(frozen=True)
class Built:
    """What a step left."""

    step: str
    tools: tuple[Found, ...]
    log: Path
    results: tuple[Path, ...]
    seconds: float


def build(
    folder: str | Path,
    step: str,
    *,
    platform: str | None = None,
    seconds: float | None = None,
    progress: Progress = silent,
) -> Built:
    """Runs a step of `STEPS` on a project folder, in that folder, with the first of its tools that is on PATH.

    `platform` is that of a card, by name or by its .xpfm file; by default the one of the folder. Raises ConfigError for
    a step that does not exist, OutputError for a folder that `compile` did not make, ToolError where no tool is there
    (with what to install or source), where it fails, leaves no result or takes longer than `seconds`.
    """
    place = Path(folder)
    if step not in STEPS:
        raise ConfigError(f"there is no step {step!r}; there are {', '.join(STEPS)}")
    if not (place / MARKER).is_file():
        raise OutputError(f"{place}: there is no {MARKER}, so this is no folder that `codesign compile` made")
    wanted = STEPS[step]
    if platform is not None and not wanted.on_platform:
        takers = ", ".join(name for name, other in STEPS.items() if other.on_platform)
        raise ConfigError(f"--platform: the step {step} has none; it is for {takers}")
    if wanted.only is not None and not (place / wanted.only[0]).is_file():
        raise OutputError(f"{place / wanted.only[0]} is not there: {wanted.only[1]}; compile for such a target")
    progress("looking for the tool", 0, 0)
    found = tuple(find(f"{step} ({wanted.what})", *tools) for tools in wanted.needs)
    names = " and ".join(map(str, found))
    plan, log = wanted.plan(place.absolute(), found, platform), place / LOGS / f"{step}.log"
    with _alone(place):
        before, began = _states(place, plan.results), time.monotonic()
        run(plan.commands, log, what=f"{step} with {names}", seconds=seconds, progress=progress)
        after = _states(place, plan.results)
    left = sorted(path for path in after if not plan.anew or after[path] != before.get(path))
    for pattern in plan.results:
        if not any(path.match(pattern) for path in left):
            raise ToolError(f"{names} ended well, but wrote no {pattern}; what was said is in {log}")
    return Built(step, found, log, tuple(left), time.monotonic() - began)


def refresh(folder: str | Path) -> tuple[Report, Gathered]:
    """The report of a project folder with what the reports of the vendor's tools in it say, and what became of each.

    Written anew where something is new. Raises CodesignError where the folder has no report, or too many files.
    """
    place = Path(folder)
    report = read_report(place)
    found = gather(report, place)
    if found.reports != report.vendor:
        report = update_report(place, vendor=found.reports)
    return report, found


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """No other step works in this folder within the block: tools empty the projects that they make."""
    try:
        (place / LOGS).mkdir(exist_ok=True)
        lock = (place / LOGS / ".lock").open("w")
    except OSError as error:
        raise OutputError(f"{place / LOGS}: the logs cannot be written: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(f"{place}: another `codesign build` is at work here; wait until it is done") from None
        yield


def _states(place: Path, patterns: tuple[str, ...]) -> dict[Path, tuple[int, int, int]]:
    """What tells a file that was written anew from the one that was there."""
    found = {}
    for pattern in patterns:
        for path in place.glob(pattern):
            state = path.stat()
            found[path] = (state.st_ino, state.st_mtime_ns, state.st_size)
    return found
