"""Constant tensors of a model file, exact: arrays of the file, or integer codes with an exact step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf, lcm, prod

import numpy as np
from numpy.typing import NDArray

from codesign.errors import LayerError
from codesign.frontends.names import spelled
from codesign.ir.fixed import Fixed, Rounding
from codesign.ir.tensor import Values
from codesign.ir.vector import common_step

LARGEST = 1 << 28
"""Elements of a constant; a file that asks for more wants memory, not a network on a chip."""


@dataclass(frozen=True, eq=False)
class Constant:
    """value = base * scale, element by element.

    `base` is the file's array, or int64 codes; `scale` holds Fractions and broadcasts to its shape (None: 1).
    `bits` is the type of the codes where a quantizer made them, `stored` that of integers in the file. `twin` is
    what `base` would be if the batch were of another size: None for all but constants computed from that size.
    """

    name: str
    base: NDArray[np.generic]
    scale: Values | None = None
    bits: Fixed | None = None
    twin: NDArray[np.generic] | None = None
    stored: Fixed | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape as the file has it, batch axis included where there is one."""
        return self.base.shape

    @property
    def integral(self) -> bool:
        """Whether this is an integer tensor of the file (shapes, axes, raw codes), on which Div truncates."""
        return self.scale is None and self.bits is None and self.base.dtype.kind in "iub"

    def fractions(self) -> Values:
        """The exact values; LayerError for NaN and infinities."""
        self.check_finite()
        out = np.empty(self.shape, dtype=object)
        out.reshape(-1)[:] = [Fraction(v) for v in self.base.ravel().tolist()]
        return out if self.scale is None else np.asarray(out * self.scale, dtype=object).reshape(self.shape)

    def check_finite(self) -> None:
        """LayerError for NaN and infinities, and for values that depend on the batch size."""
        if self.base.dtype.kind == "f" and not np.isfinite(self.base).all():
            bad = self.base[~np.isfinite(self.base)].ravel()[0]
            raise LayerError(
                f"tensor {spelled(self.name)} holds {bad}; train or export it again without NaN and infinities"
            )
        if self.twin is not None:
            raise LayerError(f"tensor {spelled(self.name)} depends on the batch size; data must not")

    def integers(self) -> list[int]:
        """The values as plain integers; LayerError where one is not."""
        values = self.fractions().ravel()
        if any(v.denominator != 1 for v in values):
            raise LayerError(f"tensor {spelled(self.name)} must hold integers")
        return [int(v) for v in values]

    def number(self) -> Fraction:
        """The one value of a tensor whose elements all agree; LayerError if they differ."""
        values = set(self.fractions().ravel().tolist())
        if len(values) != 1:
            raise LayerError(
                f"tensor {spelled(self.name)} of shape {self.shape} must hold one number, it holds {len(values)}"
            )
        return Fraction(values.pop())

    def floats(self) -> NDArray[np.float64]:
        """The values as float64; LayerError where that would round one."""
        self.check_finite()
        if self.scale is None:
            return exact_floats(self.name, self.base)
        exact = self.fractions()
        out = exact.astype(np.float64)
        if any(Fraction(a) != b for a, b in zip(out.ravel().tolist(), exact.ravel(), strict=True)):
            raise LayerError(
                f"tensor {spelled(self.name)}: its values are not exact in double precision; quantize it in the file"
            )
        return out

    def runtime(self, twin: bool = False) -> NDArray[np.generic]:
        """What a runtime would hold: the file's own array, or the values rounded to float32."""
        if self.scale is None and self.bits is None:
            return self.twin if twin and self.twin is not None else self.base
        return np.asarray(self.fractions().astype(np.float64), dtype=np.float32)

    def moved(self, move: Callable[[NDArray[np.int64]], NDArray[np.int64]]) -> Constant:
        """The same elements elsewhere: `move` maps an array of element numbers as it would the elements."""
        where = move(np.arange(self.base.size, dtype=np.int64).reshape(self.shape))
        scale = self.scale
        if scale is not None:
            numbers = np.broadcast_to(np.arange(scale.size).reshape(scale.shape), self.shape)
            scale = scale.ravel()[_narrowed(numbers.ravel()[where])]
        base = self.base.ravel()[where]
        twin = None if self.twin is None else self.twin.ravel()[where]
        if twin is not None and np.array_equal(base, twin):
            twin = None
        return replace(self, base=base, scale=scale, twin=twin)

    def times(self, other: Constant, invert: bool = False) -> Constant:
        """The exact product (the quotient if `invert`), broadcast as numpy does."""
        shape = common_shape(self, other)
        factor = other.fractions()
        if invert:
            if not factor.all():
                raise LayerError(f"tensor {spelled(other.name)} holds a zero, by which nothing can be divided")
            factor = np.asarray(1 / factor, dtype=object)
        elif other.base.size > self.base.size:
            return other.times(self)
        scale = factor if self.scale is None else np.asarray(self.scale * factor, dtype=object)
        return replace(self, base=np.broadcast_to(self.base, shape), scale=scale)

    def plus(self, other: Constant, negate: bool = False) -> Constant:
        """The exact sum (the difference if `negate`), broadcast as numpy does."""
        common_shape(self, other)
        a, b = self.fractions(), other.fractions()
        return of_fractions(self.name, np.asarray(a - b if negate else a + b, dtype=object))


