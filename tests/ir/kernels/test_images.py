"""The kernels of images compute on beats what their layers compute on tensors; windows keep what they need."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis.schedule import stages
from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import (
    Append,
    Border,
    Depthwise,
    InsideMatVec,
    InsideWindow,
    MatVec,
    MemoryStyle,
    Pick,
    PoolUnit,
    Repeat,
    WideWindow,
    Window,
)
from codesign.ir.layers import Concat, Conv, MaxPool, Pad, Slice, SumPool, Upsample
from codesign.ir.tensor import Tensor
from tests.ir.kernels.test_kernels import INT, codes, divisors, run

WIDE = Fixed(24)


@st.composite
def sliding(draw: st.DrawFn) -> tuple:
    """(height and width, channels, size, stride, dilation, padding) of any window over a small image: odd sizes,
    strides beyond the window, dilation, padding on some sides."""
    axes = []
    for _ in range(2):
        length, size, dilation = draw(st.integers(1, 8)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
        extent = (size - 1) * dilation + 1
        before, after = draw(st.integers(0, extent - 1)), draw(st.integers(0, extent - 1))
        length = max(length, extent - before - after)
        axes.append((length, size, draw(st.integers(1, 4)), dilation, (before, after)))
    length, size, stride, dilation, padding = zip(*axes, strict=True)
    channels = draw(st.sampled_from([1, 2, 3, 4, 6]))
    return length, channels, size, stride, dilation, (*padding[0], *padding[1])


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """A part of a pixel at a time."""
    length, channels, size, *how = draw(sliding())
    fill, by_channel = draw(st.integers(-128, 127)), draw(st.booleans())
    return Window(*length, channels, draw(divisors(channels)), size, INT, *how, fill, by_channel)


@st.composite
def wide_windows(draw: st.DrawFn) -> WideWindow:
    """Whole windows or parts of them."""
    length, channels, size, *how = draw(sliding())
    lanes, fill = draw(divisors(size[0] * size[1] * channels)), draw(st.integers(-128, 127))
    return WideWindow(*length, channels, lanes, size, INT, *how, fill)


@st.composite
def inside_windows(draw: st.DrawFn) -> InsideWindow:
    """Only the taps inside the image; where dilated taps see nothing, all taps are beside each other."""
    length, channels, size, stride, dilation, padding = draw(sliding())
    how = (*length, channels, draw(divisors(channels)))
    if not all(i.any(axis=1).all() for i in Window(*how, size, INT, stride, dilation, padding).inside()):
        padding, dilation = tuple(min(p, size[k // 2] - 1) for k, p in enumerate(padding)), (1, 1)
        length = tuple(max(n, k) for n, k in zip(length, size, strict=True))
    return InsideWindow(*length, *how[2:], size, INT, stride, dilation, padding)


@settings(max_examples=300)
@given(st.one_of(windows(), inside_windows()))
def test_a_window_never_reads_or_forgets_too_early(window: Window) -> None:
    """The loop as its docstring has it, beat by beat with a real ring: each beat comes out of it as it went in."""
    lanes, folds, (kh, kw) = window.lanes, window.folds, window.size
    image = np.arange(window.height * window.width * window.channels).reshape(1, -1, lanes) % 251 - 125
    order = [(k, f) for k in range(kh * kw) for f in range(folds)]
    if window.by_channel:
        order = [(k, f) for f in range(folds) for k in range(kh * kw)]
    todo = [(oy, ox, k, f) for oy in range(window.count[0]) for ox in range(window.count[1]) for k, f in order]
    if isinstance(window, InsideWindow):
        todo = [(oy, ox, k, f) for oy, ox, k, f in todo if window.mask()[oy * window.count[1] + ox, k]]
    ring: dict[int, int] = {}
    total, read, written, reads, writes = image.shape[1], 0, [], [], []
    cycle = 0
    while read < total or len(written) < len(todo):
        at, before = len(written), read
        done = at == len(todo)
        if not done:
            oy, ox, k, f = todo[at]
            row, column = oy * window.stride[0] - window.padding[0], ox * window.stride[1] - window.padding[2]
            begin = (row * window.width + column) * folds
            if before >= begin + window.span * folds or before == total:
                y, x = row + k // kw * window.dilation[0], column + k % kw * window.dilation[1]
                if 0 <= y < window.height and 0 <= x < window.width:
                    n = (y * window.width + x) * folds + f
                    assert ring[n % window.ring] == n < before
                    written.append(image[0, n])
                else:
                    written.append(np.full(lanes, window.fill))
                writes.append(cycle)
        if before < total and (done or before < begin + window.room * folds):
            ring[read % window.ring] = read
            reads.append(cycle)
            read += 1
        cycle += 1
    (found,) = window.evaluate(image)
    assert np.array_equal(found[0], np.array(written))
    (loop,) = stages(window)
    assert (loop.steps, loop.reads[0].tolist(), loop.writes[0].tolist()) == (cycle, reads, writes)
    assert window.interval == cycle and window.first_output == writes[0] + 1
    assert len(ring) <= window.ring


@settings(max_examples=100)
@given(windows())
def test_a_window_takes_no_longer_than_filling_and_writing(window: Window) -> None:
    beats_in, beats_out = window.reads[0].beats, window.writes[0].beats
    filling = max(0, window.span + window.begin) * window.folds
    assert window.interval >= max(beats_in, beats_out)
    assert window.interval <= filling + beats_in + beats_out
    step = window.room - window.span
    if window.taps >= step:  # writing a window leaves time for all that the next one needs
        last = int(window.schedule()[1][-1] + window.taps) * window.folds
        assert last == min(filling, beats_in) + beats_out


@settings(max_examples=300)
@given(wide_windows())
def test_a_wide_window_shifts_its_pixels_to_the_right_taps_in_the_cycles_of_its_schedule(window: WideWindow) -> None:
    """The loop as its docstring has it, shift by shift, with a line of all places from the oldest to the newest."""
    (kh, kw), pitch, elements = window.size, window.pitch, window.taps * window.channels
    image = np.arange(window.height * window.width * window.channels).reshape(1, -1, window.channels) % 251 - 125
    line: list[np.ndarray | None] = []  # places behind the rows of pixels hold none
    todo = [(oy, ox) for oy in range(window.count[0]) for ox in range(window.count[1])]
    parts: list[np.ndarray] = []
    written, reads, writes = [], [], []
    cycle = read = complete = 0
    while read < image.shape[1] or len(writes) < len(todo) * window.parts:
        completes, last = False, 0
        if complete < len(todo):
            oy, ox = todo[complete]
            row, column = oy * window.stride[0] - window.padding[0], ox * window.stride[1] - window.padding[2]
            last = (row + window.extent[0] - 1) * pitch + column + window.extent[1] - 1
            assert last >= len(line), "each window ends at a place of its own"
            completes = last == len(line)
        if not completes or not parts:
            y, x = divmod(len(line), pitch)
            line.append(None)
            if y < window.height and x < window.width:
                line[-1] = image[0, read]
                reads.append(cycle)
                read += 1
            if completes:
                seen = []
                for i, j in np.ndindex(kh, kw):
                    y, x = row + i * window.dilation[0], column + j * window.dilation[1]
                    tap = (
                        line[last - (kh - 1 - i) * window.row_depth - (kw - 1 - j) * window.dilation[1]]
                        if (0 <= y < window.height and 0 <= x < window.width)
                        else np.full(window.channels, window.fill)
                    )
                    assert tap is not None
                    seen.append(tap)
                parts = list(np.concatenate(seen).reshape(-1, window.lanes))
                complete += 1
        if parts:
            written.append(parts.pop(0))
            writes.append(cycle)
        cycle += 1
    (found,) = window.evaluate(image)
    assert np.array_equal(found[0], np.array(written)) and window.lanes * window.parts == elements
    (loop,) = stages(window)
    assert (loop.steps, loop.reads[0].tolist(), loop.writes[0].tolist()) == (cycle, reads, writes)
    assert window.interval == cycle and window.first_output == writes[0] + 1


@settings(max_examples=100)
@given(wide_windows())
def test_a_whole_window_costs_a_cycle_and_padding_none(window: WideWindow) -> None:
    whole = replace(window, lanes=window.taps * window.channels)
    below, beside = whole.count
    ends = whole.first + (below - 1) * whole.stride[0] * whole.pitch + (beside - 1) * whole.stride[1]
    assert whole.interval == max(ends, (whole.height - 1) * whole.pitch + whole.width)
    assert whole.pitch == whole.width or (below - 1) * whole.stride[0] * whole.pitch <= (below - 1) * (
        (beside - 1) * whole.stride[1] + whole.stride[0]
    )
    assert window.interval <= whole.interval + below * beside * (window.parts - 1)


def test_a_wide_window_of_3_x_3_costs_its_parts_or_its_pixels() -> None:
    parts = {n: WideWindow(28, 30, 8, 72 // n, (3, 3), INT, padding=(1, 1, 1, 1)) for n in (1, 2, 9)}
    assert parts[1].interval == 28 * 30 + 31  # the last row of windows comes as the padding is shifted in
    assert [parts[n].interval for n in (2, 9)] == [31 + 28 * 30 * n for n in (2, 9)]
    assert parts[1].row_depth == 30


def test_a_window_of_3_x_3_keeps_two_rows_and_four_pixels() -> None:
    window = Window(28, 30, 8, 4, (3, 3), INT, padding=(1, 1, 1, 1))
    assert window.ring == (2 * 30 + 4) * 2
    assert window.interval == (30 + 2 + 28 * 30 * 9) * 2  # a row and two pixels to fill, then never a pause


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"padding": (3, 0, 0, 0)}, "wholly in the padding"),
        ({"fill": 200}, "the padding's code 200 is none of int<8>"),
        ({"stride": (1, 1), "dilation": (9, 1)}, r"\(-\d+, 6\) positions"),
    ],
)
def test_a_window_that_makes_no_sense_is_our_mistake(options: dict, reason: str) -> None:
    with pytest.raises(IRError, match=reason):
        Window(8, 8, 4, 2, (3, 3), INT, **options)
    with pytest.raises(IRError, match=reason):
        WideWindow(8, 8, 4, 36, (3, 3), INT, **options)


def test_the_lanes_of_windows_divide_what_they_give() -> None:
    with pytest.raises(IRError, match="window: 3 lanes of 4 channels"):
        Window(8, 8, 4, 3, (3, 3), INT)
    with pytest.raises(IRError, match="window: 8 lanes of 9 taps of 4 channels"):
        WideWindow(8, 8, 4, 8, (3, 3), INT)


@settings(max_examples=150)
@given(windows(), st.data())
def test_a_window_and_a_product_are_a_convolution(window: Window, data: st.DataObject) -> None:
    outputs, rng = data.draw(st.integers(1, 3)), np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    by_channel, channels, count = window.by_channel, window.channels, window.count
    x = codes(data, window.height, window.width, channels)
    groups = channels if by_channel else 1
    weights = rng.integers(-8, 8, (*window.size, channels // groups, outputs * groups))
    bias = rng.integers(-99, 99, outputs * groups)
    conv = Conv(weights, Fixed(4), window.stride, window.dilation, window.padding, groups, bias=bias)
    (seen,) = run(window, x)
    matrix, style, positions = weights.reshape(-1, outputs * groups), MemoryStyle.LUTRAM, count[0] * count[1]
    if by_channel:
        kernel = Depthwise.fold("d", matrix, bias, Fixed(4), INT, WIDE, positions, channels, window.lanes, style)
        assert (kernel.matrix() == matrix).all() and kernel.interval == positions * window.folds * window.taps
    else:
        kernel = MatVec.fold("d", matrix, bias, Fixed(4), INT, WIDE, positions, 1, window.lanes, style)
    (found,) = run(kernel, seen)
    expected = conv.convolve(x, window.fill)
    assert expected.shape[1:] == (*count, outputs * groups)
    assert np.array_equal(found, expected.reshape(len(x), -1))


@settings(max_examples=150)
@given(wide_windows(), st.data())
def test_a_wide_window_and_a_product_are_a_convolution(window: WideWindow, data: st.DataObject) -> None:
    rng, outputs = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1))), data.draw(st.integers(1, 3))
    x = codes(data, window.height, window.width, window.channels)
    weights = rng.integers(-8, 8, (*window.size, window.channels, outputs))
    (seen,) = run(window, x)
    positions, matrix = window.count[0] * window.count[1], weights.reshape(-1, outputs)
    kernel = MatVec.fold("d", matrix, None, Fixed(4), INT, WIDE, positions, 1, window.lanes, MemoryStyle.LUTRAM)
    (found,) = run(kernel, seen)
    expected = Conv(weights, Fixed(4), window.stride, window.dilation, window.padding).convolve(x, window.fill)
    assert np.array_equal(found, expected.reshape(len(x), -1))


@settings(max_examples=150)
@given(inside_windows(), st.data())
def test_multiplications_by_padding_are_left_out_of_a_convolution(window: InsideWindow, data: st.DataObject) -> None:
    """Against the layer, and the cycles against the loop of the product: output fold after output fold."""
    rng, pe = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1))), data.draw(st.integers(1, 2))
    outputs, positions = pe * data.draw(st.integers(1, 3)), window.count[0] * window.count[1]
    weights, bias = rng.integers(-8, 8, (*window.size, window.channels, outputs)), rng.integers(-99, 99, outputs)
    x, matrix = codes(data, window.height, window.width, window.channels), weights.reshape(-1, outputs)
    (seen,) = run(window, x)
    fold = Fixed(4), INT, WIDE, positions, pe, window.lanes, MemoryStyle.LUTRAM
    kernel = InsideMatVec.of(MatVec.fold("d", matrix, bias, *fold), window)
    (found,) = run(kernel, seen)
    expected = Conv(weights, Fixed(4), window.stride, window.dilation, window.padding, bias=bias).convolve(x, 0)
    assert np.array_equal(found, expected.reshape(len(x), -1))

    cycle, reads, writes = 0, [], []
    for taps in window.mask():
        for output in range(outputs // pe):
            beats = list(range(cycle, cycle + int(taps.sum()) * window.folds))
            reads += beats if output == 0 else []
            cycle += len(beats)
            writes.append(cycle - 1)
    (loop,) = stages(kernel)
    assert (loop.steps, loop.reads[0].tolist(), loop.writes[0].tolist()) == (cycle, reads, writes)
    assert kernel.interval == cycle and kernel.first_output == writes[0] + 1
    nonzero = np.count_nonzero(weights.reshape(window.taps, -1), axis=1)
    assert int((window.mask() @ nonzero).sum()) <= cycle * pe * window.lanes


def test_a_3_x_3_window_multiplies_49_of_81_taps_of_a_3_x_3_image() -> None:
    for shape, taps in (((3, 3), 49), ((7, 6), 304)):
        window = InsideWindow(*shape, 4, 2, (3, 3), INT, padding=(1, 1, 1, 1))
        assert window.mask().sum() == taps and window.writes[0].beats == taps * 2


def test_what_is_left_out_has_to_be_zero_and_never_all() -> None:
    with pytest.raises(IRError, match="one has no tap inside the image of 1 x 4"):
        InsideWindow(1, 4, 2, 2, (2, 1), INT, dilation=(3, 1), padding=(2, 1, 0, 0))
    with pytest.raises(IRError, match="come pixel by pixel"):
        InsideWindow(4, 4, 2, 2, (3, 3), INT, by_channel=True)
    window = InsideWindow(4, 4, 2, 2, (3, 3), INT, padding=(1, 1, 1, 1), fill=3)
    product = MatVec.fold("d", np.ones((18, 1), int), None, INT, INT, WIDE, 16, 1, 2, MemoryStyle.LUTRAM)
    with pytest.raises(IRError, match="the padding is the code 3, whose products are not zero"):
        InsideMatVec.of(product, window)
    with pytest.raises(IRError, match=r"windows of \(16, 18, 1\), but a product of \(16, 18, 2\)"):
        InsideMatVec.of(product, replace(window, fill=0, lanes=1))


@settings(max_examples=100)
@given(windows(), st.booleans(), st.data())
def test_a_window_and_a_pool_unit_are_a_pool(window: Window, largest: bool, data: st.DataObject) -> None:
    plain = Window(
        window.height, window.width, window.channels, window.lanes,
        (min(window.size[0], window.height), min(window.size[1], window.width)), INT, window.stride, by_channel=True,
    )  # fmt: skip
    x = codes(data, plain.height, plain.width, plain.channels)
    (seen,) = run(plain, x)
    positions = plain.count[0] * plain.count[1] * plain.folds
    (found,) = run(PoolUnit(positions, plain.taps, 1, plain.lanes, largest, INT, WIDE), seen)
    layer = MaxPool(plain.size, plain.stride) if largest else SumPool(plain.size, plain.stride)
    assert np.array_equal(found, layer.evaluate(x).reshape(len(x), -1))


@settings(max_examples=150)
@given(wide_windows(), st.booleans(), st.data())
def test_taps_side_by_side_are_the_same_depthwise_convolution_and_the_same_pool(
    window: WideWindow, largest: bool, data: st.DataObject
) -> None:
    rng, channels, taps = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1))), window.channels, window.taps
    beside = data.draw(divisors(taps))
    window = replace(window, lanes=beside * channels)
    x, positions = codes(data, window.height, window.width, channels), window.count[0] * window.count[1]
    (seen,) = run(window, x)

    outputs = channels * data.draw(st.integers(1, 2))
    weights, bias = rng.integers(-8, 8, (*window.size, 1, outputs)), rng.integers(-99, 99, outputs)
    matrix, style = weights.reshape(-1, outputs), MemoryStyle.LUTRAM
    product = Depthwise.fold(
        "d", matrix, bias, Fixed(4), INT, WIDE, positions, channels, channels, style, beside=beside
    )  # fmt: skip
    (found,) = run(product, seen)
    conv = Conv(weights, Fixed(4), window.stride, window.dilation, window.padding, channels, bias=bias)
    assert np.array_equal(found, conv.convolve(x, window.fill).reshape(len(x), -1))
    assert (product.matrix() == matrix).all()

    pool = PoolUnit(positions, taps, 1, channels, largest, INT, WIDE, beside)
    (found,) = run(pool, seen)
    windows = window.seen(x)
    expected = windows.max(axis=3) if largest else windows.sum(axis=3)
    assert np.array_equal(found, expected.reshape(len(x), -1))

    for kernel in (product, pool):
        (loop,) = stages(kernel)
        assert kernel.interval == loop.steps == positions * taps // beside
        assert kernel.first_output == loop.writes[0][0] + 1 == taps // beside


def test_taps_side_by_side_divide_a_window_of_whole_pixels() -> None:
    with pytest.raises(IRError, match="pool: 2 of 9 pixels of 1 beats"):
        PoolUnit(4, 9, 1, 4, True, INT, WIDE, 2)
    with pytest.raises(IRError, match="pool: 3 of 9 pixels of 2 beats"):
        PoolUnit(4, 9, 2, 4, True, INT, WIDE, 3)
    with pytest.raises(IRError, match="depthwise: 2 of 9 taps, 4 of 4 channels"):
        one = Depthwise.fold("d", np.ones((9, 4), int), None, INT, INT, WIDE, 1, 4, 4, MemoryStyle.LUTRAM)
        replace(one, beside=2)


@given(st.data())
def test_a_pool_unit_takes_a_whole_image_as_it_comes(data: st.DataObject) -> None:
    height, width, channels = (data.draw(st.integers(1, 5)) for _ in range(3))
    x, lanes = codes(data, height, width, channels), data.draw(divisors(channels))
    (found,) = run(PoolUnit(1, height * width, channels // lanes, lanes, False, INT, WIDE), x)
    assert np.array_equal(found, x.sum(axis=(1, 2)))


@given(st.data())
def test_repeat_is_upsampling(data: st.DataObject) -> None:
    height, width, channels, down, across = (data.draw(st.integers(1, 4)) for _ in range(5))
    x = codes(data, height, width, channels)
    (found,) = run(Repeat(height, width, channels, data.draw(divisors(channels)), (down, across), INT), x)
    assert np.array_equal(found, Upsample((down, across)).evaluate(x).reshape(len(x), -1))


@given(st.data())
def test_border_is_padding(data: st.DataObject) -> None:
    height, width, channels = (data.draw(st.integers(1, 4)) for _ in range(3))
    sides = data.draw(st.tuples(*[st.integers(0, 2)] * 4))
    x = codes(data, height, width, channels)
    (found,) = run(Border(height, width, channels, data.draw(divisors(channels)), sides, 0, INT), x)
    t = Tensor.of_fixed((height, width, channels), INT)
    expected = np.asarray(Pad(*sides).run([t], Pad(*sides).result(t), [x]))
    assert np.array_equal(found, expected.reshape(len(x), -1))


@given(st.data())
def test_append_and_pick_are_joins_and_parts(data: st.DataObject) -> None:
    positions, first, second, lanes = (data.draw(st.integers(1, 4)) for _ in range(4))
    x, y = codes(data, positions, first * lanes), codes(data, positions, second * lanes)
    (found,) = run(Append(positions, first, second, lanes, INT, INT, INT), x, y)
    joined = Concat().evaluate(x, y)
    assert np.array_equal(found, joined.reshape(len(x), -1))
    start = data.draw(st.integers(0, first + second - 1))
    stop = data.draw(st.integers(start + 1, first + second))
    (part,) = run(Pick(positions, first + second, start, stop, lanes, INT, INT), joined)
    assert np.array_equal(part, Slice(start * lanes, stop * lanes).evaluate(joined).reshape(len(x), -1))
