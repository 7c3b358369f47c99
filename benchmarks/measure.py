"""CPU seconds and peak memory, of this process with its children, and tables of what was measured."""

from __future__ import annotations

import platform
import resource
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def cpu_seconds() -> float:
    """User and system seconds so far, of this process and of its children that have ended."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(u.ru_utime + u.ru_stime for u in usages)


def peak_megabytes() -> float:
    """The largest resident set so far, of this process or of any one child that has ended."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(u.ru_maxrss for u in usages) / 1024


def table(heading: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A markdown table, columns aligned; what is no text is written with three significant digits."""
    cells = [list(heading), *([_text(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heading))]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |" for row in cells]
    return "\n".join([lines[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *lines[1:]])


def _text(value: object) -> str:
    match value:
        case bool() | str():
            return str(value)
        case int():
            return f"{value:,}"
        case float() if value == 0 or 1e-3 <= abs(value) < 1000:
            return f"{value:.3g}"
        case float() if abs(value) >= 1000:
            return f"{float(f'{value:.3g}'):,.0f}"
        case float():
            return f"{value:.1e}"
        case _:
            return str(value)


def surroundings(*packages: str) -> str:
    """One line: the processor, the compiler, Python and the versions of `packages`."""
    found = [_processor(), _first_line("g++", "--version"), f"Python {platform.python_version()}"]
    for name in packages:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _first_line(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
