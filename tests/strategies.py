"""Random networks for property tests: `networks()` as a front end leaves them, `typed_networks()` as lowering takes
them.

A layer joins by one small function in one of the lists (`BETWEEN`, `QUANTIZERS`, `LINEAR`, ...): it draws its
parameters, appends its nodes to the draft, and gives the name of the last; where it does not fit the tensor it
finds, it gives that tensor's name back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
from hypothesis import strategies as st

from codesign.errors import LayerError
from codesign.ir.fixed import Fixed, Rounding, power_of_two
from codesign.ir.graph import Graph, Output
from codesign.ir.halfline import HalfLine
from codesign.ir.layers import (
    Add,
    Affine,
    ArgMax,
    BatchNorm,
    Clip,
    Concat,
    Conv,
    Crop,
    Dense,
    Elementwise,
    Identity,
    Input,
    Layer,
    LeakyRelu,
    MaxPool,
    Multiply,
    MultiplyShift,
    MultiThreshold,
    Pad,
    Quantize,
    Relu,
    Requantize,
    Reshape,
    Shift,
    Sigmoid,
    Sign,
    Slice,
    SoftmaxTable,
    StepFunction,
    SumPool,
    Table,
    Tanh,
    Thresholds,
    Transpose,
    Truncate,
    Upsample,
)
from codesign.ir.layers.multiply import factor
from codesign.ir.layers.window import has_zero, zero_codes
from codesign.ir.steps import regions
from codesign.ir.tensor import Array, Tensor, Values
from codesign.ir.vector import ZERO, Vector
from codesign.passes.align_channels import aligned


@dataclass
class Draft:
    """A network while it is drawn, with the codes or values that its samples have at every node so far.

    Parameters are drawn to suit those values, as training would: otherwise nearly every network is constant.
    """

    draw: st.DrawFn
    graph: Graph
    inputs: list[np.ndarray] = field(default_factory=list)
    found: dict[str, Array | Values] = field(default_factory=dict)
    typed: bool = False
    """Whether lowering is to take it as it is."""

    def put_input(self, name: str, layer: Input, samples: np.ndarray) -> str:
        """Appends an input, its samples real numbers."""
        self.graph.add(name, layer, origin=f"{name}:0")
        self.inputs.append(samples)
        self.found[name] = layer.encode(samples)
        return name

    def put(self, layer: Layer, *inputs: str) -> str:
        """Appends the layer under a free name and gives the name."""
        name = self.graph.fresh(type(layer).__name__.lower())
        node = self.graph.add(name, layer, *inputs, origin=f"/model/{name}.0")
        types = [self.graph[i].type for i in inputs]
        self.found[name] = layer.run(types, node.type, [self.found[i] for i in inputs])
        return name

    def type(self, x: str) -> Tensor:
        return self.graph[x].type

    def code_range(self, x: str) -> tuple[int, int]:
        """The least and the largest code seen."""
        return int(self.found[x].min()), int(self.found[x].max())

    def value_range(self, x: str) -> tuple[Fraction, Fraction]:
        """The least and the largest value seen."""
        t, found = self.type(x), self.found[x]
        values = found if t.real else t.decode(found)
        return Fraction(values.min()), Fraction(values.max())

    def spread(self, x: str) -> Fraction:
        """How far apart the values lie; 1 where all are the same."""
        low, high = self.value_range(x)
        return high - low or Fraction(1)

    def choose(self, *options: Any) -> Any:
        """One of the options."""
        return self.draw(st.sampled_from(options))

    def vector(self, values: st.SearchStrategy[Fraction], channels: int) -> Vector:
        """One of the values for all channels, or one for each."""
        if self.draw(st.booleans()):
            return Vector.of(self.draw(values))
        return Vector.of(self.draw(st.lists(values, min_size=channels, max_size=channels)))

    def codes(self, shape: tuple[int, ...], low: int, high: int) -> Array:
        """An int64 array of numbers in low..high, from a seed: Hypothesis alone draws mostly zeros."""
        return self.rng().integers(low, high, size=shape, endpoint=True)

    def rng(self) -> np.random.Generator:
        """Numbers that Hypothesis can repeat, but not shrink."""
        return np.random.default_rng(self.draw(st.integers(0, 2**32 - 1)))


Step = Callable[[Draft, str], str]
"""Appends nodes that read the named one; gives the name of the last (the name it got, where it does not fit)."""

CHANNELS = st.integers(1, 6)
POSITIONS = st.integers(1, 3)
PIXELS = st.integers(1, 5)
BITS = st.integers(1, 6)
SAMPLES = 12

# ---------------------------------------------------------------------------------------------- numbers


def steps() -> st.SearchStrategy[Fraction]:
    """Scales around 1: powers of two, small dyadic numbers, and floats as training gives them."""
    powers = st.integers(-3, 2).map(power_of_two)
    dyadic = st.builds(lambda m, p: m * p / 4, st.sampled_from([3, 5, 7]), powers)
    trained = st.sampled_from([float(np.float32(0.6)), float(np.float32(0.371)), 4 / 3, 0.785]).map(Fraction)
    return st.one_of(powers, dyadic, trained)


def numbers() -> st.SearchStrategy[Fraction]:
    """Scales and offsets around 1: of either sign, zero, dyadic, and as training gives them."""
    dyadic = st.integers(-16, 16).map(lambda n: Fraction(n, 8))
    trained = st.floats(-2, 2, width=32).filter(lambda v: v == 0 or abs(v) > 1e-3).map(Fraction)
    return st.one_of(dyadic, dyadic, trained)


def weights(d: Draft, inputs: int, outputs: int) -> tuple[Array, Fixed]:
    """(codes, type) of a matrix: any width, signed or not, binary, narrow."""
    kind = d.choose("signed", "narrow", "unsigned", "bipolar")
    if kind == "bipolar":
        return 2 * d.codes((inputs, outputs), 0, 1) - 1, Fixed(2)
    bits = Fixed(d.draw(BITS), 0, kind != "unsigned")
    low = -bits.high if kind == "narrow" and bits.high else bits.low
    found = d.codes((inputs, outputs), low, bits.high)
    if not found.any():
        found[0, 0] = low or bits.high  # a matrix of zeros would end all that the test could see
    return found, bits


def power_below(x: Fraction) -> Fraction:
    """The largest power of two that is at most x (x > 0)."""
    k = x.numerator.bit_length() - x.denominator.bit_length()
    return power_of_two(k) if power_of_two(k) <= x else power_of_two(k - 1)


def suitable_step(d: Draft, x: str, levels: int) -> Fraction:
    """A step with which a quantizer of so many levels resolves the values of x; often one that gives ties."""
    ideal = d.spread(x) / max(levels, 1)
    t = d.type(x)
    if not t.real and _one_step(t) and d.draw(st.booleans()):
        fine = abs(t.step[0])
        return fine * max(1, round(ideal / fine)) * d.choose(1, 2, Fraction(1, 2))
    return power_below(ideal) * d.draw(steps())


def _one_step(t: Tensor) -> bool:
    """Whether one step, not zero, describes all channels."""
    return not t.real and t.step.uniform and t.step[0] != 0


# ---------------------------------------------------------------------------- as a front end leaves them


def bias(d: Draft, x: str) -> str:
    """Offsets per channel: multiples of the step, halves of it, or anything."""
    t = d.type(x)
    if _one_step(t) and d.draw(st.booleans()):
        return d.put(Affine(offset=lattice(d, x)), x)
    return d.put(Affine(offset=d.vector(numbers(), t.channels) * power_below(d.spread(x)) / 2), x)


def lattice(d: Draft, x: str) -> Vector:
    """Offsets that are multiples of the step of x, or of a half or a quarter of it."""
    t, part = d.type(x), d.choose(1, 1, 2, 4)
    return d.vector(st.integers(-9, 9).map(lambda n: n * t.step[0] / part), t.channels)


def scale(d: Draft, x: str) -> str:
    """Scales per channel, with zero and negative ones."""
    return d.put(Affine(d.vector(numbers(), d.type(x).channels)), x)


def batchnorm(d: Draft, x: str) -> str:
    """A batch norm whose variances are sometimes squares."""
    c, spread = d.type(x).channels, power_below(d.spread(x))
    squares = st.sampled_from([Fraction(1, 4), Fraction(1), Fraction(9)])
    variance = d.vector(st.one_of(squares, steps()), c) * spread * spread
    epsilon = d.choose(Fraction(0), Fraction(float(np.float32(1e-5))))
    gamma, beta, mean = (d.vector(numbers(), c) for _ in range(3))
    return d.put(BatchNorm(gamma, beta, mean * spread / 2, variance, epsilon), x)


def centre(d: Draft, x: str) -> str:
    """An offset (of a single-precision float) that puts zero amid the values."""
    low, high = d.value_range(x)
    return d.put(Affine(offset=Vector.of(-Fraction(float(np.float32((low + high) / 2))))), x)


def relu(d: Draft, x: str) -> str:
    return d.put(Relu(), x)


def leaky_relu(d: Draft, x: str) -> str:
    return d.put(LeakyRelu(d.choose(Fraction(1, 8), Fraction(0.01), Fraction(0), Fraction(1))), x)


def clip(d: Draft, x: str) -> str:
    """Bounds within the values of x, or only one."""
    low, high = d.value_range(x)
    parts = st.integers(0, 8).map(lambda k: low + (high - low) * k / 8)
    bounds = sorted((d.draw(parts), d.draw(parts)))
    return d.put(Clip(d.choose(bounds[0], None), d.choose(bounds[1], None)), x)


def sign(d: Draft, x: str) -> str:
    return d.put(Sign(), centre(d, x) if d.draw(st.booleans()) else x)


def sigmoid(d: Draft, x: str) -> str:
    return x if _smooth(d, x) else d.put(Sigmoid(), x)


def tanh(d: Draft, x: str) -> str:
    return x if _smooth(d, x) else d.put(Tanh(), x)


def _smooth(d: Draft, x: str) -> bool:
    """Whether x is a smooth function of codes already: of two of them, 160 bits may not tell on which side of a
    threshold a value lies (sigmoid(sigmoid(-500)) > 1/2)."""
    node = d.graph[x]
    while isinstance(node.layer, Elementwise) and not isinstance(node.layer, (Sigmoid, Tanh)):
        node = d.graph[node.inputs[0]]
    return isinstance(node.layer, (Sigmoid, Tanh))


def identity(d: Draft, x: str) -> str:
    return d.put(Identity(), x)


def reshape(d: Draft, x: str) -> str:
    """Another shape: the channels stay unless one number describes them all."""
    t = d.type(x)
    leading = t.shape[:-1]
    kept = [(prod(leading), t.channels), (*leading, 1, t.channels), (*reversed(leading), t.channels)]
    mixed = [(t.size,), (t.size, 1), (1, t.size)] + [(t.size // 2, 2)] * (t.size % 2 == 0)
    return d.put(Reshape(d.choose(*kept, *(mixed if _one_number(t) else []))), x)


def transpose(d: Draft, x: str) -> str:
    """Axes in another order: the channels stay last unless one number describes them all."""
    t = d.type(x)
    axes = list(range(len(t.shape)))
    if _one_number(t):
        return d.put(Transpose(tuple(d.draw(st.permutations(axes)))), x)
    return d.put(Transpose((*d.draw(st.permutations(axes[:-1])), axes[-1])), x)


def _one_number(t: Tensor) -> bool:
    """Whether the codes of all channels are read alike."""
    return not t.real and t.step.uniform and t.offset.uniform


def quantize(d: Draft, x: str) -> str:
    """One step for all channels; every rounding, narrow or not, with and without a zero point."""
    return d.put(quantizer(d, x), x)


def quantize_channels(d: Draft, x: str) -> str:
    """A step and a zero point of its own for each channel."""
    q, c = quantizer(d, x), d.type(x).channels
    factors = st.sampled_from([Fraction(1, 4), Fraction(1), Fraction(3, 2), Fraction(2)])
    factor = Vector.of(d.draw(st.lists(factors, min_size=c, max_size=c)))
    return d.put(replace(q, step=q.step * factor, offset=q.offset * factor), x)


def quantizer(d: Draft, x: str) -> Quantize:
    bits = Fixed(d.draw(BITS), 0, d.draw(st.booleans()))
    low = bits.low + int(bits.signed and bits.width > 1 and d.draw(st.booleans()))
    least, most = d.value_range(x)
    step = suitable_step(d, x, bits.high - low)
    suits = low * step <= least < most <= 2 * bits.high * step or d.choose(False, False, True)
    zero = d.choose(0, 0, 1) if suits else low - round(least / step)  # else the range starts at the least value
    return Quantize(low, bits.high, Vector.of(step), Vector.of(-zero * step), d.draw(st.sampled_from(Rounding)))


def bipolar(d: Draft, x: str) -> str:
    """BipolarQuant: plus or minus one scale, often behind a bias that centres its values."""
    if d.draw(st.booleans()):
        x = centre(d, x)
    return d.put(Quantize.bipolar(d.draw(steps())), x)


def truncate(d: Draft, x: str) -> str:
    """The low bits of codes are dropped."""
    t = d.type(x)
    if not _one_step(t) or t.offset != ZERO or t.step[0] < 0:
        return quantize(d, x)
    low, high = d.code_range(x)
    k = d.draw(st.integers(0, max(1, (high - low).bit_length() - 2)))
    rounding = d.choose(Rounding.FLOOR, Rounding.CEIL, Rounding.ROUND)
    return d.put(Truncate(t.low >> k, (t.high >> k) + 1, t.step * (1 << k), rounding=rounding), x)


def multithreshold(d: Draft, x: str) -> str:
    """FINN's MultiThreshold: levels for all channels or for each, some of them equal."""
    rows = d.choose(1, d.type(x).channels)
    ticks = np.sort(d.codes((rows, d.draw(st.integers(1, 7))), 0, 16), axis=1)
    levels = float(d.value_range(x)[0]) + ticks * float(d.spread(x)) / 16
    offset = d.choose(Fraction(0), Fraction(-1), Fraction(-3, 2))
    return d.put(MultiThreshold(levels, Vector.of(d.draw(steps())), Vector.of(offset)), x)


