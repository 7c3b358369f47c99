"""Building graphs and labelling against the number of hits: CPU seconds of one core, and the peak memory.

    python -m benchmarks.tracking_scaling [--hits 10000 100000]

Each row is a process of its own, so that its peak is its own; the memory is what it takes beyond the interpreter and
the event. In place of a trained embedding hits lie in 8 dimensions around the direction and curvature of their
particle, and noise where its position says; the radius is set for each size so that a hit has 20 neighbours. Labels are
made of the true edges and a tenth as many wrong ones. Markdown.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import peak_megabytes, surroundings, table
from benchmarks.tracking_data import HITS, sized
from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.graphs import radius_graph, truth_edges
from codesign.gpu.tracking.labelling import best_paths, connected_components, walk
from codesign.gpu.tracking.segments import neighbouring_layers, segment_graph

NEIGHBOURS = 20
STAGES = ("radius graph", "at most 50", "segment graph", "components", "best paths", "components and walk")


def embedded(event: Event) -> NDArray[np.float64]:
    """(n, 8): the stand-in for an embedding."""
    random = np.random.default_rng(0)
    of = event.row_of_particle()
    p = event.particles[of]
    noise = of < 0
    phi = np.where(noise, event.phi, p["phi"])
    eta = np.where(noise, event.eta, p["eta"])
    curvature = np.where(noise, random.uniform(-1, 1, len(event)), p["charge"] * 0.1 / np.maximum(p["pt"], 0.1))
    place = np.stack([np.cos(phi), np.sin(phi), eta, curvature], axis=1)
    spread = random.normal(size=(len(event), 8)) * 0.01
    return np.asarray(place @ random.normal(size=(4, 8)) / 2 + spread)


def radius_for(points: NDArray[np.float64]) -> float:
    """The radius that gives the mean number of neighbours, by bisection on a sample."""
    from scipy.spatial import cKDTree

    tree = cKDTree(points)
    sample = np.random.default_rng(0).choice(len(points), 500)
    low, high = 0.0, 4.0
    for _ in range(20):
        middle = (low + high) / 2
        near = tree.query_ball_point(points[sample], middle, return_length=True).mean() - 1
        low, high = (middle, high) if near < NEIGHBOURS else (low, middle)
    return high


def measured(stage: str, hits: int) -> dict[str, float]:
    """Edges, CPU seconds and megabytes of one stage."""
    event = sized(hits)
    n = len(event)
    random = np.random.default_rng(0)
    true = truth_edges(event)
    wrong = np.sort(random.integers(n, size=(2, true.shape[1] // 10)), axis=0)
    edges = np.concatenate([true, wrong], axis=1)
    scores = np.concatenate([random.uniform(0.5, 1, true.shape[1]), random.uniform(0.3, 0.8, wrong.shape[1])])
    points = embedded(event)
    radius = radius_for(points)
    neighbouring_layers()
    before, start = peak_megabytes(), time.process_time()
    match stage:
        case "radius graph":
            size = radius_graph(points, radius).shape[1]
        case "at most 50":
            size = radius_graph(points, radius, 50).shape[1]
        case "segment graph":
            size = segment_graph(event).shape[1]
        case "components":
            size = len(edges.T[connected_components(n, edges, 5)[edges[0]] >= 0])
        case "best paths":
            size = len(edges.T[best_paths(n, edges, scores, 5)[edges[0]] >= 0])
        case _:
            size = len(edges.T[walk(n, edges, scores, 5)[edges[0]] >= 0])
    return {"hits": n, "edges": size, "seconds": time.process_time() - start, "megabytes": peak_megabytes() - before}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hits", type=int, nargs="+", default=HITS)
    parser.add_argument("--stage", choices=STAGES, help="only this stage, as JSON")
    arguments = parser.parse_args()
    if arguments.stage is not None:
        print(json.dumps(measured(arguments.stage, arguments.hits[0])))
        return
    print(surroundings("numpy", "scipy") + "\n")
    rows = []
    for stage in STAGES:
        for hits in arguments.hits:
            command = [sys.executable, "-m", "benchmarks.tracking_scaling", "--stage", stage, "--hits", str(hits)]
            found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            per_hit = 1e6 * found["seconds"] / found["hits"]
            rows.append([stage, found["hits"], found["edges"], found["seconds"], per_hit, found["megabytes"]])
    print(table(["stage", "hits", "edges", "CPU s", "us per hit", "MB"], rows))


if __name__ == "__main__":
    main()
