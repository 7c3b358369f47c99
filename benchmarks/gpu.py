"""The tracking pipeline on a card: first whether it is right, then how fast each stage is, beside the card's limit.

    python -m benchmarks.gpu [--hits 10000,20000,50000,100000] [--precision fp16] [--neighbours 20] [--repeats 10]
        [--out gpu.md]
    python -m benchmarks.gpu --device cpu --hits 1000      checks alone

Networks of the published sizes with random weights, on generated events; neither changes how long anything takes. The
radius is the one that gives a hit `--neighbours` others on average, and the filter passes a quarter of the edges.

Checked: pairs within the radius and components against scipy; sums at nodes bit for bit, twice; the filter and the
interaction network against the modules; the pipeline in fp32 against the CPU. Measured, if all are right: each stage of
the modules as they are (fp32, eager, plain torch on the card) and of the fast path, the least of the repeats.

Needs torch, triton (for a card), numpy and scipy; nothing is downloaded. Exit code 0: right; 1: something is not; 2: no
CUDA device is there.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.gpu_limits import card, work
from benchmarks.measure import table
from benchmarks.tracking_data import sized
from codesign.gpu.fast.components import connected_components
from codesign.gpu.fast.dispatch import kernels_run
from codesign.gpu.fast.interaction import FastInteraction, adjacency, segment_sum_torch
from codesign.gpu.fast.pipeline import PRECISIONS, FastPipeline, FastTrace
from codesign.gpu.fast.radius import radius_graph
from codesign.gpu.tracking import graphs, labelling
from codesign.gpu.tracking.models.embedding import Embedding
from codesign.gpu.tracking.models.filter import Filter
from codesign.gpu.tracking.models.interaction import Interaction
from codesign.gpu.tracking.models.settings import EmbeddingSettings, FilterSettings, InteractionSettings
from codesign.gpu.tracking.settings import PUBLISHED, PipelineSettings

STAGES = ("embedding", "graph", "filter", "gnn", "labels")
COLUMNS = {**PUBLISHED, **dict.fromkeys(("x", "y", "distance"), 1000.0), **dict.fromkeys(("cos_phi", "sin_phi"), 1.0)}
COLUMNS |= {"eta": 4.0, "theta": 3.0, "u": 0.01, "v": 0.01}
_BLOCK = 1 << 16
# Of logits, over the largest: float32 sums in another order; float16 rounds states at 2^-11 in 8 steps and more.
CLOSE = {"fp32": 1e-4, "fp16": 5e-2}


def networks(seed: int = 0) -> dict[str, Any]:
    """The published sizes: 6 x 512 to 8, 24 to 3 x 1024, 8 steps of [128, 64]."""
    torch.manual_seed(seed)
    embedding = Embedding(EmbeddingSettings()).eval()
    with torch.no_grad():
        for weights in embedding.parameters():
            weights.mul_(2.5)  # random layers as they are made bring all points together
    return {
        "embedding": embedding,
        "filter": Filter(FilterSettings(inputs=2 * len(COLUMNS))).eval(),
        "gnn": Interaction(InteractionSettings()).eval(),
    }


def calibrated(modules: dict[str, Any], hits: np.ndarray, neighbours: float) -> PipelineSettings:
    """Cuts at which this event has about as many edges as asked, found on the CPU from a part of the hits."""
    features = {"embedding": PUBLISHED, "filter": COLUMNS, "gnn": PUBLISHED}
    settings = PipelineSettings(features=features, radius=1e-9, max_neighbours=None, filter_cut=0, gnn_cut=0)
    points = FastPipeline(settings, modules).stages(hits).points.double()
    some = torch.cdist(points[:: max(1, len(points) // 256)], points).flatten()
    radius = _quantile(some, neighbours / len(points))
    settings = replace(settings, radius=max(radius, 1e-6))
    few = FastPipeline(settings, modules).stages(hits[: min(len(hits), 5000)])
    settings = replace(settings, filter_cut=_quantile(few.filtered, 0.75))
    few = FastPipeline(settings, modules).stages(hits[: min(len(hits), 5000)])
    return replace(settings, gnn_cut=_quantile(few.scores, 0.5))


def _quantile(values: torch.Tensor, part: float) -> float:
    """About this quantile of the values: the middle of the widest gap near it, so that rounding moves none across."""
    ordered = values.double().sort().values.unique()
    at = min(int(part * len(ordered)), max(0, len(ordered) - 40))
    near = ordered[at : at + 40]
    if len(near) < 2:
        return float(near[0]) if len(near) else 0.5
    widest = int(near.diff().argmax())
    return float(near[widest] + near[widest + 1]) / 2


def eager(settings: PipelineSettings, modules: dict[str, Any], device: str) -> FastPipeline:
    """The modules as they are, and plain torch between them: the baseline."""
    found = FastPipeline(settings, modules, device, "fp32", kernels=False)
    embedding, edge_filter, gnn = (modules[s].to(device) for s in ("embedding", "filter", "gnn"))

    def filtered(x: torch.Tensor, edges: torch.Tensor) -> torch.Tensor:
        blocks = [edge_filter(x, edges[:, k : k + _BLOCK]) for k in range(0, edges.shape[1], _BLOCK)]
        return torch.cat([*blocks, x.new_zeros(0)])

    found.embedding = (embedding,)
    found.filter = filtered  # type: ignore[assignment]
    found.gnn = lambda x, near: gnn(x, near.edges)
    return found


class Checks:
    """What was compared, printed as it comes."""

    def __init__(self) -> None:
        self.failed = 0

    def __call__(self, what: str, right: bool, found: str = "equal") -> None:
        self.failed += not right
        print(f"{'right' if right else 'WRONG'}: {what}: {found}", flush=True)


def check(checks: Checks, device: str, precision: str, hits: int, neighbours: float) -> None:
    """Every kernel and the pipeline against their references, on one event."""
    modules, at = networks(), sized(hits).hits
    settings = calibrated(modules, at, neighbours)
    reference = eager(settings, modules, "cpu").stages(at)
    points = reference.points
    kernels = kernels_run(torch.device(device))
    way = "kernel" if kernels else "plain torch"
    grid = np.random.default_rng(0).integers(0, 4, (500 if device == "cuda" else 100, 5)).astype(np.float32)
    for name, some, radius in (
        ("an event", points.numpy(), settings.radius),
        ("duplicates and distances that are the radius", grid, 1.0),
        ("one point", grid[:1], 1.0),
        ("no point", grid[:0], 1.0),
    ):
        found = radius_graph(torch.from_numpy(some).to(device), radius, None, kernels).cpu().numpy()
        expected = graphs.radius_graph(some, radius)
        checks(
            f"pairs of {name}, {way}", np.array_equal(found, expected), f"{found.shape[1]:,} of {expected.shape[1]:,}"
        )
    random = np.random.default_rng(1)
    for name, n, edges in (
        ("the event", len(at), reference.edges.numpy()),
        ("a random graph", 5000, random.integers(0, 5000, (2, 4000))),
        ("no edge", 3, np.zeros((2, 0), np.int64)),
    ):
        labels = connected_components(n, torch.from_numpy(edges).to(device), 2, kernels).cpu().numpy()
        expected = labelling.connected_components(n, edges, 2)
        checks(f"components of {name}, {way}", np.array_equal(labels, expected), f"{expected.max(initial=-1) + 1:,}")
    _check_sums(checks, device, kernels)
    for kind in dict.fromkeys(("fp32", precision)):
        _check_networks(checks, modules, reference, at, settings, device, kind)
    for stage in modules.values():
        stage.to("cpu")
    fast = FastPipeline(settings, modules, device, "fp32").stages(at)
    same = all(torch.equal(a.cpu(), b) for a, b in ((fast.graph, reference.graph), (fast.edges, reference.edges)))
    labels, expected = fast.labels.cpu(), reference.labels
    if same and torch.equal(fast.scores.cpu() >= settings.gnn_cut, reference.scores >= settings.gnn_cut):
        checks("labels of the pipeline in fp32", torch.equal(labels, expected), f"{int(expected.max()) + 1:,} tracks")
    else:
        _check_border(checks, fast, reference, len(at))
    for stage in modules.values():
        stage.to("cpu")


def _check_border(checks: Checks, fast: FastTrace, reference: FastTrace, n: int) -> None:
    """Where a distance or a score is within rounding of its cut the edges may differ, but only few."""
    for stage, found, expected in (("graph", fast.graph, reference.graph), ("filter", fast.edges, reference.edges)):
        a, b = (set((e[0] * n + e[1]).tolist()) for e in (found.cpu(), expected))
        few = max(2, len(b) // 1000)
        checks(f"edges after the {stage} in fp32", len(a ^ b) <= few, f"{len(a ^ b):,} of {len(b):,} differ")


def _check_sums(checks: Checks, device: str, kernels: bool) -> None:
    edges = torch.from_numpy(np.random.default_rng(2).integers(0, 200, (2, 2000)))
    values = torch.randn(2000, 64)
    near = adjacency(200, edges)
    for name, begin, order in (("targets", near.incoming, None), ("sources", near.outgoing, near.by_source)):
        expected = torch.zeros((200, 64), dtype=torch.float64)
        rows = torch.repeat_interleave(torch.arange(200), begin.diff())
        expected.index_add_(0, rows, (values if order is None else values[order]).double())
        run: Callable[..., torch.Tensor] = segment_sum_torch
        if kernels:
            from codesign.gpu.fast.kernels.edges import segment_sum as run
        given = values.to(device), begin.to(device), None if order is None else order.to(device)
        found, again = run(*given).cpu(), run(*given).cpu()
        worst = float((found - expected).abs().max())
        # At most some 30 numbers of at most 5 are summed in float32.
        checks(f"sums at {name}", worst < 1e-4, f"{worst:.1e} from float64")
        if kernels:
            checks(f"sums at {name}, twice", torch.equal(found, again))


def _check_networks(
    checks: Checks,
    modules: dict[str, Any],
    reference: FastTrace,
    at: np.ndarray,
    settings: PipelineSettings,
    device: str,
    kind: str,
) -> None:
    """The networks on the reference's own edges."""
    from codesign.gpu.fast.features import features

    for stage in modules.values():
        stage.to("cpu")
    with torch.inference_mode():
        x = torch.from_numpy(at)
        columns = {s: features(x, settings.features[s]) for s in ("filter", "gnn")}
        near = adjacency(len(at), reference.edges)
        some = reference.graph[:, :_BLOCK]
        expected = {s: modules[s](columns[s], edges) for s, edges in (("filter", some), ("gnn", near.edges))}
        fast = FastPipeline(settings, modules, device, kind)
        gnn = FastInteraction(modules["gnn"], fast.device, PRECISIONS[kind])
        there = adjacency(len(at), reference.edges.to(device))
        found = {
            "filter": fast.filter(columns["filter"].to(device), some.to(device)),
            "gnn": gnn(columns["gnn"].to(device), there),
        }
        if reference.edges.shape[1]:
            # What is recorded here for other hits and edges is what runs below.
            fast.gnn(columns["gnn"].flip(0).to(device), adjacency(len(at), reference.edges.flip(0).to(device)))
            found["gnn, as the pipeline runs it"] = fast.gnn(columns["gnn"].to(device), there)
    for name, logits in found.items():
        wanted = expected[name.split(",")[0]]
        worst = float((logits.cpu() - wanted).abs().max()) if len(wanted) else 0.0
        size = float(wanted.abs().max()) if len(wanted) else 1.0
        checks(f"logits of the {name} in {kind}", worst <= CLOSE[kind] * size, f"{worst:.1e} of {size:.2g}")


