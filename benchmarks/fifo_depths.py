"""The FIFOs of a network: how many words ever wait, how few are enough, and what one word less does.

    python -m benchmarks.fifo_depths [--model FILE] [--target NAME] [--interval N] [--latency N] [--all] [--simulate N]

`waits` are the most words that ever wait in a stream with endless FIFOs; `minimal` the least depth with which all
outputs come in the same cycles; `built` the depth in both back ends, with what HLS pipelines may need; `no deadlock
from` the depth of that stream from which on the design cannot deadlock, all others being minimal, and `deadlock below`
that below which it does for certain. Streams of two words are left out unless `--all`. `--simulate` runs the
SystemVerilog on so many samples with the minimal depths, and with one word less in each of the streams that need most
and are slower then; every beat of the outputs must come in the cycle that was computed. Prints markdown; the exit code
is 1 where one does not, or a value differs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.measure import cpu_seconds, surroundings, table
from codesign.analysis.cycles import paced
from codesign.analysis.depths import LEAST, minimal_depths
from codesign.analysis.latency import timing
from codesign.analysis.one_less import Fate, lives, one_less
from codesign.backends.rtl.bench import simulation
from codesign.config import Config
from codesign.frontends import qonnx
from codesign.ir.design import Design
from codesign.passes import pipeline
from codesign.passes.fold import solve_folding
from codesign.targets import load_target
from codesign.targets.budget import Budget
from codesign.verification.cosim import Cosim
from codesign.verification.vectors import random_codes

MODEL = Path(__file__).parent.parent / "models" / "resnet" / "resnet.onnx"

HEADINGS = (
    "stream", "bits", "waits", "minimal", "built", "no deadlock from", "deadlock below", "with one word less",
)  # fmt: skip

SIMULATED = ("depths", "cycles between samples", "every beat as computed", "values exact")
MOST_SIMULATED = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--target", default="u50")
    parser.add_argument("--budget", default="80%")
    parser.add_argument("--interval", type=int)
    parser.add_argument("--latency", type=int, help="cycles")
    parser.add_argument("--all", action="store_true", help="streams of two words too")
    parser.add_argument("--simulate", type=int, metavar="N", help="samples; Verilator builds the design four times")
    given = parser.parse_args(arguments)
    target = load_target(given.target)
    network = pipeline.run(qonnx.load(given.model), Config(), {}).network
    found = solve_folding(
        network, target, clock_mhz=target.clock_mhz, budget=Budget.read(given.budget, "--budget"),
        interval=given.interval, latency=given.latency,
    )  # fmt: skip
    design = pipeline.build_design(network, found.folds, {}, target.clock_mhz, pace=found.pace)
    clock, times = target.clock_mhz, timing(design, target.clock_mhz)
    start = cpu_seconds()
    depths = minimal_depths(design, clock)
    searched = cpu_seconds() - start
    fates, alive = one_less(design, depths, clock), lives(design, depths, clock)
    rows = []
    for name, stream in design.streams.items():
        if given.all or depths[name] > LEAST or stream.depth > LEAST or times.occupancy[name] > LEAST:
            ends = (str(alive[name].alive), str(alive[name].doomed)) if name in alive else ("", "")
            words = times.occupancy[name], depths[name], stream.depth
            rows.append((name, *(f"{n:,}" for n in (stream.width, *words)), *ends, str(fates[name])))
    print(surroundings())
    print(
        f"\n{given.model.name}, interval {times.interval:,}, latency {times.latency:,}: {len(design.streams)} streams; "
    )
    waiting = {name: max(LEAST, words) for name, words in times.occupancy.items()}
    for what, words in (("wait", waiting), ("are enough", depths)):
        bits = sum(words[name] * stream.width for name, stream in design.streams.items())
        print(f"{bits:,} bits for the words that {what};")
    print(f"{searched:.1f} CPU seconds to find the minimal depths.\n")
    print(table(HEADINGS, rows))
    if given.simulate is None:
        return 0
    slower = [name for name, fate in fates.items() if fate.fate is Fate.SLOWER]
    tried = sorted(slower, key=lambda name: -depths[name])[:MOST_SIMULATED]
    found_rows = [simulated(design, depths, None, given.simulate, clock)]
    found_rows += [simulated(design, depths, name, given.simulate, clock) for name in tried]
    print(f"\n{table(SIMULATED, [row for row, _ in found_rows])}")
    return 0 if all(right for _, right in found_rows) else 1


def simulated(
    design: Design, depths: Mapping[str, int], less: str | None, samples: int, clock: float
) -> tuple[tuple[object, ...], bool]:
    """A row of what the SystemVerilog does with these depths, one word less in the stream `less`, and whether that is
    what was computed."""
    depths = {name: depth - (name == less) for name, depth in depths.items()}
    design = design.copy()
    design.streams = {name: replace(stream, depth=depths[name]) for name, stream in design.streams.items()}
    inputs = random_codes(design, samples)
    with tempfile.TemporaryDirectory(prefix="codesign-") as folder:
        for path, text in simulation(design, "0", "0").items():
            place = Path(folder) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="ascii")
        run = Cosim(Path(folder)).run(inputs)
    flow = paced(design, samples, clock)
    ports = zip(design.outputs, run.given, strict=True)
    cycles = all(np.array_equal(given.ravel(), flow.taken[port.stream]) for port, given in ports)
    exact = all(map(np.array_equal, run.outputs, design.evaluate(inputs)))
    intervals = sorted({int(n) for n in np.diff(run.given[0][:, -1])})
    where = "all minimal" if less is None else f"{depths[less]:,} in {less}"
    return (where, ", ".join(f"{n:,}" for n in intervals), "yes" if cycles else "no", "yes" if exact else "no"), (
        cycles and exact
    )


if __name__ == "__main__":
    sys.exit(main())
