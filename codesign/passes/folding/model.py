"""The program whose solution is a folding: which option each product takes, and what all of them need together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from codesign.passes.builder import Fold
from codesign.passes.folding.deadline import Deadline, Term, add_deadline
from codesign.passes.folding.pieces import Pieces, Region
from codesign.passes.folding.program import Program, Solution
from codesign.targets import Resources

UNIT = 1e-8
"""Prices count in this fraction of the budget."""

WEIGHTS = Resources(lut=2, ff=2, dsp=1, bram36=1, uram=1)
"""Of two designs with the same share of the device, the one that takes it from the slices and the blocks is easier to
place and to route: logic is what routing fails on, so it counts twice."""


def price(need: Resources, limit: Resources) -> float:
    """What the solver keeps small: the shares of the budget that a design takes, weighted, in units of UNIT.

    One of each resource has a whole number as its price, so that prices add up exactly.
    """
    return sum(n * round(w / most / UNIT) for n, most, w in zip(need, limit, WEIGHTS) if most)


class Model:
    """The choice of one option for each product of a network, in a design that has `pace` cycles for a sample.

    Each product is worth one piece of hardware for each option, each region between two products one for each pair of
    what its ends may be: their sum is the cost of the whole design, exactly, with FIFOs of the least depth. Regions
    with more ends are linear around `reference`: what changing one end changes, for each end.

    `unmodelled` is what a design needs beyond this sum. Where the model is to be `certain`, such regions are left out:
    then no design needs less. A model is used for one solution; None says that there is none.
    """

    def __init__(
        self,
        pieces: Pieces,
        options: Mapping[str, Sequence[Fold]],
        limit: Resources,
        pace: int,
        *,
        reference: Mapping[str, Fold] | None = None,
        unmodelled: Resources | None = None,
        certain: bool = False,
        deadline: Deadline | None = None,
    ) -> None:
        self.deadline = deadline
        self.pieces, self.limit, self.pace = pieces, limit, pace
        self.reference = reference
        self.unmodelled = unmodelled or Resources()
        self.exact = all(len(region.products) <= 2 for region in pieces.regions)
        self.program = Program()
        self.groups: dict[str | Region, list[Term]] = {}
        self.options = {name: self._worth_a_look(name, found) for name, found in options.items()}
        self.taken: dict[str, list[int]] = {}
        for name, found in self.options.items():
            self.taken[name] = [self.program.variable(integer=True) for _ in found]
            self.program.row([(v, 1) for v in self.taken[name]], 1, 1)
            self.groups[name] = [Term(v, pieces.product(name, f, pace)) for v, f in zip(self.taken[name], found)]
        for region in pieces.regions:
            if not all(self.options[name] for name in region.products):
                continue  # some product is too slow, whatever is chosen
            if len(region.products) <= 2:
                self._all_pairs(region)
            elif not certain:
                self._around(region)

    def cheapest(self, gap: float = 0) -> Solution | None:
        """Within the budget, and in time if there is a deadline, the lowest price."""
        self._budget()
        if self.deadline is not None:
            add_deadline(self.program, self.groups, list(self.options), self.deadline)
        for term, need in self._needs():
            if term.variable is not None:
                self.program.prices[term.variable] += price(need, self.limit)
        return self.program.minimise(gap)

    def quickest(self, deadline: Deadline, gap: float = 0) -> Solution | None:
        """Within the budget, the shortest latency; the objective is the cycle of the last beat."""
        self._budget()
        self.program.prices[add_deadline(self.program, self.groups, list(self.options), deadline)] = 1
        return self.program.minimise(gap)

    def possible(self) -> bool:
        """Whether anything fits the budget."""
        self._budget()
        return self.program.minimise() is not None

    def smallest(self) -> Solution | None:
        """Beyond the budget if need be, but by the smallest factor."""
        factor = self.program.variable(1, high=float("inf"))
        for index, most in enumerate(self.limit):
            terms, fixed = self._row(index)
            self.program.row([*terms, (factor, -max(most, 1e-3))], high=-fixed)
        return self.program.minimise()

    def folding(self, solution: Solution) -> dict[str, Fold]:
        """The options that a solution takes."""
        return {
            name: next(f for v, f in zip(self.taken[name], found) if solution.values[v] > 0.5)
            for name, found in self.options.items()
        }

    def exclude(self, folding: Mapping[str, Fold]) -> None:
        """That choice, and no other, is no solution."""
        same = [self.taken[name][self.options[name].index(fold)] for name, fold in folding.items()]
        self.program.row([(v, 1) for v in same], high=len(same) - 1)

    def _budget(self) -> None:
        for index, most in enumerate(self.limit):
            terms, fixed = self._row(index)
            self.program.row(terms, high=most - fixed)

    def _row(self, index: int) -> tuple[list[tuple[int, float]], float]:
        """(what each variable adds to the need of a resource, what is needed whatever they are)."""
        terms, fixed = [], tuple(self.unmodelled)[index]
        for term, need in self._needs():
            amount = tuple(need)[index]
            if term.variable is None:
                fixed += amount
            elif amount:
                terms.append((term.variable, amount))
        return terms, fixed

    def _needs(self) -> list[tuple[Term, Resources]]:
        found = []
        for term in (term for group in self.groups.values() for term in group):
            need = term.piece.cost
            found.append((term, need if term.against is None else need + term.against.cost * -1))
        return found

    def _worth_a_look(self, name: str, options: Sequence[Fold]) -> tuple[Fold, ...]:
        """Without those that are too slow, and those that another one with the same ends beats in every resource, and
        in every delay if there is a deadline."""
        ends: dict[tuple[int, int], list[tuple[Fold, tuple[float, ...]]]] = {}
        for fold in options:
            if self.pieces.bound(name, fold) > self.pace:
                continue
            piece = self.pieces.product(name, fold, self.pace)
            if piece.interval > self.pace:
                continue
            cost = (*piece.cost, *(() if self.deadline is None else self.deadline.delays(piece)))
            rivals = ends.setdefault((fold.pe, self.pieces.lanes(name, fold, self.pace)), [])
            if not any(_no_more(other, cost) for _, other in rivals):
                rivals[:] = [(r, other) for r, other in rivals if not _no_more(cost, other)] + [(fold, cost)]
        return tuple(fold for rivals in ends.values() for fold, _ in rivals)

    def _classes(self, name: str, region: Region) -> list[tuple[Fold, list[int]]]:
        """The options of a product that look alike to a region: one of them, and the variables of all."""
        found: dict[tuple[int, int], tuple[Fold, list[int]]] = {}
        for fold, variable in zip(self.options[name], self.taken[name]):
            found.setdefault(self.pieces.look(name, region, fold, self.pace), (fold, []))[1].append(variable)
        return list(found.values())

    def _all_pairs(self, region: Region) -> None:
        """A variable for each pair of what the ends may be, tied to the options at both ends."""
        names, group = region.products, []
        classes = [self._classes(name, region) for name in names]
        ends: list[list[list[tuple[int, float]]]] = [[[(v, -1) for v in same] for _, same in c] for c in classes]
        for indices in product(*(range(len(c)) for c in classes)):
            folds = {name: classes[k][i][0] for k, (name, i) in enumerate(zip(names, indices))}
            piece = self.pieces.region(region, folds, self.pace)
            if piece.interval > self.pace:
                continue
            variable = self.program.variable()
            group.append(Term(variable, piece))
            for k, i in enumerate(indices):
                ends[k][i].append((variable, 1))
        for rows in ends:
            for row in rows:
                self.program.row(row, 0, 0)
        if not names:
            self.program.row([(term.variable, 1) for term in group if term.variable is not None], 1, 1)
        self.groups[region] = group

    def _around(self, region: Region) -> None:
        """The pieces for the reference, and the differences to them for each other choice at one of the ends."""
        classes = {name: self._classes(name, region) for name in region.products}
        reference = {name: self._near(name, [fold for fold, _ in found]) for name, found in classes.items()}
        middle = self.pieces.region(region, reference, self.pace)
        group = [Term(None, middle)]
        for name, found in classes.items():
            for fold, same in found:
                piece = self.pieces.region(region, {**reference, name: fold}, self.pace)
                group += [Term(v, piece, middle) for v in same]
        self.groups[region] = group

    def _near(self, name: str, folds: Sequence[Fold]) -> Fold:
        """The reference for a product; without one the option with the fewest multipliers."""
        return min(folds, key=lambda f: f.pe * f.simd) if self.reference is None else self.reference[name]


def _no_more(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return all(x <= y for x, y in zip(a, b))
