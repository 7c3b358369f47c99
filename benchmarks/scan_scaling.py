"""Trials per minute of precision scans: by worker processes of this machine, and by workers of a Dask cluster on it.

    python -m benchmarks.scan_scaling [--only jets|deepcalo] [--workers 1 2] [--dask 1 2 4] [--points N] [--showers N]
        [--design]

The networks are those of `benchmarks.scan`. A trial is one point in exact integers on all data (4,000 jets, or the
showers that are asked for), with `--design` and the design of it. Workers have one thread each and are warm: they have
read the model and the data, and done a point. Times are wall clock, so the machine should be quiet; the efficiency is
the rate over that of one worker and their number. More workers than the machine has cores can gain nothing. Prints
markdown.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))  # before numpy

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from distributed import LocalCluster

from benchmarks.measure import surroundings, table
from benchmarks.scan import Case, cases
from codesign.scan.calibrate import SAMPLES, Method, calibrate
from codesign.scan.cluster import Cluster
from codesign.scan.evaluate import Evaluator, Task
from codesign.scan.search import Binary, grid
from codesign.scan.space import spelled
from codesign.scan.workers import Texts, Workers

Run = Callable[[Sequence[Texts]], object]
"""Evaluates points; gives their outcomes one by one."""


def scan_points(case: Case, count: int, design: bool) -> tuple[Evaluator, Binary, list[Texts]]:
    """So many different points of a grid of weights and results, as text."""
    task = Task(str(case.model), str(case.data), str(case.labels), case.metrics[0], design=design)
    evaluator = Evaluator(task)
    binary = Binary(calibrate(evaluator.space, [x[:SAMPLES] for x in evaluator.data]), Method.MSE)
    widths = range(2, 17)
    points = [spelled(p) for p in grid(evaluator.space, binary, widths, widths, None)]
    step = max(1, len(points) // count)
    return evaluator, binary, points[::step][:count]


@contextmanager
def processes(evaluator: Evaluator, binary: Binary, count: int) -> Iterator[Workers]:
    """Workers of this machine."""
    found = Workers(evaluator, binary.calibration.wide, count)
    evaluator.refer(binary.calibration.wide)
    try:
        yield found
    finally:
        found.close()


@contextmanager
def dask(evaluator: Evaluator, binary: Binary, count: int) -> Iterator[Cluster]:
    """Workers of a cluster on this machine, a process each."""
    with LocalCluster(n_workers=count, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        found = Cluster(evaluator, binary.calibration.wide, cluster.scheduler_address)
        try:
            yield found
        finally:
            found.close()


def seconds(evaluate: Workers | Cluster, points: Sequence[Texts], warm: int) -> float:
    """Wall-clock seconds for the points, after so many that all workers have started with."""
    for _ in evaluate([*points[:1]] * warm):
        pass
    start = time.perf_counter()
    for _ in evaluate(points):
        pass
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", nargs="+", choices=("jets", "deepcalo"), default=["jets", "deepcalo"])
    parser.add_argument("--workers", nargs="*", type=int, default=[1, 2])
    parser.add_argument("--dask", nargs="*", type=int, default=[1, 2, 4])
    parser.add_argument("--points", type=int, default=60)
    parser.add_argument("--showers", type=int, default=120)
    parser.add_argument("--design", action="store_true", help="with the design of each point")
    asked = parser.parse_args()
    print(f"{surroundings('numpy', 'distributed')}, {os.cpu_count()} cores\n")
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(Path(folder), asked.showers):
            if case.name not in asked.only:
                continue
            evaluator, binary, points = scan_points(case, asked.points, asked.design)
            for kind, start, counts in (("processes", processes, asked.workers), ("Dask", dask, asked.dask)):
                first: float | None = None
                for count in counts:
                    with start(evaluator, binary, count) as workers:
                        rate = 60 * len(points) / seconds(workers, points, 4 * count)
                    first = first or rate / count
                    rows.append([case.name, kind, count, len(points), rate, f"{rate / count / first:.2f}"])
    print(table(["network", "workers", "number", "points", "points per minute", "efficiency"], rows))


if __name__ == "__main__":
    main()
