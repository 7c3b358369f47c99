"""What a host does for a design beside starting it: numbers to codes and back, codes to bytes and back, times.

Copied beside `design.json`, which holds the numbers of one design, to the machine that has the card or board. It needs
numpy and Python 3.8, nothing else. The compiler's `design.encode` and this module give the same codes for every
number: where floating point leaves a doubt, it is decided by exact rational arithmetic.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import ceil, floor, prod
from pathlib import Path
from typing import Any

import numpy as np

FORMAT = 1
"""Counts up when `design.json` means something else."""

LAYOUT = 1
"""The version of the memory layout that this module packs."""

_PART = 1 << 18
"""Codes that are packed at a time, so that what is between fits a cache."""

_WHOLE = (8, 16, 32)
"""Widths of codes that numpy has types for."""


class HostError(Exception):
    """Something that the user can mend; the message says what."""


class Layout:
    """Where codes lie: with r = i mod `elements`, code i of a batch is in slot r mod `slots` of word
    i // elements * words + r // slots, and slot s is the bits from s * width of a little-endian word."""

    def __init__(self, word_bits: int, width: int, signed: bool, elements: int, words: int, slots: int) -> None:
        self.word_bits, self.width, self.signed = word_bits, width, signed
        self.elements, self.words, self.slots = elements, words, slots

    def byte_count(self, codes: int) -> int:
        """Bytes that so many codes take."""
        return -(-codes // self.elements) * self.words * self.word_bits // 8

    def pack(self, codes: np.ndarray) -> np.ndarray:
        """The bytes (uint8) of `codes`, those of the samples one after the other; what is left of a word is zeros."""
        flat = np.ascontiguousarray(codes, dtype="<i8").reshape(-1)
        found = np.empty(self.byte_count(flat.size), dtype=np.uint8)
        step = max(1, _PART // self.elements) * self.elements
        for start in range(0, flat.size, step):
            part = self._packed(flat[start : start + step])
            place = self.byte_count(start)
            found[place : place + part.size] = part
        return found

    def unpack(self, memory: np.ndarray, codes: int) -> np.ndarray:
        """The first so many codes (int64, one axis) in the bytes of `memory`, which may be longer."""
        found = np.empty(codes, dtype=np.int64)
        step = max(1, _PART // self.elements) * self.elements
        for start in range(0, codes, step):
            count = min(step, codes - start)
            place = self.byte_count(start)
            found[start : start + count] = self._unpacked(memory[place : place + self.byte_count(count)], count)
        return found

    def _packed(self, flat: np.ndarray) -> np.ndarray:
        chunks = -(-flat.size // self.elements)
        padded = np.zeros(chunks * self.elements, dtype="<i8")
        padded[: flat.size] = flat
        by_word = np.zeros((chunks, self.words * self.slots), dtype="<i8")
        by_word[:, : self.elements] = padded.reshape(chunks, self.elements)
        return self._words(by_word.reshape(chunks * self.words, self.slots)).reshape(-1)

    def _unpacked(self, memory: np.ndarray, codes: int) -> np.ndarray:
        by_word = self._slots(memory.reshape(-1, self.word_bits // 8)).reshape(-1, self.words * self.slots)
        found: np.ndarray = by_word[:, : self.elements].reshape(-1)[:codes]
        return found

    def _words(self, slots: np.ndarray) -> np.ndarray:
        """The bytes of words for the codes (words, slots) in them."""
        count, size = len(slots), self.word_bits // 8
        if self.width in _WHOLE:
            words = np.zeros((count, size), dtype=np.uint8)
            used = np.ascontiguousarray(slots.astype(f"<i{self.width // 8}")).view(np.uint8)
            words[:, : used.shape[1]] = used
            return words
        # Codes of other widths go slot by slot into words of 64 bits, and where they cross their border into the next.
        codes = slots.view(np.uint64) & self._mask
        wide = np.zeros((count, size // 8 + 1), dtype="<u8")
        for slot in range(self.slots):
            place, shift = divmod(slot * self.width, 64)
            wide[:, place] |= codes[:, slot] << np.uint64(shift)
            if shift + self.width > 64:
                wide[:, place + 1] |= codes[:, slot] >> np.uint64(64 - shift)
        return wide.view(np.uint8)[:, :size]

    def _slots(self, words: np.ndarray) -> np.ndarray:
        """The codes (words, slots) in the bytes of words."""
        count, size = words.shape
        if self.width in _WHOLE:
            kind = f"<{'i' if self.signed else 'u'}{self.width // 8}"
            used = np.ascontiguousarray(words[:, : self.slots * self.width // 8])
            return used.view(kind).astype(np.int64)
        wide = np.zeros((count, size // 8 + 1), dtype="<u8")
        wide.view(np.uint8)[:, :size] = words
        codes = np.empty((count, self.slots), dtype=np.uint64)
        for slot in range(self.slots):
            place, shift = divmod(slot * self.width, 64)
            codes[:, slot] = wide[:, place] >> np.uint64(shift)
            if shift + self.width > 64:
                codes[:, slot] |= wide[:, place + 1] << np.uint64(64 - shift)
        codes &= self._mask
        found = codes.view(np.int64)
        if self.signed:
            found -= (found >> self.width - 1) << self.width
        return found

    @property
    def _mask(self) -> np.uint64:
        return np.uint64((1 << self.width) - 1)


def _half_up(x: Fraction) -> int:
    return floor(x + Fraction(1, 2)) if x > 0 else ceil(x - Fraction(1, 2))


def _half_down(x: Fraction) -> int:
    return ceil(x - Fraction(1, 2)) if x > 0 else floor(x + Fraction(1, 2))


ROUNDINGS: dict[str, Callable[[Fraction], int]] = {
    "ROUND": round,  # half to even
    "CEIL": ceil,
    "FLOOR": floor,
    "UP": lambda x: ceil(x) if x > 0 else floor(x),  # away from zero
    "DOWN": lambda x: floor(x) if x > 0 else ceil(x),  # towards zero
    "HALF_UP": _half_up,  # ties away from zero
    "HALF_DOWN": _half_down,  # ties towards zero
    "HALF_CEIL": lambda x: floor(x + Fraction(1, 2)),  # ties towards plus infinity
}


class Encoder:
    """The codes (int64) of numbers (float64, one axis), infinities among them but no NaN."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        raise NotImplementedError


class Binary(Encoder):
    """clip(round(x * 2^frac)), ties to even: exact in floating point, since a power of two only moves the point."""

    def __init__(self, frac: int, low: int, high: int) -> None:
        self.frac, self.low, self.high = frac, low, high

    def __call__(self, x: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):  # infinity is clipped like any large number
            codes: np.ndarray = np.clip(np.rint(np.ldexp(x, self.frac)), self.low, self.high).astype(np.int64)
        return codes


class Line(Encoder):
    """clip(round(x * slope + intercept)) with exact slope and intercept, of values up to 2^52."""

    def __init__(self, slope: Fraction, intercept: Fraction, low: int, high: int, rounding: str) -> None:
        self.slope, self.intercept, self.low, self.high = slope, intercept, low, high
        self.round = ROUNDINGS[rounding]
        self.floats = (float(slope), float(intercept))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        slope, intercept = self.floats
        with np.errstate(over="ignore"):
            y = np.clip(x * slope + intercept, self.low - 2.0, self.high + 2.0)
            # y is off by a few units in the last place of its two terms at most (and by what is below the least normal
            # number); every rounding changes only at multiples of a half, so away from them it is decided.
            error = (np.abs(x * slope) + abs(intercept)) * 2.0**-50 + np.abs(x) * 2.0**-1070 + 2.0**-1070
        inside = (y > self.low - 2.0) & (y < self.high + 2.0)
        near = np.abs(2 * y - np.rint(2 * y)) <= 2 * error
        codes = self._rounded(y)
        for i in np.flatnonzero((near & inside | (error > 0.5)) & np.isfinite(x)):
            exact = self.round(Fraction(float(x[i])) * self.slope + self.intercept)
            codes[i] = min(max(exact, self.low), self.high)
        clipped: np.ndarray = np.clip(codes, self.low, self.high)
        return clipped

    def _rounded(self, y: np.ndarray) -> np.ndarray:
        """The codes of `y` that are not near a multiple of a half: there two kinds of rounding are left."""
        probe = [self.round(Fraction(k, 4)) for k in (-3, -1, 1, 3)]
        below = np.floor(y).astype(np.int64)
        upper_half = y - below > 0.5
        low, high = (probe[:2], probe[2:])
        lift = np.where(y < 0, np.where(upper_half, low[1] + 1, low[0] + 1), np.where(upper_half, high[1], high[0]))
        codes: np.ndarray = below + lift
        return codes


class Stairs(Encoder):
    """`first`, and one more (one less where it falls) for each of the ascending thresholds that x has reached."""

    def __init__(self, first: int, falls: bool, thresholds: np.ndarray) -> None:
        self.first, self.falls, self.thresholds = first, falls, thresholds

    def __call__(self, x: np.ndarray) -> np.ndarray:
        reached = np.searchsorted(self.thresholds, x, side="right").astype(np.int64)
        return self.first - reached if self.falls else self.first + reached


class Port:
    """An input or output of the design. `shape` is that of a sample as the user has it, `axes` the order in which the
    hardware has its axes."""

    def __init__(self, name: str, shape: tuple[int, ...], axes: tuple[int, ...] | None, layout: Layout) -> None:
        self.name, self.shape, self.axes, self.layout = name, shape, axes, layout
        self.size = prod(shape)
        self.low, self.high = 0, 0
        self.encoders: list[Encoder] = []
        self.step, self.offset = np.ones(1), np.zeros(1)

    @property
    def inside(self) -> tuple[int, ...]:
        """The shape of a sample as the hardware has it."""
        return self.shape if self.axes is None else tuple(self.shape[a] for a in self.axes)

    def encode(self, x: Any, first: int = 0) -> np.ndarray:
        """The codes (n, *inside) of the user's numbers (n, *shape); `first` is the number of the first sample, for the
        message. HostError for another shape, for what are no real numbers, and for NaN."""
        given = np.asarray(x)
        if given.dtype.kind not in "biuf":
            raise HostError(
                f"input {self.name}: numbers are expected, these are {given.dtype}; convert them to float32"
            )
        if given.shape[1:] != self.shape or given.ndim == 0:
            wanted = ", ".join(map(str, ("samples", *self.shape)))
            raise HostError(f"input {self.name}: an array of shape {given.shape}, the design expects ({wanted})")
        values = given.astype(np.float64)
        if np.isnan(values).any():
            sample, *place = np.argwhere(np.isnan(values))[0].tolist()
            raise HostError(
                f"input {self.name}: sample {first + sample}, element {tuple(place)} is not a number (NaN); "
                f"every number needs a code"
            )
        if self.axes is not None:
            values = values.transpose(0, *(a + 1 for a in self.axes))
        if len(self.encoders) == 1:
            return self.encoders[0](values.reshape(-1)).reshape(values.shape)
        codes = np.empty(values.shape, dtype=np.int64)
        for channel, encoder in enumerate(self.encoders):
            part = values[..., channel]
            codes[..., channel] = encoder(part.reshape(-1)).reshape(part.shape)
        return codes

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """The values (float64) of codes (n, *shape)."""
        return codes * self.step + self.offset

    def pack(self, codes: np.ndarray) -> np.ndarray:
        """The bytes of samples (n, *inside); HostError for codes that the design was not proved for."""
        if codes.shape[1:] != self.inside:
            raise HostError(f"{self.name}: codes of shape {codes.shape[1:]}, the design expects {self.inside}")
        if codes.size and (codes.min() < self.low or codes.max() > self.high):
            raise HostError(f"{self.name}: codes outside {self.low}..{self.high}")
        return self.layout.pack(codes)

    def unpack(self, memory: np.ndarray, samples: int) -> np.ndarray:
        """The codes (samples, *inside) in the bytes of `memory`."""
        return self.layout.unpack(memory, samples * self.size).reshape(samples, *self.inside)

    def byte_count(self, samples: int) -> int:
        """Bytes of a buffer for so many samples."""
        return self.layout.byte_count(samples * self.size)


class Design:
    """The numbers of one design, as its kernel, its inputs and its outputs have them."""

    def __init__(self, found: _Checked) -> None:
        if found.integer("format") != FORMAT:
            raise HostError(f"{found.place}: format {found.value['format']}, this program reads {FORMAT}")
        self.name = found.text("name")
        self.kernel = found.text("kernel")
        self.digest = found.text("digest")
        self.model = found.text("model")
        self.word_bits = found.integer("word_bits", 8)
        self.max_samples = found.integer("max_samples", 1)
        self.status, self.samples = found.text("status"), found.text("samples")
        self.units = [unit.text("name") for unit in found.items("units")]
        self.inputs = [_port(port, self.word_bits, True) for port in found.items("inputs")]
        self.outputs = [_port(port, self.word_bits, False) for port in found.items("outputs")]

    @classmethod
    def read(cls, path: str | Path) -> Design:
        """The design in a `design.json`; HostError where it cannot be read or has not what it should."""
        try:
            text = Path(path).read_text(encoding="ascii")
            value = json.loads(text)
        except (OSError, ValueError) as error:
            raise HostError(f"{path}: the design cannot be read: {error}") from error
        return cls(_Checked(value, str(path)))

    def encode(self, inputs: Sequence[Any], first: int = 0) -> list[np.ndarray]:
        """The codes of each input; HostError where they are not as many as the design has, or have not as many
        samples."""
        if len(inputs) != len(self.inputs):
            names = ", ".join(port.name for port in self.inputs)
            raise HostError(f"{len(inputs)} arrays are given, the design has the inputs {names}")
        codes = [port.encode(x, first) for port, x in zip(self.inputs, inputs)]
        self.sample_count(codes)
        return codes

    def sample_count(self, codes: Sequence[np.ndarray]) -> int:
        """How many samples there are; HostError where the inputs have different numbers of them."""
        counts = [len(x) for x in codes]
        if len(set(counts)) != 1:
            found = ", ".join(f"{port.name} {n}" for port, n in zip(self.inputs, counts))
            raise HostError(f"the inputs have different numbers of samples: {found}")
        return counts[0]

    def check_batch(self, batch: int) -> int:
        """`batch`, if the kernel takes so many samples in one start."""
        if not 1 <= batch <= self.max_samples:
            raise HostError(
                f"a batch of {batch} samples; the kernel takes 1 to {self.max_samples} "
                f"(`--max-batch` when the design is compiled)"
            )
        return batch

    def check_status(self, words: np.ndarray, place: str) -> None:
        """HostError where what a kernel says of itself (six words) is not this design."""
        said = [int(w) for w in words]
        digest = "".join(f"{w:08x}" for w in said[:4])
        if digest != self.digest:
            raise HostError(
                f"{place}: the hardware has the digest {digest}, this host has {self.digest}: they were made from "
                f"different designs; use the host folder of the project that the hardware was built from"
            )
        if said[4] != LAYOUT or said[5] != self.max_samples:
            raise HostError(
                f"{place}: the hardware has memory layout {said[4]} and takes {said[5]} samples, this host expects "
                f"{LAYOUT} and {self.max_samples}"
            )

    def vectors(self, folder: str | Path) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """The codes of the inputs and outputs in `folder`, a file <port>.dat of a line per sample each."""
        place = Path(folder)
        inputs = [_vectors(place / f"{port.name}.dat", port) for port in self.inputs]
        outputs = [_vectors(place / f"{port.name}.dat", port) for port in self.outputs]
        if len({len(x) for x in (*inputs, *outputs)}) != 1:
            raise HostError(f"{place}: the files have different numbers of samples")
        return inputs, outputs


STATUS_BYTES = 24
"""Six words that every start writes: four of the digest, the version of the layout, the most samples."""


def batches(samples: int, batch: int) -> Iterator[tuple[int, int]]:
    """(first sample, one behind the last) of each batch."""
    for start in range(0, samples, batch):
        yield start, min(start + batch, samples)


def differences(ports: Sequence[Port], found: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> list[str]:
    """A line for each output that differs, with the first place."""
    lines = []
    for port, got, wanted in zip(ports, found, expected):
        wrong = np.argwhere(got != wanted)
        if len(wrong):
            place = tuple(wrong[0].tolist())
            lines.append(
                f"{port.name}: {len(wrong)} of {got.size} codes differ, the first in sample {place[0]}, element "
                f"{place[1:]}: got {got[place]}, expected {wanted[place]}"
            )
    return lines


def summary(name: str, seconds: Sequence[float]) -> str:
    """A line: the least, the median and the 99th percentile (the least time that 99 % do not exceed), in ms."""
    ordered = sorted(seconds)
    median = float(np.median(ordered))
    p99 = ordered[ceil(0.99 * len(ordered)) - 1]
    return f"{name:<28} min {1e3 * ordered[0]:9.4f}   median {1e3 * median:9.4f}   p99 {1e3 * p99:9.4f} ms"


class _Checked:
    """A mapping of JSON, each value read under its name and type."""

    def __init__(self, value: object, place: str) -> None:
        if not isinstance(value, dict):
            raise HostError(f"{place}: a mapping is expected")
        self.value: dict[str, Any] = value
        self.place = place

    def get(self, key: str, kind: type, expected: str) -> Any:
        found = self.value.get(key)
        if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
            raise HostError(f"{self.place}: {key} is {found!r:.60}, expected {expected}")
        return found

    def text(self, key: str) -> str:
        found: str = self.get(key, str, "a text")
        return found

    def integer(self, key: str, least: int | None = None) -> int:
        found: int = self.get(key, int, "an integer")
        if least is not None and found < least:
            raise HostError(f"{self.place}: {key} is {found}, expected at least {least}")
        return found

    def integers(self, key: str) -> tuple[int, ...]:
        found = self.get(key, list, "a list of integers")
        if not all(type(item) is int for item in found):
            raise HostError(f"{self.place}: {key} is {found!r:.60}, expected a list of integers")
        return tuple(found)

    def floats(self, key: str) -> np.ndarray:
        """Doubles, as Python writes them in hexadecimal, which is exact."""
        found = self.get(key, list, "a list of hexadecimal doubles")
        try:
            return np.array([float.fromhex(item) for item in found], dtype=np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            raise HostError(f"{self.place}: {key}: {error}") from error

    def fraction(self, key: str) -> Fraction:
        text = self.text(key)
        try:
            return Fraction(text)
        except (ValueError, ZeroDivisionError) as error:
            raise HostError(f"{self.place}: {key} is {text!r:.60}, expected a fraction like 3/7") from error

    def items(self, key: str) -> list[_Checked]:
        found = self.get(key, list, "a list")
        if not found:
            raise HostError(f"{self.place}: {key} is empty")
        return [_Checked(item, f"{self.place}: {key}[{i}]") for i, item in enumerate(found)]


def _port(found: _Checked, word_bits: int, is_input: bool) -> Port:
    layout = Layout(
        word_bits,
        found.integer("width", 1),
        bool(found.get("signed", bool, "true or false")),
        found.integer("elements", 1),
        found.integer("words", 1),
        found.integer("slots", 1),
    )
    shape = found.integers("shape")
    axes = None if found.value.get("axes") is None else found.integers("axes")
    if axes is not None and sorted(axes) != list(range(len(shape))):
        raise HostError(f"{found.place}: axes is {list(axes)}, expected each of {len(shape)} axes once")
    port = Port(found.text("name"), shape, axes, layout)
    fits = (
        layout.width <= 63
        and layout.slots * layout.width <= word_bits
        and layout.elements <= layout.words * layout.slots
    )
    if min(shape, default=1) < 1 or word_bits % 8 or not fits:
        raise HostError(f"{found.place}: codes that do not fit their words, or an empty shape")
    port.low, port.high = found.integer("low"), found.integer("high")
    channels = port.inside[-1] if port.inside else 1
    if is_input:
        port.encoders = [_encoder(item) for item in found.items("encoders")]
        count = len(port.encoders)
    else:
        port.step, port.offset = found.floats("step"), found.floats("offset")
        count = max(port.step.size, port.offset.size)
        if 1 not in (port.step.size, port.offset.size) and port.step.size != port.offset.size:
            raise HostError(f"{found.place}: {port.step.size} steps and {port.offset.size} offsets")
    if count not in (1, channels):
        raise HostError(f"{found.place}: {count} encoders or steps for {channels} channels")
    return port


def _encoder(found: _Checked) -> Encoder:
    kind = found.text("kind")
    if kind == "binary":
        return Binary(found.integer("frac"), found.integer("low"), found.integer("high"))
    if kind == "line":
        rounding = found.text("rounding")
        if rounding not in ROUNDINGS:
            raise HostError(f"{found.place}: rounding is {rounding!r}, expected one of {', '.join(ROUNDINGS)}")
        slope, intercept = found.fraction("slope"), found.fraction("intercept")
        return Line(slope, intercept, found.integer("low"), found.integer("high"), rounding)
    if kind == "stairs":
        thresholds = found.floats("thresholds")
        if (np.diff(thresholds) < 0).any():
            raise HostError(f"{found.place}: the thresholds do not ascend")
        return Stairs(found.integer("first"), bool(found.get("falls", bool, "true or false")), thresholds)
    raise HostError(f"{found.place}: kind is {kind!r}, expected binary, line or stairs")


def _vectors(path: Path, port: Port) -> np.ndarray:
    try:
        rows = [[int(word) for word in line.split()] for line in path.read_text(encoding="ascii").splitlines()]
    except (OSError, ValueError) as error:
        raise HostError(f"{path}: the vectors cannot be read: {error}") from error
    if not rows or any(len(row) != port.size for row in rows):
        raise HostError(f"{path}: every line should have the {port.size} codes of a sample")
    return np.array(rows, dtype=np.int64).reshape(len(rows), *port.inside)