def of_fractions(name: str, values: Values) -> Constant:
    """Exact values as integer codes of their common step; LayerError if those need more than 63 bits."""
    step = common_step(values.ravel()) or Fraction(1)
    codes = [int(v / step) for v in values.ravel()]
    if max(map(abs, codes), default=0) >= 1 << 62:
        raise LayerError(
            f"tensor {spelled(name)}: its values have no common step within 63 bits; store their result in the file"
        )
    return Constant(name, np.array(codes, dtype=np.int64).reshape(values.shape), np.array(step, dtype=object))


def joined(name: str, parts: Sequence[Constant], axis: int) -> Constant:
    """The constants one after the other along `axis`, each with its own scale; LayerError where they do not fit."""
    one = np.array([Fraction(1)], dtype=object)
    scales = [one if p.scale is None else p.scale for p in parts]
    starts = np.cumsum([0, *(s.size for s in scales)])
    numbers = [
        np.broadcast_to(start + np.arange(s.size).reshape(s.shape), p.shape)
        for p, s, start in zip(parts, scales, starts[:-1], strict=True)
    ]
    bases = [p.base.astype(np.int64) if p.base.dtype.kind in "iub" else p.base for p in parts]
    try:
        base, where = np.concatenate(bases, axis), np.concatenate(numbers, axis)
    except ValueError:
        raise LayerError(f"constants of shapes {[p.shape for p in parts]} cannot be joined along axis {axis}") from None
    types = [p.bits for p in parts if p.bits is not None]
    bits = Fixed.covering(min(t.low for t in types), max(t.high for t in types)) if len(types) == len(parts) else None
    return Constant(name, base, np.concatenate([s.ravel() for s in scales])[_narrowed(where)], bits)


def quantized(
    name: str,
    x: Constant,
    low: int,
    high: int,
    step: Values,
    zero: Values,
    rounding: Rounding,
    bits: Fixed,
) -> Constant:
    """clip(round(x / step + zero), low, high), read back as (code - zero) * step; `step`, `zero` broadcast to x."""
    codes = rounded(x, step, zero, rounding, low, high)
    denominator = lcm(*(z.denominator for z in zero.ravel()))
    if any(zero.ravel()):
        if (max(high, -low) + max(abs(z) for z in zero.ravel())) * denominator >= 1 << 62:
            raise LayerError(f"the zero point of {spelled(x.name)} has too many digits; use a whole number")
        codes = codes * denominator - np.asarray(zero * denominator, dtype=object).astype(np.int64)
        bits = Fixed.covering(min(int(codes.min()), 0), max(int(codes.max()), 0))
    return Constant(name, codes, np.asarray(step / denominator, dtype=object), bits)


