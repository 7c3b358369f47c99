"""Inputs and outputs as the host's header has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import isfinite

from codesign.backends.encoding import Binary, Encoder, Line, Stairs, encoders
from codesign.backends.host.encoders import sums
from codesign.backends.memory import MemoryLayout
from codesign.errors import IRError, TargetError
from codesign.ir.design import Port


@dataclass(frozen=True)
class Slice:
    """`count` of a port's numbers, from number `at` on."""

    at: int
    count: int


@dataclass(frozen=True)
class FunctionText:
    """A channel's encoder: the C++ struct that it is, and the fields of that in their order, slices of the port's
    numbers among them."""

    kind: str
    fields: tuple[str | Slice, ...]


@dataclass(frozen=True)
class PortText:
    """A port: `shape` is the user's; the hardware has axes of `lengths`, whose neighbours are `strides` apart there.

    `numbers` are doubles that the encoders take slices of, or the steps and then the offsets of an output.
    """

    name: str
    origin: str
    shape: tuple[int, ...]
    lengths: tuple[int, ...]
    strides: tuple[int, ...]
    size: int
    low: int
    high: int
    layout: MemoryLayout
    word_bytes: int
    numbers: tuple[str, ...]
    functions: tuple[FunctionText, ...]
    """Of an input: one, or one for each channel."""
    decoders: int
    """Of an output: how many steps, and how many offsets; 1, or one for each channel."""


def input_text(name: str, port: Port, layout: MemoryLayout) -> PortText:
    """An input; TargetError where the host could not encode it exactly."""
    if port.layer is None:
        raise IRError(f"host: the input {port.name} has no encoder")
    numbers: list[float] = []
    functions = tuple(_function(f, numbers, port.origin) for f in encoders(port.layer, port.origin))
    shape = port.layer.shape
    axes = port.layer.axes if port.layer.axes is not None else tuple(range(len(shape)))
    apart = tuple(accumulate(reversed(shape[1:]), lambda a, b: a * b, initial=1))[::-1] if shape else ()
    return _port_text(name, port, layout, numbers, shape, tuple(apart[a] for a in axes), functions, 0)


def output_text(name: str, port: Port, layout: MemoryLayout) -> PortText:
    """An output; TargetError where its values are no doubles."""
    tensor = port.tensor
    both = (tensor.step, tensor.offset)
    count = 1 if all(v.uniform for v in both) else tensor.channels
    try:
        numbers = [float(v[c]) for v in both for c in range(count)]
    except OverflowError as error:
        raise TargetError(f"output {port.origin}: its values are too large for float64") from error
    shape = tensor.shape
    apart = tuple(accumulate(reversed(shape[1:]), lambda a, b: a * b, initial=1))[::-1] if shape else ()
    return _port_text(name, port, layout, numbers, shape, apart, (), count)


def _port_text(
    name: str,
    port: Port,
    layout: MemoryLayout,
    numbers: Sequence[float],
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    functions: tuple[FunctionText, ...],
    decoders: int,
) -> PortText:
    tensor = port.tensor
    return PortText(
        name=name,
        origin=port.origin,
        shape=shape,
        lengths=tensor.shape,
        strides=strides,
        size=tensor.size,
        low=tensor.low,
        high=tensor.high,
        layout=layout,
        word_bytes=layout.word_bits // 8,
        numbers=tuple(map(_double, numbers)),
        functions=functions,
        decoders=decoders,
    )


def _function(encoder: Encoder, numbers: list[float], name: str) -> FunctionText:
    def held(values: Iterable[float]) -> Slice:
        at = len(numbers)
        numbers.extend(values)
        return Slice(at, len(numbers) - at)

    match encoder:
        case Binary():
            return FunctionText("Binary", (str(encoder.frac), str(encoder.low), str(encoder.high)))
        case Line():
            exact = sums(encoder, name)
            estimate = (_double(exact.slope), _double(exact.intercept))
            rounding = f"Rounding::{encoder.rounding.value.lower()}"
            terms = [held(v) for v in (exact.p, exact.q, exact.r)]
            return FunctionText("Line", (*estimate, *terms, str(encoder.low), str(encoder.high), rounding))
        case Stairs():
            falls = "true" if encoder.falls else "false"
            return FunctionText("Stairs", (str(encoder.first), falls, held(encoder.thresholds)))


def _double(value: float) -> str:
    """The shortest decimal that a compiler reads as this double."""
    if not isfinite(value):
        raise IRError(f"host: {value} was to be printed as a number")
    return repr(value)
