"""Which folding each matrix product gets: the reuse factor asked for, or the fastest that fits the target."""

from __future__ import annotations

import difflib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from codesign.analysis.cost import design_cost
from codesign.config import Strategy
from codesign.errors import ConfigError, TargetError
from codesign.ir.design import Design
from codesign.ir.graph import Graph
from codesign.passes.builder import Fold, is_product
from codesign.passes.fifo_depth import fifo_depth
from codesign.passes.lower import lower
from codesign.passes.products import Products, achievable_reuse
from codesign.targets import Resources, Target


def choose_folding(
    graph: Graph,
    target: Target,
    *,
    clock_mhz: float | None = None,
    reuse: int | None = None,
    reuse_by_layer: Mapping[str, int] | None = None,
    strategies: Mapping[str, Strategy] | None = None,
    budget: float = 0.8,
) -> dict[str, Fold]:
    """A Fold for each matrix product of a network whose tensors have types, such that the design fits `budget` of
    the target.

    `reuse` asks for inputs * outputs / (pe * simd) of every product, `reuse_by_layer` of those it names; a layer
    gets the nearest reuse that its divisors allow (the smaller of two equally near) and its Fold says what was
    `requested`. Without, the design with the smallest interval, and of those the one with the fewest products:
    all layers are as slow as the interval allows. Raises TargetError where nothing fits, with what is needed and
    what there is; ConfigError for a layer that does not exist and for a reuse below 1.
    """
    asked = _asked(graph, reuse, reuse_by_layer or {})
    chooser = _Chooser(graph, target, clock_mhz or target.clock_mhz, strategies or {}, budget)
    fixed = {name: chooser.products.nearest(name, asked[name]) for name in chooser.products.nodes if name in asked}
    found = chooser.fastest(fixed)
    if found is None:
        raise TargetError(chooser.what_is_missing(fixed))
    return found


class _Chooser:
    """The search, and what to say where it finds nothing."""

    def __init__(
        self, graph: Graph, target: Target, clock_mhz: float, strategies: Mapping[str, Strategy], budget: float
    ) -> None:
        self.graph = graph.copy()
        self.graph.prune()
        self.target = target
        self.clock_mhz = clock_mhz
        self.strategies = strategies
        self.budget = budget
        self.limit = target.resources * budget
        self.products = Products(self.graph, self.limit, strategies)

    def fastest(self, fixed: Mapping[str, Fold]) -> dict[str, Fold] | None:
        """The fitting folding with the smallest interval; layers in `fixed` keep their reuse. None if none fits."""
        best: dict[str, Fold] | None = None
        reached = 0
        goals = self._goals(fixed)
        # Where something else than a product decides the interval, products that are faster still gain nothing.
        floor = self._lowered(next(self._candidates(goals[0], fixed))).interval()
        for goal in goals[bisect_right(goals, floor) - 1 :] if floor > goals[0] else goals:
            if best is not None and goal > reached:
                break  # every product may take longer, so the design does
            for folding in self._candidates(goal, fixed):
                design = self._fitting(folding)
                if design is not None and (best is None or design.interval() <= reached):
                    best, reached = folding, design.interval()
                    break
        return best

    def _goals(self, fixed: Mapping[str, Fold]) -> list[int]:
        """Every interval that some free product can have and all can keep, ascending."""
        free = [found for name, found in self.products.by_interval.items() if name not in fixed]
        kept = [self.products.interval(name, fold) for name, fold in fixed.items()]
        least = max(kept + [min(found) for found in free], default=1)
        return sorted({least} | {interval for found in free for interval in found if interval >= least})

    def _candidates(self, goal: int, fixed: Mapping[str, Fold]) -> Iterator[dict[str, Fold]]:
        """Foldings for a goal: the one with the fewest products, then for each kind of resource the thriftiest."""
        yield self.products.cheapest(self._options(goal, fixed, fewest=True))
        options = self._options(goal, fixed, fewest=False)
        for index, _ in enumerate(self.limit):
            yield self.products.cheapest(options, thrifty=index)

    def _options(self, goal: int, fixed: Mapping[str, Fold], fewest: bool) -> dict[str, list[Fold]]:
        """The folds that keep the goal; only those with the `fewest` products, or all of them."""
        options = {}
        for name, found in self.products.by_interval.items():
            if name in fixed:
                same = found[self.products.interval(name, fixed[name])]
                options[name] = [replace(f, requested=fixed[name].requested) for f in same]
            else:
                kept = sorted(interval for interval in found if interval <= goal)
                options[name] = [f for interval in (kept[-1:] if fewest else kept) for f in found[interval]]
        return options

    def _fitting(self, folding: Mapping[str, Fold]) -> Design | None:
        """The design of a folding if it fits; products alone are looked at first, they are quick to cost."""
        products = sum((self.products.cost(name, fold) for name, fold in folding.items()), Resources())
        if products.exceeding(self.limit):
            return None
        design = self._lowered(folding)
        if design_cost(design).total.exceeding(self.limit):
            return None  # FIFOs only come on top
        design = fifo_depth(design, self.clock_mhz)
        return None if design_cost(design).total.exceeding(self.limit) else design

    def _lowered(self, folding: Mapping[str, Fold]) -> Design:
        return lower(self.graph, folding, strategies=self.strategies)

    def _design(self, folding: Mapping[str, Fold]) -> Design:
        return fifo_depth(self._lowered(folding), self.clock_mhz)

    def what_is_missing(self, fixed: Mapping[str, Fold]) -> str:
        """Why nothing fits: for the folding that was asked for, or else the smallest one that keeps to it."""
        folding = next(self._candidates(self._goals(fixed)[-1], fixed))
        for name in fixed:
            need = self.products.cost(name, folding[name])
            over = need.exceeding(self.limit)
            if over:
                node, reuse = self.products.nodes[name], self.products.reuse(name, folding[name])
                where = f"{self.graph.origin}: node {node.origin}"
                return f"{where}: needs {self._amounts(need, over)} at reuse {reuse}; {self._cure(fixed)}"
        need = design_cost(self._design(folding)).total
        where = f"{self.graph.origin} does not fit {self.budget:.0%} of {self.target.name}"
        return f"{where}: it needs {self._amounts(need, need.exceeding(self.limit))}; {self._cure(fixed)}"

    def _amounts(self, need: Resources, names: Iterable[str]) -> str:
        amounts, there = dict(need.items()), dict(self.limit.items())
        return " and ".join(f"{amounts[n]:,.0f} {n} (the budget has {there[n]:,.0f})" for n in names)

    def _cure(self, fixed: Mapping[str, Fold]) -> str:
        """The smallest reuse that would fit, or what else to change."""
        if fixed:
            reuses = sorted({r for name in fixed for r in achievable_reuse(self.products.nodes[name])})
            now = max(self.products.reuse(name, fold) for name, fold in fixed.items())
            for reuse in (r for r in reuses if r > now):
                slower = {name: self.products.nearest(name, reuse) for name in fixed}
                if any(self._fitting(f) for f in self._candidates(self._goals(slower)[-1], slower)):
                    return f"try reuse_factor >= {reuse}"
        return "choose a larger target, a smaller network or fewer bits"


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
