"""What each element waits for: by hand, and by changing inputs one beat at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis.arrival import arrivals, awaited, keeps
from codesign.analysis.latency import timing
from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.kernels import Kernel, Pick, WideWindow, Window
from codesign.ir.kernels.base import Beats
from codesign.ir.layers import Conv, Crop, Dense, Input
from codesign.ir.tensor import Array, Tensor
from codesign.passes.lower import Fold, lower
from tests.backends.designs import chains, one_of_each
from tests.images import image_networks


def network(shape: tuple[int, ...], *layers: object) -> Graph:
    graph = Graph("net")
    name = graph.add("x", Input(Tensor.of_fixed(shape, Fixed(4)))).name
    for i, layer in enumerate(layers):
        name = graph.add(f"l{i}", layer, name).name  # type: ignore[arg-type]
    graph.outputs = [Output("y", name, "y")]
    return graph


def test_a_result_waits_for_the_last_input_that_has_a_weight() -> None:
    weights = np.array([[1, 0, 0], [0, 2, 0], [3, 0, 0], [0, 0, 0]])
    design = lower(network((4,), Dense(weights, Fixed(3))), {"l0": Fold(1, 1)})
    found = arrivals(design)
    (port,) = design.outputs
    assert found.streams[port.stream].tolist() == [[3], [2], [0]]
    assert found.products.tolist() == [0, 1, 1, 1, 0]
    assert found.last(port.stream) == 5  # three beats, the first of them not before cycle 3
    # One product for each of the first three beats; that of the third can be made in cycle 3 at the earliest.
    assert [found.work(m) for m in (1, 2, 3)] == [3, 3, 3]
    crowded = replace(found, products=np.array([0, 0, 5, 0, 4]))
    assert [crowded.work(m) for m in (1, 2, 4, 9)] == [10, 6, 4, 4]


def test_padding_waits_for_nothing() -> None:
    """3 windows of 3 pixels, one of padding on each side: the first sees pixels 0 and 1, the last 1 and 2."""
    weights = np.ones((1, 3, 1, 1), dtype=np.int64)
    design = lower(network((1, 3, 1), Conv(weights, Fixed(2), padding=(0, 0, 1, 1))), {"l0": Fold(1, 1)})
    found = arrivals(design)
    assert found.streams[design.outputs[0].stream].tolist() == [[2], [3], [3]]
    assert found.products.tolist() == [0, 2, 3, 2]


def test_what_is_cut_off_is_not_waited_for() -> None:
    """The first two of five pixels need three; the products of the others need not be made before the end."""
    weights = np.ones((1, 2, 1, 1), dtype=np.int64)
    graph = network((1, 5, 1), Conv(weights, Fixed(2)), Crop((0, 0, 0), (1, 2, 1)))
    design = lower(graph, {"l0": Fold(1, 1)})
    found = arrivals(design)
    assert found.streams[design.outputs[0].stream].tolist() == [[2], [3]]
    assert found.last(design.outputs[0].stream) == 3
    assert found.products.sum() == 0 and found.work(1) == 0


def test_what_is_known_of_no_kernel_waits_for_the_first_of_all() -> None:
    class Odd(Kernel):
        reads = (Beats(Fixed(4), 1, 3),)
        writes = (Beats(Fixed(4), 2, 2),)
        interval = first_output = 3

        def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
            return inputs

    (found,) = awaited(Odd(), np.array([[3], [2], [5]]))
    assert found.tolist() == [[2, 2], [2, 2]]
    assert not keeps(Odd())


@pytest.mark.parametrize(("stride", "kept"), [(1, True), (2, True), (3, False)])
def test_windows_drop_the_pixels_between_them(stride: int, kept: bool) -> None:
    narrow = Window(6, 6, 2, 1, (2, 2), Fixed(4), (1, stride))
    wide = WideWindow(6, 6, 2, 8, (2, 2), Fixed(4), (stride, 1))
    assert (keeps(narrow), keeps(wide)) == (kept, kept)


def test_a_part_drops_the_rest() -> None:
    assert not keeps(Pick(1, 3, 0, 2, 1, Fixed(4), Fixed(4)))


def changed(design: Design, seed: int) -> None:
    """No output changes by a beat later than the last it waits for."""
    rng = np.random.default_rng(seed)
    found = arrivals(design)
    codes = []
    for port in design.inputs:
        s = design.streams[port.stream]
        codes.append(rng.integers(s.element.low, s.element.high + 1, (1, s.beats, s.lanes)))
    before = design.evaluate(codes)
    after = int(rng.integers(0, max(x.shape[1] for x in codes)))  # the beats that both have
    others = []
    for port, x in zip(design.inputs, codes, strict=True):
        element = design.streams[port.stream].element
        late = rng.integers(element.low, element.high + 1, x.shape)
        others.append(np.concatenate([x[:, :after], late[:, after:]], axis=1))
    for port, a, b in zip(design.outputs, before, design.evaluate(others), strict=True):
        awaiting = found.streams[port.stream].ravel() > after
        assert not ((a != b).ravel() & ~awaiting).any(), port.name


@settings(max_examples=60)
@given(image_networks(), st.sampled_from([None, 1, 1 << 20]), st.integers(0, 2**32 - 1))
def test_later_inputs_change_nothing_in_images(
    network: tuple[Graph, dict[str, Fold], object], pace: int | None, seed: int
) -> None:
    changed(lower(network[0], network[1], pace=pace), seed)


@settings(max_examples=60)
@given(chains(), st.integers(0, 2**32 - 1))
def test_later_inputs_change_nothing_in_chains(design: Design, seed: int) -> None:
    changed(design, seed)


@pytest.mark.parametrize("seed", range(3))
def test_every_kernel_has_its_own_rule(seed: int) -> None:
    """Also in a design of one of each, no output can come before what it waits for."""
    design = one_of_each(seed, 1)
    changed(design, seed)
    found, times = arrivals(design), timing(design)
    assert all(found.last(port.stream) <= times.latency for port in design.outputs)
    default = awaited.dispatch(Kernel)
    assert [type(p.kernel).__name__ for p in design if awaited.dispatch(type(p.kernel)) is default] == []
