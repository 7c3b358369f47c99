"""The host's C++ gives the codes of the compiler's own encoder, for every float64."""

import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.backends.encoding import Binary, Line, Stairs, encoders
from codesign.backends.host.ports import input_text
from codesign.backends.memory import MemoryLayout
from codesign.errors import TargetError
from codesign.ir.design import Port, Stream
from codesign.ir.fixed import Fixed, Rounding
from codesign.ir.halfline import HalfLine
from codesign.ir.layers import (
    Affine,
    BatchNorm,
    Clip,
    Elementwise,
    Input,
    MultiThreshold,
    Quantize,
    Relu,
    Sign,
)
from codesign.ir.steps import pull_back
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector
from tests.backends.host.encoding import Encoding

INFINITY = float("inf")
EXTREMES = [0.0, -0.0, 5e-324, -5e-324, 2.2e-308, -2.2e-308, 1e-300, 1.0, -1.0, 1e15, -1e15, 1.7e308, -1.7e308]


def typed(chain: list[Elementwise], shape: tuple[int, ...], axes: tuple[int, ...] | None = None) -> Input:
    t = Tensor(shape)
    for function in chain:
        t = function.result(t)
    return Input(t, tuple(chain), axes)


def number(rng: random.Random) -> Fraction:
    """A scale as networks have them: a power of two, a float32, a float64, or the result of folding."""
    size = 2.0 ** rng.randint(-12, 6)
    match rng.randrange(5):
        case 0:
            return Fraction(size)
        case 1:
            return Fraction(float(np.float32(rng.uniform(0.5, 2) * size)))
        case 2:
            return Fraction(rng.uniform(0.5, 2) * size)
        case 3:
            return Fraction(rng.randint(1, 99), rng.randint(1, 99)) * Fraction(size)
        case _:
            return Fraction(rng.randint(1, 9)) * Fraction(size)


def vector(rng: random.Random, channels: int, signs: bool = False) -> Vector:
    count = rng.choice([1, channels])
    return Vector.of([number(rng) * (rng.choice([1, -1]) if signs else 1) for _ in range(count)])


def quantizer(rng: random.Random, channels: int) -> Quantize:
    """Any width, rounding, zero point and scale that a QONNX Quant can have, and some that only folding gives."""
    width = rng.choice([1, 2, 3, 4, 5, 7, 8, 8, 10, 12, 13, 14, 16, 18, 20, 24])
    signed = rng.random() < 0.5
    low, high = Fixed(width, 0, signed).low, Fixed(width, 0, signed).high
    if rng.random() < 0.3 and high > low + 1:
        low, high = (low + 1, high) if signed else (low, high - 1)
    step = vector(rng, channels)
    offset = Vector.of(0)
    if rng.random() < 0.4:
        offset = step * rng.randint(-20, 20) if rng.random() < 0.5 else vector(rng, channels, signs=True)
    return Quantize(low, high, step, offset, rng.choice(list(Rounding)))


def before(rng: random.Random, channels: int) -> list[Elementwise]:
    affine = Affine(vector(rng, channels, signs=True), vector(rng, channels, signs=True))
    statistics = [Vector.of([number(rng) for _ in range(channels)]) for _ in range(4)]
    normal = BatchNorm(*statistics, Fraction(float(np.float32(1e-5)))).affine()
    clip = Clip(-number(rng), number(rng))
    choices: list[list[Elementwise]] = [
        [], [], [], [affine], [normal], [affine, Relu()], [affine, clip], [clip, affine], [Relu()],
        [normal, Relu(), affine],
    ]  # fmt: skip
    return rng.choice(choices)


