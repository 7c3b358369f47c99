"""The FIFOs of a network: how many words ever wait, how few are enough, and what one word less does.

    python -m benchmarks.fifo_depths [--model FILE] [--target NAME] [--interval N] [--latency N] [--all]

`waits` are the most words that ever wait in a stream with endless FIFOs; `minimal` the least depth with which all
outputs come in the same cycles; `built` the depth in both back ends, with what HLS pipelines may need; `no deadlock
from` the depth of that stream from which on the design cannot deadlock, all others being minimal, and `deadlock below`
that below which it does for certain. Streams of two words are left out unless `--all`. Prints markdown.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import cpu_seconds, surroundings, table
from codesign.analysis.depths import LEAST, minimal_depths
from codesign.analysis.latency import timing
from codesign.analysis.one_less import lives, one_less
from codesign.config import Config
from codesign.frontends import qonnx
from codesign.passes import pipeline
from codesign.passes.fold import solve_folding
from codesign.targets import load_target
from codesign.targets.budget import Budget

MODEL = Path(__file__).parent.parent / "models" / "resnet" / "resnet.onnx"

HEADINGS = (
    "stream", "bits", "waits", "minimal", "built", "no deadlock from", "deadlock below", "with one word less",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--target", default="u50")
    parser.add_argument("--budget", default="80%")
    parser.add_argument("--interval", type=int)
    parser.add_argument("--latency", type=int, help="cycles")
    parser.add_argument("--all", action="store_true", help="streams of two words too")
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
    return 0


if __name__ == "__main__":
    sys.exit(main())
