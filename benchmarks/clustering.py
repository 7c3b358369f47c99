"""Clusters in generated showers: SPVCNN of reduced width beside topological and density clusters, on the same events.

    python -m benchmarks.clustering [--detector hgcal|hcal] [--folder FOLDER] [--threads N]

Generates events (to train on, to set the baselines on, to test on, each of a seed of its own), trains a network as
benchmarks/configs/clustering says, and compares, by the commands that a user has. Prints markdown; the pages stay in
FOLDER. About ten minutes for hcal and forty for hgcal, on one thread.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.measure import surroundings, table

ROOT = Path(__file__).parents[1]
CONFIGS = ROOT / "benchmarks" / "configs" / "clustering"
TRAIN_SEED, TUNE_SEED, TEST_SEED = 101, 202, 303
KINDS = ("EM", "HAD", "MIP")


@dataclass(frozen=True)
class Case:
    """How many events of each purpose."""

    detector: str
    train: int
    tune: int = 40
    test: int = 200


CASES = (Case("hcal", 3200, tune=100, test=500), Case("hgcal", 2800, tune=25))


def codesign(*arguments: object) -> None:
    """A command, in a process of its own; what it says is shown."""
    program = "from codesign.cli.main import app; app()"
    subprocess.run([sys.executable, "-c", program, *map(str, arguments)], cwd=ROOT, check=True)


def measure(case: Case, folder: Path, threads: int) -> tuple[dict[str, Any], dict[str, Any], float]:
    """What `clustering evaluate` found, how training went, and how long it took in seconds."""
    here = folder / case.detector
    files = {name: here / f"{name}.npz" for name in ("train", "tune", "test")}
    purposes = zip(files.items(), (case.train, case.tune, case.test), (TRAIN_SEED, TUNE_SEED, TEST_SEED), strict=True)
    for (_, file), count, seed in purposes:
        if not file.exists():
            codesign(
                "clustering", "generate", "--detector", case.detector, "--events", count, "--seed", seed, "-o", file
            )
    start = perf_counter()
    network = here / "network"
    if not network.exists():
        codesign("clustering", "train", CONFIGS / f"{case.detector}.yaml", "--data", files["train"], "-o", network,
                 "--threads", threads)  # fmt: skip
    seconds = perf_counter() - start
    codesign("clustering", "evaluate", "--data", files["test"], "--model", network, "--tune", files["tune"],
             "--threads", threads,
             "-o", here / "comparison")  # fmt: skip
    found = json.loads((here / "comparison" / "clustering.json").read_text())
    return found, json.loads((network / "training.json").read_text()), seconds


def report(found: dict[str, Any], history: dict[str, Any], seconds: float) -> None:
    """Tables in markdown."""
    trained = f"trained in {seconds / 60:.0f} minutes" if seconds > 1 else "trained before"
    events = found["ways"][0]["events"]
    print(f"\n### {found['detector']}: {events} events, {history['parameters']:,} parameters, {trained}\n")
    rows = []
    for way in found["ways"]:
        q = way["energy_weighted"]
        star = "*" if way["kinds_are_the_true_ones"] else ""
        rows.append(
            [way["name"], *(number(q[k]) for k in ("pq", "sq", "rq")), number(way["hits"]["pq"]),
             *(number(way["by_kind"][k]["pq"]) + star for k in KINDS), number(way["mean_iou"]),
             f"{1e3 * way['seconds_per_event']:.1f}"]
        )  # fmt: skip
    heads = ["", "PQ", "SQ", "RQ", "PQ by hits", *(f"PQ {k}" for k in KINDS), "mean IoU", "ms"]
    print(table(heads, rows))
    for title, key in (("hits", "response"), ("true energy", "response_to_true_energy")):
        rows = [[way["name"], *(energies(way[key][k]) for k in KINDS)] for way in found["ways"]]
        print(f"\n{table([f'cluster / {title}', *KINDS], rows)}")


def energies(of: dict[str, Any]) -> str:
    """Median, resolution, and of how many."""
    return f"{number(of['median'])} ± {number(of['resolution'])} ({of['found']})"


def number(value: float | None) -> str:
    """As the tables show it."""
    return "-" if value is None else f"{value:.3f}"


def main() -> None:
    """Runs the cases that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--detector", choices=[c.detector for c in CASES])
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "clustering")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    print(surroundings("torch", "numpy", "scipy"))
    for case in CASES:
        if given.detector in (None, case.detector):
            report(*measure(case, given.folder.resolve(), given.threads))


if __name__ == "__main__":
    main()
