"""Fractions and means with their statistical errors, which add up over events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Fraction:
    """`passed` of `all`, whose value is NaN where there are none."""

    passed: int
    all: int

    @property
    def value(self) -> float:
        return self.passed / self.all if self.all else float("nan")

    @property
    def error(self) -> float:
        """The binomial standard error sqrt(p (1 - p) / n) at p = (passed + 1) / (n + 2), so that it is not 0 where all
        or none passed."""
        p = (self.passed + 1) / (self.all + 2)
        return float(np.sqrt(p * (1 - p) / self.all)) if self.all else float("nan")

    def __add__(self, other: Fraction) -> Fraction:
        return Fraction(self.passed + other.passed, self.all + other.all)

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} ± {100 * self.error:.1f} %" if self.all else "none"


@dataclass(frozen=True)
class Mean:
    """The mean of `count` values by their sum and the sum of their squares; NaN where there are none."""

    total: float
    squares: float
    count: int

    @property
    def value(self) -> float:
        return self.total / self.count if self.count else float("nan")

    @property
    def error(self) -> float:
        """The standard error of the mean; NaN for fewer than two values."""
        if self.count < 2:
            return float("nan")
        variance = max(self.squares - self.total**2 / self.count, 0.0) / (self.count - 1)
        return float(np.sqrt(variance / self.count))

    def __add__(self, other: Mean) -> Mean:
        return Mean(self.total + other.total, self.squares + other.squares, self.count + other.count)


def mean_of(values: NDArray[np.floating]) -> Mean:
    """The mean of these values."""
    return Mean(float(values.sum()), float((values**2).sum()), len(values))
