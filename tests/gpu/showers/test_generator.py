"""Generated showers, and the physics in them."""

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.gpu.showers import profiles
from codesign.gpu.showers.detectors import DETECTORS, detector
from codesign.gpu.showers.event import NOBODY, Kind
from codesign.gpu.showers.generator import Mixture, showers


def alone(kind: Kind, energy: float) -> Mixture:
    shares = {k: float(k == kind) for k in (Kind.EM, Kind.HAD, Kind.MIP)}
    return Mixture(particles=(1, 1), energy_gev=(energy, energy), shares=tuple(shares.values()), pileup=0, noise=0)


@pytest.mark.parametrize("name", DETECTORS)
def test_the_same_seed_gives_the_same_events_however_many_are_made(name: str) -> None:
    few, many = list(showers(name, 2, 7, first=1)), list(showers(name, 3, 7))
    for a, b in zip(few, many[1:]):
        for column in ("points", "layer", "cell", "energy", "particle", "kind", "particles"):
            assert getattr(a, column).tobytes() == getattr(b, column).tobytes()
    assert many[0].energy.tobytes() != next(showers(name, 1, 8)).energy.tobytes()


def test_sizes_are_those_of_the_two_detectors() -> None:
    hgcal, hcal = ([len(e) for e in showers(name, 30, 2)] for name in ("hgcal", "hcal"))
    assert 1000 < np.mean(hgcal) < 3000 < max(hgcal)
    assert 120 < np.mean(hcal) < 400


def test_the_maximum_of_an_electromagnetic_shower_is_where_theory_has_it() -> None:
    """PDG: t_max = ln(E / Ec) - 0.5 of electrons; the parameters of GP put it at ln(E / Ec) - 0.81."""
    rng = np.random.default_rng(0)
    for energy in (10.0, 100.0):
        profile = profiles.EmProfile.drawn(np.full(400, energy), 0.0094, 60, rng)
        depth = profile.depths(np.repeat(np.arange(400), 1000), rng)
        counts, edges = np.histogram(depth, bins=np.arange(0, 30, 0.5))
        wanted = np.log(energy / 0.0094)
        assert wanted - 1.6 < edges[counts.argmax()] + 0.25 < wanted - 0.2


def test_nine_tenths_of_an_electromagnetic_shower_are_within_a_moliere_radius() -> None:
    """By definition of the radius; GP's average of depths comes to that within 5 %."""
    rng = np.random.default_rng(0)
    profile = profiles.EmProfile.drawn(np.full(100, 30.0), 0.0094, 60, rng)
    of = np.repeat(np.arange(100), 1000)
    away = profile.distances(of, profile.depths(of, rng), 60, rng)
    assert 0.85 < (away < 1).mean() < 0.95


def test_most_of_a_hadronic_shower_is_within_an_interaction_length_of_its_axis() -> None:
    rng = np.random.default_rng(0)
    _, depth = profiles.pion_depths(np.full(50_000, 50.0), rng)
    assert 0.92 < (profiles.pion_distances(depth, rng) < 1).mean() < 0.98


def test_the_electromagnetic_share_of_hadrons_rises_with_their_energy() -> None:
    rng = np.random.default_rng(0)
    low, high = (profiles.em_fraction(np.full(4000, e), rng).mean() for e in (10.0, 200.0))
    # 1 - E^-0.18; the error of the mean of 4,000 is 0.0016.
    assert low == pytest.approx(1 - 10**-0.18, abs=0.008)
    assert high == pytest.approx(1 - 200**-0.18, abs=0.008)


@pytest.mark.parametrize("name", DETECTORS)
def test_energies_of_electrons_are_linear_with_the_resolution_of_the_sampling(name: str) -> None:
    stochastic = np.sqrt(2 * detector(name).quantum_gev)
    for energy in (20.0, 80.0):
        sums = [e.particles["recorded"][0] / energy for e in showers(name, 150, 3, alone(Kind.EM, energy))]
        error = stochastic / np.sqrt(energy * len(sums))
        assert np.mean(sums) == pytest.approx(0.99, abs=0.015 + 4 * error)
        # The relative error of a width from 150 is 6 %; leakage and thresholds add to it.
        assert 0.75 < np.std(sums) / (stochastic / np.sqrt(energy)) < 1.35


def test_hadrons_are_seen_with_less_of_their_energy_and_a_wider_spread() -> None:
    ratios = {
        kind: np.array([e.particles["recorded"][0] / 50 for e in showers("hgcal", 100, 4, alone(kind, 50.0))])
        for kind in (Kind.EM, Kind.HAD)
    }
    assert 0.7 < ratios[Kind.HAD].mean() < 0.95 * ratios[Kind.EM].mean()
    assert ratios[Kind.HAD].std() > 2 * ratios[Kind.EM].std()


def test_a_muon_leaves_its_loss_in_nearly_every_layer() -> None:
    where = detector("hgcal")
    lost, layers = [], []
    for e in showers("hgcal", 60, 5, alone(Kind.MIP, 30.0)):
        layers.append(len(np.unique(e.layer)))
        lost.append(e.particles["recorded"][0] * np.tanh(e.particles["eta"][0]) / where.mip_gev.sum())
    assert np.mean(layers) > 44
    assert np.mean(lost) == pytest.approx(1.0, abs=0.04)  # 47 layers of 25 % spread, 60 times: 0.5 %


def test_a_neutral_hadron_leaves_nothing_before_it_interacts() -> None:
    first = {True: [], False: []}
    for e in showers("hgcal", 120, 6, alone(Kind.HAD, 60.0)):
        first[bool(e.particles["charge"][0])].append(int(e.layer.min()) if len(e) else 47)
    assert np.mean(first[True]) < 1 < 5 < np.mean(first[False])


def test_a_hit_is_of_the_particle_with_the_largest_share() -> None:
    """Pileup and noise count as nobody, and what each particle has in hits is what the table says."""
    mixed = Mixture(particles=(6, 6), pileup=30, noise=100, region=(0.3, 0.3))
    for e in showers("hgcal", 3, 9, mixed):
        counts = np.bincount(e.particle[e.particle >= 0], minlength=6)
        np.testing.assert_array_equal(counts, e.particles["hits"])
        assert (e.kind[e.particle == NOBODY] == Kind.NOISE).all()
        inside = e.particle >= 0
        np.testing.assert_array_equal(e.kind[inside], e.particles["kind"][e.particle[inside]])
        assert (~inside).sum() > 100


def test_hits_are_above_their_threshold() -> None:
    where = detector("hgcal")
    for e in showers("hgcal", 3, 10):
        mips = e.energy / where.mip_gev[e.layer]
        assert mips.min() >= where.threshold_mips * (1 - 1e-6)  # float32


def test_an_event_of_nothing_is_empty() -> None:
    nothing = Mixture(particles=(0, 0), pileup=0, noise=0)
    e = next(showers("hgcal", 1, 0, nothing))
    assert len(e) == 0 and len(e.particles) == 0


def test_a_mixture_out_of_range_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"energy_gev \(5, 1\) is out of range"):
        Mixture(energy_gev=(5, 1))


def test_an_event_larger_than_memory_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"1000 particles of 10000 GeV are 10,000,000 GeV in an event, at most 100,000"
    ):
        Mixture(particles=(1, 1000), energy_gev=(1, 10_000))
