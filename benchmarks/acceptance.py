"""The published networks: each compiled, every rung of the ladder on 1,000 inputs (large images fewer), golden vectors.

    python -m benchmarks.acceptance [--inputs N] [--only NAME ...]

Prints markdown; the exit code is 1 if any value differs, any golden vector is missed or any network fails.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import codesign
from benchmarks.measure import cpu_seconds, surroundings, table
from benchmarks.networks import DENSE, DIGITS, IMAGES, JETS, SEEDS, SPECTRA, WAKE, Network, decided
from codesign.compiler import Compiled
from codesign.ir.layers import Input
from codesign.report.model import Rung
from codesign.verification.csim import Arithmetic
from codesign.verification.inputs import random_inputs
from codesign.verification.reference import Reference


@dataclass
class Result:
    """What was found of one network."""

    network: Network
    inputs: int
    compile_seconds: float
    verify_seconds: float
    rungs: Sequence[Rung]
    golden: str
    golden_right: bool
    megabytes: float
    """Of the project folder, without the compiled simulations."""
    remarks: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        """Whether no value differs and every golden vector is met."""
        return all(r.exact for r in self.rungs) and self.golden_right


def check(network: Network, count: int) -> Result:
    """Compiles with both simulations, and verifies on `count` random inputs and as many of the network's own kind."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "build"
        start = cpu_seconds()
        compiled = codesign.compile(
            network.path, target="u50", output=folder, input_type=network.input_type, config=network.config
        )
        compile_seconds = cpu_seconds() - start

        files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".so")
        megabytes = sum(path.stat().st_size for path in files) / 1e6

        data = Path(name) / "x.npy"
        x = inputs(network, compiled, min(count, network.most))
        np.save(data, x)
        start = cpu_seconds()
        rungs = codesign.verify(folder, data=data, cosim=False).rungs
        verify_seconds = cpu_seconds() - start
        golden, right = golden_vectors(network, compiled)
        remarks = errors(network, compiled)
    return Result(network, len(x), compile_seconds, verify_seconds, rungs, golden, right, megabytes, remarks)


def inputs(network: Network, compiled: Compiled, count: int) -> np.ndarray:
    """`count` random inputs over what the input's quantizer distinguishes; as many of the network's own kind."""
    (node,) = compiled.network.inputs
    assert isinstance(node.layer, Input)
    found = [random_inputs([node.layer], count)[0]]
    if network.inputs is not None:
        found.append(network.inputs(count).reshape(-1, *node.layer.shape))
    if network.golden is not None:
        found.append(network.golden().inputs.reshape(-1, *node.layer.shape))
    return np.concatenate(found).astype(np.float32)


def golden_vectors(network: Network, compiled: Compiled) -> tuple[str, bool]:
    """What the generated C++ decides on the published inputs, in both arithmetics, and whether that is right."""
    if network.golden is None:
        return "", True
    golden = network.golden()
    layer = compiled.network.inputs[0].layer
    assert isinstance(layer, Input)
    x = golden.inputs.reshape(-1, *layer.shape)
    found = [decided(np.asarray(compiled.csim(x, arithmetic=a))) for a in Arithmetic]
    right = all(f == golden.expected for f in found)
    classes = " ".join(map(str, found[0]))
    return f"{classes} {'as published' if right else f'instead of {golden.expected}'}", right


def errors(network: Network, compiled: Compiled) -> list[str]:
    """How far an approximated network is from its float32 meaning, in the terms of what it is for."""
    if not (network.float_throughout or network is JETS):
        return []
    if network.inputs is None:
        return [f"{_distance(e.largest, e.mean)} on {e.inputs} random inputs" for e in compiled.report.errors]
    x = network.inputs(min(1000, network.most))
    (reference,) = Reference(network.path)([x])
    found = np.asarray(compiled.csim(x)).reshape(reference.shape)
    distance = np.abs(found - reference)
    text = f"{_distance(distance.max(), distance.mean())}, of {reference.min():.3g} to {reference.max():.3g}"
    if network in (DIGITS, WAKE):
        same = (found.argmax(axis=1) == reference.argmax(axis=1)).mean()
        return [f"{text}; the argmax agrees in {same:.1%} of {len(x)}"]
    if network is JETS:
        same = (found.argmax(axis=1) == reference.argmax(axis=1)).mean()
        return [f"{text} by the softmax table; the argmax agrees in {same:.1%}"]
    if network is SEEDS:
        same, accepted = ((found > 0.5) == (reference > 0.5)).mean(), int((reference > 0.5).sum())
        return [f"{text}; the decision at 0.5 agrees in {same:.1%} ({accepted} of {len(x)} are accepted)"]
    if network is not SPECTRA:
        return [text]
    exact, ours = (((y - x) ** 2).mean(axis=1) for y in (reference, found))
    score = f"{np.abs(ours - exact).max():.2g} of {exact.min():.3g} to {exact.max():.3g}"
    return [f"{text}; the anomaly score (mean squared error) differs by at most {score}"]


def _distance(largest: float, mean: float) -> str:
    return f"error of the output: largest {largest:.2g}, mean {mean:.2g}"


RUNGS = {
    "exact meaning of the model": "file = exact meaning",
    "integer network": "exact = integers",
    "design": "integers = design",
    "csim, native integers": "= csim, native",
    "csim, ap_int": "= csim, ap_int",
}


def report(results: Sequence[Result]) -> str:
    """What was asked and found, the values that differ on each rung, and the errors where the file was approximated."""
    head = ["network", "options", "golden", "compile, CPU s", "verify, CPU s", "folder, MB"]
    rows = []
    for r in results:
        options = " ".join(Path(word).name for word in r.network.options())
        rows.append([r.network.name, options, r.golden, r.compile_seconds, r.verify_seconds, r.megabytes])
    steps = []
    for r in results:
        found = {g.name: _differing(g, r.inputs) for g in r.rungs}
        steps.append([r.network.name, r.inputs, *(found.get(name, "approximated") for name in RUNGS)])
    differ = table(["network", "inputs", *RUNGS.values()], steps)
    remarks = "\n".join(f"- {r.network.name}: {remark}" for r in results for remark in r.remarks)
    return f"{table(head, rows)}\n\nValues that differ, from rung to rung\n\n{differ}\n\n{remarks}"


def _differing(rung: Rung, inputs: int) -> str:
    """How many values differ, of how many; on how many inputs where not on all."""
    text = f"{rung.mismatches} of {rung.values:,}" + (f", {rung.ties} ties" if rung.ties else "")
    return text if rung.inputs == inputs else f"{text} on {rung.inputs} inputs"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--inputs", type=int, default=1000)
    parser.add_argument("--only", nargs="+", choices=[n.name for n in (*DENSE, *IMAGES)], metavar="NAME")
    asked = parser.parse_args()
    results = []
    for network in (*DENSE, *IMAGES):
        if asked.only is None or network.name in asked.only:
            print(network.name, file=sys.stderr)
            results.append(check(network, asked.inputs))
    print(f"{surroundings('numpy', 'onnx', 'qonnx', 'onnxruntime')}\n\n{report(results)}")
    if not all(r.right for r in results):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
