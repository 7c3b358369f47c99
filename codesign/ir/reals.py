"""Exact real values that are computed where somebody asks for them, and known to float64 everywhere.

Between a product and the quantizer behind it stand real numbers, several for each code that comes out. On which side of
a threshold one lies float64 decides nearly always, with a proved bound of its error; only the few that lie too
close are computed with rational numbers. What comes out is the same, without rational numbers for every element.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from codesign.ir.near import Near

Places = NDArray[np.int64]
"""Elements by their number, samples first, row-major."""


class Reals(ABC):
    """Exact real values (n, *shape), samples first."""

    dtype = np.dtype(object)
    """As an array of the values would have it."""

    near: Near
    """What float64 knows of them."""

    @abstractmethod
    def at(self, places: Places) -> np.ndarray:
        """The exact values (one axis) of some elements."""

    @abstractmethod
    def keys(self, places: Places) -> NDArray[np.int64]:
        """(len(places), k): elements of the same numbers have the same value."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, *shape)."""
        found: tuple[int, ...] = self.near.value.shape
        return found

    def channel(self, places: Places) -> Places:
        """The channel of each element."""
        found: Places = places % (self.shape[-1] if len(self.shape) > 1 else 1)
        return found

    def distinct(self, places: Places) -> tuple[Places, Places]:
        """(some of the places, for each place the number of the one among them that has the same value)."""
        keys = self.keys(places)
        order = np.lexsort(keys.T)
        ordered = keys[order]
        new = np.ones(len(places), dtype=bool)
        new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
        number = np.empty(len(places), dtype=np.int64)
        number[order] = np.cumsum(new) - 1
        return places[order[new]], number

    @cached_property
    def values(self) -> np.ndarray:
        """All of them, as an array of Fractions; equal ones are computed once."""
        places, number = self.distinct(np.arange(self.near.value.size))
        found: np.ndarray = self.at(places)[number].reshape(self.shape)
        return found
