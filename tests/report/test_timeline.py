"""Who works when: exact for small designs, and every iteration of every process in its place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis.cycles import running
from codesign.analysis.latency import timing
from codesign.analysis.schedule import pipeline_depth, stages
from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.kernels import Permute
from codesign.ir.layers import Dense, Input, Pad, Transpose
from codesign.ir.tensor import Tensor
from codesign.passes.fifo_depth import fifo_depth
from codesign.passes.lower import Fold, lower
from codesign.report.timeline import STEPS, Timeline, timelines
from tests.backends.designs import chains
from tests.perceptrons import folds, perceptron
from tests.strategies import typed_networks


def test_a_product_works_from_its_first_beat_on() -> None:
    """4 beats of x in cycles 0 to 3; 12 iterations a cycle later; its results a pipeline's depth behind."""
    design = fifo_depth(lower(perceptron(np.random.default_rng(0), [8, 6]), {"dense_1": Fold(2, 2)}))
    depth = pipeline_depth(design.processes["dense_1"].kernel)
    alone, run = timelines(design, running(design))
    x, dense, y = alone.rows
    assert (alone.steady, alone.cycles, alone.latency, alone.interval, alone.step) == (
        False,
        13 + depth,
        13 + depth,
        12,
        1,
    )
    assert (x.name, x.what, x.start, x.stop, x.finish, x.busy, x.others) == ("x", "input", 0, 4, 4, (1,) * 4, ())
    assert (dense.name, dense.what, dense.begin, dense.busy) == ("dense_1", "MatVec", 1, (1,) * 12)
    assert (dense.start, dense.stop, dense.finish, dense.works, dense.waits) == (1, 13, 13 + depth, 12, 0)
    assert (y.what, y.start, y.stop, y.works, y.waits) == ("output", 4 + depth, 13 + depth, 3, 6)
    assert y.busy == (1, 0, 0, 0, 1, 0, 0, 0, 1)
    steady = run.rows[1]
    assert (run.steady, steady.busy) == (True, dense.busy)
    assert steady.others == (1, *(0,) * 12, *(1,) * depth)  # the sample before ends in cycle 0


def test_a_reader_waits_for_what_comes_late() -> None:
    """dense_2 takes an element of relu_1 as each fold of dense_1 ends: one cycle of work in eight."""
    design = fifo_depth(
        lower(perceptron(np.random.default_rng(0), [8, 8, 8]), {"dense_1": Fold(1, 1), "dense_2": Fold(8, 1)})
    )
    alone, _ = timelines(design, running(design))
    late = next(row for row in alone.rows if row.name == "dense_2")
    assert (late.works, late.waits) == (8, 7 * 7)
    assert late.busy == (*(1, 0, 0, 0, 0, 0, 0, 0) * 7, 1)


def test_a_permutation_fills_a_buffer_while_it_empties_the_other() -> None:
    """In a long run it reads a sample while it writes the one before."""
    graph = Graph("net")
    graph.add("x", Input(Tensor.of_fixed((4, 6), Fixed(4))))
    graph.add("t", Transpose((1, 0)), "x")
    graph.add("d", Dense(np.ones((4, 4), dtype=np.int64), Fixed(2)), "t")
    graph.outputs = [Output("y", "d", "y")]
    design = fifo_depth(lower(graph, {"d": Fold(1, 1)}))
    (name,) = (p.name for p in design if isinstance(p.kernel, Permute))
    alone, run = timelines(design, running(design))
    reading, writing = (row for row in alone.rows if row.name == name)
    assert (reading.what, writing.what) == ("Permute, reading", "Permute, writing")
    assert writing.start >= reading.stop
    assert (reading.works, writing.works) == (24, 24)
    assert [row.works for row in run.rows if row.name == name] == [24, 24]


def test_a_border_begins_before_its_image() -> None:
    """In a long run the rows above an image are written before it comes: a product behind is slower than both."""
    graph = Graph("net")
    graph.add("x", Input(Tensor.of_fixed((2, 2, 1), Fixed(4))))
    graph.add("p", Pad(2, 0, 0, 0), "x")
    graph.add("d", Dense(np.array([[1, 2]]), Fixed(3)), "p")
    graph.outputs = [Output("y", "d", "y")]
    design = fifo_depth(lower(graph, {"d": Fold(1, 1)}))
    alone, run = timelines(design, running(design))
    x, border, product, y = alone.rows
    assert alone.interval == 16
    # Two cycles per pixel. Two results of the border fit its FIFO, one its pipeline; then it waits every other cycle.
    assert border.busy == (1, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1)
    assert border.still == (0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1)
    assert (border.room, border.waits, product.room, product.waits) == (4, 0, 0, 0)
    # Two pixels of the image fit the FIFO of the port before the border comes to them.
    assert (x.busy, x.room, x.waits) == ((1, 1, 0, 0, 0, 0, 1, 0, 1), 5, 0)
    assert (y.start, y.stop, y.room, y.waits) == (4, 20, 0, 0)
    x, border, *_ = run.rows
    assert (run.before, border.start, border.stop, border.works, border.waits) == (3, -3, 12, 8, 0)


def check(design: Design, line: Timeline) -> None:
    """Each row has all its iterations, in their place; others only where this sample is not."""
    ports = {port.name: design.streams[port.stream].beats for port in (*design.inputs, *design.outputs)}
    loops = [loop for p in design for loop in stages(p.kernel)]
    works = [row.works for row in line.rows if row.what not in ("input", "output")]
    assert works == [loop.steps for loop in loops]
    assert line.step == 1 or line.cycles > STEPS
    assert -(-line.cycles // line.step) <= STEPS
    for row in line.rows:
        if row.what in ("input", "output"):
            assert row.works == ports[row.name]
        assert -line.before <= row.start < row.stop <= row.finish <= line.cycles - line.before
        assert row.waits >= 0 and max(row.still, default=0) <= line.step
        assert row.begin == (line.before + row.start) // line.step
        assert row.begin + len(row.busy) == (line.before + row.stop - 1) // line.step + 1
        assert max(row.busy) <= line.step
        if line.steady:
            assert len(row.others) == -(-line.cycles // line.step)
            together = np.array(row.others)
            together[row.begin : row.begin + len(row.busy)] += row.busy
            assert (np.array(row.others) >= 0).all() and (together <= line.step).all()
        else:
            assert row.others == ()
    assert line.before + line.latency <= line.cycles
    assert line.steady or not line.before


@settings(max_examples=50)
@given(st.data())
def test_every_iteration_has_its_place(data: st.DataObject) -> None:
    graph, _ = data.draw(typed_networks())
    design = fifo_depth(lower(graph, data.draw(folds(graph))))
    times = timing(design)
    alone, run = timelines(design, running(design))
    assert (alone.latency, run.latency) == (times.latency, times.steady_latency)
    check(design, alone)
    check(design, run)


@settings(max_examples=30)
@given(chains())
def test_so_it_has_in_chains_of_kernels(design: Design) -> None:
    design = fifo_depth(design)
    for line in timelines(design, running(design)):
        check(design, line)


@pytest.mark.parametrize("width", [64, 500])
def test_long_times_are_told_in_steps(width: int) -> None:
    design = fifo_depth(lower(perceptron(np.random.default_rng(0), [width, 4]), {"dense_1": Fold(1, 1)}))
    line, _ = timelines(design, running(design))
    assert line.step == -(-line.cycles // STEPS)
    assert (line.step > 1) == (width == 500)
    check(design, line)
