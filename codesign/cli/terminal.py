"""What the commands write to the terminal: tables on stdout, progress on stderr."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from codesign.progress import Progress
    from codesign.report.model import Report

WIDE = 200
"""Columns of what no person watches: a pipe or a file, where nothing need be shortened."""
REMARKED = 10.0
"""Seconds after which a line in a pipe or a file says how far a step has come."""


def console() -> Console:
    """For stdout, where texts are printed as they are."""
    from rich.console import Console

    found = Console(highlight=False, markup=False, emoji=False)
    return found if found.is_terminal else Console(highlight=False, markup=False, emoji=False, width=WIDE)


@contextmanager
def progress() -> Iterator[Progress]:
    """What long work is told to report to: one line per step on stderr, which moves if it is a terminal."""
    from rich.console import Console

    stderr = Console(stderr=True, highlight=False, markup=False, emoji=False)
    if not stderr.is_terminal:
        yield _Lines(stderr)
        return
    from rich.progress import Progress as Bars
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(finished_text=" "),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[far]}", style="cyan", markup=False),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=stderr) as bars:
        steps = _Moving(bars)
        yield steps
        steps.end()


class _Lines:
    """A line when a step begins, and now and then how far it is."""

    def __init__(self, out: Console) -> None:
        self.out, self.step, self.said = out, "", 0.0

    def __call__(self, what: str, done: int, of: int) -> None:
        from codesign.report.text import one_line

        begins, now = what != self.step, time.monotonic()
        if begins or (of and done < of and now - self.said > REMARKED):
            self.out.print(one_line(what) + ("" if begins or not of else f" {done}/{of}"), soft_wrap=True)
            self.step, self.said = what, now


class _Moving:
    """The step that is under way, with how far it is and how long it took; those before it stay above."""

    def __init__(self, bars: Bars) -> None:
        self.bars, self.step = bars, ""
        self.task: TaskID | None = None

    def __call__(self, what: str, done: int, of: int) -> None:
        from codesign.report.text import one_line

        if what != self.step:
            self.end()
            self.task, self.step = self.bars.add_task(one_line(what, 80), total=None, far=""), what
        assert self.task is not None
        self.bars.update(self.task, far=f"{done}/{of}" if of else "")

    def end(self) -> None:
        """The step is done."""
        if self.task is not None:
            self.bars.update(self.task, total=1, completed=1)


def print_report(report: Report) -> None:
    """The summary of a compilation."""
    from codesign.report.tables import summary

    console().print(*summary(report), sep="\n")
