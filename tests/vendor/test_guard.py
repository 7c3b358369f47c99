"""A guard ends what has the mark, and removes what that left, when its process ends or is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from codesign.vendor.guard import Guard
from codesign.vendor.processes import MARK, marked

SLEEPS = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]


def started(mark: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(SLEEPS, env={**os.environ, MARK: mark}, start_new_session=True)
    waited(lambda: marked(mark) == [process.pid])
    return process


def waited(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A folder with a file, files of a prefix, and what must stay."""
    (tmp_path / "folder" / "sub").mkdir(parents=True)
    for name in ("folder/sub/file", "shared_1", "shared_2", "other"):
        (tmp_path / name).touch()
    (tmp_path / "shared_3").symlink_to(tmp_path / "other")
    return tmp_path


def test_the_end_of_the_block_ends_what_is_marked_and_nothing_else(left: Path) -> None:
    other = started("another")
    with Guard("mine", (f"{left}/folder", f"{left}/shared_*")) as guard:
        process = started("mine")
    assert process.wait(10) == -signal.SIGTERM and other.poll() is None
    assert [path.name for path in left.iterdir()] == ["other"]
    guard.end()
    other.kill()
    other.wait()


def test_a_guard_that_somebody_ended_is_done_without(left: Path) -> None:
    with Guard("mine", (f"{left}/shared_*",)) as guard:
        process = started("mine")
        guard._process.kill()
    assert process.wait(10) == -signal.SIGTERM and not list(left.glob("shared_*"))


GUARDED = """
import os, signal, subprocess, sys, time
from codesign.vendor.guard import Guard
from codesign.vendor.processes import MARK
guard = Guard(sys.argv[1], sys.argv[2:3])
subprocess.Popen(sys.argv[3:], env={**os.environ, MARK: sys.argv[1]}, start_new_session=True)
print(guard._process.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_is_killed_leaves_nothing(left: Path, number: signal.Signals) -> None:
    mark = f"guarded-{number}-{os.getpid()}"
    with subprocess.Popen(
        [sys.executable, "-c", GUARDED, mark, f"{left}/folder", *SLEEPS],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    ) as parent:  # fmt: skip
        assert parent.stdout is not None
        guard = int(parent.stdout.readline())
        waited(lambda: len(marked(mark)) == 1)
        os.kill(guard, signal.SIGTERM)  # as of a whole terminal: the guard stays
        os.kill(parent.pid, number)
    waited(lambda: not marked(mark) and not (left / "folder").exists())
    waited(lambda: not Path(f"/proc/{guard}/stat").exists())
