"""Generated events obey the physics they are made of."""

import numpy as np
import pytest

from codesign.errors import ConfigError, DataError
from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.generator import Settings, generate, helices_of
from codesign.gpu.tracking.geometry import LAYERS
from codesign.gpu.tracking.graphs import truth_edges

BY_NUMBER = {layer.number: layer for layer in LAYERS}


@pytest.fixture(scope="module")
def event() -> Event:
    return generate(Settings(particles=1500), seed=4)


def test_a_seed_gives_the_same_event_and_another_seed_another(event: Event) -> None:
    again = generate(Settings(particles=1500), seed=4)
    for name in ("hits", "layer", "particle", "particles", "weight", "module", "truth"):
        np.testing.assert_array_equal(getattr(again, name), getattr(event, name))
    other = generate(Settings(particles=1500), seed=5)
    assert not np.array_equal(other.hits[:100], event.hits[:100])


def test_true_positions_lie_on_the_helix_of_the_particle(event: Event) -> None:
    assert event.truth is not None
    own = event.particle != 0
    helices = helices_of(event.particles[event.row_of_particle()[own]])
    true = event.truth[own].astype(np.float64)
    # The momentum at the hit says how far the particle has turned; it is stored in float32.
    turned = np.mod(helices.charge * (helices.phi - np.arctan2(true[:, 4], true[:, 3])), 2 * np.pi)
    position, momentum = helices.at(turned)
    np.testing.assert_allclose(momentum, true[:, 3:], rtol=1e-5, atol=1e-6)
    off = np.linalg.norm(position[:, :2] - true[:, :2], axis=1)
    # 2^-24 of pi in the angle, times the radius of the turn; and 2^-24 of a metre in the position.
    assert (off <= 4e-7 * helices.radius + 2e-4).all()


def test_hits_lie_off_their_true_positions_by_the_resolution_of_their_layer(event: Event) -> None:
    assert event.truth is not None
    for volume in (8, 13, 17):
        layers = [layer for layer in LAYERS if layer.volume == volume]
        own = np.isin(event.layer, [layer.number for layer in layers]) & (event.particle != 0)
        true = event.truth[own].astype(np.float64)
        turned = event.phi[own] - np.arctan2(true[:, 1], true[:, 0])
        across = (np.mod(turned + np.pi, 2 * np.pi) - np.pi) * event.r[own]
        along = event.z[own] - true[:, 2]
        n = own.sum()
        # The standard deviation of n normal values is known to 1 / sqrt(2 n): five of those; float32 adds 1e-4 mm.
        for off, sigma in zip((across, along), layers[0].resolution):
            assert abs(off.std() - sigma) < 5 * sigma / np.sqrt(2 * n) + 3e-4


def test_hits_lie_on_their_layer(event: Event) -> None:
    for number, layer in BY_NUMBER.items():
        own = event.layer == number
        at = event.r[own] if layer.barrel else event.z[own]
        np.testing.assert_allclose(np.abs(at - layer.position), layer.stagger, atol=3e-4)  # float32 of 3 m
        assert event.module[own].min() >= 1
        assert event.module[own].max() <= layer.modules[0] * layer.modules[1]


@pytest.mark.parametrize("noise", [0.0, 0.15, 0.5])
def test_noise_has_its_share_of_the_hits(noise: float) -> None:
    event = generate(Settings(particles=300, noise=noise), seed=1)
    assert abs((event.particle == 0).sum() - noise * len(event)) <= 1
    assert (event.weight[event.particle == 0] == 0).all()


def test_without_inefficiency_and_overlap_a_straight_particle_has_a_hit_on_each_layer() -> None:
    settings = Settings(
        particles=200, vertices=1, vertex_spread=(0, 0), pt_min=50, eta_max=0.5, efficiency=1, overlap=0, noise=0
    )
    event = generate(settings, seed=2)
    assert (event.particles["hits"] == 10).all()
    edges = truth_edges(event)
    assert (event.r[edges[0]] < event.r[edges[1]]).all()


