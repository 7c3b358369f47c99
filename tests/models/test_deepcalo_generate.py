"""The showers of models/deepcalo: reproducible, within the promised ranges, and shaped by the cited formulas."""

from __future__ import annotations

import numpy as np
import pytest

from models.deepcalo.generate import (
    CELL,
    CORE,
    CORE_SHARE,
    CRITICAL_GEV,
    ENERGY_GEV,
    FEATURES,
    LARGEST,
    LAYER_ENDS,
    NOISE_GEV,
    SCALARS,
    SHAPE,
    TAIL,
    TRACKS,
    Events,
    Particles,
    lateral,
    longitudinal,
    showers,
)


@pytest.fixture(scope="module")
def events() -> Events:
    return showers(1000, seed=5)


def of(count: int, energy: float = 100.0, photon: bool = False, dead: float = 0.0, x: float = 0.0) -> Particles:
    """As many equal particles."""
    full = np.full(count, 1.0)
    return Particles(
        energy * full, np.full(count, photon), 0 * full, dead * full, 0 * full, x * full, 0 * full, 20 * full
    )


def test_the_same_seed_gives_the_same_events_and_more_begin_with_them() -> None:
    first, again, more, other = showers(30, 5), showers(30, 5), showers(510, 5), showers(30, 6)
    for name in ("images", "tracks", "scalars", "energy", "deposits"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
        np.testing.assert_array_equal(getattr(first, name), getattr(more, name)[:30])
        assert not np.array_equal(getattr(first, name), getattr(other, name))


def test_shapes_and_ranges(events: Events) -> None:
    assert events.images.shape == (1000, *SHAPE, len(LAYER_ENDS)) == (1000, 56, 11, 4)
    assert events.tracks.shape == (1000, TRACKS, len(FEATURES)) == (1000, 76, 6)
    assert events.scalars.shape == (1000, len(SCALARS)) == (1000, 15)
    assert events.energy.shape == (1000,)
    for given in (events.images, events.tracks, events.scalars):
        assert given.dtype == np.float32
        assert np.isfinite(given).all()
        assert np.abs(given).max() <= LARGEST
    assert ENERGY_GEV[0] <= events.energy.min() and events.energy.max() <= ENERGY_GEV[1]
    assert events.images.min() < 0, "noise goes below zero"
    assert events.images.max() > 2, "cores hold several GeV"


def test_images_hold_the_deposits_and_noise_alone_far_from_the_shower(events: Events) -> None:
    energy = (np.sign(events.images) * events.images.astype(np.float64) ** 2).sum(axis=(1, 2))
    np.testing.assert_allclose(energy, events.deposits, atol=1e-3)
    share = events.deposits.sum(axis=1) / events.energy
    assert 0.93 < np.median(share) < 0.99, "a few per cent are lost in front, behind and beside"
    corners = events.images[:, :2, [0, -1], 3].astype(np.float64)
    assert np.sqrt((corners**4).mean()) == pytest.approx(NOISE_GEV, rel=0.1)


def test_absent_tracks_are_zero_and_come_last(events: Events) -> None:
    present = events.tracks[..., FEATURES.index("charge")] != 0
    counts = present.sum(axis=1)
    assert (present == (np.arange(TRACKS) < counts[:, None])).all()
    assert not events.tracks[~present].any()
    assert np.array_equal(np.unique(events.tracks[..., 3]), [-1, 0, 1])
    assert counts.min() < 20 and 60 < counts.max() <= TRACKS
    momentum = np.where(present, events.tracks[..., 0], -np.inf)
    assert (momentum[:, :-1] >= momentum[:, 1:]).all(), "the hardest come first"


def test_showers_deposit_along_a_gamma_distribution() -> None:
    layers = longitudinal(of(4000), np.random.default_rng(1))
    total = layers.sum(axis=1)
    assert (total <= 100 + 1e-9).all()
    # The mean depth of a gamma distribution is a / b = tmax + 1 / b; take it as the middle of the layers' quantiles.
    deepest = np.log(100 / CRITICAL_GEV) - 0.5
    t = np.linspace(0, 60, 60_001)
    density = np.exp(0.5 * deepest * np.log(np.maximum(t, 1e-12)) - 0.5 * t)
    reached = np.cumsum(density) / density.sum()
    expected = np.diff([0.0, *np.interp(LAYER_ENDS, t, reached)])
    np.testing.assert_allclose(layers.mean(axis=0) / 100, expected, atol=0.01)


def test_photons_start_later_and_dead_material_takes_its_part() -> None:
    rng = np.random.default_rng(2)
    electron, photon, behind = (
        longitudinal(p, rng).mean(axis=0) for p in (of(2000), of(2000, photon=True), of(2000, dead=3.0))
    )
    assert electron[1] > photon[1]
    assert behind[0] == 0 and behind.sum() < electron.sum()


def test_the_lateral_share_is_the_integral_of_the_profile() -> None:
    """Against throws: r = R sqrt(u / (1 - u)) has the cumulative r^2 / (r^2 + R^2) of the cited density."""
    rng = np.random.default_rng(3)
    found = lateral(of(1, x=0.3), np.array([CORE]))[0]
    n = 400_000
    radius = np.where(rng.uniform(size=n) < CORE_SHARE, CORE, TAIL)
    u = rng.uniform(size=n)
    r, angle = radius * np.sqrt(u / (1 - u)), rng.uniform(0, 2 * np.pi, n)
    edges = [
        (np.arange(SHAPE[0] + 1) - SHAPE[0] / 2 - 0.3) * CELL[0],
        (np.arange(SHAPE[1] + 1) - SHAPE[1] / 2) * CELL[1],
    ]
    thrown = np.histogram2d(r * np.cos(angle), r * np.sin(angle), edges)[0]
    deviation = np.abs(thrown - n * found) / np.sqrt(n * found)
    assert found.sum() < 1
    assert np.sqrt((deviation**2).mean()) == pytest.approx(1, abs=0.1)
    assert deviation.max() < 6


def test_electrons_have_a_track_that_points_at_them(events: Events) -> None:
    hardest = events.tracks[:, 0]
    stiff = hardest[:, 0] > 2.6  # 24 GeV and more: from elsewhere once in ten million tracks
    assert 0.5 < stiff.mean() < 0.95, "electrons and early conversions"
    assert np.abs(hardest[stiff, 1]).max() < 0.2
