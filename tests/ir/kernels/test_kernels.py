"""Each kernel computes on beats what its layer computes on tensors, for every folding."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.ir.fixed import Fixed
from codesign.ir.kernels import (
    ALL,
    Append,
    Apply,
    Border,
    Depthwise,
    Fork,
    Grouped,
    IndexOfMax,
    InsideMatVec,
    InsideWindow,
    Join,
    Kernel,
    MatVec,
    MemoryStyle,
    Permute,
    Pick,
    PoolUnit,
    Reorder,
    Repack,
    Repeat,
    SoftmaxUnit,
    Times,
    WideWindow,
    Window,
)
from codesign.ir.layers import (
    Add,
    ArgMax,
    Dense,
    Multiply,
    MultiplyShift,
    Shift,
    SoftmaxTable,
    StepFunction,
    Table,
    Thresholds,
    Transpose,
)
from codesign.ir.layers.multiply import factors
from codesign.ir.tensor import Array, Tensor
from codesign.ir.vector import Vector

SAMPLES = 5
INT = Fixed(8)


def divisors(n: int) -> st.SearchStrategy[int]:
    return st.sampled_from([d for d in range(1, n + 1) if n % d == 0])


def codes(draw: st.DataObject, *shape: int, low: int = -128, high: int = 127) -> Array:
    rng = np.random.default_rng(draw.draw(st.integers(0, 2**32 - 1)))
    x = rng.integers(low, high, (SAMPLES, *shape), endpoint=True)
    x[0], x[1] = low, high
    return x


def run(kernel: Kernel, *inputs: Array) -> list[Array]:
    """The outputs of a kernel for tensors cut into the beats it reads, flat; asserts that its beats fit together."""
    beats = []
    for x, read in zip(inputs, kernel.reads, strict=True):
        assert read.lanes * read.beats == x[0].size
        beats.append(x.reshape(len(x), read.beats, read.lanes))
    results = kernel.evaluate(*beats)
    for y, write in zip(results, kernel.writes, strict=True):
        assert y.shape == (len(inputs[0]), write.beats, write.lanes)
        assert write.element.low <= y.min() and y.max() <= write.element.high
    slowest = max(b.beats for b in (*kernel.reads, *kernel.writes))
    assert kernel.interval >= slowest and 1 <= kernel.first_output <= kernel.interval
    return [y.reshape(len(y), -1) for y in results]


def test_every_kernel_is_tested_here_or_with_the_images() -> None:
    here = {Apply, Fork, IndexOfMax, Join, MatVec, Permute, Repack, SoftmaxUnit, Times}
    images = {Append, Border, Depthwise, Grouped, InsideMatVec, InsideWindow, Pick, PoolUnit, Reorder, Repeat}
    assert set(ALL) == here | images | {WideWindow, Window}


@given(st.data())
def test_matvec_is_the_dense_layer_for_every_folding(data: st.DataObject) -> None:
    n, m, positions = (data.draw(st.integers(1, 6)) for _ in range(3))
    pe, simd = data.draw(divisors(m)), data.draw(divisors(n))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    bias = rng.integers(-99, 99, m) if data.draw(st.booleans()) else None
    dense = Dense(rng.integers(-8, 8, (n, m)), Fixed(4), bias=bias)
    accumulator = Fixed.covering(*dense.accumulator(INT.low, INT.high))
    style = data.draw(st.sampled_from(MemoryStyle))
    kernel = MatVec.fold("d", dense.weights, bias, Fixed(4), INT, accumulator, positions, pe, simd, style)
    x = codes(data, positions, n)
    (found,) = run(kernel, x)
    assert found.tolist() == dense.evaluate(x).reshape(SAMPLES, -1).tolist()
    assert (kernel.matrix() == dense.weights).all()
    assert kernel.interval == positions * n * m // (pe * simd) == positions * kernel.reuse_factor
    assert [word.style for word in kernel.memories()] == [style] * (1 if bias is None else 2)
    assert sum(word.depth * word.words.shape[1] for word in kernel.memories()[:1]) == n * m


@given(st.data())
def test_the_folded_memories_hold_what_each_multiplier_needs_in_its_cycle(data: st.DataObject) -> None:
    n, m = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 6))
    pe, simd = data.draw(divisors(m)), data.draw(divisors(n))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    dense = Dense(rng.integers(-8, 8, (n, m)), Fixed(4), bias=rng.integers(-99, 99, m))
    accumulator = Fixed.covering(*dense.accumulator(-9, 9))
    kernel = MatVec.fold("d", dense.weights, dense.bias, Fixed(4), INT, accumulator, 1, pe, simd, MemoryStyle.BRAM)
    assert kernel.bias is not None
    x = rng.integers(-9, 10, n)
    y = []
    for f in range(m // pe):  # cycle by cycle, as the hardware does it
        sums = kernel.bias.words[f].tolist()
        for s in range(n // simd):
            word = kernel.weights.words[f * (n // simd) + s]
            for p in range(pe):
                for i in range(simd):
                    sums[p] += int(word[p * simd + i]) * int(x[s * simd + i])
                    assert accumulator.low <= sums[p] <= accumulator.high
        y += sums
    assert y == dense.evaluate(x[None])[0].tolist()
    assert kernel.bias.width == kernel.bias.element.width * pe
    assert kernel.weights.width == 4 * pe * simd


def functions(channels: int) -> list[StepFunction]:
    rng = np.random.default_rng(channels)
    zeros, levels = np.zeros(channels, dtype=np.int64), np.sort(rng.integers(-99, 99, (channels, 7)))
    return [
        Shift(3, 4, True, -8, 7),
        MultiplyShift(rng.integers(-9, 9, channels), rng.integers(-99, 99, channels), 5, -8, 7),
        Thresholds(zeros, zeros + 1, levels),
        Table(-128, rng.integers(-8, 8, (channels, 256))),
        Table(-128, rng.integers(-8, 8, (1, 256))),
    ]  # fmt: skip


@given(st.data())
def test_apply_is_the_step_function_of_each_channel(data: st.DataObject) -> None:
    channels, positions = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 4))
    function = data.draw(st.sampled_from(functions(channels)))
    kernel = Apply(function, positions, channels, data.draw(divisors(channels)), INT, Fixed(4))
    x = codes(data, positions, channels)
    (found,) = run(kernel, x)
    assert found.tolist() == function(x).reshape(SAMPLES, -1).tolist()


@given(st.data())
def test_index_of_max_is_argmax(data: st.DataObject) -> None:
    channels, positions = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 4))
    y = Fixed.covering(0, channels - 1)
    kernel = IndexOfMax(positions, channels, data.draw(divisors(channels)), INT, y)
    x = codes(data, positions, channels, low=-2, high=2)
    (found,) = run(kernel, x)
    assert found.tolist() == ArgMax().evaluate(x).reshape(SAMPLES, -1).tolist()


@given(st.data())
def test_the_softmax_unit_is_the_softmax_table(data: st.DataObject) -> None:
    channels, positions = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 4))
    softmax = SoftmaxTable.build(Fraction(1, 8), 10, 8, 99)
    lanes = data.draw(divisors(channels))
    kernel = SoftmaxUnit(softmax, positions, channels, lanes, INT, Fixed(8, 8, False))
    x = codes(data, positions, channels)
    (found,) = run(kernel, x)
    assert found.tolist() == softmax.evaluate(x).reshape(SAMPLES, -1).tolist()
    assert kernel.interval == (positions if lanes == channels else 3 * positions * channels // lanes)


@given(st.data())
def test_repack_keeps_every_element_in_order(data: st.DataObject) -> None:
    size = data.draw(st.sampled_from([1, 4, 6, 12]))
    wide = data.draw(divisors(size))
    lanes = data.draw(st.permutations([wide, data.draw(divisors(wide))]))
    x = codes(data, size)
    (found,) = run(Repack(size, *lanes, INT), x)
    assert found.tolist() == x.tolist()


@given(st.data())
def test_fork_gives_every_reader_the_same(data: st.DataObject) -> None:
    copies, beats, lanes = (data.draw(st.integers(1, 4)) for _ in range(3))
    x = codes(data, beats * lanes)
    found = run(Fork(copies, beats, lanes, INT), x)
    assert [y.tolist() for y in found] == [x.tolist()] * copies


@given(st.data())
def test_permute_is_a_transpose(data: st.DataObject) -> None:
    a, b = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    source = np.arange(a * b).reshape(a, b).T.ravel()
    x = codes(data, a, b)
    (found,) = run(Permute(source, data.draw(divisors(a * b)), INT), x)
    assert found.tolist() == Transpose((1, 0)).evaluate(x).reshape(SAMPLES, -1).tolist()


@given(st.data())
def test_join_is_the_sum_on_the_common_step(data: st.DataObject) -> None:
    beats, lanes, negate = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4)), data.draw(st.booleans())
    steps = st.sampled_from([Fraction(1), Fraction(3, 4), Fraction(1, 8)])
    x, y = (Tensor.of_codes((beats * lanes,), -128, 127, Vector.of(data.draw(steps))) for _ in range(2))
    layer = Add(negate)
    z = layer.result(x, y)
    _, left, right = layer.multipliers(x, y)
    a, b = codes(data, beats * lanes), -codes(data, beats * lanes, low=-127, high=127)
    (found,) = run(Join(left, right, beats, lanes, INT, INT, z.type), a, b)
    assert found.tolist() == np.asarray(layer.run([x, y], z, [a, b])).tolist()


@given(st.data())
def test_times_is_the_product_with_its_offsets(data: st.DataObject) -> None:
    beats, lanes = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    numbers = st.sampled_from([Fraction(0), Fraction(3, 4), Fraction(-1, 8), Fraction(5)])
    steps = numbers.filter(bool)
    x, y = (
        Tensor.of_codes((beats * lanes,), -128, 127, Vector.of(data.draw(steps)), Vector.of(data.draw(numbers)))
        for _ in range(2)
    )
    layer = Multiply()
    z = layer.result(x, y)
    a, b = codes(data, beats * lanes), -codes(data, beats * lanes, low=-127, high=127)
    (found,) = run(Times(*factors(x, y), beats, lanes, INT, INT, z.type), a, b)
    assert found.tolist() == np.asarray(layer.run([x, y], z, [a, b])).tolist()


@given(st.data())
def test_a_vector_is_read_once_and_combined_with_every_position(data: st.DataObject) -> None:
    folds, lanes, positions = (data.draw(st.integers(1, 4)) for _ in range(3))
    channels = folds * lanes
    x, v = codes(data, positions, channels), -codes(data, channels, low=-127, high=127)
    sizes = positions * folds, lanes, INT, INT, Fixed(24), positions
    (product,) = run(Times((2, -1), (1, 3), *sizes), x.reshape(SAMPLES, -1), v)
    (total,) = run(Join(3, -2, *sizes), x.reshape(SAMPLES, -1), v)
    assert product.tolist() == ((2 * x - 1) * (v[:, None] + 3)).reshape(SAMPLES, -1).tolist()
    assert total.tolist() == (3 * x - 2 * v[:, None]).reshape(SAMPLES, -1).tolist()


@pytest.mark.parametrize(
    ("kernel", "cycles"),
    [
        (Repack(12, 3, 6, INT), 2),
        (Repack(12, 6, 3, INT), 1),
        (Permute(np.arange(12), 3, INT), 4),
        (IndexOfMax(2, 6, 2, INT, Fixed(3)), 3),
        (Fork(2, 5, 1, INT), 1),
        (SoftmaxUnit(SoftmaxTable(np.array([4, 1]), 2), 2, 6, 6, INT, INT), 1),
        (SoftmaxUnit(SoftmaxTable(np.array([4, 1]), 2), 2, 6, 2, INT, INT), 7),
        (MatVec.fold("d", np.ones((6, 4), dtype=np.int64), None, INT, INT, INT, 3, 2, 2, MemoryStyle.URAM), 3),
    ],
)
def test_the_first_output_waits_for_the_input_it_needs(kernel: Kernel, cycles: int) -> None:
    assert kernel.first_output == cycles
