"""A report's file: its lines by number, and errors that name them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from codesign.errors import ReportError

MOST_BYTES = 64 << 20
"""Reports of the largest designs have a few megabytes."""


@dataclass(frozen=True)
class Source:
    """The text of a report in lines."""

    name: str
    """What errors call it."""
    lines: tuple[str, ...]
    stage: str = ""
    """How far the flow was, where that follows from where the file lies and the file does not say it."""

    def error(self, line: int, found: str, expected: str) -> ReportError:
        """What is wrong in a line, which counts from 0 as `lines` does; one behind the last is the end of the file."""
        there = f"{self.name}, line {min(line, len(self.lines) - 1) + 1}"
        return ReportError(f"{there}: {found}, expected {expected}; {CURE}")

    def cut(self, expected: str) -> ReportError:
        """The file ends before something that every such report has."""
        last = next((text for text in reversed(self.lines) if text.strip()), "")
        return self.error(len(self.lines), f"the report ends after {short(last.strip())!r}", expected)

    def find(self, what: Callable[[str], bool], expected: str, start: int = 0) -> int:
        """The first line from `start` on that `what` holds of; ReportError where there is none."""
        for i in range(start, len(self.lines)):
            if what(self.lines[i]):
                return i
        raise self.cut(expected)


CURE = "let the tool write the report again"


def read_source(path: Path, name: str | None = None) -> Source:
    """The lines of a file; ReportError for what cannot be a report: too large, no text, not readable."""
    name = str(path) if name is None else name
    return Source(name, tuple(read_text(path, name).splitlines() or [""]))


def read_text(path: Path, name: str) -> str:
    """The text of a file."""
    try:
        with path.open("rb") as handle:
            data = handle.read(MOST_BYTES + 1)
    except OSError as error:
        raise ReportError(f"{name}: the report cannot be read: {error.strerror}") from error
    if len(data) > MOST_BYTES:
        raise ReportError(f"{name}: more than {MOST_BYTES >> 20} MiB, expected a report, which is text of a few MiB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # host names and paths are in whatever the machine had
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ReportError(f"{name}, line {line}: a zero byte, expected text; this is no report, or a damaged one")
    return text


def short(text: str, longest: int = 60) -> str:
    """The beginning of a text from the file."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
