"""Segments against every pair of hits, and against the published graphs."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.generator import Settings, generate
from codesign.gpu.tracking.geometry import LAYERS
from codesign.gpu.tracking.graphs import truth_edges
from codesign.gpu.tracking.heptrkx import read_graph
from codesign.gpu.tracking.metrics import Selection, edge_metrics
from codesign.gpu.tracking.segments import neighbouring_layers, segment_graph


@pytest.fixture(scope="module")
def event() -> Event:
    return generate(Settings(particles=60), seed=2)


def test_neighbours_of_the_barrel_follow_each_other_and_reach_the_discs() -> None:
    pairs = neighbouring_layers()
    barrel = [layer.number for layer in LAYERS if layer.barrel]
    assert set(pairwise(barrel)) <= set(pairs)
    assert {(802, 902), (802, 714), (902, 904), (714, 712), (808, 1302), (1306, 1402)} <= set(pairs)
    assert (802, 806) not in pairs
    assert (802, 806) in neighbouring_layers(2)
    assert all(a != b for a, b in neighbouring_layers(2))


@pytest.mark.parametrize(("slope", "z0"), [(6e-4, 100.0), (0.1, 20.0), (6e-4, 1e5)])
def test_every_pair_that_passes_the_cuts_is_there_once(event: Event, slope: float, z0: float) -> None:
    r, phi, z = (x.astype(np.float64) for x in (event.r, event.phi, event.z))
    a, b = (x.ravel() for x in np.meshgrid(np.arange(len(event)), np.arange(len(event)), indexing="ij"))
    neighbours = np.isin(event.layer[a] * 10_000 + event.layer[b], [x * 10_000 + y for x, y in neighbouring_layers()])
    dr, dz = r[b] - r[a], z[b] - z[a]
    dphi = np.abs(np.angle(np.exp(1j * (phi[b] - phi[a]))))
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = neighbours & (dr > 0) & (dphi / dr <= slope) & (np.abs(z[a] - r[a] * dz / dr) <= z0)
    found = segment_graph(event, slope, z0)
    assert {*zip(*found.tolist())} == {*zip(a[expected].tolist(), b[expected].tolist())}
    assert found.shape[1] == expected.sum() > 50


def test_fast_particles_from_the_beam_keep_their_edges() -> None:
    event = generate(Settings(particles=300, overlap=0, vertex_spread=(0.015, 10.0)), seed=3)
    found = edge_metrics(event, segment_graph(event), truth_edges(event), Selection(pt_min=1.0))
    # The rest are edges across a layer without a hit: 2 % of the layers.
    assert found.efficiency.value > 0.95


def test_no_hits_have_no_segments() -> None:
    assert segment_graph(generate(Settings(particles=0), seed=0)).shape == (2, 0)


def test_published_segments_are_among_ours(shared: Path) -> None:
    paths = sorted((shared / "data/trackml_graphs_pt1").glob("*.npz"))[:4]
    for path in paths:
        graph = read_graph(path)
        found = segment_graph(graph.event(), phi_slope_max=6.1e-4, z0_max=101)
        own = {*zip(*found.tolist())}
        published = {*zip(*graph.edges.tolist())}
        # The files are of single precision, and they leave out the barrel's edges over layers beside it.
        assert published <= own