def dense(d: Draft, x: str) -> str:
    return d.put(matrix(d, d.type(x).channels, d.draw(CHANNELS)), x)


def matrix(d: Draft, inputs: int, outputs: int) -> Dense:
    w, bits = weights(d, inputs, outputs)
    return Dense(w, bits, d.vector(steps(), outputs))


def dense_relu_dense(d: Draft, x: str) -> str:
    """Two products with an unquantized Relu between, its offset on the lattice of the codes or off it."""
    w, bits = weights(d, d.type(x).channels, d.draw(CHANNELS))
    if (d.type(x).decode(d.found[x]) @ w).max() <= 0:  # the Relu would leave nothing
        w, bits = -w, Fixed(bits.width + 1)
    x = d.put(Dense(w, bits, Vector.of(d.draw(steps()))), x)
    if _one_step(d.type(x)) and d.draw(st.booleans()):
        x = d.put(Affine(offset=lattice(d, x)), x)
    return dense(d, d.put(Relu(), x))


def mixed_channels(d: Draft, x: str) -> str:
    """A product behind codes that move between channels of different scales and zero points."""
    y = quantize_channels(d, x)
    t = d.type(y)
    if not alignable(t):
        return dense(d, y)
    if len(t.shape) == 1 or d.draw(st.booleans()):
        return dense(d, d.put(Reshape(d.choose((t.size,), (t.size, 1), (1, t.size), tuple(reversed(t.shape)))), y))
    return dense(d, d.put(Transpose(tuple(d.draw(st.permutations(range(len(t.shape)))))), y))


