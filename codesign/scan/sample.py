"""Search by sampling: Optuna proposes the bits of each layer from what the trials so far found."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import fields

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.study import StudyDirection
from optuna.trial import TrialState

from codesign.errors import ConfigError
from codesign.scan.allocate import Widths
from codesign.scan.evaluate import Outcome
from codesign.scan.space import Site, read

OBJECTIVES = tuple(
    f.name
    for f in fields(Outcome)
    if f.type in ("int", "int | None", "float | None") and f.name not in ("excess", "accumulator", "wrapped")
)
"""The costs that a search may keep low beside the metric."""
_ATTEMPTS = 20
"""Proposals per trial: where nearly all points are known, a sampler finds few new ones."""

Evaluate = Callable[[Sequence[Widths]], Sequence[Outcome | None]]
"""Outcomes of points, None where there is no network."""


def objectives(text: str) -> list[str]:
    """The costs in 'lut,dsp'; ConfigError for others."""
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in OBJECTIVES or names.count(name) > 1:
            raise ConfigError(f"--objective {text!r}: choose one or more of {', '.join(OBJECTIVES)}, each once")
    return names


def sample(
    sites: Sequence[Site],
    bits: Sequence[int],
    known: Sequence[Outcome],
    costs: Sequence[str],
    maximize: bool,
    trials: int,
    batch: int,
    seed: int,
    evaluate: Evaluate,
    is_new: Callable[[Widths], bool],
) -> int:
    """Evaluates `trials` new points, `batch` at a time; gives how many it found to evaluate.

    The metric and all `costs` are objectives of a tree-structured Parzen estimator (S. Watanabe, arXiv:2304.11127; for
    several objectives Y. Ozaki et al., GECCO 2020), which learns from all points `known` whose widths are among
    `bits`. Its study is kept in memory only: it can be made again from what is known.
    """
    first = StudyDirection.MAXIMIZE if maximize else StudyDirection.MINIMIZE
    directions = [first, *(StudyDirection.MINIMIZE for _ in costs)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(seed=seed + len(known), multivariate=True, constant_liar=True)
    study = optuna.create_study(directions=directions, sampler=sampler)
    space: dict[str, BaseDistribution] = {site.key: CategoricalDistribution(list(bits)) for site in sites}
    for outcome in known:
        widths = {site.key: read(outcome.types)[site.key].width for site in sites}
        values = _values(outcome, costs)
        if values is not None and set(widths.values()) <= set(bits):
            study.add_trial(optuna.create_trial(values=values, params=widths, distributions=space))
    found = 0
    for _ in range(_ATTEMPTS * trials):
        if found >= trials:
            break
        asked = [study.ask(space) for _ in range(min(batch, trials - found))]
        points: list[Widths] = [dict(trial.params) for trial in asked]
        found += len({tuple(p.items()) for p in points if is_new(p)})
        for trial, answer in zip(asked, evaluate(points), strict=True):
            values = None if answer is None else _values(answer, costs)
            study.tell(trial, values, state=TrialState.FAIL if values is None else TrialState.COMPLETE)
    return found


def _values(outcome: Outcome, costs: Sequence[str]) -> list[float] | None:
    """The objectives, where all are known."""
    values = [outcome.value, *(getattr(outcome, name) for name in costs)]
    return None if any(v is None for v in values) else [float(v) for v in values]
