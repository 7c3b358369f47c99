"""Why no folding does what was asked, and what would."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass

from codesign.analysis.delays import first_latency
from codesign.passes.builder import matrix_shape
from codesign.passes.folding.search import Options, Search
from codesign.passes.products import nearest_reuse
from codesign.targets import Resources, Target
from codesign.targets.budget import Budget

TRIES = 5
"""How many reuse factors are tried in earnest, from the first that fits by the model on."""


Reason = tuple[str, float | None]
"""A line for the user, and by what factor what was asked is not met, where that is known."""


@dataclass
class Reasons:
    """A search that found nothing: `every` fold but for reuse factors, and the `options` that keep to these."""

    search: Search
    every: Options
    options: Options
    target: Target
    budget: Budget

    def why_nothing(self, interval: int | None, latency: int | None) -> Reason:
        """One line for the user: what is needed, what there is, and a cure; and by what factor it is not met."""
        return (
            self._single_layer() or self._too_fast(interval) or self._too_late(interval, latency) or self._too_large()
        )

    def _single_layer(self) -> Reason | None:
        """A layer whose reuse factor alone asks for too much."""
        for name, folds in self.options.items():
            if len(folds) == len(self.every[name]):
                continue
            needs = [(self.search.pieces.product(name, fold, 1).cost, fold) for fold in folds]
            if all(need.exceeding(self.search.limit) for need, _ in needs):
                need, fold = min(needs, key=lambda found: self._excess(found[0]))
                node = self.search.pieces.products[name]
                reuse = fold.reuse(*matrix_shape(node.layer))
                where = f"{self.search.graph.origin}: node {node.origin}"
                return f"{where}: needs {self._beyond(need)} at reuse {reuse}; {self._cure()}", self._excess(need)
        return None

    def _too_fast(self, interval: int | None) -> Reason | None:
        """An interval for which the budget is too small, or that no folding has, where a longer one is possible."""
        if interval is None:
            return None
        found, _ = self.search.fastest(self.options)
        if found is None or found.design.interval() <= interval:
            return None
        reached = found.design.interval()
        need = self.search.smallest(self.options, interval)
        if need is None:
            slowest = next(p for p in found.design if p.kernel.interval == reached)
            why = f"node {slowest.origin} takes {_cycles(reached)} however it is folded"
        else:
            why = f"that would need {self._beyond(need)}"
        text = (
            f"{self.search.graph.origin}: no design with an interval of at most {_cycles(interval)} fits {self.budget} "
            f"of {self.target.name}: {why}; the smallest interval that fits is {_cycles(reached)}"
        )
        return text, reached / interval

    def _too_late(self, interval: int | None, latency: int | None) -> Reason | None:
        """A latency that no design has which was found, where a longer one is possible."""
        if latency is None:
            return None
        found = self.search.quickest(self.options, interval)
        if found is None:
            return None
        clock = self.search.clock_mhz
        reached = first_latency(found.design, clock)
        text = (
            f"{self.search.graph.origin}: no design with a latency of at most {_cycles(latency)} "
            f"({latency / clock:.4g} us) was found within {self.budget} of {self.target.name}: the smallest found is "
            f"{_cycles(reached)} ({reached / clock:.4g} us), with an interval of {_cycles(found.design.interval())}"
        )
        return text, reached / latency

    def _too_large(self) -> Reason:
        """What the design needs that is too large by the smallest factor."""
        need = self.search.smallest(self.options, self.search.intervals(self.options)[-1])
        where = f"{self._subject()} not fit {self.budget} of {self.target.name}"
        if need is None or not need.exceeding(self.search.limit):
            return f"{where}: its FIFOs take more than the folding leaves; {self._cure()}", None
        amounts = self._amounts(need, need.exceeding(self.search.limit))
        cure = self._fewer() or self._larger_budget(need) or self._cure()
        text = f"{where}: {'it needs' if self.budget.designs == 1 else 'they need'} {amounts}; {cure}"
        return text, self._excess(need)

    def _subject(self) -> str:
        """What it is that does not fit."""
        origin, count = self.search.graph.origin, self.budget.designs
        return f"{origin} does" if count == 1 else f"{count} compute units of {origin} do"

    def _fewer(self) -> str | None:
        """How many compute units fit, where several were asked and fewer do."""
        count, limit = self.budget.designs, self.search.limit
        for fewer in range(count - 1, 0, -1):
            search = copy(self.search)
            search.limit = limit * (count / fewer)
            longest = search.intervals(self.options)[-1]
            if search.possible(self.options, longest) and search.cheapest(self.options, longest):
                return f"try {fewer} compute unit{'s' if fewer > 1 else ''}"
        return None

    def _larger_budget(self, need: Resources) -> str | None:
        """The smallest budget that would do, where the device has that much and no reuse factor was asked."""
        over = need.exceeding(self.search.limit)
        need = need * self.budget.designs
        if need.exceeding(self.target.resources) or any(len(self.options[n]) < len(self.every[n]) for n in self.every):
            return None
        words = {"BRAM36": "bram"}
        amounts = ",".join(f"{words.get(n, n.lower())}={dict(need.items())[n]:.10g}" for n in over)
        return f"a budget of {amounts} would do"

    def _excess(self, need: Resources) -> float:
        return max(n / max(most, 1e-3) for n, most in zip(need, self.search.limit))

    def _beyond(self, need: Resources) -> str:
        count = self.budget.designs
        together = f" for {count} compute units" if count > 1 else ""
        return self._amounts(need, need.exceeding(self.search.limit)) + together

    def _amounts(self, need: Resources, names: Iterable[str]) -> str:
        count = self.budget.designs
        amounts, there = dict((need * count).items()), dict((self.search.limit * count).items())
        return " and ".join(f"{amounts[n]:,.10g} {n} (the budget has {there[n]:,.10g})" for n in names)

    def _cure(self) -> str:
        """The smallest reuse that would fit, or what else to change."""
        fixed = {name: folds[0] for name, folds in self.options.items() if len(folds) < len(self.every[name])}
        shapes = {name: matrix_shape(self.search.pieces.products[name].layer) for name in fixed}
        now = max((fold.reuse(*shapes[name]) for name, fold in fixed.items()), default=0)
        reuses = sorted({r for name in fixed for f in self.every[name] if (r := f.reuse(*shapes[name])) > now})
        first = bisect_left(reuses, True, key=lambda reuse: self.search.possible(*self._slower(reuse, shapes)))
        for reuse in reuses[first : first + TRIES]:
            if self.search.cheapest(*self._slower(reuse, shapes)):
                return f"try reuse_factor >= {reuse}"
        return "choose a larger target, a smaller network or fewer bits"

    def _slower(self, reuse: int, shapes: Mapping[str, tuple[int, int]]) -> tuple[Options, int]:
        """(the options for a larger reuse of those layers, an interval that does not restrict them)."""
        slower = dict(self.options)
        for name, shape in shapes.items():
            slower[name] = nearest_reuse(self.every[name], shape, reuse)
        return slower, self.search.intervals(slower)[-1]


def _cycles(n: int) -> str:
    return "1 cycle" if n == 1 else f"{n:,} cycles"
