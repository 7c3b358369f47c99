"""What is known of a tensor: its shape, and how its integer codes are read as real values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.reals import Reals
from codesign.ir.vector import ONE, ZERO, Vector

Array = NDArray[np.int64]
"""Integer codes, samples first: (n, *shape)."""
Floats = NDArray[Any]
"""Float64 numbers, or indices of rows (int64), rows first: (n, *shape)."""
Values = NDArray[np.object_]
"""Exact real values (Fractions), samples first: (n, *shape)."""
Numbers = Array | Values
"""What a layer gives: codes where its result has a type, exact values where it is real."""
Found = Numbers | Reals
"""The same, where values may wait to be computed."""

MOST_ROWS = (1 << 31) - 1
"""The largest row number: what an int32 holds."""


def as_codes(x: Found) -> Array:
    """`x`, known to be codes; IRError if it is exact values."""
    if x.dtype == object:
        raise IRError("tensor: exact values where codes are expected")
    return cast(Array, x)


def as_values(x: Found) -> Values:
    """`x`, known to be exact values; IRError if it is codes."""
    if isinstance(x, Reals):
        return x.values
    if x.dtype != object:
        raise IRError(f"tensor: {x.dtype} where exact values are expected")
    return cast(Values, x)


def fractions(x: NDArray[np.float64]) -> Values:
    """Float64 numbers exactly."""
    out = np.empty(x.shape, dtype=object)
    flat = out.reshape(-1)
    for i, v in enumerate(x.ravel().tolist()):
        flat[i] = Fraction(v)
    return out


@dataclass(frozen=True, slots=True)
class Tensor:
    """One sample's shape (no batch axis, channels last) and its numbers.

    value = code * 2^-frac * scale + offset, with `scale` and `offset` exact, per tensor or per channel (the
    last axis); a zero point z is the offset -z * 2^-frac * scale. All codes are proved to lie in
    `low`..`high`, within the range of `fixed`. Without `fixed` the tensor is real: it exists only between
    a quantizer and what comes before it, and no real tensor reaches the design.

    The leading axis runs over the samples of a batch, or over the set that `rows` names ("nodes", "edges", "points").
    Codes with an `index` are row numbers of the set of that name; where rows may be `missing`, the number of its rows
    stands for none. Such tensors have no hardware.
    """

    shape: tuple[int, ...]
    fixed: Fixed | None = None
    scale: Vector = ONE
    offset: Vector = ZERO
    low: int = 0
    high: int = 0
    rows: str = ""
    index: str = ""
    missing: bool = False

    @classmethod
    def of_codes(cls, shape: tuple[int, ...], low: int, high: int, step: Vector = ONE, offset: Vector = ZERO) -> Tensor:
        """The narrowest tensor with codes `low`..`high` and value = code * step + offset.

        A power-of-two step becomes the binary point of the type; any other stays an exact scale.
        """
        exponent = _exponent(step.values[0]) if step.uniform else None
        if exponent is None:
            return cls(shape, Fixed.covering(low, high), step, offset, low, high)
        return cls(shape, Fixed.covering(low, high, -exponent), ONE, offset, low, high)

    @classmethod
    def of_fixed(cls, shape: tuple[int, ...], fixed: Fixed) -> Tensor:
        """A tensor of plain fixed-point numbers that may take every code of the type."""
        return cls(shape, fixed, low=fixed.low, high=fixed.high)

    @classmethod
    def of_index(cls, shape: tuple[int, ...], rows: str, index: str, missing: bool = False) -> Tensor:
        """For each row of the set `rows`, row numbers of the set `index`, as int32 can hold them."""
        codes = cls.of_codes(shape, 0, MOST_ROWS)
        return replace(codes, rows=rows, index=index, missing=missing)

    @property
    def real(self) -> bool:
        """Whether this tensor has no integer codes yet."""
        return self.fixed is None

    @property
    def type(self) -> Fixed:
        """The fixed-point type; IRError for a real tensor."""
        if self.fixed is None:
            raise IRError("tensor: a real tensor has no fixed-point type")
        return self.fixed

    @property
    def channels(self) -> int:
        """The length of the last axis (1 for a scalar)."""
        return self.shape[-1] if self.shape else 1

    @property
    def size(self) -> int:
        """The number of elements of one sample."""
        return prod(self.shape)

    @property
    def step(self) -> Vector:
        """The value of one code."""
        return self.scale * self.type.step

    def with_shape(self, shape: tuple[int, ...]) -> Tensor:
        """The same numbers in another shape."""
        return replace(self, shape=shape)

    def decode(self, codes: Array) -> Values:
        """The exact values of `codes`; each distinct code of a channel is computed once."""
        step, offset = self.step, self.offset
        if step.uniform and offset.uniform:
            return _map_codes(codes, step[0], offset[0])
        out = np.empty(codes.shape, dtype=object)
        for c in range(self.channels):
            out[..., c] = _map_codes(codes[..., c], step[c], offset[c])
        return out

    def exact(self, x: Found) -> Values:
        """The exact values of what a layer gave for this tensor: `x` itself if it is real, else of its codes."""
        return as_values(x) if self.real else self.decode(as_codes(x))

    def decode_float(self, codes: Array) -> NDArray[np.float64]:
        """The values of `codes` as the nearest float64 to the exact ones, or within one rounding of it."""
        step = np.array([float(v) for v in self.step.values])
        offset = np.array([float(v) for v in self.offset.values])
        values: NDArray[np.float64] = codes * step + offset
        return values

    def encode(self, values: Values) -> Array:
        """The codes of exact `values`; IRError where one is not a code of this tensor."""
        codes = (values - self.offset.array()) / self.step.array()
        flat = codes.ravel()
        out = np.empty(flat.shape, dtype=np.int64)
        for i, code in enumerate(flat):
            if code.denominator != 1 or not self.low <= code <= self.high:
                raise IRError(f"tensor: {code} is not a code in {self.low}..{self.high} of {self.fixed}")
            out[i] = code.numerator
        return out.reshape(codes.shape)

    def __str__(self) -> str:
        dims = "x".join(map(str, self.shape)) or "scalar"
        if self.rows:
            dims += f" for each of {self.rows}"
        if self.index:
            return f"{dims}: rows of {self.index}{' or none' * self.missing}"
        if self.fixed is None:
            return f"{dims} real"
        notes = ""
        if self.scale != ONE:
            notes += f" scale {_short(self.scale)}"
        if self.offset != ZERO:
            notes += f" offset {_short(self.offset)}"
        if (self.low, self.high) != (self.fixed.low, self.fixed.high):
            notes += f" in {self.low}..{self.high}"
        return f"{dims} {self.fixed}{notes}"


def _map_codes(codes: Array, step: Fraction, offset: Fraction) -> Values:
    distinct, index = np.unique(codes, return_inverse=True)
    table = np.empty(distinct.shape, dtype=object)
    for i, code in enumerate(distinct.tolist()):
        table[i] = code * step + offset
    return table[index].reshape(codes.shape)


def _exponent(x: Fraction) -> int | None:
    """k where x == 2^k, or None."""
    if x.numerator == 1 and x.denominator.bit_count() == 1:
        return 1 - x.denominator.bit_length()
    if x.denominator == 1 and x.numerator > 0 and x.numerator.bit_count() == 1:
        return x.numerator.bit_length() - 1
    return None


def _short(v: Vector) -> str:
    def one(x: Fraction) -> str:
        text = str(x)
        return text if len(text) <= 12 else f"{float(x):.6g}"

    return one(v.values[0]) if v.uniform else f"[{one(v.values[0])}, ... {len(v)}]"
