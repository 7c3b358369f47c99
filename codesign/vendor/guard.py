"""Ends what a process started when that process is gone, also by `kill -9`, after which it can end nothing itself.

A program of its own does it, which waits for the end of its input: the other end is the guarded process's alone, and
the system closes it however that process ends. (Linux' PR_SET_PDEATHSIG would reach one process and none that it
started, and comes also when only the thread ends that started it.)
"""

from __future__ import annotations

import glob
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from codesign.errors import ToolError
from codesign.vendor.processes import stop

_PROGRAM = "import sys; sys.path.append(sys.argv[1]); from codesign.vendor.guard import main; main(*sys.argv[2:])"
_READY = b"from now on"


class Guard:
    """Within the block, a process that ends all with the mark when this one is gone, and removes what they left."""

    def __init__(self, mark: str, left: Sequence[str] = ()) -> None:
        """`left` are patterns of files and folders, as `glob` has them."""
        self._mark, self._left = mark, tuple(left)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM, str(Path(__file__).parents[2]), mark, *left],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # what ends us from a terminal is no matter to it
        )
        assert self._process.stdout is not None
        with self._process.stdout as said:
            if said.read() != _READY:
                self.end()
                raise ToolError(f"{sys.executable} does not run {__name__}, so processes could be left behind")

    def __enter__(self) -> Guard:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Ends what is there now, and removes what was left; may be called again."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        if self._process.wait() != 0:  # somebody ended the guard itself
            clear(self._mark, self._left)


def clear(mark: str, left: Sequence[str]) -> None:
    """Ends the processes with the mark, and removes the files and folders of the patterns."""
    stop(None, mark)
    for path in (Path(found) for pattern in left for found in glob.glob(pattern)):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def main(mark: str, *left: str) -> None:
    """What the program does: waits until it guards nobody any more."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.write(sys.stdout.fileno(), _READY)
    os.close(sys.stdout.fileno())
    sys.stdin.buffer.read()
    clear(mark, left)