def hard(layer: Input, rng: random.Random) -> np.ndarray:
    """Numbers at, and one and two floats beside, the thresholds of some codes of every channel, and the extremes."""
    rows = []
    t = layer.tensor
    for channel in range(t.channels):
        codes = {
            t.low + 1,
            t.low + 2,
            t.high - 1,
            t.high,
            -1,
            0,
            1,
            2,
            *(rng.randint(t.low, t.high) for _ in range(12)),
        }
        row = list(EXTREMES)
        for code in sorted(c for c in codes if t.low < c <= t.high):
            line = HalfLine(code * t.step[channel] + t.offset[channel], True, t.step[channel] > 0)
            region = pull_back(layer.encoder, line, channel)
            if isinstance(region, HalfLine):
                x = float(region.at)
                up, down = np.nextafter(x, INFINITY), np.nextafter(x, -INFINITY)
                row += [x, up, down, np.nextafter(up, INFINITY), np.nextafter(down, -INFINITY), x * (1 + 1e-15)]
        rows.append(row)
    longest = max(map(len, rows))
    filled = [row + [rng.gauss(0, 1) for _ in range(longest - len(row))] for row in rows]
    return np.array([*np.array(filled).T.tolist(), [INFINITY] * len(rows), [-INFINITY] * len(rows)])


