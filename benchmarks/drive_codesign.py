"""One network from its file to results, by this project, in a process of its own: prints one line of JSON.

    python -m benchmarks.drive_codesign MODEL.onnx INPUTS.npy OUTPUTS.npy [--full] [--input-type TYPE]

CPU seconds (of this process and of g++) of each stage, the rate of the native-integer csim, peak memory; the
outputs for the inputs go to OUTPUTS.npy. With `--full` the compilation runs both simulations, and that is all.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks.measure import cpu_seconds, peak_megabytes

LEAST_SECONDS = 2.0
"""Calls are repeated until this much CPU time was spent in them."""
BATCH = 20_000
NUMBERS = 1 << 22
"""Input numbers of one call at most: batches of images are shorter."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("model", type=Path)
    parser.add_argument("inputs", type=Path)
    parser.add_argument("outputs", type=Path)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--input-type")
    asked = parser.parse_args()

    import codesign
    from codesign.verification.csim import Csim
    from codesign.verification.vectors import random_codes

    x = np.load(asked.inputs)
    found: dict[str, float | str] = {}
    start = cpu_seconds()
    compiled = codesign.compile(asked.model, target="u50", csim=asked.full, input_type=asked.input_type)
    found["compile"] = cpu_seconds() - start
    if asked.full:
        print(json.dumps({**found, "megabytes": peak_megabytes()}))
        return

    files = [path for path in compiled.folder.rglob("*") if path.is_file() and path.suffix != ".so"]
    found["project megabytes"] = sum(path.stat().st_size for path in files) / 1e6
    batch = min(BATCH, max(1, NUMBERS // sum(p.tensor.size for p in compiled.design.inputs)))
    csim = Csim(compiled.folder)
    codes = random_codes(compiled.design, batch)
    start = cpu_seconds()
    csim([c[:1] for c in codes])
    found["first call"] = cpu_seconds() - start
    found["call of one"] = _each(csim, [c[:1] for c in codes])
    found["samples per second"] = batch / _each(csim, codes)

    np.save(asked.outputs, compiled.csim(x))
    many = np.tile(x, (max(1, batch // len(x) // 10), *[1] * (x.ndim - 1)))
    start = cpu_seconds()
    compiled.csim(many)
    found["samples per second, with encoding"] = len(many) / (cpu_seconds() - start)
    print(json.dumps({**found, "process": cpu_seconds(), "megabytes": peak_megabytes()}))


def _each(csim: object, codes: list[np.ndarray]) -> float:
    """CPU seconds of one call."""
    assert callable(csim)
    calls, start = 0, cpu_seconds()
    while (spent := cpu_seconds() - start) < LEAST_SECONDS:
        csim(codes)
        calls += 1
    return spent / calls


if __name__ == "__main__":
    main()
