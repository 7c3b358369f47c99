"""The folding of a network: the fastest within the budget, or the cheapest that is fast enough."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codesign.analysis.cost import design_cost
from codesign.config import Strategy
from codesign.ir.design import Design
from codesign.ir.graph import Graph
from codesign.passes.builder import Fold
from codesign.passes.fifo_depth import fifo_depth
from codesign.passes.folding.model import Model, price
from codesign.passes.folding.pieces import Pieces
from codesign.passes.lower import lower
from codesign.targets import Resources

ROUNDS = 8
"""How often a program is solved anew with what the design before needed beyond it."""

Options = Mapping[str, Sequence[Fold]]


@dataclass(frozen=True)
class Found:
    """A folding whose design fits, and that design with its FIFOs."""

    folds: dict[str, Fold]
    pace: int
    design: Design
    need: Resources
    price: float
    """What was kept small: the shares of the budget, weighted."""
    bound: float
    """What no folding of this interval is below, with FIFOs of the least depth."""


class Search:
    """The search for one network, budget and clock."""

    def __init__(self, graph: Graph, strategies: Mapping[str, Strategy], limit: Resources, clock_mhz: float) -> None:
        self.graph, self.strategies = graph, strategies
        self.limit, self.clock_mhz = limit, clock_mhz
        self.pieces = Pieces(graph, strategies)

    def fastest(self, options: Options) -> tuple[Found | None, int]:
        """(the smallest interval that fits, at the lowest price; an interval that nothing which fits is below).

        Which intervals fit by the model is found by bisection: what fits one fits every longer one. Where the
        design itself does not, longer ones are tried, in steps that double, and then those left out on the way.
        """
        goals = self.intervals(options)
        first = bisect_left(goals, True, key=lambda goal: self.possible(options, goal))
        if first == len(goals):
            return None, goals[-1]
        below, step, found = first - 1, 1, None
        while found is None and below < len(goals) - 1:
            at = min(below + step, len(goals) - 1)
            found = self.cheapest(options, goals[at])
            if found is None:
                below, step = at, 2 * step
        while found is not None and at - below > 1:
            middle = (at + below) // 2
            better = self.cheapest(options, goals[middle])
            if better is None:
                below = middle
            else:
                at, found = middle, better
        return found, goals[first]

    def intervals(self, options: Options) -> list[int]:
        """Every interval for which it is worth to look for a design, ascending."""
        products = [{self.pieces.product(name, f, 1).interval for f in found} for name, found in options.items()]
        least = max((min(found) for found in products), default=1)
        least = max(least, *(self.pieces.least_interval(region, options, least) for region in self.pieces.regions))
        return sorted({least} | {i for found in products for i in found if i > least})

    def possible(self, options: Options, pace: int) -> bool:
        """Whether the model knows a folding of this interval within the budget; what it does not know for certain
        (regions of many ends) it leaves out, so that no is proved."""
        return Model(self.pieces, options, self.limit, pace, certain=True).possible()

    def cheapest(self, options: Options, pace: int) -> Found | None:
        """The folding of the lowest price whose design fits and takes at most `pace` cycles per sample."""
        best: Found | None = None
        bound = 0.0
        unmodelled: Resources | None = None
        reference: dict[str, Fold] | None = None
        seen: list[dict[str, Fold]] = []
        for number in range(ROUNDS):
            model = Model(self.pieces, options, self.limit, pace, reference=reference, unmodelled=unmodelled)
            for folds in seen:
                model.exclude(folds)
            solution = model.cheapest()
            if solution is None:
                break
            bound = solution.bound if number == 0 else bound
            folds = model.folding(solution)
            found = self._designed(folds, pace, bound)
            seen.append(folds)
            if found is not None and not found.need.exceeding(self.limit):
                best = found if best is None or found.price < best.price else best
                if model.exact:
                    break
            if found is not None:
                unmodelled = found.need + self.pieces.cost(folds, pace) * -1
            reference = folds
        return best

    def smallest(self, options: Options, pace: int) -> Resources | None:
        """What the design needs that exceeds the budget by the smallest factor; None if nothing is that fast."""
        model = Model(self.pieces, options, self.limit, pace)
        solution = model.smallest()
        if solution is None:
            return None
        found = self._designed(model.folding(solution), pace, 0)
        return None if found is None else found.need

    def _designed(self, folds: dict[str, Fold], pace: int, bound: float) -> Found | None:
        design = lower(self.graph, folds, strategies=self.strategies, pace=pace)
        if design.interval() > pace:
            return None
        design = fifo_depth(design, self.clock_mhz)
        need = design_cost(design).total
        return Found(folds, pace, design, need, price(need, self.limit), bound)
