"""Topological clusters, and which hits are next to each other."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from codesign.gpu.showers.detectors import Towers, detector
from codesign.gpu.showers.event import ShowerEvent
from codesign.gpu.showers.generator import Mixture, showers
from codesign.gpu.showers.neighbours import pairs
from codesign.gpu.showers.selection import ordered
from codesign.gpu.showers.topological import Topological, grown

MUONS = Path(__file__).parents[4] / "shared" / "data" / "hgcal_mugun_ntuple" / "derived_event0.npz"


def towers(cells: list[tuple[int, int, int]], energies: list[float]) -> ShowerEvent:
    """An event of the tower calorimeter with hits in (layer, eta, phi) cells."""
    where = detector("hcal")
    assert isinstance(where, Towers)
    cell = np.array([(a * where.towers[0] + b) * where.towers[1] + c for a, b, c in cells], np.int64)
    points, layer = where.positions(cell)
    return replace(
        next(showers("hcal", 1, 1)), points=points.astype(np.float32), layer=layer.astype(np.int32), cell=cell,
        energy=np.array(energies, np.float32), particle=np.full(len(cell), -1), kind=np.zeros(len(cell), np.int8),
    )  # fmt: skip


def by_flooding(significance: np.ndarray, near: np.ndarray, cuts: Topological) -> list[set[int]]:
    """The clusters without their border, grown hit by hit."""
    next_to: dict[int, set[int]] = {i: set() for i in range(len(significance))}
    for a, b in near.tolist():
        next_to[a].add(b)
        next_to[b].add(a)
    left = {i for i in next_to if significance[i] >= cuts.grow}
    clusters = []
    while left:
        cluster, edge = set(), [left.pop()]
        while edge:
            hit = edge.pop()
            cluster.add(hit)
            fresh = next_to[hit] & left
            left -= fresh
            edge += fresh
        if any(significance[i] >= cuts.seed for i in cluster):
            clusters.append(cluster)
    return clusters


def random_events() -> Iterator[ShowerEvent]:
    yield from showers("hgcal", 3, 3, Mixture(particles=(3, 4), region=(0.4, 0.4)))
    yield from showers("hcal", 3, 3)


def test_they_are_what_floods_from_seeds() -> None:
    cuts = Topological(seed=15, grow=6, border=3)
    for event in random_events():
        where = detector(event.detector)
        near = pairs(where, event, 1, 1)
        significance = event.energy / (where.noise_mips * where.mip_gev[event.layer])
        labels = grown(significance, event.energy, near, cuts)
        core = np.where(significance >= cuts.grow, labels, -1)
        found = [set(np.flatnonzero(core == k).tolist()) for k in np.unique(core[core >= 0])]
        assert sorted(map(sorted, found)) == sorted(map(sorted, by_flooding(significance, near, cuts)))
        assert (labels[significance < cuts.border] == -1).all()
        touched = {(min(a, b), max(a, b)) for a, b in near.tolist()}
        for hit in np.flatnonzero((labels >= 0) & (core < 0)):
            beside = [j for j in np.flatnonzero(core >= 0) if (min(hit, j), max(hit, j)) in touched]
            assert labels[hit] == core[max(beside, key=lambda j: (event.energy[j], -j))]


def test_neighbours_are_those_of_every_pair() -> None:
    for event in random_events():
        where = detector(event.detector)
        place = where.grid(event)
        apart = np.abs(place[:, None, :] - place[None, :, :])
        if event.detector == "hcal":
            apart[..., 1] = np.minimum(apart[..., 1], 72 - apart[..., 1])
        near = (apart[..., :2] <= 1.5 * (1 + 1e-6)).all(axis=-1) & (apart[..., 2] <= 2)
        wanted = np.argwhere(np.triu(near, 1))
        np.testing.assert_array_equal(pairs(where, event, 1.5, 2), wanted)


def test_towers_close_around_the_beam() -> None:
    event = towers([(0, 30, 0), (0, 30, 71), (0, 30, 36)], [5.0, 3.0, 2.0])
    assert Topological().clusters(detector("hcal"), event).tolist() == [0, 0, 1]


def test_what_has_no_seed_is_no_cluster_and_the_border_goes_no_further() -> None:
    """With widths of about 0.027 GeV in the first depth: 0.05 GeV are below 2 of them, 0.07 above."""
    width = float(detector("hcal").noise_mips * detector("hcal").mip_gev[0])
    event = towers(
        [(0, 10, 10), (0, 10, 11), (0, 10, 12), (0, 10, 13), (0, 40, 40)],
        [5 * width, 3 * width, 1 * width, 1 * width, 3 * width],
    )
    assert Topological().clusters(detector("hcal"), event).tolist() == [0, 0, 0, -1, -1]


@pytest.mark.skipif(not MUONS.is_file(), reason="needs ../shared/data/hgcal_mugun_ntuple")
def test_two_muons_stand_out_of_the_noise_of_a_simulated_event_of_cms() -> None:
    """31,444 hits of both endcaps, 124 of them of two muons, thresholds 4 and 2 times the middle of the noise in each
    layer, up to three layers apart: the two clusters with most energy are the muons, with two thirds of their hits
    and no other."""
    with np.load(MUONS) as found:
        x, y, z, energy, layer = found["feat"][:, :5].astype(np.float64).T
        truth = found["truth_cluster"]
    layer = layer.astype(np.int64)
    noise = np.array([0.0, *(np.median(energy[layer == k]) for k in range(1, 53))])[layer]
    # In units of 1.5 cm as seen from the origin at 320 cm, and of three layers, the two sides far apart.
    place = np.stack([x / np.abs(z) * 320 / 1.5, y / np.abs(z) * 320 / 1.5, np.sign(z) * (100 + layer) / 3], axis=1)
    near = cKDTree(place).query_pairs(1 + 1e-6, p=np.inf, output_type="ndarray").astype(np.int64)
    labels = ordered(grown(energy / noise, energy, near, Topological(border=np.inf)), energy)
    found_ = [set(truth[labels == k].tolist()) for k in (0, 1)]
    assert found_ in ([{0}, {1}], [{1}, {0}])
    for k, of in enumerate(found_):
        assert (labels == k).sum() > 0.65 * (truth == of.pop()).sum()


@pytest.mark.parametrize("name", ["hgcal", "hcal"])
def test_no_hit_and_one_hit_have_an_answer(name: str) -> None:
    empty = next(showers(name, 1, 0, Mixture(particles=(0, 0), pileup=0, noise=0)))
    assert Topological().clusters(detector(name), empty).tolist() == []
    one = towers([(0, 10, 10)], [1.0])
    assert Topological().clusters(detector("hcal"), one).tolist() == [0]
