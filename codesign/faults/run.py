"""`faults`: every bit of the weights of a project folder ranked, many of them flipped, the worst protected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from codesign.compiler.saved import restore
from codesign.errors import ConfigError, ModelError
from codesign.faults.files import write
from codesign.faults.protect import (
    Criterion,
    Protection,
    Upset,
    columns_of,
    least_bits,
    least_planes,
    remaining,
    triplicated,
    whole_planes,
)
from codesign.faults.ranking import Floats, output_error, scores, spearman
from codesign.faults.result import FaultResult, Point
from codesign.faults.suffix import Suffix
from codesign.faults.weights import Weights, weights_of
from codesign.ir.graph import Graph
from codesign.ir.tensor import Array
from codesign.progress import Progress, silent
from codesign.scan.evaluate import read_inputs, read_labels
from codesign.scan.metrics import Metric, metric

INJECTED = 2000
"""Bits that are flipped, unless more are asked for."""
RANKED = 256
"""Samples by which bits are ranked."""
POINTS = 40
"""Of the curve."""
DIGITS = 12
"""To which losses are rounded, so that 0.785 - 0.775 is 0.01 and meets a limit of 0.01."""

__all__ = ["FaultResult", "faults"]


def faults(
    build: str | Path,
    *,
    data: str | Path,
    labels: str | Path,
    metric_name: str,
    goal: str | None = None,
    loss: float | None = None,
    inject: int = INJECTED,
    samples: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> FaultResult:
    """Ranks all bits of the weights of the project folder `build`, flips `inject` of them (each alone, in the integers
    of the hardware), and finds what to protect for a `loss` of the metric; writes faults.json and faults.html there.

    `data`, `labels`, the metric and `goal` are those of `scan`; of the data the first `samples`. All bits are flipped
    where there are no more than `inject`, else a random part of each bit plane in proportion, at least one bit.
    Raises CodesignError where the folder, the data or the options cannot be used; then nothing is written.
    """
    if loss is not None and not 0 <= loss < float("inf"):
        raise ConfigError(f"--loss {loss}: give how much of the metric may be lost, a number from 0")
    if inject < 1:
        raise ConfigError(f"--inject {inject}: give how many bits to flip, at least 1")
    if goal not in (None, "max", "min"):
        raise ConfigError(f"--goal {goal}: choose max or min")
    measure = metric(metric_name, None if goal is None else goal == "max")
    place = Path(build)
    progress("reading the project", 0, 0)
    ladder = restore(place)
    arrays = read_inputs(ladder.network, Path(data), samples)
    truth = read_labels(Path(labels), Path(data), arrays[0], samples)
    layers, without = weights_of(ladder.network, ladder.design)
    if not layers:
        left_out = f": the products of {', '.join(without)} are adder graphs" if without else ""
        raise ModelError(f"{place}: the design has no memory of weights, so there is no bit to flip{left_out}")
    codes = ladder.design.encode(arrays)
    suffix = Suffix(ladder.network, codes)
    few = suffix if suffix.samples <= RANKED else Suffix(ladder.network, [x[:RANKED] for x in codes])
    scored = [scores(few, w, progress) for w in layers]
    chosen = _chosen(layers, inject, np.random.default_rng(seed))
    reference = _measured(ladder.network, suffix.outputs, measure, truth)
    found = _injected(suffix, layers, chosen, scored, measure, truth, reference, progress)
    result = _result(place, layers, without, scored, found, measure, reference, loss, seed, suffix.samples)
    write(result)
    return result


def _chosen(layers: Sequence[Weights], inject: int, rng: np.random.Generator) -> list[tuple[int, int, int, float]]:
    """(layer, weight, bit, for how many bits it stands) of the bits to flip: of each plane its share."""
    total = sum(w.bits for w in layers)
    found = []
    for k, w in enumerate(layers):
        size = int(w.codes.size)
        for bit in range(w.element.width):
            count = size if inject >= total else min(size, max(1, round(inject * size / total)))
            sites = np.sort(rng.choice(size, count, replace=False)) if count < size else np.arange(size)
            found += [(k, int(site), bit, size / count) for site in sites]
    return found


def _measured(network: Graph, outputs: Sequence[Array], measure: Metric, truth: np.ndarray) -> float:
    types = [network[o.source].type for o in network.outputs]
    return measure([t.decode_float(c) for t, c in zip(types, outputs, strict=True)], truth)


def _injected(
    suffix: Suffix,
    layers: Sequence[Weights],
    chosen: Sequence[tuple[int, int, int, float]],
    scored: Sequence[Floats],
    measure: Metric,
    truth: np.ndarray,
    reference: float,
    progress: Progress,
) -> list[Upset]:
    """What each of the chosen flips does, in the order of protection: by the loss where all bits are flipped, else by
    the score."""
    found = []
    for number, (k, weight, bit, share) in enumerate(chosen):
        progress("flipping bits", number, len(chosen))
        row, output = divmod(weight, layers[k].codes.shape[1])
        faulty = suffix.upset(layers[k], row, output, bit)
        loss: float | None = None
        if not faulty.undefined.any():
            value = _measured(suffix.network, faulty.outputs, measure, truth)
            loss = round(reference - value if measure.maximize else value - reference, DIGITS)
        error = float(output_error(suffix, faulty.outputs).mean())
        found.append(Upset(k, row, output, bit, 0, loss, error, share))
    progress("flipping bits", len(chosen), len(chosen))
    return _ranked(found, layers, scored)


def _ranked(found: Sequence[Upset], layers: Sequence[Weights], scored: Sequence[Floats]) -> list[Upset]:
    """The same with their ranks."""
    total = sum(w.bits for w in layers)
    if len(found) == total:
        ordered = sorted(found, key=lambda u: (-u.harm, -scored[u.layer][u.row, u.output, u.bit]))
        return [replace(u, rank=rank) for rank, u in enumerate(ordered)]
    ranks = _ranks(scored)
    placed = [replace(u, rank=int(ranks[u.layer][u.row, u.output, u.bit])) for u in found]
    return sorted(placed, key=lambda u: u.rank)


def _ranks(scored: Sequence[Floats]) -> list[Array]:
    """The place of each bit by its score, the largest first; of equal ones the higher bit first."""
    flat = np.concatenate([s.ravel() for s in scored])
    bits = np.concatenate([np.broadcast_to(np.arange(s.shape[2]), s.shape).ravel() for s in scored])
    ranks = np.empty(len(flat), dtype=np.int64)
    ranks[np.lexsort((-bits, -flat))] = np.arange(len(flat))
    ends = np.cumsum([s.size for s in scored])[:-1]
    return [part.reshape(s.shape) for part, s in zip(np.split(ranks, ends), scored, strict=True)]


def _result(
    place: Path,
    layers: Sequence[Weights],
    without: Sequence[str],
    scored: Sequence[Floats],
    upsets: Sequence[Upset],
    measure: Metric,
    reference: float,
    limit: float | None,
    seed: int,
    samples: int,
) -> FaultResult:
    total = sum(w.bits for w in layers)
    by_score = np.array([scored[u.layer][u.row, u.output, u.bit] for u in upsets])
    defined = np.array([u.loss is not None for u in upsets])
    losses = np.array([u.loss or 0.0 for u in upsets])
    errors = np.array([u.error for u in upsets])
    protections = []
    if limit is not None:
        for criterion in Criterion:
            protections += [_by_planes(layers, upsets, total, limit, criterion)]
            protections += [_by_bits(layers, scored, upsets, total, limit, criterion)]
    return FaultResult(
        folder=place,
        metric=measure,
        reference=reference,
        samples=samples,
        seed=seed,
        layers=tuple(layers),
        without=tuple(without),
        upsets=tuple(upsets),
        total=total,
        rho_error=spearman(by_score[defined], errors[defined]),
        rho_loss=spearman(by_score[defined], losses[defined]),
        curve=_curve(upsets, total),
        limit=limit,
        protections=tuple(protections),
    )


def _curve(upsets: Sequence[Upset], total: int) -> tuple[Point, ...]:
    """What is left with the first bits of the order protected: none, then ever more of them."""
    steps = sorted({0, total, *np.rint(np.geomspace(1, total, POINTS)).astype(int).tolist()})
    known = [u for u in upsets if u.loss is not None]
    return tuple(Point(k, *remaining((u for u in known if u.rank >= k), total)) for k in steps)


def _by_planes(
    layers: Sequence[Weights], upsets: Sequence[Upset], total: int, limit: float, criterion: Criterion
) -> Protection:
    chosen = least_planes(upsets, total, limit, criterion)
    columns = [whole_planes(w, {b for layer, b in chosen if layer == k}) for k, w in enumerate(layers)]
    left = remaining((u for u in upsets if (u.layer, u.bit) not in chosen), total)
    bits = sum(int(layers[k].codes.size) for k, _ in chosen)
    return Protection(criterion, True, bits, tuple(sorted(chosen)), *left, triplicated(layers, columns))


def _by_bits(
    layers: Sequence[Weights],
    scored: Sequence[Floats],
    upsets: Sequence[Upset],
    total: int,
    limit: float,
    criterion: Criterion,
) -> Protection:
    count = least_bits(upsets, total, limit, criterion)
    if len(upsets) == total:
        sites = [
            [(u.row, u.output, u.bit) for u in upsets if u.layer == k and u.rank < count] for k in range(len(layers))
        ]
    else:
        sites = [[(r, j, b) for r, j, b in np.argwhere(ranks < count).tolist()] for ranks in _ranks(scored)]
    columns = [columns_of(w, found) for w, found in zip(layers, sites, strict=True)]
    left = remaining((u for u in upsets if u.rank >= count), total)
    planes = {(k, bit) for k, found in enumerate(sites) for _, _, bit in found}
    return Protection(criterion, False, count, tuple(sorted(planes)), *left, triplicated(layers, columns))
