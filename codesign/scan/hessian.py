"""How much rounding at each site matters, by second derivatives: from a few gradients, without trying any width.

The loss is the square of a point's output error: the mean squared distance of the outputs f from those before
quantization, over their variance v, for N samples of K numbers

    L = sum (f - f0)^2 / (N K v).

At f = f0 its first derivative vanishes, and half its Hessian by the numbers w at a site is J^T J / (N K v), J being the
derivative of all outputs by them. A width that changes them by d adds d^T J^T J d / (N K v). Rounding errors of
different numbers are nearly uncorrelated, so the diagonal alone counts:

    sum over numbers i of (J^T J)_ii d_i^2 / (N K v).

This is the saliency of Optimal Brain Damage (LeCun, Denker and Solla, 1989). HAWQ-V2 (Z. Dong et al., arXiv:1911.03852)
takes the mean of the diagonal for each of its entries, trace(H) / n * |d|^2, which is the same where errors and
derivatives have nothing to do with each other; behind a ReLU they have, since units that are mostly silent have no
errors, whatever their weights are. Results are different numbers for each sample, and so are their entries.

The diagonal is estimated as the mean of (J^T u)^2 over vectors u of random signs (M. Hutchinson, 1990, whose estimate
of the trace is its sum): one gradient each. Since a sample's outputs depend on no other sample, batches are small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ModelError
from codesign.ir.fixed import Fixed
from codesign.progress import Progress, silent
from codesign.scan.derivative import Derivative, squared_slopes
from codesign.scan.results import write_table
from codesign.scan.search import Binary, varied
from codesign.scan.space import Site, Space

BATCH = 16
"""Samples that share a vector of signs; more of them make the estimate of a batch less certain, and fewer batches."""
PROBES = 4
"""Vectors for each batch."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curvature:
    """Of the loss at one site."""

    site: Site
    trace: float
    """What errors of mean square 1 in each number would add."""
    error: float
    """The standard error of the trace: of the random signs, and of the samples."""
    losses: Mapping[int, float]
    """What each width is expected to add to the squared output error."""


def curvatures(
    space: Space,
    binary: Binary,
    bits: Sequence[int],
    data: Sequence[np.ndarray],
    *,
    batch: int = BATCH,
    probes: int = PROBES,
    seed: int = 0,
    progress: Progress = silent,
) -> list[Curvature]:
    """The curvature at each weight and result, on these samples (n, *shape) of each input.

    ModelError for a layer without a derivative, and for outputs that are the same for all samples.
    """
    network = space.passed(binary.calibration.wide, after="tune_precision").network
    sites = varied(space)
    types = {site.key: {b: binary.fixed(site, b) for b in bits} for site in sites}
    derivative = Derivative(network, sites)
    random = np.random.default_rng(seed)
    count = len(data[0])
    each: dict[str, list[float]] = {site.key: [] for site in sites}
    """For each batch and vector the sum of (J^T u)^2 per sample."""
    diagonals = {key: np.zeros(w.shape) for key, w in derivative.weights.items()}
    lost = {(site.key, b): 0.0 for site in sites for b in bits}
    outputs = []
    for start in range(0, count, batch):
        progress("differentiating", start, count)
        found, results = derivative([x[start : start + batch] for x in data])
        outputs.append(found.detach().numpy())
        of = {key: [weights] for key, weights in derivative.weights.items()} | results
        errors = {
            key: [{b: _squared_error(t.detach().numpy(), fixed) for b, fixed in types[key].items()} for t in tensors]
            for key, tensors in results.items()
        }
        for _ in range(probes):
            slopes = squared_slopes(found, random.choice([-1.0, 1.0], found.shape), of)
            for key, squares in slopes.items():
                each[key].append(sum(float(s.sum()) for s in squares) / len(found))
                if key in diagonals:
                    diagonals[key] += squares[0] / (count * probes)
                for square, error in zip(squares, errors.get(key, ())):
                    for b in bits:
                        lost[key, b] += float((square * error[b]).sum()) / (count * probes)
    progress("differentiating", count, count)
    for key, diagonal in diagonals.items():
        weights = derivative.weights[key].detach().numpy()
        for b, fixed in types[key].items():
            lost[key, b] = float((diagonal * _squared_error(weights, fixed)).sum())
    scale = _scale(np.concatenate(outputs), network.origin)
    return [_curvature(site, scale * np.array(each[site.key]), lost, bits, scale) for site in sites]


def _squared_error(values: Floats, fixed: Fixed) -> Floats:
    codes = np.clip(np.rint(np.ldexp(values, fixed.frac)), fixed.low, fixed.high)
    error: Floats = (np.ldexp(codes, -fixed.frac) - values) ** 2
    return error


def _scale(outputs: Floats, origin: str) -> float:
    """1 / (K v) of outputs (n, K)."""
    variance = float(outputs.var())
    if variance == 0:
        raise ModelError(f"{origin}: its outputs are the same for all samples; give data that differ")
    return 1.0 / (int(outputs.shape[1]) * variance)


def _curvature(
    site: Site, each: Floats, lost: Mapping[tuple[str, int], float], bits: Sequence[int], scale: float
) -> Curvature:
    error = float(each.std(ddof=1) / np.sqrt(len(each))) if len(each) > 1 else float("inf")
    return Curvature(site, float(each.mean()), error, {b: scale * lost[site.key, b] for b in bits})


def expected(found: Sequence[Curvature]) -> dict[tuple[str, int], float]:
    """The losses of all sites and widths, as `allocate` takes them."""
    return {(c.site.key, b): loss for c in found for b, loss in c.losses.items()}


def write_curvatures(folder: Path, found: Sequence[Curvature]) -> None:
    """hessian.csv: the trace of each site and what it is expected to lose at each width."""
    heading = ["site", "layer", "part", "trace", "error of the trace", *(f"loss at {b}" for b in found[0].losses)]
    rows: list[Sequence[object]] = [
        [c.site.key, c.site.origin, c.site.part.value, c.trace, c.error, *c.losses.values()] for c in found
    ]
    write_table(folder / "hessian.csv", heading, rows)
