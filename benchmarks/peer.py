"""Side by side with hls4ml in one run on one machine, in CPU seconds: file to runnable csim, csim's rate, exactness.

    python -m benchmarks.peer [--peer-python PYTHON] [--only NAME ...]

PYTHON is an interpreter that has hls4ml (the extra `peer`); by default the one that runs this. Prints markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import convolutions
from benchmarks.measure import surroundings, table
from benchmarks.networks import JETS, KWS, OURS, ROOT, TFC_1W1A, TFC_1W2A, Network, jets
from codesign.verification.reference import Reference

NETWORKS = (JETS, OURS, KWS, TFC_1W1A, TFC_1W2A)
SAMPLES = 200
"""Compared with qonnx's execution of the file, which takes milliseconds each; of large images fewer."""
FLOAT_ERROR = 2.0**-20
"""Relative to the largest value: results this close are those of the file, up to float32's own rounding."""

Measured = dict[str, float | str]


@dataclass(frozen=True)
class Comparison:
    """What both compilers did with one network on the same inputs."""

    network: Network
    ours: Measured
    full: Measured
    peer: Measured
    reference: np.ndarray
    our_outputs: np.ndarray
    peer_outputs: np.ndarray | None

    def peer_seconds(self) -> float | None:
        """File to runnable simulation."""
        stages = ("prepare", "convert", "write", "compile")
        return None if "failed" in self.peer else sum(float(self.peer[s]) for s in stages)

    def our_seconds(self) -> float:
        """The same, with the ladder up to the design climbed on 16 inputs."""
        return float(self.ours["compile"]) + float(self.ours["first call"])


def compare(network: Network, peer_python: str) -> Comparison:
    """Each side in a process of its own, one after the other, on one thread."""
    samples = min(SAMPLES, network.most)
    x = (network.inputs or jets)(samples)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "x.npy", x)
        files = [str(network.path), str(folder / "x.npy")]
        ours = [sys.executable, "-m", "benchmarks.drive_codesign", *files, str(folder / "ours.npy"), *network.options()]
        theirs = [peer_python, str(Path(__file__).with_name("drive_hls4ml.py")), *files, str(folder / "peer.npy")]
        found, full, peer = _run(ours), _run([*ours, "--full"]), _run([*theirs, str(folder / "hls4ml")])
        y = np.load(folder / "ours.npy").reshape(samples, -1)
        peer_y = np.load(folder / "peer.npy").reshape(samples, -1) if (folder / "peer.npy").exists() else None
    (reference,) = Reference(network.path)([x])
    return Comparison(network, found, full, peer, reference.reshape(samples, -1).astype(np.float64), y, peer_y)


def _run(words: list[str]) -> Measured:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} failed:\n{done.stderr[-2000:]}")
    measured: Measured = json.loads(done.stdout.splitlines()[-1])
    return measured


def times(found: list[Comparison]) -> str:
    """From the file to a simulation that runs."""
    heading = ["network", "compile", "g++", "together", "hls4ml", "ratio", "compile with both csims"]
    heading += ["peak MB", "hls4ml", "project MB", "hls4ml"]
    rows = []
    for c in found:
        peer = c.peer_seconds()
        ratio: float | str = "" if peer is None else c.our_seconds() / peer
        shown = peer if peer is not None else f"fails: {c.peer['failed']}"
        rows.append([
            c.network.name, c.ours["compile"], c.ours["first call"], c.our_seconds(), shown, ratio, c.full["compile"],
            max(float(c.ours["megabytes"]), float(c.full["megabytes"])), c.peer.get("megabytes", ""),
            c.ours["project megabytes"], c.peer.get("project megabytes", "") or "",
        ])  # fmt: skip
    return table(heading, rows)


def rates(found: list[Comparison]) -> str:
    """Samples per CPU second."""
    heading = ["network", "csim, codes in", "csim, numbers in", "hls4ml predict", "ratio", "one sample per call, µs"]
    rows = []
    for c in found:
        ours, peer = float(c.ours["samples per second"]), c.peer.get("samples per second")
        row = [c.network.name, ours, c.ours["samples per second, with encoding"]]
        row += ["", ""] if peer is None else [peer, ours / float(peer)]
        rows.append([*row, 1e6 * float(c.ours["call of one"])])
    return table(heading, rows)


def exactness(found: list[Comparison]) -> str:
    """Against qonnx's execution of the unchanged file in float32."""
    heading = ["network", "", "samples equal", "largest error", "argmax agrees"]
    rows = []
    for c in found:
        for who, y in (("codesign", c.our_outputs), ("hls4ml", c.peer_outputs)):
            rows.append([c.network.name, who, *(("", "", "") if y is None else _agreement(c.reference, y))])
    return table(heading, rows)


def _agreement(reference: np.ndarray, found: np.ndarray) -> tuple[str, float, str]:
    distance = np.abs(reference - found)
    near = (distance <= FLOAT_ERROR * max(1.0, float(np.abs(reference).max()))).all(axis=1).mean()
    same = (reference.argmax(axis=1) == found.argmax(axis=1)).mean()
    return f"{near:.1%}", float(distance.max()), f"{same:.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--only", nargs="+", metavar="NAME")
    asked = parser.parse_args()
    versions = "import hls4ml, onnx, qonnx; print('hls4ml', hls4ml.__version__, 'onnx', onnx.__version__)"
    peer = subprocess.run([asked.peer_python, "-c", versions], capture_output=True, text=True)
    if peer.returncode:
        raise SystemExit(f"{asked.peer_python} has no hls4ml: install the extra `peer`, or give --peer-python")
    found = []
    with tempfile.TemporaryDirectory() as folder:
        networks = [*NETWORKS, *convolutions.networks(Path(folder))]
        if unknown := set(asked.only or ()) - {n.name for n in networks}:
            parser.error(f"no network {', '.join(sorted(unknown))}; there are {', '.join(n.name for n in networks)}")
        for network in networks:
            if asked.only is None or network.name in asked.only:
                print(network.name, file=sys.stderr)
                found.append(compare(network, asked.peer_python))
    print(f"{surroundings('numpy', 'onnx', 'qonnx', 'onnxruntime')}; peer: {peer.stdout.strip().splitlines()[-1]}\n")
    print(f"CPU seconds from the file to a simulation that runs\n\n{times(found)}\n")
    print(f"Samples per CPU second\n\n{rates(found)}\n")
    print(f"Up to {SAMPLES} samples against qonnx in float32\n\n{exactness(found)}")


if __name__ == "__main__":
    main()
