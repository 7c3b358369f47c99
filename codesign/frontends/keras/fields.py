"""The configuration of a layer or a quantizer: typed access, and what of it nobody asked for."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import isfinite
from typing import NoReturn

import numpy as np

from codesign.errors import LayerError
from codesign.frontends.names import spelled

MISSING = object()


class Fields:
    """The entries of a configuration by key. What is read is remembered; LayerError for a value of another kind."""

    def __init__(self, what: str, entries: Mapping[str, object]) -> None:
        self.what = what
        self.entries = entries
        self.read: set[str] = set()

    def other(self, key: str, default: object = None) -> object:
        """The entry as the file has it."""
        self.read.add(key)
        return self.entries.get(key, default)

    def ignore(self, *keys: str) -> None:
        """These say nothing about inference."""
        self.read.update(keys)

    def unread(self) -> list[str]:
        """The keys that nobody asked for, of entries that are set."""
        return [k for k, v in self.entries.items() if k not in self.read and v is not None]

    def integer(self, key: str, default: object = MISSING) -> int:
        """A whole number, also where the file has it as 8.0, true or [8]."""
        found = self._present(key, default)
        if isinstance(found, list) and len(found) == 1:
            found = found[0]
        if isinstance(found, float) and found.is_integer():
            found = int(found)
        if not isinstance(found, int) or abs(found) >= 1 << 31:
            self.fail(key, found, "a whole number")
        return int(found)

    def flag(self, key: str, default: object = MISSING) -> bool:
        """A switch, also where the file has it as 0 or 1."""
        found = self._present(key, default)
        if found not in (0, 1):
            self.fail(key, found, "true or false")
        return bool(found)

    def single(self, key: str, default: object = MISSING) -> Fraction:
        """A number, rounded to float32 as TensorFlow takes it into its arithmetic."""
        found = self._present(key, default)
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            self.fail(key, found, "a number")
        return single(found)

    def text(self, key: str, default: object = MISSING) -> str:
        """A text."""
        found = self._present(key, default)
        if not isinstance(found, str):
            self.fail(key, found, "a text")
        return found

    def integers(self, key: str, count: int | None = None, default: object = MISSING) -> tuple[int, ...]:
        """A list of whole numbers; one alone stands for `count` equal ones."""
        found = self._present(key, default)
        items = found if isinstance(found, (list, tuple)) else [found] * (count or 1)
        whole = [v for v in items if isinstance(v, int) and not isinstance(v, bool) and abs(v) < 1 << 31]
        if len(whole) < len(items) or (count is not None and len(items) != count):
            self.fail(key, found, "whole numbers" if count is None else f"{count} whole numbers")
        return tuple(whole)

    def _present(self, key: str, default: object) -> object:
        found = self.other(key)
        if found is None:
            if default is MISSING:
                raise LayerError(f"{self.what} has no {key}; save the model again with model.save()")
            return default
        return found

    def fail(self, key: str, found: object, expected: str) -> NoReturn:
        """Raises LayerError for the entry."""
        raise LayerError(f"its {key} is {spelled(repr(found))}, expected {expected}")


def single(value: float) -> Fraction:
    """A Python number as the float32 that TensorFlow makes of it."""
    with np.errstate(over="ignore"):
        rounded = float(np.float32(value))
    if not isfinite(rounded):
        raise LayerError(f"the number {spelled(repr(value))} is not finite in float32")
    return Fraction(rounded)