@pytest.mark.parametrize("seed", range(3))
def test_the_codes_are_those_of_the_compiler_at_and_beside_every_threshold(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    layers, kinds = [], set()
    while len(layers) < 80:
        channels = rng.choice([1, 2, 3])
        chain = [*before(rng, channels), quantizer(rng, channels)]
        if rng.random() < 0.15:
            levels = np.sort(np.array([[rng.gauss(0, 1) for _ in range(7)] for _ in range(rng.choice([1, channels]))]))
            chain[-1] = MultiThreshold(levels, vector(rng, channels), vector(rng, channels, signs=True))
        elif rng.random() < 0.05:
            chain[-1] = Sign()
        elif rng.random() < 0.1:
            fixed = Fixed(rng.randint(1, 24), rng.randint(-4, 20), rng.random() < 0.5)
            chain = [Quantize(fixed.low, fixed.high, Vector.of(fixed.step))]
        layer = typed(chain, (channels,))
        layers.append(layer)
        kinds |= {type(f) for f in encoders(layer, "x")}
    host = Encoding(tmp_path, layers)

    for port, layer in enumerate(layers):
        x = hard(layer, rng)
        expected = layer.encode(x)
        np.testing.assert_array_equal(host.encode(port, x), expected, err_msg=f"{layer}")
    assert kinds == {Binary, Line, Stairs}


def test_fused_multiplications_and_the_widest_instructions_change_nothing(tmp_path: Path) -> None:
    """As compiled for a processor that fuses: the exact sums and the decoder must not be."""
    rng = random.Random(7)
    layers = [typed([*before(rng, 2), quantizer(rng, 2)], (2,)) for _ in range(60)]
    host = Encoding(
        tmp_path, layers, [layer.tensor for layer in layers], ["-O3", "-march=native", "-ffp-contract=fast"]
    )

    for port, layer in enumerate(layers):
        x = hard(layer, rng)
        codes = layer.encode(x)
        np.testing.assert_array_equal(host.encode(port, x), codes)
        np.testing.assert_array_equal(host.decode(port, codes), layer.tensor.decode_float(codes))


@pytest.mark.parametrize(
    "chain",
    [
        [Quantize(-(1 << 20), 1 << 20, Vector.of(Fraction(3, 2) ** 1700))],
        [Quantize(-(1 << 20), 1 << 20, Vector.of(Fraction(3, 2) ** -1800))],
        [Affine(Vector.of(1), Vector.of(1 << 60)), Quantize(-(1 << 20), 1 << 20, Vector.of(Fraction(3, 7)))],
        [Affine(Vector.of(Fraction(3**600, 2**951))), Quantize(-(1 << 20), 1 << 20, Vector.of(Fraction(1, 8)))],
    ],
)
def test_numbers_that_doubles_do_not_hold_are_refused_by_name(chain: list[Elementwise]) -> None:
    layer = typed(chain, (1,))
    layout = MemoryLayout.of(Stream("x", layer.tensor.type, 1, 1), 512)
    with pytest.raises(TargetError, match=r"input jets: its quantizer \(codes -1048576..1048576\) needs numbers "
                       r"that the host in C\+\+ cannot compute with exactly"):  # fmt: skip
        input_text("x", Port("x", "x", layer.tensor, "jets", layer), layout)


def test_many_channels_of_many_codes_are_lines(tmp_path: Path) -> None:
    """Their thresholds would fill megabytes."""
    steps = Vector.of([Fraction(float(np.float32(0.01 * (c + 1)))) for c in range(40)])
    layer = typed([Quantize(0, 2047, steps)], (40,))
    assert {type(f) for f in encoders(layer, "x")} == {Line}
    x = hard(layer, random.Random(2))
    np.testing.assert_array_equal(Encoding(tmp_path, [layer]).encode(0, x), layer.encode(x))


def test_a_step_of_any_size_is_exact_where_it_is_a_power_of_two(tmp_path: Path) -> None:
    layers = [typed([Quantize(-100, 100, Vector.of(Fraction(2) ** k))], (1,)) for k in (-1060, -1000, 0, 1015)]
    host = Encoding(tmp_path, layers)
    for port, layer in enumerate(layers):
        x = hard(layer, random.Random(1))
        np.testing.assert_array_equal(host.encode(port, x), layer.encode(x))


def test_what_is_no_number_is_refused_by_name_and_place(tmp_path: Path) -> None:
    host = Encoding(tmp_path, [typed([Quantize(-8, 7)], (2, 3), (1, 0))])
    x = np.zeros((5, 3, 2))
    x[3, 2, 1] = np.nan
    with pytest.raises(ValueError, match=r"input x0: sample 3, element \(2, 1\) is not a number \(NaN\)"):
        host.encode(0, x)


def test_the_users_axes_are_put_into_the_order_of_the_hardware(tmp_path: Path) -> None:
    """With scales per channel, which is the hardware's last axis."""
    quantize = Quantize(-128, 127, Vector.of([Fraction(1, 3), Fraction(1, 5), Fraction(1, 7)]))
    layers = [typed([quantize], (4, 5, 3), (1, 2, 0)), typed([quantize], (2, 3), (1, 0)), typed([Quantize(-8, 7)], ())]
    host = Encoding(tmp_path, layers)
    rng = np.random.default_rng(0)
    for port, layer in enumerate(layers):
        x = rng.normal(size=(6, *layer.shape)) * 9
        np.testing.assert_array_equal(host.encode(port, x), layer.encode(x))


def test_values_are_those_of_the_compiler_bit_for_bit(tmp_path: Path) -> None:
    rng = random.Random(5)
    tensors = []
    for _ in range(40):
        low, high = sorted(rng.sample(range(-(1 << 20), 1 << 20), 2))
        tensors.append(Tensor.of_codes((3,), low, high, vector(rng, 3, True), vector(rng, 3, True)))
    host = Encoding(tmp_path, [typed([Quantize(-8, 7)], (1,))], tensors, ["-march=native", "-ffp-contract=fast"])
    for port, tensor in enumerate(tensors):
        codes = np.array([[rng.randint(tensor.low, tensor.high) for _ in range(3)] for _ in range(50)])
        expected = tensor.decode_float(codes)
        assert host.decode(port, codes).tobytes() == expected.tobytes()


@pytest.fixture(scope="module")
def layouts(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Encoding]:
    """Some widths, lanes and words."""
    found = {}
    for word_bits in (32, 64, 512):
        shapes = [(1, 1), (3, 5), (8, 1), (8, 64), (5, 100), (7, 130), (16, 32), (17, 3), (31, 9), (32, 1), (24, 40)]
        shapes += [(40, 3), (63, 12)] if word_bits > 32 else []
        layers = []
        for width, lanes in shapes:
            for signed in (True, False):
                type = Fixed(width, 0, signed)
                layers.append(Input(Tensor.of_fixed((2, lanes), type), (Quantize(0, 1),)))
        folder = tmp_path_factory.mktemp(f"words{word_bits}")
        found[word_bits] = Encoding(folder, layers, word_bits=word_bits)
    return found


@given(st.sampled_from([32, 64, 512]), st.integers(0, 25), st.integers(1, 9), st.integers(0, 999))
def test_codes_lie_in_memory_as_the_layout_says(layouts, word_bits, port, samples, seed) -> None:
    host = layouts[word_bits]
    port %= len(host.inputs)
    tensor, layout = host.inputs[port].tensor, host.texts[port].layout
    rng = np.random.default_rng(seed)
    codes = rng.integers(tensor.low, tensor.high, (samples, *tensor.shape), endpoint=True)
    memory = host.pack(port, codes)
    np.testing.assert_array_equal(memory, layout.pack(codes))
    np.testing.assert_array_equal(host.unpack(port, memory, codes.size), codes.ravel())
