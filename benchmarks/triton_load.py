"""Throughput and latency of the tracking pipeline behind a real tritonserver on this machine, against local inference.

    python -m benchmarks.triton_load PIPELINE -o FOLDER [--server PATH] [--particles 180] [--seconds 8] [--ways one,two]

The pipeline is served in four ways, one after the other: by one instance, by two, by two whose requests the server
batches, and as an ensemble of its stages. Clients and server share the machine, and every answer is compared with
`Pipeline.labels`. Prints markdown; each way leaves load.csv, load.json and load.html in a folder of its name.

CPU ms per event are those of the server's processes, which do not depend on who else uses the cores as times do. The
cores divided by them bound the events per second that this machine can serve.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.measure import surroundings, table
from codesign import __version__
from codesign.gpu.tracking.generator import Settings, generate
from codesign.gpu.tracking.pipeline import Pipeline
from codesign.gpu.triton.config import Batching
from codesign.gpu.triton.launch import Running, start
from codesign.gpu.triton.load import Plan, Point, scan
from codesign.gpu.triton.load_page import facts, write_scan
from codesign.gpu.triton.repository import Serving
from codesign.gpu.triton.server import Server, find_server
from codesign.gpu.triton.target import write

WAYS: dict[str, tuple[Serving, bool, tuple[int, ...]]] = {
    "one": (Serving(threads=1), False, (1, 4)),
    "two": (Serving(instances=2, threads=1), False, (1, 4)),
    "batched": (Serving(instances=2, threads=1, batching=Batching(8, 2000)), False, (1, 4)),
    "stages": (Serving(threads=1), True, (1,)),
}
"""How it is served, whether as an ensemble, and the events of a request."""
WORDS = {
    "one": "one instance",
    "two": "two instances",
    "batched": "two instances, batches of the server",
    "stages": "an ensemble of stages",
}
CLIENTS = (1, 2, 4, 8)
FIRST_SEED = 20_000
"""Of the events: none that the pipeline was trained on."""


def local(pipeline: Pipeline, hits: Sequence[np.ndarray], seconds: float) -> tuple[float, float]:
    """Events per second and CPU ms per event of the pipeline in this process."""
    pipeline.labels(hits[0])
    began, cpu, count = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - began < seconds:
        pipeline.labels(hits[count % len(hits)])
        count += 1
    return count / (time.perf_counter() - began), 1e3 * (time.process_time() - cpu) / count


def server_cpu(running: Running) -> float:
    """CPU seconds of the server and its models so far (man proc_pid_stat: fields 14 and 15)."""
    ticks = 0
    for pid in (running.pid, *running.models):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measured(
    way: str, model: Path, hits: Sequence[np.ndarray], expected: Sequence[np.ndarray], server: Server, seconds: float,
    output: Path,
) -> list[tuple[Point, float]]:  # fmt: skip
    """Each point of a way with its CPU ms per event."""
    serving, stages, batches = WAYS[way]
    digest = write(model, output / way / "repository", version=__version__, serving=serving, stages=stages, force=True)
    found = []
    with start(output / way / "repository", server=server) as running:
        for batch in batches:
            for clients in CLIENTS:
                plan = Plan((clients,), (batch,), requests=100_000, seconds=seconds, warm_up=0)
                warm = Plan((clients,), (batch,), requests=2 * clients, seconds=seconds, warm_up=0)
                scan(running.url, hits, warm, digest=digest, expected=expected)
                before = server_cpu(running)
                [point] = scan(running.url, hits, plan, digest=digest, expected=expected)
                used = 1e3 * (server_cpu(running) - before) / max(point.events, 1)
                found.append((point, used))
        write_scan(output / way, [point for point, _ in found], facts(running.url, WORDS[way], hits, True, True))
    return found


def main() -> None:
    """Reads the command line and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--server")
    parser.add_argument("--particles", type=int, default=180)
    parser.add_argument("--events", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--ways", default=",".join(WAYS))
    given = parser.parse_args()
    ways, server = given.ways.split(","), find_server(given.server)
    if unknown := sorted(set(ways) - set(WAYS)):
        parser.error(f"--ways: there is no {', '.join(unknown)}, only {', '.join(WAYS)}")
    settings = Settings(particles=given.particles, vertices=max(1, given.particles // 5))
    hits = [generate(settings, FIRST_SEED + k).hits for k in range(given.events)]
    pipeline = Pipeline.load(given.pipeline, threads=1)
    expected = [pipeline.labels(event) for event in hits]
    rate, used = local(pipeline, hits, given.seconds)
    sizes = [len(event) for event in hits]
    print(f"{surroundings('onnxruntime', 'tritonclient')}; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{len(hits)} events of {min(sizes):,} to {max(sizes):,} hits; local: {rate:.3g} events/s, {used:.3g} ms CPU")
    rows: list[tuple[object, ...]] = []
    for way in ways:
        for p, cpu in measured(way, given.pipeline, hits, expected, server, given.seconds, given.output):
            errors = ", ".join(f"{n} {kind}" for kind, n in p.errors.items()) or "none"
            figures = (p.requests, p.events_per_s, p.p50_ms, p.p95_ms, p.p99_ms, cpu)
            rows.append((WORDS[way], p.concurrency, p.batch, *figures, errors))
    heading = (
        "served by", "clients", "events at a time", "requests", "events/s", "p50 ms", "p95 ms", "p99 ms",
        "CPU ms/event", "errors",
    )  # fmt: skip
    print("\n" + table(heading, rows))


if __name__ == "__main__":
    main()