def residual(d: Draft, x: str) -> str:
    """x + quantize(dense(x)), or the sum of two such branches."""
    t = d.type(x)
    if not _one_step(t):
        return dense(d, x)

    def branch() -> str:
        y = d.put(matrix(d, t.channels, t.channels), x)
        bits = Fixed(d.draw(BITS))
        ideal = min(max(1, round(d.spread(y) / abs(t.step[0]) / (1 << bits.width))), 1 << 20)
        step = abs(t.step[0]) * ideal * d.choose(Fraction(1, 2), 1, 2, 3)
        return d.put(Quantize(bits.low, bits.high, Vector.of(step)), y)

    left = branch()
    right = d.choose(x, left, None) or branch()
    return d.put(Add(d.draw(st.booleans())), *d.draw(st.permutations([left, right])))


def gate(d: Draft, x: str) -> str:
    """x times quantize(dense(x)), which may have an offset, or x times itself."""
    t = d.type(x)
    if t.real or factor(t) is None:
        return dense(d, x)
    if d.choose(False, False, True):
        return product(d, x, x)
    y = shifted(d, d.put(quantizer(d, y := d.put(matrix(d, t.channels, t.channels), x)), y))
    return product(d, x, y)


def product(d: Draft, x: str, y: str) -> str:
    """x * y or y * x; only x where offsets that are odd parts of their steps would make it wide."""
    try:
        found = Multiply().result(d.type(x), d.type(y))
    except LayerError:
        return x
    return d.put(Multiply(), *d.draw(st.permutations([x, y]))) if found.type.width <= 32 else x