def measure(
    device: str, name: str, precision: str, sizes: Sequence[int], neighbours: float = 20.0, repeats: int = 10
) -> str:
    """The table of all sizes, on the device, whose hardware has this name."""
    peaks, rows = card(name), []
    for hits in sizes:
        modules, at = networks(), sized(hits).hits
        settings = calibrated(modules, at, neighbours)
        slow = eager(settings, modules, device)
        before, _ = _timed(slow, at, repeats)
        fast = FastPipeline(settings, modules, device, precision)
        after, trace = _timed(fast, at, repeats)
        edges, kept = trace.graph.shape[1], trace.edges.shape[1]
        size = 2 if precision == "fp16" else 4
        todo = work(modules, len(at), edges, kept, trace.points.shape[1], size)
        for stage in ("features", *STAGES, "all"):
            cells: list[object] = [f"{len(at):,}", f"{edges:,}", f"{kept:,}", stage]
            cells += [1e3 * before[stage], 1e3 * after[stage], before[stage] / after[stage]]
            if stage in todo:
                cells += [todo[stage].flops / 1e9, todo[stage].bytes / 1e6]
                limit = todo[stage].limit(peaks, precision == "fp16") if peaks else None
                cells += ["", ""] if limit is None else [1e3 * limit, f"{100 * limit / after[stage]:.1f} %"]
            else:
                cells += ["", "", "", ""]
            rows.append(cells)
    heading = ("hits", "edges", "kept", "stage", "eager fp32, ms", f"fast {precision}, ms", "ratio", "GFLOP", "MB",
               "limit, ms", "of the limit")  # fmt: skip
    unknown = "" if peaks else "; its peaks are not in benchmarks/gpu_limits.py, so no limit is given"
    about = f"{name}{unknown}; torch {torch.__version__}, CUDA {torch.version.cuda}, Python {platform.python_version()}"
    return f"{about}; least of {repeats}\n\n{table(heading, rows)}\n"


