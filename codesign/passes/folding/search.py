"""The folding of a network: the fastest within the budget, or the cheapest that is fast enough."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codesign.analysis.cost import design_cost
from codesign.analysis.delays import first_latency
from codesign.config import Strategy
from codesign.ir.design import Design
from codesign.ir.graph import Graph
from codesign.passes.builder import Fold
from codesign.passes.fifo_depth import fifo_depth
from codesign.passes.folding.deadline import Deadline
from codesign.passes.folding.model import Model, price
from codesign.passes.folding.pieces import Pieces
from codesign.passes.folding.program import INFINITY
from codesign.passes.lower import lower
from codesign.targets import Resources

ROUNDS = 8
"""How often a program is solved anew with what the design before needed beyond it."""

GAP = 0.02
"""How far from the best price, or latency, the solver may stop where a latency is asked: a proof takes minutes."""

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

        Where the budget holds the fastest design of all, others are not looked at: no longer interval is better.
        """
        least = self._least(options)
        if self.possible(options, least) and (fast := self.cheapest(options, least)) is not None:
            return fast, least
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
        least = self._least(options)
        found = (self.pieces.product(name, f, 1).interval for name, folds in options.items() for f in folds)
        return sorted({least} | {interval for interval in found if interval > least})

    def _least(self, options: Options) -> int:
        """The smallest interval that every part has, budget aside."""
        products = max((self._least_of(name, folds) for name, folds in options.items()), default=1)
        regions = (self.pieces.least_interval(region, options, products) for region in self.pieces.regions)
        return max(products, *regions)

    def _least_of(self, name: str, folds: Sequence[Fold]) -> int:
        """That of a product: the folds are looked at until no other one can be faster."""
        best: int | None = None
        for bound, fold in sorted(((self.pieces.bound(name, f), f) for f in folds), key=lambda found: found[0]):
            if best is not None and bound >= best:
                break
            interval = self.pieces.product(name, fold, 1).interval
            best = interval if best is None else min(best, interval)
        assert best is not None  # a product has folds
        return best

    def possible(self, options: Options, pace: int) -> bool:
        """Whether the model knows a folding of this interval within the budget; what it does not know for certain
        (regions of many ends) it leaves out, so that no is proved."""
        return Model(self.pieces, options, self.limit, pace, certain=True).possible()

    def cheapest(self, options: Options, pace: int) -> Found | None:
        """The folding of the lowest price whose design fits and takes at most `pace` cycles per sample.

        The program is solved anew with what the design before needed beyond it.
        """
        best: Found | None = None
        lowest = 0.0
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
            if number == 0:
                lowest = solution.bound if model.exact else self._bound(options, pace, None)
            reference = model.folding(solution)
            seen.append(reference)
            design = self._lowered(reference, pace)
            if design is None:
                continue
            found = self._sized(reference, design, pace, lowest)
            if not found.need.exceeding(self.limit):
                best = found if best is None or found.price < best.price else best
                if model.exact:
                    break
            unmodelled = found.need + self.pieces.cost(reference, pace) * -1
        return best

    def _in_time(self, options: Options, pace: int, latency: int, below: float) -> Found | None:
        """The same with at most this latency; None where the price would not be below `below`.

        The latency of the model is a little too short, so it gets a deadline that is as much earlier as the design
        before was late. `Found.bound` is that of the first, which no design in time is below.
        """
        lowest = 0.0
        unmodelled: Resources | None = None
        reference: dict[str, Fold] | None = None
        cycles = latency
        for number in range(ROUNDS):
            deadline = Deadline(cycles, self.clock_mhz)
            model = Model(
                self.pieces, options, self.limit, pace, reference=reference, unmodelled=unmodelled, deadline=deadline
            )
            solution = model.cheapest(GAP)
            if solution is None or solution.bound >= below:
                break
            if number == 0:
                lowest = solution.bound if model.exact else self._bound(options, pace, deadline)
            reference = model.folding(solution)
            design = self._lowered(reference, pace)
            if design is None:
                break
            if (reached := first_latency(design, self.clock_mhz)) > latency:
                cycles -= reached - latency
                continue
            found = self._sized(reference, design, pace, lowest)
            if not found.need.exceeding(self.limit):
                return found
            unmodelled = found.need + self.pieces.cost(reference, pace) * -1
        return None

    def _bound(self, options: Options, pace: int, deadline: Deadline | None) -> float:
        """What no price is below, by what the model knows for certain."""
        solution = Model(self.pieces, options, self.limit, pace, certain=True, deadline=deadline).cheapest(GAP)
        return INFINITY if solution is None else solution.bound

    def in_time(self, options: Options, latency: int, interval: int | None) -> Found | None:
        """The cheapest that was found with this latency and at most this interval.

        What stands between products takes its time too, as much as the pace of the design allows: a faster pace than
        need be may be cheaper, so several are tried.
        """
        best: Found | None = None
        for pace in self._paces(options, min(latency, interval or latency)):
            found = self._in_time(options, pace, latency, INFINITY if best is None else best.price)
            best = found if best is None or (found is not None and found.price < best.price) else best
        return best

    def quickest(self, options: Options, interval: int | None) -> Found | None:
        """The shortest latency that was found within the budget, and with at most this interval."""
        fastest, _ = self.fastest(options)
        if fastest is None:
            return None
        paces = [pace for pace in (fastest.pace, fastest.pace * 5 // 4) if pace <= (interval or pace)]
        found = [fastest, *(self._quickest(options, pace) for pace in paces)]
        return min((f for f in found if f is not None), key=lambda f: first_latency(f.design, self.clock_mhz))

    def _quickest(self, options: Options, pace: int) -> Found | None:
        unmodelled: Resources | None = None
        reference: dict[str, Fold] | None = None
        longest = Deadline(10 * pace * (len(self.pieces.products) + 1) + 10_000, self.clock_mhz)
        for _ in range(ROUNDS):
            model = Model(
                self.pieces, options, self.limit, pace, reference=reference, unmodelled=unmodelled, deadline=longest
            )
            solution = model.quickest(longest, GAP)
            if solution is None:
                return None
            reference = model.folding(solution)
            design = self._lowered(reference, pace)
            if design is None:
                return None
            found = self._sized(reference, design, pace, 0)
            if not found.need.exceeding(self.limit):
                return found
            unmodelled = found.need + self.pieces.cost(reference, pace) * -1
        return None

    def _paces(self, options: Options, most: int) -> list[int]:
        """That, a half of it and a quarter, as long as some design is that fast."""
        least = self._least(options)
        return [pace for pace in (most, most // 2, most // 4) if pace >= least]

    def smallest(self, options: Options, pace: int) -> Resources | None:
        """What the design needs that exceeds the budget by the smallest factor; None if nothing is that fast."""
        solution = (model := Model(self.pieces, options, self.limit, pace)).smallest()
        design = None if solution is None else self._lowered(model.folding(solution), pace)
        return None if design is None else design_cost(fifo_depth(design, self.clock_mhz, lowered=False)).total

    def _lowered(self, folds: Mapping[str, Fold], pace: int) -> Design | None:
        """The design before its FIFOs have depths; None if it is slower than the model says."""
        design = lower(self.graph, folds, strategies=self.strategies, pace=pace)
        return None if design.interval() > pace else design

    def _sized(self, folds: dict[str, Fold], design: Design, pace: int, bound: float) -> Found:
        design = fifo_depth(design, self.clock_mhz, lowered=False)
        need = design_cost(design).total
        return Found(folds, pace, design, need, price(need, self.limit), bound)
