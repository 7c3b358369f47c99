"""Keras files parsed by another process, which may hang or crash without harm.

HDF5's library trusts what a file says of itself: one wrong byte in a table of offsets is enough for it to follow a
circle for ever, or to read where no memory is. So a process of its own parses (`child.py`), kept from one file to the
next, because starting it takes longer than parsing does; it is stopped where it takes too long, and ends with this one.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from codesign.errors import IRError, LayerError

SECONDS = 20.0
"""For a file; whole ones take some milliseconds."""
BYTES_PER_SECOND = 10e6
"""Large files get more, by what the slowest disks and machines read."""
_CHILD = Path(__file__).with_name("child.py")


Weights = Mapping[str, Mapping[str, NDArray[np.generic]]]
"""Of each layer, by their name or number."""


class Damaged(Exception):
    """The file cannot be parsed; the text is the library's reason."""


@dataclass(frozen=True, eq=False)
class Contents:
    """What a Keras file holds; see `parsing.Parsed`."""

    config: Mapping[str, object]
    version: int
    weights: Weights
    numbered: bool


def read_apart(data: bytes, zipped: bool) -> Contents:
    """What `parsing.parse` finds, by another process.

    LayerError where it is no whole model, Damaged where the library fails, crashes, or comes to no end.
    """
    with _lock:
        return _child().parse(data, zipped)


class _Child:
    """The process, and who started it: after a fork its pipes are still the parent's."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        # -P: this file's neighbours are no modules of the child's.
        words = [sys.executable, "-P", str(_CHILD)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe)
        self._to.write(json.dumps(sys.path).encode() + b"\n")

    def parse(self, data: bytes, zipped: bool) -> Contents:
        """One file; a process that did not answer in full is not used again."""
        seconds = SECONDS + len(data) / BYTES_PER_SECOND
        late, answered = threading.Event(), False
        timer = threading.Timer(seconds, self._stop, [late])
        timer.start()
        try:
            self._to.write(json.dumps({"zipped": zipped, "bytes": len(data)}).encode() + b"\n")
            self._to.write(data)
            self._to.flush()
            told, arrays = self._answer()
            answered = True
        except (BrokenPipeError, EOFError) as error:
            timer.cancel()
            raise self._ended(late.is_set(), seconds) from error
        except RecursionError as error:
            raise Damaged("its configuration is nested too deeply") from error
        finally:
            timer.cancel()
            if not answered:
                self.close()
        if "refused" in told:
            raise LayerError(told["refused"])
        if "damaged" in told:
            raise Damaged(told["damaged"])
        return Contents(told["config"], told["version"], arrays, told["numbered"])

    def close(self) -> None:
        """Ends the process."""
        if self.owner == os.getpid():
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                with suppress(BrokenPipeError):  # what was still to be written to a process that is gone
                    stream.close()

    def _ended(self, late: bool, seconds: float) -> Exception:
        """Why there was no answer."""
        code = self.process.wait()
        if late:
            return Damaged(f"HDF5's library came to no end within {seconds:.0f} s")
        if code < 0:
            return Damaged(f"signal {-code} ended HDF5's library")
        told = self.process.stderr.read().decode(errors="replace") if self.process.stderr else ""
        return IRError(f"parsing a Keras file: {told[-2000:] or f'exit code {code}'}")

    @property
    def _to(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    def _stop(self, late: threading.Event) -> None:
        late.set()
        self.process.kill()

    def _answer(self) -> tuple[dict[str, Any], Weights]:
        """What the line says, and the arrays that follow it."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        told: dict[str, Any] = json.loads(line)
        found: dict[str, dict[str, NDArray[np.generic]]] = {}
        for layer, arrays in told.get("weights", ()):
            found[layer] = {}
            for name, dtype, shape in arrays:
                kind = np.dtype(dtype)
                found[layer][name] = np.frombuffer(self._read(prod(shape) * kind.itemsize), kind).reshape(shape)
        return told, found

    def _read(self, count: int) -> bytes:
        assert self.process.stdout is not None
        found = self.process.stdout.read(count)
        if len(found) != count:
            raise EOFError
        return found


_lock = threading.Lock()
_kept: _Child | None = None


def _child() -> _Child:
    """The process that there is, or a new one."""
    global _kept
    if _kept is None or _kept.owner != os.getpid() or _kept.process.poll() is not None:
        if _kept is not None:
            _kept.close()
        _kept = _Child()
    return _kept


@atexit.register
def _end() -> None:
    if _kept is not None:
        _kept.close()
