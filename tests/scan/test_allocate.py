"""The integer program finds what trying every allocation finds."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from codesign.config import Config
from codesign.errors import ConfigError
from codesign.frontends import qonnx
from codesign.ir.fixed import Fixed
from codesign.scan.allocate import allocate, bit_operations
from codesign.scan.cost import bits
from codesign.scan.search import varied
from codesign.scan.space import Space
from tests.scan.conftest import Case

BITS = (2, 4, 7)


def space(case: Case) -> Space:
    return Space.of(qonnx.load(case.model), Config(), {})


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("inputs", [{}, {"": Fixed(5, 2)}], ids=["input varied", "input stated"])
def test_no_allocation_within_the_budget_loses_less(jets: Case, seed: int, inputs: dict[str, Fixed]) -> None:
    of = Space.of(qonnx.load(jets.model), Config(), inputs)
    sites, rng = varied(of), np.random.default_rng(seed)
    losses = {(s.key, b): float(rng.uniform(0, 1) * 4.0**-b) for s in sites for b in BITS}
    every = [dict(zip((s.key for s in sites), chosen)) for chosen in product(BITS, repeat=len(sites))]
    spent = [bit_operations(of, widths) for widths in every]
    budget = int(np.quantile(spent, 0.2 + 0.15 * seed))
    best = min(sum(losses[k, b] for k, b in w.items()) for w, s in zip(every, spent) if s <= budget)
    found = allocate(of, sites, BITS, losses, budget)
    assert found.bit_operations == bit_operations(of, found.widths) <= budget
    assert found.loss == pytest.approx(best, rel=2e-4)


def test_the_program_counts_the_operations_that_the_network_has(images: Case) -> None:
    of = space(images)
    widths = {s.key: 4 + i for i, s in enumerate(varied(of))}
    types = {s.key: Fixed(widths.get(s.key, 12), 3, not s.node.startswith("relu")) for s in of.sites}
    assert bits(of.passed(types).network).bit_operations == bit_operations(of, widths)


def test_a_budget_that_nothing_fits_shows_the_nearest(jets: Case) -> None:
    of = space(jets)
    losses = {(s.key, b): 0.0 for s in varied(of) for b in BITS}
    least = bit_operations(of, {s.key: 2 for s in varied(of)})
    with pytest.raises(ConfigError) as raised:
        allocate(of, varied(of), BITS, losses, least - 1)
    assert str(raised.value) == (
        f"--bit-operations {least - 1}: no allocation takes so few; the nearest, 2 bits everywhere, takes {least}; "
        "give at least that, or fewer --bits"
    )
    assert set(allocate(of, varied(of), BITS, losses, least).widths.values()) == {2}
