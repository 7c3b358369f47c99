"""Runs a tool with everything that it starts, keeps its log, and leaves nothing running behind."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import BinaryIO

from codesign.errors import OutputError, ToolError
from codesign.progress import Progress, silent
from codesign.vendor.guard import Guard
from codesign.vendor.log import Log
from codesign.vendor.processes import MARK, stop

OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
"""What a `make` that runs us tells the one that a tool is, which is none of its own."""

_LOOK = 0.2
"""Seconds between two looks at the log."""
_LONGEST_LINE = 1 << 16

_Handler = Callable[[int, FrameType | None], object] | int | None


@dataclass(frozen=True)
class Command:
    """A program with its arguments, and where it runs."""

    words: tuple[str, ...]
    folder: Path

    def __str__(self) -> str:
        return " ".join(self.words)


class Stopped(SystemExit):
    """A signal asked this process to end while a tool ran."""


def run(
    commands: Sequence[Command], log: Path, *, what: str, seconds: float | None = None, progress: Progress = silent
) -> None:
    """Runs the commands one after the other; all that they write is in the file `log`.

    ToolError with the tool's last errors where one fails, and where all together take longer than `seconds`. However
    this ends, also by Ctrl-C or SIGTERM, no process that a command started is left.
    """
    ends = None if seconds is None else time.monotonic() + seconds
    reader = Log()
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        sink = log.open("wb")
    except OSError as error:
        raise OutputError(f"{log}: the log cannot be written: {error.strerror}") from error
    with sink, log.open("rb") as source, Signals() as signals:
        for command in commands:
            sink.write(f"$ {command}\n".encode("utf-8", "replace"))
            sink.flush()
            code = _watched(command, sink.fileno(), _Tail(source, reader), ends, what, progress, signals)
            signals.release()
            name = Path(command.words[0]).name
            if code is None:
                assert seconds is not None
                raise ToolError(f"{name} took longer than {seconds:g} s and was stopped{_where(reader, log)}")
            if code != 0 or reader.failed:
                how = f"signal {-code}" if code < 0 else f"exit code {code}"
                raise ToolError(f"{name} failed ({how}){_where(reader, log)}")


def _where(reader: Log, log: Path) -> str:
    lines = "\n".join(f"  {line[:300]}" for line in reader.complaint)
    return f" while it was {reader.phase}; it said last:\n{lines}\nall that it said is in {log}"


def _watched(
    command: Command, sink: int, tail: _Tail, ends: float | None, what: str, progress: Progress, signals: Signals
) -> int | None:
    """The exit code, or None if there was no time left."""
    mark = f"{os.getpid()}-{secrets.token_hex(8)}"
    signals.hold()
    with Guard(mark):
        try:
            process = subprocess.Popen(
                command.words,
                cwd=command.folder,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={**{k: v for k, v in os.environ.items() if k not in OF_MAKE}, MARK: mark},
                start_new_session=True,  # Ctrl-C reaches us alone, and we end all of it
            )
        except OSError as error:
            raise ToolError(f"{command.words[0]} cannot be run: {error.strerror}") from error
        try:
            signals.release()
            progress(f"{what}: {tail.log.phase}", 0, 0)
            while True:
                try:
                    code: int | None = process.wait(timeout=_LOOK)
                except subprocess.TimeoutExpired:
                    code = None
                tail.read()
                progress(f"{what}: {tail.log.phase}", tail.log.done, tail.log.of)
                if code is not None:
                    return code
                if ends is not None and time.monotonic() > ends:
                    return None
        finally:
            signals.hold()  # whoever is impatient waits for the few seconds of it
            stop(process, mark)
            tail.read()


class _Tail:
    """What was added to a file since the last look, line by line."""

    def __init__(self, source: BinaryIO, log: Log) -> None:
        self._source, self.log, self._rest = source, log, b""

    def read(self) -> None:
        while data := self._source.read(1 << 20):
            *lines, self._rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
            self._rest = self._rest[-_LONGEST_LINE:]  # a tool that writes no line breaks is none that says much
            for line in lines:
                self.log.read(line.decode("utf-8", "replace"))


class Signals:
    """Within the block, SIGINT, SIGTERM and SIGHUP raise an exception, so that what runs is stopped; but not while a
    process is being started, when nobody could stop it yet. Python hears signals in its main thread only."""

    _NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self._held = False
        self._came: int | None = None
        self._before: dict[signal.Signals, _Handler] = {}

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._handle) for number in self._NUMBERS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def hold(self) -> None:
        """From now on, what comes waits for `release`."""
        self._held = True

    def release(self) -> None:
        """Raises what came meanwhile."""
        self._held = False
        if self._came is not None:
            self._raise(self._came)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._held:
            self._came = number
        else:
            self._raise(number)

    @staticmethod
    def _raise(number: int) -> None:
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise Stopped(128 + number)