def rounded(x: Constant, step: Values, zero: Values, rounding: Rounding, low: int, high: int) -> NDArray[np.int64]:
    """clip(round(x / step + zero), low, high), decided by floats where they are sure and by rationals elsewhere."""
    x.check_finite()
    scale = step if x.scale is None else np.asarray(step / x.scale, dtype=object)
    shift = _floats(zero)
    with np.errstate(all="ignore"):
        ratio = np.clip(x.base.astype(np.float64) / _floats(scale) + shift, low - 1.0, high + 1.0)
        # A mode jumps at integers or half-way between them; float64 errs by far less than this margin.
        halfway = ratio - 0.5 if rounding in _HALVES else ratio
        margin = 1e-9 * np.maximum(1.0, np.maximum(np.abs(ratio), np.abs(shift)))
        sure = np.abs(halfway - np.round(halfway)) > margin
        out = np.where(sure, _NEAR[rounding](ratio), 0.0).astype(np.int64)
    base, scale, zeros = np.broadcast_arrays(x.base, scale, zero)
    for at in map(tuple, np.argwhere(~sure)):
        exact = Fraction(base[at].item()) / scale[at] + zeros[at]
        out[at] = rounding.apply(min(max(exact, Fraction(low)), Fraction(high)))
    return np.asarray(np.clip(out, low, high), dtype=np.int64)


_HALVES = frozenset({Rounding.ROUND, Rounding.HALF_UP, Rounding.HALF_DOWN, Rounding.HALF_CEIL})
_NEAR: dict[Rounding, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    **dict.fromkeys(_HALVES, np.round),  # they differ in ties alone
    Rounding.FLOOR: np.floor,
    Rounding.CEIL: np.ceil,
    Rounding.UP: lambda x: np.sign(x) * np.ceil(np.abs(x)),
    Rounding.DOWN: np.trunc,
}


def _narrowed(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Axes along which all numbers agree reduced to length 1, so that the array broadcasts to what it was."""
    for axis in range(numbers.ndim):
        first = numbers.take([0], axis) if numbers.shape[axis] else numbers
        if np.array_equal(np.broadcast_to(first, numbers.shape), numbers):
            numbers = first
    return numbers


def _floats(values: Values) -> NDArray[np.float64]:
    """The nearest float64s; infinite beyond their range."""

    def one(v: Fraction) -> float:
        try:
            return float(v)
        except OverflowError:
            return inf if v > 0 else -inf

    return np.array([one(v) for v in values.ravel()], dtype=np.float64).reshape(values.shape)


def grid(weights: NDArray[np.float64], most_bits: int) -> tuple[NDArray[np.int64], int, Fixed] | None:
    """(codes, k, type) with weights == codes * 2^k, k as large as can be; None beyond `most_bits`."""
    mantissa, exponent = np.frexp(weights)
    digits = (mantissa * (1 << 53)).astype(np.int64)
    used = digits != 0
    if not used.any():
        return np.zeros(weights.shape, dtype=np.int64), 0, Fixed(1, 0, False)
    lowest = np.log2((digits & -digits)[used].astype(np.float64)).astype(np.int64) + exponent[used] - 53
    k = int(lowest.min())
    if int(exponent[used].max()) - k > most_bits:
        return None
    codes = np.ldexp(weights, -k).astype(np.int64)
    bits = Fixed.covering(int(codes.min()), int(codes.max()))
    return (codes, k, bits) if bits.width <= most_bits else None


def exact_floats(name: str, array: NDArray[np.generic]) -> NDArray[np.float64]:
    """`array` as float64; LayerError where an integer has too many digits for that."""
    out = array.astype(np.float64)
    if array.dtype.kind in "iu" and array.dtype.itemsize > 4 and (np.abs(out) > 1 << 53).any():
        raise LayerError(f"tensor {spelled(name)} holds integers of more than 53 bits")
    return out


def common_shape(a: Constant, b: Constant) -> tuple[int, ...]:
    """The shape that both broadcast to; LayerError where they do not, or where it would fill the memory."""
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise LayerError(f"constants of shapes {a.shape} and {b.shape} do not broadcast") from None
    return checked_shape(shape)


def checked_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """`shape`; LayerError where its elements would fill the memory."""
    if prod(shape) > LARGEST:
        raise LayerError(f"a constant of shape {shape} is beyond {LARGEST} elements")
    return shape
