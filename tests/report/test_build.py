"""Figures and rows read off a design."""

from __future__ import annotations

from codesign.analysis.cycles import running, timing_of
from codesign.passes.fifo_depth import fifo_depth
from codesign.passes.lower import lower
from codesign.report.build import figures, stream_rows
from codesign.report.model import FOLDED
from tests.residual import FOLDS, residual_graph


def test_figures_stand_beside_their_bounds() -> None:
    design = fifo_depth(lower(residual_graph(), FOLDS[0]))
    flow = running(design)
    times = timing_of(flow)
    interval, latency, bounds = figures(design, times, 200)
    assert (interval.cycles, interval.source) == (design.interval(), "exact")
    assert (latency.cycles, latency.source) == (times.latency, "estimate")
    found = {bound.what: bound for bound in bounds}
    assert found[FOLDED].value == times.latency
    assert all(bound.ratio >= 1 for bound in (*bounds, interval, latency))
    fifos = found["FIFOs"]
    assert fifos.value == sum(s.depth * s.width for s in design.streams.values())
    assert fifos.bound == sum(s.minimum * s.width for s in design.streams.values() if s.minimum is not None)
    assert fifos.bound < fifos.value

    rows = stream_rows(design, flow.occupancy())
    assert [(r.depth, r.minimum) for r in rows] == [(s.depth, s.minimum) for s in design.streams.values()]
    assert all(1 <= row.waiting <= row.depth for row in rows)


def test_depths_without_a_minimum_have_no_bound() -> None:
    design = fifo_depth(lower(residual_graph(), FOLDS[0]), lowered=False)
    _, _, bounds = figures(design, timing_of(running(design)), 200)
    assert "FIFOs" not in {bound.what for bound in bounds}
