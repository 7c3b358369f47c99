"""What the commands write to the terminal: tables on stdout, progress on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from codesign.report.model import Report

WIDE = 200
"""Columns of what no person watches: a pipe or a file, where nothing need be shortened."""


def console() -> Console:
    """For stdout, where texts are printed as they are."""
    from rich.console import Console

    found = Console(highlight=False, markup=False, emoji=False)
    return found if found.is_terminal else Console(highlight=False, markup=False, emoji=False, width=WIDE)


@contextmanager
def progress(what: str) -> Iterator[None]:
    """A spinner beside `what` while the body runs, if a person watches stderr."""
    from rich.console import Console
    from rich.text import Text

    from codesign.report.text import one_line

    stderr = Console(stderr=True)
    if not stderr.is_terminal:
        yield
        return
    with stderr.status(Text(one_line(what, 80))):
        yield


def print_report(report: Report) -> None:
    """The summary of a compilation."""
    from codesign.report.tables import summary

    console().print(*summary(report), sep="\n")
