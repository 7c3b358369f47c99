"""The processes that a run started, found by a mark that all of them inherit, and ended."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

MARK = "CODESIGN_RUN"
"""A variable that all processes of a run inherit: by it they are found, whatever session or group they made."""

_GRACE = 5.0
"""Seconds that processes have to end by themselves."""


def stop(process: subprocess.Popen[bytes] | None, mark: str) -> None:
    """Ends the process, if it is ours, and all that it started: asked first, then killed."""
    deadline = time.monotonic() + _GRACE
    _signal(process, mark, signal.SIGTERM)
    while time.monotonic() < deadline and _alive(process, mark):
        time.sleep(0.05)
    for _ in range(20):  # what is being started while we look is found at the next look
        if not _alive(process, mark):
            break
        _signal(process, mark, signal.SIGKILL)
        time.sleep(0.05)
    if process is not None:
        process.wait()


def _alive(process: subprocess.Popen[bytes] | None, mark: str) -> bool:
    return (process is not None and process.poll() is None) or bool(marked(mark))


def _signal(process: subprocess.Popen[bytes] | None, mark: str, number: signal.Signals) -> None:
    if process is not None and process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
    for pid in marked(mark):
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def marked(mark: str) -> list[int]:
    """The processes whose environment has the mark; none where the system does not tell (only Linux does)."""
    sought = f"{MARK}={mark}".encode()
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if sought in (place / "environ").read_bytes().split(b"\0") and not gone(place):
                found.append(int(place.name))
        except OSError:
            continue
    return found


def gone(place: Path) -> bool:
    """Whether it has ended and only waits to be asked for its exit code."""
    return (place / "stat").read_text(errors="replace").rpartition(")")[2].split()[0] == "Z"
