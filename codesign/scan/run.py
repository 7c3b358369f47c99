"""`scan`: many precisions of one network, each in exact integers, in a store that a later scan goes on with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from codesign import __version__
from codesign.compiler.options import ConfigSource
from codesign.errors import ConfigError, OutputError
from codesign.ir.fixed import LEAST_ACCUMULATOR, MAX_WIDTH
from codesign.progress import Progress, silent
from codesign.scan import results, search
from codesign.scan.calibrate import SAMPLES, Method, calibrate
from codesign.scan.evaluate import Evaluator, Outcome, Task
from codesign.scan.metrics import Metric
from codesign.scan.page import write_page
from codesign.scan.retrain import Retrained, Retraining, write_retrained
from codesign.scan.sample import objectives
from codesign.scan.search import Binary, widths
from codesign.scan.searches import Mixed, Sensitivity, by_budgets, by_layers, by_samples, measured
from codesign.scan.session import Session
from codesign.scan.space import Space, Types
from codesign.scan.store import SCHEMA, Store, sqlite_url
from codesign.scan.workers import Workers

if TYPE_CHECKING:
    from codesign.scan.cluster import Cluster
    from codesign.scan.hessian import Curvature

Chosen = TypeVar("Chosen", bound=Enum)


class Search(Enum):
    """Which points a scan looks at."""

    GRID = "grid"
    """All combinations of the widths, the same for all layers."""
    LAYERS = "layers"
    """One weight or result at each width, all others at the most bits: how sensitive the network is to each."""
    ALLOCATE = "allocate"
    """Those, and the widths of each layer that lose least for a budget of bit operations."""
    HESSIAN = "hessian"
    """The same from second derivatives of the outputs instead of points that measure each layer."""
    SAMPLE = "sample"
    """Widths of each layer that Optuna proposes, for the metric and further objectives at once."""


@dataclass(frozen=True)
class ScanResult:
    """What a scan found: its own points, in their order, and all that the store has."""

    folder: Path
    metric: Metric
    space: Space
    reference: float
    """The metric at 20 bits of result and 18 of weight: the network before quantization, as far as these tell."""
    outcomes: tuple[Outcome, ...]
    """Of the points of this search that have a network."""
    failed: Mapping[str, str]
    """Why the others have none, by the digest of their point."""
    stored: tuple[Outcome, ...]
    evaluated: int
    """Points that were not in the store before."""
    samples: int
    """Of the data."""
    sensitivities: tuple[Sensitivity, ...] = ()
    """Of the searches `layers` and `allocate`."""
    mixed: tuple[Mixed, ...] = ()
    """Of the searches `allocate` and `hessian`."""
    curvatures: tuple[Curvature, ...] = ()
    """Of the search `hessian`."""
    retrained: tuple[Retrained, ...] = ()
    """The networks that were trained with quantizers, where the model is a description."""

    @property
    def front(self) -> list[Outcome]:
        """Those of the store that no other beats in both metric and bit operations."""
        return results.pareto(self.stored, self.metric)

    @property
    def nearest(self) -> Outcome | None:
        """Where no point of the search has a design: the one that misses what was asked by the smallest factor."""
        if any(o.refused is None for o in self.outcomes):
            return None
        known = [o for o in self.outcomes if o.excess is not None]
        sign = -1 if self.metric.maximize else 1
        return min(known, key=lambda o: (o.excess, sign * o.value), default=None)


def scan(
    model: str | Path,
    *,
    data: str | Path,
    labels: str | Path,
    metric: str,
    output: str | Path,
    goal: str | None = None,
    samples: int | None = None,
    bits: str = "2..16",
    activations: str | None = None,
    integer: str | None = None,
    accumulators: str | None = None,
    calibration: str = "min-max",
    percentile: float = 99.9,
    rounding: str | None = None,
    method: str = "grid",
    bit_operations: str | None = None,
    objective: str = "bit_operations",
    trials: int = 100,
    seed: int = 0,
    design: bool = True,
    store: str | None = None,
    name: str | None = None,
    train_data: str | Path | None = None,
    train_labels: str | Path | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    parquet: bool = False,
    target: str | None = None,
    input_type: Mapping[str, str] | None = None,
    config: ConfigSource = None,
    reuse: int | None = None,
    clock_mhz: float | None = None,
    interval: int | None = None,
    latency_us: float | None = None,
    budget: str | None = None,
    progress: Progress = silent,
) -> ScanResult:
    """The metric and the cost of the float network `model` at many precisions.

    `data` (.npy, samples first; .npz or a folder for several inputs) goes through the integer network of each point;
    `metric` (accuracy, auc, mae, iqr, or file.py:function, which is run) compares its outputs with `labels` (.npy).
    `goal` (max or min) says which way a function of one's own is better. `bits` are the widths of weights and results,
    `activations` those of results where they are others; binary points follow from `calibration` (min-max, percentile
    or mse) on the first 1,000 samples, or are fixed by so many `integer` bits. `accumulators` are widths of the sums of
    products: each point is also looked at with sums that wrap in so many bits, wherever more would be safe. `rounding`
    is that of results: ROUND (half to even), FLOOR or another mode of QONNX. `design` makes for each point the design
    that fits the target, for its cycles and area. The other options are those of `compile`.

    `method` is a `Search`. `allocate` and `hessian` make an allocation for each budget in `bit_operations`, by default
    for what each width takes if all layers have it. `sample` evaluates `trials` points that the store does not have,
    with the costs named in `objective` beside the metric, from `seed` on.

    `workers` processes of this machine evaluate points, or the workers of the Dask cluster at `scheduler`.

    A `model` that is a description in YAML (docs/training.md) is trained first, without quantizers, on `train_data` and
    `train_labels`; that is what the scan quantizes. It is also trained with quantizers at each width, to compare.

    `parquet` writes results.parquet beside results.csv.

    Trials are kept in `store` (a database URL; by default scan.db in `output`) as the study `name`, and none is done
    twice: a scan that was stopped goes on. results.csv and configs/ in `output` are written at the end, and when the
    scan is interrupted; scan.html, which draws them, at the end.

    Raises CodesignError with a message that says what to change.
    """
    chosen = _choice(Search, method, "--search")
    if parquet:
        from codesign.scan.parquet import write_parquet  # needs pyarrow
    if chosen is Search.HESSIAN:
        from codesign.scan.hessian import curvatures, expected, write_curvatures  # needs torch
    folder = _folder(Path(output))
    retraining = _retraining(Path(model), train_data, train_labels, folder, progress)
    if retraining is not None:
        model = retraining.plain()
    progress("reading the model and the data", 0, 0)
    task = Task(
        str(model), str(data), str(labels), metric, _maximize(goal), samples, design, target,
        tuple(sorted((input_type or {}).items())), config, reuse, clock_mhz, interval, latency_us, budget,
        rounding,
    )  # fmt: skip
    weights = widths(bits, "--bits")
    others = None if activations is None else widths(activations, "--activations")
    integers = None if integer is None else widths(integer, "--integer", -32, 32)
    sums = [] if accumulators is None else widths(accumulators, "--accumulators", LEAST_ACCUMULATOR, MAX_WIDTH)
    by = _choice(Method, calibration, "--calibration")
    if not 50 < percentile <= 100:
        raise ConfigError(f"--percentile {percentile:g}: give more than 50, and at most 100")
    budgets = None if bit_operations is None else search.budgets(bit_operations)
    costs = objectives(objective)
    if chosen is not Search.GRID and (others is not None or integers is not None):
        raise ConfigError(
            f"--search {chosen.value}: it gives each layer widths of its own; leave out --activations and --integer, "
            "which are for the grid"
        )
    if chosen not in (Search.GRID, Search.LAYERS) and sums:
        raise ConfigError(
            f"--search {chosen.value}: accumulators stay as wide as is safe; leave out --accumulators, which is for "
            "grid and layers"
        )
    if workers is not None and scheduler is not None:
        raise ConfigError("--workers and --scheduler: the cluster has its own workers; give one of the two")
    evaluator = Evaluator(task)
    url = store or sqlite_url(folder / "scan.db")
    kept = Store.open(url, name or evaluator.graph.name, _identity(task, evaluator), evaluator.metric.maximize)
    ranges = calibrate(evaluator.space, [x[:SAMPLES] for x in evaluator.data], progress)
    binary = Binary(ranges, by, percentile)
    reference = evaluator.refer(ranges.wide)
    session = Session(evaluator, _workers(evaluator, ranges.wide, workers, scheduler), kept, progress)
    sensitivities: list[Sensitivity] = []
    mixed: list[Mixed] = []
    curved: list[Curvature] = []
    try:
        match chosen:
            case Search.GRID:
                points = search.grid(evaluator.space, binary, weights, others, integers)
                session.evaluate(search.with_accumulators(evaluator.space, points, sums) if sums else points)
            case Search.LAYERS:
                sensitivities = by_layers(session, binary, weights, sums)
            case Search.ALLOCATE:
                sensitivities = by_layers(session, binary, weights)
                mixed = by_budgets(session, binary, weights, measured(sensitivities, weights), budgets)
            case Search.HESSIAN:
                seen = [x[:SAMPLES] for x in evaluator.data]
                curved = curvatures(evaluator.space, binary, weights, seen, progress=progress)
                write_curvatures(folder, curved)
                mixed = by_budgets(session, binary, weights, expected(curved), budgets)
            case Search.SAMPLE:
                by_samples(session, binary, weights, costs, trials, workers or 1, seed)
        retrained = retraining.at(weights, evaluator) if retraining is not None else []
    finally:
        session.workers.close()
        if kept.known or kept.failed:
            every = folder, evaluator.space, evaluator.metric, list(kept.known.values()), kept.failed
            results.write_results(*every)
            if parquet:
                write_parquet(*every)
    if retrained:
        write_retrained(folder, retrained)
    if sensitivities:
        results.write_sensitivities(folder, sensitivities)
    known, failed = kept.known, kept.failed
    found = ScanResult(
        folder,
        evaluator.metric,
        evaluator.space,
        reference,
        tuple(known[key] for key in session.asked if key in known),
        {key: failed[key] for key in session.asked if key in failed},
        tuple(known.values()),
        session.evaluated,
        len(evaluator.labels),
        tuple(sensitivities),
        tuple(mixed),
        tuple(curved),
        tuple(retrained),
    )
    progress("drawing scan.html", 0, 0)
    write_page(found, binary, weights, evaluator.options.target.title)
    return found


def _retraining(
    model: Path, data: str | Path | None, labels: str | Path | None, folder: Path, progress: Progress
) -> Retraining | None:
    """What trains the networks, where the model is a description; it needs data of its own."""
    if model.suffix not in (".yaml", ".yml"):
        if data is not None or labels is not None:
            raise ConfigError(
                f"--train-data and --train-labels: {model} is trained already; give a description in YAML"
            )
        return None
    if data is None or labels is None:
        raise ConfigError(f"{model}: to train a network give --train-data and --train-labels, others than --data")
    return Retraining(model, Path(data), Path(labels), folder / "trained", progress)


def _workers(evaluator: Evaluator, wide: Types, count: int | None, scheduler: str | None) -> Workers | Cluster:
    if scheduler is None:
        return Workers(evaluator, wide, count or 1)
    from codesign.scan.cluster import Cluster  # needs an extra

    return Cluster(evaluator, wide, scheduler)


def _maximize(goal: str | None) -> bool | None:
    if goal not in (None, "max", "min"):
        raise ConfigError(f"--goal {goal!r}: write max or min")
    return None if goal is None else goal == "max"


def _choice(kind: type[Chosen], text: str, option: str) -> Chosen:
    try:
        return kind(text)
    except ValueError:
        raise ConfigError(f"{option} {text!r}: choose {', '.join(k.value for k in kind)}") from None


def _folder(path: Path) -> Path:
    """The output folder, made where it is missing."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be made: {error.strerror}; give another -o") from error
    return path


def _identity(task: Task, evaluator: Evaluator) -> dict[str, str]:
    """All that the outcome of a point depends on."""
    arrays = hashlib.sha256()
    for x in evaluator.data:
        arrays.update(f"{x.dtype.str} {x.shape}".encode() + x.tobytes())
    labels = evaluator.labels
    options, asked = evaluator.options, evaluator.options.config
    file = task.metric.rpartition(":")[0]
    return {
        "version": f"{__version__}, {SCHEMA}",
        "model": evaluator.file.digest,
        "data": arrays.hexdigest(),
        "labels": hashlib.sha256(f"{labels.dtype.str} {labels.shape}".encode() + labels.tobytes()).hexdigest(),
        "metric": evaluator.metric.name if not file else f"{evaluator.metric.name} {_sha(Path(file))}",
        "goal": "max" if evaluator.metric.maximize else "min",
        "input types": json.dumps({k: str(v) for k, v in sorted(options.input_types.items())}),
        "configuration": hashlib.sha256(json.dumps(asked.data(), sort_keys=True).encode()).hexdigest(),
        "designs": f"{options.target.name} at {options.clock_mhz:g} MHz, budget {options.budget}"
        if task.design
        else "none",
    }


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
