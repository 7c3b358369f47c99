"""Which layer gets which bits: the allocation of least loss within a budget of bit operations.

What rounding at one site does to the outputs is measured, site by site (`search.one_by_one`). Errors of rounding at
different sites are nearly uncorrelated, so their squares add: the loss of an allocation is taken for the sum of its
sites' squared output errors, each above that of all sites at the most bits. An integer program, solved exactly, finds
the allocation for which this sum is least. What the sum does not know is then measured too: each allocation is a
point like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codesign.errors import ConfigError
from codesign.passes.folding.program import Program
from codesign.passes.tune_precision import Part
from codesign.scan.space import Site, Space

GAP = 1e-4
"""How far from the least loss the solver may stop, as a share of it."""
_SCALE = 1e6
"""Of the largest loss: the solver stops at absolute differences of 1e-6."""

Losses = Mapping[tuple[str, int], float]
"""For the key of a site and its bits what rounding there adds to the squared output error."""
Widths = dict[str, int]
"""The bits of each site but biases, by its key."""


@dataclass(frozen=True)
class Allocation:
    """The widths for a budget."""

    widths: Widths
    loss: float
    """The sum that was minimised."""
    bit_operations: int


def bit_operations(space: Space, widths: Mapping[str, int]) -> int:
    """Of a network with these widths, before range analysis, which can only narrow inputs."""
    total = 0
    for node, count in space.products.items():
        x = max((widths[key] for key in space.feeds.get(node, ())), default=space.stated.get(node, 0))
        total += count * widths[f"{node}.{Part.WEIGHT.value}"] * x
    return total


def allocate(space: Space, sites: Sequence[Site], bits: Sequence[int], losses: Losses, budget: int) -> Allocation:
    """The widths of least loss that take at most `budget` bit operations.

    A binary for each site and width, one for each pair of widths that meet in a product. ConfigError where even the
    fewest bits take more.
    """
    least = bit_operations(space, {site.key: min(bits) for site in sites})
    if least > budget:
        raise ConfigError(
            f"--bit-operations {budget}: no allocation takes so few; the nearest, {min(bits)} bits everywhere, takes "
            f"{least}; give at least that, or fewer --bits"
        )
    program = Program()
    scale = _SCALE / max(max(losses.values(), default=0.0), 1e-300)
    of: dict[str, dict[int, int]] = {}
    for site in sites:
        of[site.key] = {b: program.variable(losses[site.key, b] * scale, integer=True) for b in bits}
        program.row([(v, 1) for v in of[site.key].values()], 1, 1)
    spent = []
    for node, count in space.products.items():
        w, sources = of[f"{node}.{Part.WEIGHT.value}"], space.feeds.get(node, ())
        if not sources:
            spent += [(v, count * b * space.stated[node] / budget) for b, v in w.items()]
            continue
        cost = program.variable(high=count * max(bits) ** 2 / budget)
        for key in sources:
            pairs = {(b, c): program.variable() for b in bits for c in bits}
            for b in bits:
                program.row([*((pairs[b, c], 1) for c in bits), (w[b], -1)], 0, 0)
                program.row([*((pairs[c, b], 1) for c in bits), (of[key][b], -1)], 0, 0)
            taken = [(v, count * b * c / budget) for (b, c), v in pairs.items()]
            program.row([*taken, (cost, -1)], high=0)  # a joined input is as wide as its widest part
        spent.append((cost, 1.0))
    program.row(spent, high=1)
    solution = program.minimise(GAP)
    assert solution is not None  # the fewest bits fit
    chosen = {key: max(choices, key=lambda b: solution.values[choices[b]]) for key, choices in of.items()}
    loss = sum(losses[key, b] for key, b in chosen.items())
    return Allocation(chosen, loss, bit_operations(space, chosen))