def _timed(pipeline: FastPipeline, hits: np.ndarray, repeats: int) -> tuple[dict[str, float], FastTrace]:
    """The least seconds of each stage, and as `all` from hits to labels on the host without waiting between stages."""
    for _ in range(3):
        pipeline.labels(hits)
    traces = [pipeline.stages(hits, timed=True) for _ in range(repeats)]
    least = {stage: min(t.seconds[stage] for t in traces) for stage in traces[0].seconds}
    whole = []
    for _ in range(repeats):
        began = time.perf_counter()
        pipeline.labels(hits)
        whole.append(time.perf_counter() - began)
    return {**least, "all": min(whole)}, traces[0]


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}, expected a number of at least 1")
    return int(text)


def _sizes(text: str) -> list[int]:
    return [_count(part) for part in text.split(",")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Checks, then measures where a card is; the exit code is the docstring's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--hits", type=_sizes, default="10000,20000,50000,100000")
    parser.add_argument("--precision", choices=tuple(PRECISIONS), default="fp16")
    parser.add_argument("--neighbours", type=float, default=20.0)
    parser.add_argument("--repeats", type=_count, default=10)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args(arguments)
    if given.device == "cuda" and not torch.cuda.is_available():
        print("no CUDA device: torch finds none, so nothing is measured; --device cpu runs the checks", file=sys.stderr)
        return 2
    if given.device == "cuda" and not kernels_run(torch.device("cuda")):
        print("triton is not installed, or TRITON_INTERPRET is set: the kernels cannot run", file=sys.stderr)
        return 2
    checks = Checks()
    check(checks, given.device, given.precision, min(given.hits), given.neighbours)
    if checks.failed:
        print(f"{checks.failed} checks failed: nothing is measured", file=sys.stderr)
        return 1
    if given.device == "cpu":
        print("all is right; without a card nothing is measured")
        return 0
    text = measure("cuda", torch.cuda.get_device_name(), given.precision, given.hits, given.neighbours, given.repeats)
    print(f"\n{text}")
    if given.out:
        given.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
