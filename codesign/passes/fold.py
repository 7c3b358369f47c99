"""Which folding each matrix product gets: what was asked for, or the fastest that fits the target."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from codesign.config import Strategy
from codesign.errors import ConfigError, TargetError
from codesign.ir.graph import Graph
from codesign.ir.kernels import Multiplier
from codesign.passes.builder import Fold, is_product, matrix_shape
from codesign.passes.folding.messages import Reasons
from codesign.passes.folding.search import Found, Options, Search
from codesign.passes.products import choices, nearest_reuse
from codesign.passes.wishes import check_groups, on_multipliers
from codesign.targets import Target
from codesign.targets.budget import DEFAULT_SHARE, Budget


@dataclass(frozen=True)
class Folding:
    """A folding, and what the solver proved about it."""

    folds: dict[str, Fold]
    pace: int
    """The cycles per sample that no process need be faster than."""
    interval_bound: int | None
    """No folding within the budget has a smaller interval; cycles. None where an interval or a latency was asked."""
    price: float
    """The shares of the budget that it takes, logic counted twice, in units of 1e-8."""
    price_bound: float
    """What no folding of this interval is below."""


def choose_folding(
    graph: Graph,
    target: Target,
    *,
    clock_mhz: float | None = None,
    reuse: int | None = None,
    reuse_by_layer: Mapping[str, int] | None = None,
    strategies: Mapping[str, Strategy] | None = None,
    multipliers: Mapping[str, Multiplier] | None = None,
    budget: float | Budget = DEFAULT_SHARE,
    interval: int | None = None,
    latency: int | None = None,
) -> dict[str, Fold]:
    """A Fold for each matrix product of a network whose tensors have types; see `solve_folding`."""
    return solve_folding(
        graph, target, clock_mhz=clock_mhz, reuse=reuse, reuse_by_layer=reuse_by_layer, strategies=strategies,
        multipliers=multipliers, budget=budget, interval=interval, latency=latency,
    ).folds  # fmt: skip


def solve_folding(
    graph: Graph,
    target: Target,
    *,
    clock_mhz: float | None = None,
    reuse: int | None = None,
    reuse_by_layer: Mapping[str, int] | None = None,
    strategies: Mapping[str, Strategy] | None = None,
    multipliers: Mapping[str, Multiplier] | None = None,
    budget: float | Budget = DEFAULT_SHARE,
    interval: int | None = None,
    latency: int | None = None,
) -> Folding:
    """A Fold for each matrix product of a network whose tensors have types, such that the design fits the `budget` of
    the target (a share of all that it has, or amounts).

    `interval` asks for a design of at most so many cycles per sample, `latency` for one whose last result comes at most
    so many cycles after the first input; both give the one of the lowest price. Without, the smallest interval that
    fits is found. The price is the sum of the shares of the budget that the design takes, those of logic counted twice:
    all layers are as slow as what was asked allows.

    `reuse` asks for inputs * outputs / (pe * simd) of every product, `reuse_by_layer` of those it names; a layer
    gets the nearest reuse that its divisors allow (the smaller of two equally near) and its Fold says what was
    `requested`. `multipliers` says what the products of the layers it names are made of. Raises TargetError where
    nothing fits or is fast enough, with what is needed and what there is; ConfigError for a layer that does not exist,
    for an interval or a reuse below 1, and for products that cannot be made of what was asked.
    """
    asked = _asked(graph, reuse, reuse_by_layer or {})
    for what, cycles in (("an interval", interval), ("a latency", latency)):
        if cycles is not None and cycles < 1:
            raise ConfigError(f"{graph.origin}: {what} of {cycles} cycles is not possible; ask for at least 1")
    graph = graph.copy()
    graph.prune()
    budget = budget if isinstance(budget, Budget) else Budget(budget)
    search = Search(graph, strategies or {}, budget.of(target.resources), clock_mhz or target.clock_mhz)
    port, _ = target.dsp_operands
    every = {
        name: list(choices(node, search.pieces.input(name), search.strategies.get(name, Strategy.AUTO), port))
        for name, node in search.pieces.products.items()
    }
    kept = dict(every)
    for name, wanted in (multipliers or {}).items():
        if name in kept:
            x = search.pieces.input(name).type
            kept[name] = on_multipliers(graph, name, x, every[name], wanted, asked.get(name), port)
        elif name in graph.nodes:
            check_groups(graph, name, wanted)
    options = {name: _nearest(graph, name, folds, asked.get(name)) for name, folds in kept.items()}
    found, bound = _search(search, options, interval, latency)
    if found is None:
        raise TargetError(*Reasons(search, kept, options, target, budget).why_nothing(interval, latency))
    return Folding(found.folds, found.pace, bound, found.price, found.bound)


def _search(
    search: Search, options: Options, interval: int | None, latency: int | None
) -> tuple[Found | None, int | None]:
    """(what was found, an interval that nothing which fits is below, where the smallest is sought)."""
    if latency is not None:
        return search.in_time(options, latency, interval), None
    if interval is not None:
        return search.cheapest(options, interval), None
    return search.fastest(options)


def _nearest(graph: Graph, name: str, folds: list[Fold], wanted: int | None) -> list[Fold]:
    """The folds that keep to a wish; all, if there is none."""
    if wanted is None:
        return folds
    return [replace(f, requested=wanted) for f in nearest_reuse(folds, matrix_shape(graph[name].layer), wanted)]


def _asked(graph: Graph, reuse: int | None, by_layer: Mapping[str, int]) -> dict[str, int]:
    """The wanted reuse of each layer that has one."""
    names = [n.name for n in graph if is_product(n.layer)]
    for name, wanted in by_layer.items():
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names) or 'none'}"
            raise ConfigError(f"reuse factor of {name!r}: {graph.origin} has no such matrix product; {hint}")
        _positive(wanted, name)
    if reuse is None:
        return dict(by_layer)
    _positive(reuse, graph.origin)
    return {name: by_layer.get(name, reuse) for name in names}


def _positive(reuse: int, where: str) -> None:
    if reuse < 1:
        raise ConfigError(f"{where}: a reuse factor of {reuse} is not possible; 1 is fully parallel")
