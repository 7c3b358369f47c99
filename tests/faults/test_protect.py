"""The least that must be protected, on upsets written by hand."""

from __future__ import annotations

import pytest

from codesign.faults.protect import Criterion, Upset, least_bits, least_planes, remaining


def upsets(*losses: float | None) -> list[Upset]:
    """In the order of protection, two bits per layer: bits 1 and 0 of one weight."""
    return [Upset(k // 2, 0, 0, 1 - k % 2, k, loss, 0.0, 1.0) for k, loss in enumerate(losses)]


@pytest.mark.parametrize(
    ("losses", "limit", "worst", "mean"),
    [
        ((0.5, 0.3, 0.1, 0.0), 0.3, 1, 0),
        ((0.5, 0.3, 0.1, 0.0), 0.1, 2, 1),
        ((0.5, 0.3, 0.1, 0.0), 0.0, 3, 3),
        ((0.1, 0.5, 0.0, -0.2), 0.2, 2, 0),  # a ranking that errs protects all before the worst
        ((None, 0.1, 0.0, 0.0), 1.0, 1, 1),  # what is not defined is never within a limit
        ((0.0, 0.0), 0.0, 0, 0),
    ],
)
def test_the_fewest_bits_of_the_order_that_meet_the_limit(
    losses: tuple[float | None, ...], limit: float, worst: int, mean: int
) -> None:
    found = upsets(*losses)
    assert least_bits(found, len(found), limit, Criterion.WORST) == worst
    assert least_bits(found, len(found), limit, Criterion.MEAN) == mean


def test_the_fewest_planes_that_meet_the_limit() -> None:
    found = upsets(0.5, 0.3, 0.1, 0.0)
    assert least_planes(found, 4, 0.1, Criterion.WORST) == {(0, 1), (0, 0)}
    assert least_planes(found, 4, 0.1, Criterion.MEAN) == {(0, 1)}
    assert least_planes(found, 4, 1.0, Criterion.MEAN) == set()


def test_what_is_left_counts_each_flip_for_the_bits_it_stands_for() -> None:
    found = [Upset(0, 0, 0, 0, 0, 0.5, 0.0, 3.0), Upset(0, 0, 0, 1, 3, 0.1, 0.0, 1.0)]
    assert remaining(found, 4) == (0.5, (0.5 * 3 + 0.1) / 4)
    assert remaining([], 4) == (0.0, 0.0)