def shifted(d: Draft, x: str) -> str:
    """x, or x plus some steps or halves of them, or plus 1 where the step is dyadic."""
    step = d.type(x).step[0]
    ones = [Fraction(1)] if step.denominator.bit_count() == 1 else []
    offset = d.choose(Fraction(0), *ones, *(step * k for k in (1, -3, Fraction(1, 2))))
    return d.put(Affine(offset=Vector.of(offset)), x) if offset else x


def film(d: Draft, x: str) -> str:
    """gamma * x + beta, the same at all positions: from an input of its own, or from the sums over the positions."""
    t = d.type(x)
    if t.real or factor(t) is None or len(t.shape) < 2 or (pixels := image(d, x)) is None:
        return gate(d, x)
    if d.draw(st.booleans()):
        v = source(d, (d.draw(CHANNELS),))
    else:
        height, width, _ = d.type(pixels).shape
        v = d.put(SumPool((height, width), (1, 1)), pixels)
    v = d.put(matrix(d, d.type(v).channels, t.channels), v)
    z = product(d, x, broadcast(d, shifted(d, d.put(quantizer(d, v), v)), t))
    if not _one_step(d.type(z)):
        return z
    bits = Fixed(d.draw(BITS))
    ideal = min(max(1, round(d.spread(z) / abs(d.type(z).step[0]) / (1 << bits.width))), 1 << 10)
    step = abs(d.type(z).step[0]) * ideal * d.choose(Fraction(1, 2), 1, 3)
    beta = d.put(Quantize(bits.low, bits.high, Vector.of(step)), v)
    return d.put(Add(d.draw(st.booleans())), *d.draw(st.permutations([z, broadcast(d, beta, t)])))


def broadcast(d: Draft, x: str, like: Tensor) -> str:
    """The vector x at each position of a tensor."""
    shape = like.shape if len(like.shape) == 3 else (1, *like.shape)
    x = d.put(Upsample(shape[:2]), d.put(Reshape((1, 1, shape[2])), x))
    return d.put(Reshape(like.shape), x)


def image(d: Draft, x: str) -> str | None:
    """x as an image (H, W, C): a sequence becomes one row of pixels; None where there is no position."""
    shape = d.type(x).shape
    if len(shape) == 2:
        return d.put(Reshape((1, *shape)), x)
    return x if len(shape) == 3 else None


def window(d: Draft, length: int) -> int:
    return d.draw(st.integers(1, min(3, length)))


def paddable(d: Draft, x: str) -> bool:
    """Whether the value zero has one code for all channels, or can get one."""
    t = d.type(x)
    if t.real or not has_zero(t):
        return False
    return len(set(zero_codes(t).tolist())) == 1 or (not d.typed and alignable(t))


def alignable(t: Tensor) -> bool:
    """Whether the channels have a common step that keeps codes short."""
    layer = aligned(t)
    return layer is not None and Fixed.covering(layer.low, layer.high).width <= 14


