"""The searches that look at each layer on its own: what each loses, what a budget allows, what a sampler proposes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codesign.errors import ModelError
from codesign.scan import search
from codesign.scan.allocate import Allocation, Losses, Widths, allocate, bit_operations
from codesign.scan.evaluate import Outcome
from codesign.scan.search import Binary, Point, varied
from codesign.scan.session import Session
from codesign.scan.space import Site, accumulators, digest


@dataclass(frozen=True)
class Sensitivity:
    """What the network loses where one site has fewer bits and all others have the most."""

    site: Site
    bits: int
    outcome: Outcome
    loss: float
    """By how much the squared output error is above that with the most bits everywhere."""


@dataclass(frozen=True)
class Mixed:
    """An allocation, as it was measured, beside the same width everywhere with no fewer bit operations."""

    budget: int
    allocation: Allocation
    outcome: Outcome
    uniform: Outcome | None
    """None where the budget was given, and no width takes just that."""
    bits: int | None
    """Of the uniform one."""


def by_layers(session: Session, binary: Binary, bits: Sequence[int], sums: Sequence[int] = ()) -> list[Sensitivity]:
    """The sensitivity of each weight and result at each width, and of each accumulator at those that are not safe;
    ModelError where a point has no network."""
    rows = search.one_by_one(session.evaluator.space, binary, bits)
    rows += search.accumulators_one_by_one(session.evaluator.space, rows[0][2], sums)
    outcomes = session.evaluate([point for _, _, point in rows])
    best = _known(session, outcomes[0], rows[0][2])
    found = []
    for (site, width, point), outcome in zip(rows[1:], outcomes[1:], strict=True):
        assert site is not None
        one = _known(session, outcome, point)
        found.append(Sensitivity(site, width, one, max(0.0, one.output_error**2 - best.output_error**2)))
    return found


def measured(sensitivities: Sequence[Sensitivity], bits: Sequence[int]) -> dict[tuple[str, int], float]:
    """What each width of each site loses, as it was measured; the most bits lose nothing."""
    found = {(s.site.key, s.bits): s.loss for s in sensitivities}
    return found | {(s.site.key, max(bits)): 0.0 for s in sensitivities}


def by_budgets(
    session: Session, binary: Binary, bits: Sequence[int], losses: Losses, budgets: Sequence[int] | None
) -> list[Mixed]:
    """The allocation for each budget, evaluated; by default for what each width takes that all layers have."""
    space = session.evaluator.space
    sites = varied(space)
    uniform: list[int | None] = [None] * len(budgets or ())
    if budgets is None:
        uniform = [*bits]
        budgets = [bit_operations(space, {site.key: b for site in sites}) for b in bits]
    found = []
    for b, budget in zip(uniform, budgets, strict=True):
        allocation = allocate(space, sites, bits, losses, budget)
        points = [_point(session, binary, allocation.widths)]
        if b is not None:
            points.append(_point(session, binary, {site.key: b for site in sites}))
        outcomes = session.evaluate(points)
        mixed = _known(session, outcomes[0], points[0])
        found.append(Mixed(budget, allocation, mixed, outcomes[1] if b is not None else None, b))
    return found


def by_samples(
    session: Session, binary: Binary, bits: Sequence[int], costs: Sequence[str], trials: int, batch: int, seed: int
) -> None:
    """Evaluates so many new points that a sampler proposes."""
    from codesign.scan.sample import sample

    def evaluate(points: Sequence[Widths]) -> Sequence[Outcome | None]:
        return session.evaluate([_point(session, binary, widths) for widths in points])

    def is_new(widths: Widths) -> bool:
        return not session.store.done(digest(_point(session, binary, widths)))

    known = [o for o in session.store.known.values() if not accumulators(o.types)]
    maximize = session.evaluator.metric.maximize
    sample(varied(session.evaluator.space), bits, known, costs, maximize, trials, batch, seed, evaluate, is_new)


def _point(session: Session, binary: Binary, widths: Widths) -> Point:
    return search.point(session.evaluator.space, binary, lambda site: widths[site.key])


def _known(session: Session, outcome: Outcome | None, point: Point) -> Outcome:
    if outcome is None:
        raise ModelError(f"a point of the search has no network: {session.store.failed[digest(point)]}")
    return outcome
