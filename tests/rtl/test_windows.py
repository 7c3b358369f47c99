"""Windows, pools, borders and repeated pixels as SystemVerilog: the design's integers, in the model's cycles."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import Border, InsideWindow, Kernel, PoolUnit, Repeat, WideWindow, Window
from codesign.verification.vectors import random_codes
from tests.backends import designs
from tests.backends.designs import Builder, Wire
from tests.rtl.cosimulated import assert_cosimulated

U8, S5 = Fixed(8, 0, False), Fixed(5, 0, True)


def builder(seed: int) -> Builder:
    return Builder(Design("net", "net.onnx"), np.random.default_rng(seed))


def alone(b: Builder, kernel: Kernel) -> None:
    """A kernel between an input and an output of its own."""
    (read,), (write,) = kernel.reads, kernel.writes
    x = b.source(read.element, read.beats, read.lanes, read.lanes)
    y = b.after(x, write.element, write.lanes, write.lanes, write.beats)
    b.process("kernel", kernel, [x], [y])
    b.sink(y)


def window(b: Builder, x: Wire) -> Kernel:
    shape, size, stride, dilation, padding = designs.sliding(b, x)
    fill, by_channel = b.codes(x.element, ()).item(), b.choice([True, False])
    return Window(*shape, x.channels, x.lanes, size, x.element, stride, dilation, padding, fill, by_channel)


def wide_window(b: Builder, x: Wire) -> Kernel:
    shape, size, stride, dilation, padding = designs.sliding(b, x)
    elements = size[0] * size[1] * x.channels
    lanes, fill = b.choice([elements, b.divisor(elements)]), b.codes(x.element, ()).item()
    return WideWindow(*shape, x.channels, lanes, size, x.element, stride, dilation, padding, fill)


def inside_window(b: Builder, x: Wire) -> Kernel:
    shape, size, stride, dilation, padding = designs.sliding(b, x)
    how = (x.channels, x.lanes, size, x.element, stride)
    if not all(i.any(axis=1).all() for i in Window(*shape, *how, dilation, padding).inside()):
        how, dilation, padding = (*how[:2], (1, 1), *how[3:]), (1, 1), (0, 0, 0, 0)
    return InsideWindow(*shape, *how, dilation, padding)


def pool(b: Builder, x: Wire) -> Kernel:
    width = min(x.element.width, 50)
    element, taps, largest = Fixed(width, 0, x.element.signed), b.divisor(x.positions), b.choice([True, False])
    beside = b.divisor(taps) if x.lanes == x.channels else 1
    low, high = (n * (1 if largest else taps) for n in (element.low, element.high))
    y = Fixed.covering(min(low, 0), high)
    return PoolUnit(x.positions // taps, taps, x.channels // x.lanes, x.lanes, largest, element, y, beside)


def repeat(b: Builder, x: Wire) -> Kernel:
    return Repeat(*b.image(x), x.channels, x.lanes, (b.integer(1, 3), b.integer(1, 3)), x.element)


def border(b: Builder, x: Wire) -> Kernel:
    padding = b.integer(0, 2), b.integer(0, 2), b.integer(0, 2), b.integer(0, 2)
    return Border(*b.image(x), x.channels, x.lanes, padding, b.codes(x.element, ()).item(), x.element)


KINDS = (window, wide_window, inside_window, pool, repeat, border)


def at_random(seed: int, each: int = 2) -> Design:
    """Kernels of every kind, half of them of up to 63 bits."""
    b = builder(seed)
    for kind in KINDS:
        for k in range(each):
            channels = b.choice([1, 2, 4, 6])
            x = Wire("", b.fixed(1, 63 if k % 2 else 8), b.integer(2, 6) * b.integer(2, 7), channels, 1)
            alone(b, kind(b, Wire("", x.element, x.positions, channels, b.divisor(channels))))
    return b.design


@settings(max_examples=1)
@given(st.integers(0, 2**32 - 1), st.sampled_from([100, 200, 250, 400]))
def test_random_windows_give_the_designs_integers_in_the_models_cycles(
    tmp_path_factory: pytest.TempPathFactory, seed: int, clock_mhz: float
) -> None:
    design = at_random(seed)
    assert {type(p.kernel) for p in design} == {Window, WideWindow, InsideWindow, PoolUnit, Repeat, Border}
    assert_cosimulated(design, random_codes(design, 5), tmp_path_factory.mktemp("windows"), clock_mhz, seed)


EDGES: tuple[Kernel, ...] = (
    Window(1, 1, 1, 1, (1, 1), U8),  # a ring of one beat
    Window(1, 1, 4, 2, (3, 3), S5, padding=(1, 1, 1, 1), fill=-3),  # one pixel, and padding around it
    Window(1, 9, 2, 1, (1, 3), U8, stride=(1, 5)),  # one dimension, and pixels that no window sees
    Window(7, 1, 2, 2, (3, 1), U8, dilation=(2, 1), padding=(4, 3, 0, 0), by_channel=True),
    Window(5, 4, 1, 1, (2, 3), Fixed(63, 0, True), padding=(1, 0, 2, 1), fill=-(1 << 62)),
    WideWindow(1, 1, 1, 1, (1, 1), U8),
    WideWindow(1, 12, 3, 9, (1, 3), U8, padding=(0, 0, 1, 1)),  # no row buffer
    WideWindow(4, 7, 2, 18, (3, 3), S5, padding=(1, 1, 1, 1), fill=5),  # row buffers in registers
    WideWindow(4, 8, 2, 3, (3, 3), S5, padding=(1, 1, 1, 1), fill=5),  # the shortest in RAM; parts that part a pixel
    WideWindow(5, 3, 1, 4, (2, 2), U8, dilation=(1, 2), padding=(0, 0, 2, 2)),  # wider than the image
    WideWindow(9, 4, 1, 6, (3, 2), U8, stride=(2, 3), dilation=(3, 1)),
    InsideWindow(1, 1, 2, 1, (3, 3), S5, padding=(1, 1, 1, 1)),
    InsideWindow(3, 4, 4, 2, (3, 2), U8, (1, 2), (1, 1), (1, 1, 1, 0)),
    InsideWindow(2, 2, 1, 1, (1, 1), U8),
    PoolUnit(3, 1, 1, 2, False, U8, U8),  # a sum of one
    PoolUnit(2, 9, 1, 2, True, S5, S5, 9),
    PoolUnit(1, 6, 3, 2, False, S5, Fixed(8, 0, True)),
    PoolUnit(2, 4, 1, 1, False, Fixed(1, 0, False), Fixed(3, 0, False), 2),
    Repeat(1, 1, 1, 1, (1, 1), U8),
    Repeat(2, 3, 4, 2, (3, 2), U8),
    Border(1, 1, 1, 1, (0, 0, 0, 0), 0, U8),
    Border(2, 1, 4, 2, (1, 2, 0, 3), -16, S5),
)


@pytest.mark.parametrize("clock_mhz", [200, 400])
def test_the_smallest_and_the_oddest_windows(tmp_path: Path, clock_mhz: float) -> None:
    b = builder(7)
    for kernel in EDGES:
        alone(b, kernel)
    assert_cosimulated(b.design, random_codes(b.design, 7), tmp_path, clock_mhz)