def convolution(d: Draft, x: str) -> Conv:
    """Any window that fits, with all channels together, in groups, or each by itself."""
    height, width, channels = d.type(x).shape
    padding = tuple(d.draw(st.integers(0, 1)) for _ in range(4)) if paddable(d, x) else (0, 0, 0, 0)
    rows, columns = height + padding[0] + padding[1], width + padding[2] + padding[3]
    size = window(d, rows), window(d, columns)
    dilation = tuple(
        d.draw(st.integers(1, max(1, min(2, (n - 1) // max(1, k - 1))))) for n, k in zip((rows, columns), size)
    )
    groups = d.choose(1, 1, channels, *(n for n in range(2, channels) if channels % n == 0))
    outputs = groups * d.draw(st.integers(1, 2)) if groups > 1 else d.draw(CHANNELS)
    inputs = channels // groups
    w, bits = weights(d, size[0] * size[1] * inputs, outputs)
    stride = d.draw(st.integers(1, 2)), d.draw(st.integers(1, 3))
    return Conv(w.reshape(*size, inputs, outputs), bits, stride, dilation, padding, groups)


def conv(d: Draft, x: str) -> str:
    """A convolution, a step for each output or one; a product where there is no image."""
    pixels = image(d, x)
    if pixels is None:
        return dense(d, x)
    layer = convolution(d, pixels)
    return d.put(replace(layer, step=d.vector(steps(), layer.outputs)), pixels)


def conv_first(d: Draft, x: str) -> str:
    """A convolution as a channels-first file has it, with functions of elements between the transposes."""
    if len(d.type(x).shape) != 3 or not _one_number(d.type(x)):
        return conv(d, x)
    x = d.put(Transpose((1, 2, 0)), d.put(Transpose((2, 0, 1)), x))
    x = d.put(Transpose((2, 0, 1)), conv(d, x))
    for function in d.draw(st.lists(st.sampled_from([relu, leaky_relu, quantize]), max_size=2)):
        x = function(d, x)
    return d.put(Transpose((1, 2, 0)), x)


def branch_join(d: Draft, x: str) -> str:
    """x and quantize(dense(x)) side by side, of different steps."""
    t = d.type(x)
    if not _one_step(t):
        return dense(d, x)
    y = d.put(matrix(d, t.channels, d.draw(CHANNELS)), x)
    bits = Fixed(d.draw(BITS))
    ideal = min(max(1, round(d.spread(y) / abs(t.step[0]) / (1 << bits.width))), 1 << 10)
    y = d.put(Quantize(bits.low, bits.high, Vector.of(abs(t.step[0]) * ideal * d.choose(Fraction(1, 2), 1, 3))), y)
    return d.put(Concat(), *d.draw(st.permutations([x, y])))


def swap_channels(d: Draft, x: str) -> str:
    """The channels from the middle on before the others, or only some of them."""
    c = d.type(x).channels
    if c < 2:
        return x
    k = d.draw(st.integers(1, c - 1))
    last = d.put(Slice(k, c), x)
    return last if d.draw(st.booleans()) else d.put(Concat(), last, d.put(Slice(0, k), x))


def max_pool(d: Draft, x: str) -> str:
    """Of codes that rise with their values, with padding that no window lies in."""
    t = d.type(x)
    if t.real or min(t.step.values) <= 0 or (pixels := image(d, x)) is None:
        return x
    height, width, _ = d.type(pixels).shape
    size = window(d, height), window(d, width)
    padding = tuple(d.draw(st.integers(0, min(1, size[k // 2] - 1))) for k in range(4))
    stride = d.draw(st.integers(1, size[0])), d.draw(st.integers(1, size[1]))
    return d.put(MaxPool(size, stride, padding), pixels)


def sum_pool(d: Draft, x: str) -> str:
    """The sum of codes, or their average."""
    if d.type(x).real or (pixels := image(d, x)) is None:
        return x
    height, width, _ = d.type(pixels).shape
    size = d.choose((height, width), (window(d, height), window(d, width)))
    y = d.put(SumPool(size, (d.draw(st.integers(1, 3)), d.draw(st.integers(1, 2)))), pixels)
    return d.put(Affine(Vector.of(Fraction(1, size[0] * size[1]))), y) if d.draw(st.booleans()) else y


def upsample(d: Draft, x: str) -> str:
    pixels = image(d, x)
    if pixels is None or d.type(x).size > 40:
        return x
    return d.put(Upsample((d.draw(st.integers(1, 2)), d.draw(st.integers(1, 3)))), pixels)


def pad(d: Draft, x: str) -> str:
    if not paddable(d, x) or (pixels := image(d, x)) is None:
        return x
    return d.put(Pad(*(d.draw(st.integers(0, 2)) for _ in range(4))), pixels)


def crop(d: Draft, x: str) -> str:
    """Some neighbouring elements along each axis, often all."""
    shape = d.type(x).shape
    start = [d.choose(0, d.draw(st.integers(0, n - 1))) for n in shape]
    stop = [d.choose(n, d.draw(st.integers(a + 1, n))) for a, n in zip(start, shape, strict=True)]
    return d.put(Crop(tuple(start), tuple(stop)), x)


def pixel_shuffle(d: Draft, x: str) -> str:
    """The channels of each pixel as a block of pixels, or blocks of pixels as channels; of one number for all channels,
    or of channels that stay the innermost."""
    if d.type(x).size > 60 or (pixels := image(d, x)) is None:
        return x
    height, width, channels = d.type(pixels).shape
    blocks = [k for k in range(1, channels + 1) if channels % k == 0]
    down, across = d.choose(*blocks), 1
    if _one_number(d.type(x)):
        across = d.choose(*(k for k in blocks if channels // down % k == 0))
    else:
        down = 1
    left = channels // down // across
    if d.draw(st.booleans()) or not _one_number(d.type(x)):
        spread, order = (height, width, down, across, left), (0, 2, 1, 3, 4)
    else:
        spread, order = (height, width, left, down, across), (0, 3, 1, 4, 2)
    y = d.put(Transpose(order), d.put(Reshape(spread), pixels))
    return d.put(Reshape((height * down, width * across, left)), y)


def argmax(d: Draft, x: str) -> str:
    t = d.type(x)
    return d.put(ArgMax(d.draw(st.booleans())), x) if _one_number(t) and t.step[0] > 0 else x


def nothing(d: Draft, x: str) -> str:
    return x


LINEAR: tuple[Step, ...] = (
    dense, dense, dense_relu_dense, residual, conv, conv, conv_first, branch_join, mixed_channels, gate, film,
)  # fmt: skip
"""What reads codes."""
BETWEEN: tuple[Step, ...] = (
    bias, scale, batchnorm, relu, leaky_relu, clip, sign, sigmoid, tanh, identity, reshape, transpose, quantize,
    quantize_channels, max_pool, sum_pool, upsample, pixel_shuffle, crop,
)  # fmt: skip
"""What stands between a product and its quantizer, any of them in any order."""
QUANTIZERS: tuple[Step, ...] = (quantize, quantize, quantize_channels, bipolar, truncate, multithreshold, sign)
"""What gives codes to the next product."""
AFTER: tuple[Step, ...] = (
    nothing, nothing, identity, reshape, transpose, max_pool, upsample, pad, swap_channels,
    pixel_shuffle, crop,
)  # fmt: skip
"""What may move codes before the next product."""
ENDS: tuple[Step, ...] = (nothing, bias, scale, argmax)
"""What may follow the last layer."""


@st.composite
def networks(
    draw: st.DrawFn,
    linear: Sequence[Step] = LINEAR,
    between: Sequence[Step] = BETWEEN,
    quantizers: Sequence[Step] = QUANTIZERS,
    ends: Sequence[Step] = ENDS,
) -> tuple[Graph, list[np.ndarray]]:
    """(graph, one float64 array (samples, *shape) per input): a network as a front end leaves it.

    Inputs are real with their quantizer as a layer, or typed with an encoder; every output has codes. The
    samples reach far below and above every quantizer, and lie on thresholds and one ulp beside them.
    """
    d = Draft(draw, Graph("drawn", "drawn model.onnx"))
    x = source(d, draw_shape(d))
    if _one_step(d.type(x)) and d.choose(*[False] * 7, True):
        step = abs(d.type(x).step[0]) * d.choose(Fraction(1, 2), 1, 3)
        x = d.put(Add(), x, source(d, d.type(x).shape, step))
    taps = []
    layers = draw(st.integers(1, 3))
    for k in range(layers):
        x = d.choose(*linear)(d, x)
        if k == layers - 1 and not d.type(x).real and draw(st.booleans()):
            break
        for function in draw(st.lists(st.sampled_from(between), max_size=3)):
            x = lively(d, function, x)
        y = lively(d, d.choose(*quantizers), x)
        x = y if y != x else lively(d, quantize, x, spare=True)
        x = d.choose(*AFTER)(d, x)
        taps.append(x)
    x = d.choose(*ends)(d, x)
    d.graph.outputs = [Output("y", x, "global_out")]
    if taps and d.choose(False, False, False, True):
        d.graph.outputs.append(Output("tap", d.choose(*taps), "tap:0"))
    return d.graph, d.inputs


def lively(d: Draft, function: Step, x: str, spare: bool = False) -> str:
    """`function(x)`, or mostly x itself where that would be the same for all samples; `spare` is the last to try."""
    before = list(d.graph.nodes)
    y = function(d, x)
    found = d.found[y]
    if spare or not (found == found[:1]).all() or d.choose(False, False, False, True):
        return y
    d.graph.nodes = {name: d.graph[name] for name in before}
    return x


def draw_shape(d: Draft) -> tuple[int, ...]:
    """(channels), (positions, channels) or (rows, columns, channels)."""
    positions = d.choose(0, 0, 1, 2, 2)
    return (*(d.draw(POSITIONS if positions < 2 else PIXELS) for _ in range(positions)), d.draw(CHANNELS))


def source(d: Draft, shape: tuple[int, ...], step: Fraction | None = None) -> str:
    """The name of a tensor with codes: an input and its quantizer, sometimes behind a normalization."""
    t = Tensor(shape)
    chain: list[Elementwise] = []
    if step is None and d.choose(False, False, True):
        nonzero = numbers().filter(lambda v: v != 0)
        chain.append(Affine(d.vector(nonzero, t.channels), d.vector(numbers(), t.channels)))
    chain.append(input_quantizer(d, t.channels, step))
    result = t
    for layer in chain:
        result = layer.result(result)
    samples = floats_around(d, chain, result)
    name = d.graph.fresh("x")
    if d.draw(st.booleans()):
        return d.put_input(name, Input(result, tuple(chain)), samples)
    last = d.put_input(name, Input(t), samples)
    for layer in chain:
        last = d.put(layer, last)
    return last


def input_quantizer(d: Draft, channels: int, step: Fraction | None) -> Quantize:
    """One of the given step, or any."""
    kind = d.choose("uniform", "uniform", "uniform", "channels", "bipolar")
    if step is None and kind == "bipolar":
        return Quantize.bipolar(d.draw(steps()))
    bits = Fixed(d.draw(BITS), 0, d.draw(st.booleans()))
    scales = Vector.of(step) if step is not None else Vector.of(d.draw(steps())) / 4
    if step is None and kind == "channels":
        scales = d.vector(st.sampled_from([Fraction(1, 4), Fraction(1), Fraction(3, 2)]), channels) * scales
    zero = Vector.of(d.choose(0, 0, 1, bits.high))
    return Quantize(bits.low, bits.high, scales, -zero * scales, d.draw(st.sampled_from(Rounding)))


def floats_around(d: Draft, chain: Sequence[Elementwise], result: Tensor) -> np.ndarray:
    """Float64 samples: on the chain's thresholds, one ulp beside them, between them, and far outside."""
    pool: list[float] = []
    for channel in {0, result.channels - 1}:
        lines = [r for r in regions(chain, result, channel) if isinstance(r, HalfLine)]
        for at in sorted(float(line.at) for line in lines):
            pool += [at, float(np.nextafter(at, np.inf)), float(np.nextafter(at, -np.inf)), at * 1.25 + 0.01]
    rng = d.rng()
    x = rng.choice(np.array(pool or [0.5]), size=(SAMPLES, *result.shape))
    x[0], x[1], x[2] = 0.0, 3e38, -3e38
    x[3] = np.where(rng.random(result.shape) < 0.5, 1e6, -1e6)
    return x


# ----------------------------------------------------------------------------------- as lowering takes them


def typed_dense(d: Draft, x: str) -> str:
    """A product, often with a bias in codes."""
    t = d.type(x)
    if not t.step.uniform:
        return x
    n = d.draw(CHANNELS)
    w, bits = weights(d, t.channels, n)
    b = d.codes((n,), -200, 200) if d.draw(st.booleans()) else None
    return d.put(Dense(w, bits, d.vector(steps(), n) if d.choose(False, True) else Vector.of(1), b), x)


def typed_conv(d: Draft, x: str) -> str:
    """A convolution, often with a bias in codes."""
    if not d.type(x).step.uniform or (pixels := image(d, x)) is None:
        return typed_dense(d, x)
    layer = convolution(d, pixels)
    b = d.codes((layer.outputs,), -200, 200) if d.draw(st.booleans()) else None
    return d.put(replace(layer, bias=b), pixels)


def requantize(d: Draft, x: str) -> str:
    """A step function of a random kind, its codes read with a positive step."""
    t, slack = d.type(x), d.choose(0, 0, 1)
    function, low, high = d.choose(*STEP_FUNCTIONS)(d, x)
    domain = (t.low, t.high) if isinstance(function, Table) else (t.low - slack, t.high + slack)
    step = Vector.of(d.draw(steps()))
    return d.put(Requantize(function, domain, low, high, step, step * d.choose(0, 0, 0, -1)), x)


def shift(d: Draft, x: str) -> tuple[StepFunction, int, int]:
    bits = Fixed(d.draw(BITS), 0, d.draw(st.booleans()))
    low, high = d.code_range(x)
    amount = max(-2, (high - low).bit_length() - bits.width + d.choose(-1, 0, 1))
    bias = d.choose(0, d.draw(st.integers(-20, 20)), (bits.low << max(amount, 0)) - low)
    return Shift(bias, amount, amount > 0 and d.draw(st.booleans()), bits.low, bits.high), bits.low, bits.high


def multiply_shift(d: Draft, x: str) -> tuple[StepFunction, int, int]:
    bits = Fixed(d.draw(BITS), 0, d.draw(st.booleans()))
    n = d.choose(1, d.type(x).channels)
    low, high = d.code_range(x)
    multiplier = d.codes((n,), -40, 40)
    amount = max(0, ((high - low) * 20).bit_length() - bits.width)
    addend = d.codes((n,), -bits.high - 1, bits.high + 1) * (1 << amount) - multiplier * ((low + high) // 2)
    return MultiplyShift(multiplier, addend, amount, bits.low, bits.high), bits.low, bits.high


def thresholds(d: Draft, x: str) -> tuple[StepFunction, int, int]:
    n, count = d.choose(1, d.type(x).channels), d.draw(st.integers(1, 9))
    low, high = d.code_range(x)
    levels = np.sort(d.codes((n, count), low - 1, high + 2), axis=1)
    base, direction = d.codes((n,), -4, 4), 2 * d.codes((n,), 0, 1) - 1
    ends = np.concatenate([base, base + direction * count])
    return Thresholds(base, direction, levels), int(ends.min()), int(ends.max())


def table(d: Draft, x: str) -> tuple[StepFunction, int, int]:
    t = d.type(x)
    size = t.high - t.low + 1
    if size > 128:
        return thresholds(d, x)
    entries = d.codes((d.choose(1, t.channels), size), -8, 7)
    return Table(t.low, entries), int(entries.min()), int(entries.max())


StepKind = Callable[[Draft, str], tuple[StepFunction, int, int]]
STEP_FUNCTIONS: tuple[StepKind, ...] = (shift, multiply_shift, thresholds, table)
"""Each gives (function, lowest code, highest code) for the codes of a tensor."""


def relabel(d: Draft, x: str) -> str:
    """The same codes, read anew."""
    return d.put(Affine(Vector.of(d.choose(Fraction(1, 2), Fraction(-3), Fraction(1)))), x)


def typed_residual(d: Draft, x: str) -> str:
    """x plus or minus requantize(dense(x)), or x plus itself."""
    t = d.type(x)
    if not t.step.uniform:
        return x
    if d.choose(False, False, False, True):
        return d.put(Add(d.draw(st.booleans())), x, x)
    w, bits = weights(d, t.channels, t.channels)
    y = d.put(Dense(w, bits), x)
    function, low, high = d.choose(*STEP_FUNCTIONS)(d, y)
    step = Vector.of(abs(t.step[0]) * d.choose(1, Fraction(1, 2), 3))
    y = d.put(Requantize(function, (d.type(y).low, d.type(y).high), low, high, step), y)
    return d.put(Add(d.draw(st.booleans())), *d.draw(st.permutations([x, y])))


def typed_gate(d: Draft, x: str) -> str:
    """x times requantize(dense(x)), which may have an offset, or times itself; or x times a vector, and plus one."""
    t = d.type(x)
    if t.type.width > 20 or factor(t) is None:
        return x
    if not t.step.uniform or d.choose(False, False, False, True):
        return product(d, x, x)
    y = x
    if vector := len(t.shape) in (2, 3) and d.draw(st.booleans()):
        pixels = image(d, x) or x
        y = d.put(SumPool(d.type(pixels).shape[:2], (1, 1)), pixels)
    w, bits = weights(d, t.channels, t.channels)
    y = requantize(d, d.put(Dense(w, bits), y))
    y = d.put(Affine(offset=d.type(y).step * d.choose(0, 0, 1, -2)), y)
    y = broadcast(d, y, t) if vector else y
    z = product(d, x, y)
    return d.put(Add(d.draw(st.booleans())), z, d.put(Affine(d.type(z).step / d.type(y).step), y)) if vector else z


def softmax(d: Draft, x: str) -> str:
    t = d.type(x)
    if not _one_number(t) or t.step[0] <= 0:
        return x
    table_frac, frac, depth = d.draw(st.integers(4, 12)), d.draw(st.integers(2, 10)), d.draw(st.integers(1, 64))
    return d.put(SoftmaxTable.build(t.step[0], table_frac, frac, depth), x)


TYPED: tuple[Step, ...] = (
    typed_dense, typed_dense, requantize, requantize, relabel, typed_residual, reshape, transpose, typed_conv,
    typed_conv, max_pool, sum_pool, upsample, pad, swap_channels, pixel_shuffle, crop, typed_gate,
)  # fmt: skip
"""The layers that lowering knows, in any order."""
TYPED_ENDS: tuple[Step, ...] = (nothing, nothing, argmax, softmax)
"""What may follow the last of them."""


@st.composite
def typed_networks(
    draw: st.DrawFn, layers: Sequence[Step] = TYPED, ends: Sequence[Step] = TYPED_ENDS
) -> tuple[Graph, list[Array]]:
    """(graph, one int64 array of codes (samples, *shape) per input): a network as all network passes leave it."""
    d = Draft(draw, Graph("typed", "typed model.onnx"), typed=True)
    shape, step = draw_shape(d), d.draw(steps())
    bits = Fixed(draw(BITS), 0, draw(st.booleans()))
    encoder = Quantize(bits.low, bits.high, Vector.of(step))
    names = ["x", "z"] if d.choose(*[False] * 5, True) else ["x"]
    for name in names:
        t = encoder.result(Tensor(shape))
        d.put_input(name, Input(t, (encoder,)), t.decode_float(code_samples(d, t)))
    x = "x" if len(names) == 1 else d.put(Add(), *names)
    for function in draw(st.lists(st.sampled_from(layers), min_size=1, max_size=6)):
        if d.type(x).type.width > 40:  # as wide as accumulators of real networks, and room for the next
            x = requantize(d, x)
        x = lively(d, function, x)
    x = d.choose(*ends)(d, x)
    d.graph.outputs = [Output("y", x, "global_out")]
    if d.choose(False, False, False, True):
        d.graph.outputs.append(Output("tap", d.choose(*d.graph.nodes), "tap:0"))
    d.graph.prune()
    return d.graph, [np.asarray(d.found[node.name], dtype=np.int64) for node in d.graph.inputs]


def code_samples(d: Draft, t: Tensor) -> Array:
    """Codes of `t`: all lowest, all highest, and random ones."""
    x = d.codes((SAMPLES, *t.shape), t.low, t.high)
    x[0], x[1] = t.low, t.high
    return x
