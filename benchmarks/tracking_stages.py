"""Time of each stage of the tracking pipeline against the hits of the event.

    python -m benchmarks.tracking_stages PIPELINE [--hits 10000,20000,50000,100000] [--by region|particles]
        [--neighbours 10] [--repeats 3] [--threads 1] [--cpu]

By `region` the event of the most hits is generated once, and wedges in phi are cut out of it: the density of hits is
that of the whole event at every size. By `particles` events of the whole detector have more particles, as pile-up
makes them: the density grows with the hits.

A graph has at most `--neighbours` edges per hit, so that a pipeline trained on sparse events can be timed on dense
ones; what it finds there is not looked at. Each time is the least of the repeats, after one run that is not counted;
beside it, how much more time per hit that is than at the first size: 1.00 is linear. With `--cpu` it is the time of
the processor, which is what counts on a machine with other work. Prints markdown.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.measure import surroundings, table
from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.generator import Settings, generate
from codesign.gpu.tracking.pipeline import Pipeline, Trace

HITS_PER_PARTICLE = 11.7
"""Of generated events, their share of noise included."""


def sized(sizes: Sequence[int], by: str, seed: int = 1) -> Iterator[Event]:
    """An event of about each size."""
    if by == "particles":
        for hits in sizes:
            yield generate(_settings(hits), seed)
        return
    whole = generate(_settings(max(sizes)), seed)
    for hits in sizes:
        wedge = 2 * math.pi * hits / len(whole)
        yield whole if wedge >= 2 * math.pi else whole.region(phi=(-math.pi, -math.pi + wedge))


def _settings(hits: int) -> Settings:
    return Settings(particles=round(hits / HITS_PER_PARTICLE))


def timed(pipeline: Pipeline, event: Event, repeats: int, now: Callable[[], float]) -> tuple[Trace, dict[str, float]]:
    """What the pipeline gave, and the least time of each stage."""
    traces = [pipeline.stages(event.hits, now) for _ in range(repeats + 1)][1:]
    return traces[0], {stage: min(t.seconds[stage] for t in traces) for stage in traces[0].seconds}


def main() -> None:
    """Reads the command line and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", type=Path)
    parser.add_argument("--hits", default="10000,20000,50000,100000")
    parser.add_argument("--by", choices=("region", "particles"), default="region")
    parser.add_argument("--neighbours", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--cpu", action="store_true")
    given = parser.parse_args()
    now = time.process_time if given.cpu else time.perf_counter
    clock = "CPU time" if given.cpu else "time"
    loaded = Pipeline.load(given.pipeline, given.threads)
    pipeline = replace(loaded, settings=replace(loaded.settings, max_neighbours=given.neighbours))

    rows, first = [], dict[str, float]()
    for event in sized([int(n) for n in given.hits.split(",")], given.by):
        trace, seconds = timed(pipeline, event, given.repeats, now)
        seconds["all"] = sum(seconds.values())
        per_hit = {stage: s / len(event) for stage, s in seconds.items()}
        first = first or per_hit
        cells = [f"{1e3 * s:,.1f} ({per_hit[stage] / first[stage]:.2f})" for stage, s in seconds.items()]
        edges = (trace.graph.shape[1] / len(event), trace.edges.shape[1] / len(event))
        rows.append((f"{len(event):,}", *(f"{e:.1f}" for e in edges), *cells))
    print(table(("hits", "edges per hit", "after the filter", *(f"{stage}, ms" for stage in first)), rows))
    print(f"\n{clock}, by {given.by}, at most {given.neighbours} neighbours, {given.threads} thread(s), ", end="")
    print(f"least of {given.repeats}")
    print(f"load {np.round(_load(), 1)}; {surroundings('onnxruntime', 'scipy')}")


def _load() -> float:
    """Of the machine, over the last minute."""
    import os

    return os.getloadavg()[0]


if __name__ == "__main__":
    main()
