"""What it costs to start, in CPU seconds, and the memory that a compilation takes.

    python -m benchmarks.startup

Each row is the best of several fresh processes: what the machine does besides makes the others slower. Markdown.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import cpu_seconds, surroundings, table
from benchmarks.networks import JETS, KWS, OURS, ROOT, SPECTRA, Network

REPEATS = 5
COMMAND = "from codesign.cli.main import app; app()"
"""The installed command does the same."""


def seconds(arguments: Sequence[str]) -> float:
    """CPU seconds of a Python process."""
    found = []
    for _ in range(REPEATS):
        start = cpu_seconds()
        subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=_environment(), stdout=subprocess.DEVNULL, check=True
        )
        found.append(cpu_seconds() - start)
    return min(found)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def compile_megabytes(network: Network) -> float:
    """Peak resident memory of `codesign compile` with both simulations: of Python or of g++, whichever is larger."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["compile", str(network.path), "--target", "u50", "-o", str(Path(folder) / "build")]
        arguments += network.options()
        command = [sys.executable, "-c", COMMAND, *arguments]
        process = subprocess.Popen(command, cwd=ROOT, env=_environment(), stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return usage.ru_maxrss / 1024


def main() -> None:
    print(surroundings("numpy", "onnx", "typer") + "\n")
    rows = [
        ["python -c pass", seconds(["-c", "pass"]), ""],
        ["import codesign", seconds(["-c", "import codesign"]), "< 0.5"],
        ["codesign --help", seconds(["-c", COMMAND, "--help"]), "< 0.7"],
        ["codesign targets", seconds(["-c", COMMAND, "targets"]), ""],
    ]
    print(table(["process", "CPU seconds", "goal"], rows) + "\n")
    networks = [n for n in (OURS, JETS, KWS, SPECTRA) if n.path.is_file()]
    peaks = [[n.name, compile_megabytes(n), "< 1000"] for n in networks]
    print(table(["codesign compile", "peak MB", "goal"], peaks))


if __name__ == "__main__":
    main()
