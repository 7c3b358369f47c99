"""The data side of track finding, in CPU seconds of one core: generating, writing and reading events, segments, labels.

    python -m benchmarks.tracking_data [--hits 10000 100000]

Each time is the best of three. The second table is what the baseline without learning finds, the third how that falls
with more noise and with layers and modules that lie elsewhere. Markdown.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.measure import surroundings, table
from codesign.gpu.tracking.baseline import Cuts, helix_labels
from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.generator import Settings, generate
from codesign.gpu.tracking.graphs import truth_edges
from codesign.gpu.tracking.metrics import Selection, track_metrics
from codesign.gpu.tracking.robustness import metrics_against, misaligned, with_noise
from codesign.gpu.tracking.segments import segment_graph
from codesign.gpu.tracking.trackml import event_names, read_event, write_event
from codesign.gpu.tracking.weights import hit_weights

REPEATS = 3
HITS = (10_000, 20_000, 50_000, 100_000)
HITS_PER_PARTICLE = 12.31
"""Of the generator's defaults, with noise."""
NAME = "event000000001"


def best(run: Callable[[], object]) -> float:
    """CPU seconds of the fastest of a few runs."""
    found = []
    for _ in range(REPEATS):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found)


def sized(hits: int, seed: int = 1) -> Event:
    """An event of about so many hits."""
    return generate(Settings(particles=round(hits / HITS_PER_PARTICLE)), seed)


def row(hits: int) -> list[object]:
    event = sized(hits)
    generating = best(lambda: sized(hits))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        writing = best(lambda: write_event(folder, NAME, event))
        reading = best(lambda: read_event(folder, NAME))
    labels = helix_labels(event)
    return [
        len(event),
        generating,
        f"{len(event) / generating:,.0f}",
        writing,
        reading,
        best(lambda: hit_weights(event)),
        best(lambda: truth_edges(event)),
        best(lambda: track_metrics(event, labels)),
        segment_graph(event).shape[1],
        best(lambda: segment_graph(event)),
    ]


def found(what: str, event: Event) -> list[object]:
    """What the baseline finds of particles above half a GeV."""
    start = time.process_time()
    labels = helix_labels(event)
    seconds = time.process_time() - start
    m = track_metrics(event, labels, Selection(pt_min=0.5))
    figures = (m.technical_efficiency, m.physics_efficiency, m.purity, m.fakes, m.duplicates)
    return [what, len(event), *map(str, figures), f"{m.score.value:.3f}", seconds]


def shifted(event: Event, millimetres: float, seed: int) -> Event:
    return misaligned(event, millimetres, 0.0, seed)


def shifted_modules(event: Event, millimetres: float, seed: int) -> Event:
    return misaligned(event, millimetres, 0.0, seed, modules=True)


def turned(event: Event, milliradians: float, seed: int) -> Event:
    return misaligned(event, 0.0, milliradians * 1e-3, seed)


CHANGES = (
    ("noise, of the hits", with_noise, (0.0, 0.2, 0.5, 1.0)),
    ("layers shifted, mm", shifted, (0.1, 0.3, 1.0, 3.0)),
    ("layers turned, mrad", turned, (0.1, 0.3, 1.0, 3.0)),
    ("modules shifted, mm", shifted_modules, (0.1, 0.3, 1.0, 3.0)),
)


def robustness(events: Sequence[Event]) -> list[list[object]]:
    """The baseline on worse events."""
    rows: list[list[object]] = []
    for what, change, values in CHANGES:
        for value, m in metrics_against(events, helix_labels, change, values, Selection(pt_min=0.5)):
            figures = (m.technical_efficiency, m.purity, m.fakes)
            rows.append([what, value, *map(str, figures), f"{m.score.value:.3f} ± {m.score.error:.3f}"])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hits", type=int, nargs="+", default=HITS)
    parser.add_argument("--event", type=Path, help="a folder of events in the TrackML format, for the second table")
    arguments = parser.parse_args()
    print(surroundings("numpy", "scipy") + "\n")
    heading = [
        "hits",
        "generate",
        "hits/s",
        "write",
        "read",
        "weights",
        "true edges",
        "metrics",
        "segments",
        "segment graph",
    ]
    print(table(heading, [row(hits) for hits in arguments.hits]) + "\n")
    rows = [found("generated", sized(hits, seed=2)) for hits in arguments.hits]
    if arguments.event is not None:
        rows += [found(name, read_event(arguments.event, name)) for name in event_names(arguments.event)]
    heading = ["event", "hits", "technical", "physics", "purity", "fakes", "duplicates", "score", "CPU s"]
    print(f"helix labels, pt > 0.5 GeV, {Cuts()}\n")
    print(table(heading, rows) + "\n")
    events = [sized(min(arguments.hits), seed) for seed in range(10, 15)]
    print(table(["change", "value", "technical", "purity", "fakes", "score"], robustness(events)))


if __name__ == "__main__":
    main()