def test_overlapping_modules_give_two_hits_on_a_layer_in_the_order_of_the_path() -> None:
    settings = Settings(
        particles=200, vertices=1, vertex_spread=(0, 0), pt_min=50, eta_max=0.5, efficiency=1, overlap=0.3, noise=0
    )
    event = generate(settings, seed=2)
    assert event.particles["hits"].mean() == pytest.approx(13, abs=0.3)
    edges = truth_edges(event)
    assert (event.r[edges[0]] < event.r[edges[1]]).all()
    twice = event.layer[edges[0]] == event.layer[edges[1]]
    assert twice.sum() == (event.particles["hits"] - 10).sum()
    assert (event.module[edges[0]] != event.module[edges[1]])[twice].all()


def test_a_layer_is_missed_as_often_as_asked() -> None:
    kept = [
        len(generate(Settings(particles=2000, efficiency=efficiency, overlap=0, noise=0), seed=3))
        for efficiency in (1.0, 0.9)
    ]
    assert kept[1] / kept[0] == pytest.approx(0.9, abs=5 * np.sqrt(0.09 / kept[0]))


def test_displaced_particles_start_away_from_the_beam_and_have_hits_only_farther_out() -> None:
    event = generate(Settings(particles=1000, displaced=1.0, noise=0), seed=1)
    start = np.hypot(*event.particles["vertex"][:, :2].T)
    assert start.mean() == pytest.approx(100, abs=5 * 100 / np.sqrt(1000))
    barrel = np.isin(event.layer, [layer.number for layer in LAYERS if layer.barrel])
    assert (event.r[barrel] > start[event.row_of_particle()[barrel]]).all()


def test_a_region_is_cut_out_of_the_whole() -> None:
    event = generate(Settings(particles=500, phi_range=(3.0, 3.5), eta_range=(0, 1)), seed=1)
    assert 0 < len(event) < 500
    assert ((event.phi >= 3.0 - 1e-6) | (event.phi < 3.5 - 2 * np.pi)).all()
    assert event.weight.sum() == pytest.approx(1)


def test_ids_do_not_fit_a_double(event: Event) -> None:
    ids = event.particles["id"]
    assert (ids.astype(np.float64).astype(np.int64) != ids).any()


@pytest.mark.parametrize("settings", [Settings(particles=0), Settings(particles=5, efficiency=0)])
def test_an_event_may_have_no_hits(settings: Settings) -> None:
    assert len(generate(settings, seed=0)) == 0


@pytest.mark.parametrize(
    ("name", "value"), [("noise", 1.0), ("particles", -1), ("field", 0.0), ("vertices", 4000), ("efficiency", 1.5)]
)
def test_a_setting_out_of_range_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"{name} is {value}, expected"):
        Settings(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("spread", [(0.0, -1.0), (np.nan, 1.0), (0.0, np.inf)])
def test_a_spread_of_vertices_that_is_no_length_is_refused(spread: tuple[float, float]) -> None:
    with pytest.raises(ConfigError, match=r"vertex_spread is .* expected lengths in 0\.\.1e\+06 mm"):
        Settings(vertex_spread=spread)


def test_given_particles_have_hits_where_they_had_them_before() -> None:
    whole = Settings(particles=50, efficiency=1, overlap=0, noise=0, resolution=0)
    first = generate(whole, seed=1)
    again = generate(whole, seed=2, particles=first.particles)
    np.testing.assert_array_equal(again.particles, first.particles)
    for event in (first, again):
        event.hits[:] = event.hits[np.lexsort((event.layer, event.particle))]
    np.testing.assert_array_equal(again.hits, first.hits)
    assert len(generate(whole, seed=1, particles=first.particles[:0])) == 0


def test_given_particles_that_no_field_bends_are_refused() -> None:
    particles = generate(Settings(particles=3), seed=1).particles
    particles["charge"][1] = 0
    with pytest.raises(DataError, match=r"particle 1 has the charge 0 and a pt of .* GeV; leave such ones out"):
        generate(Settings(), 1, particles)
    particles["charge"], particles["pt"][2] = 1, np.nan
    with pytest.raises(DataError, match="particle 2 has the charge 1 and a pt of nan GeV"):
        generate(Settings(), 1, particles)
