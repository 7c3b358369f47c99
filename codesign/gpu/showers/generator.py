"""Generated showers: several particles, pileup and noise in one of the two calorimeters.

Nothing here is tuned to an experiment. Energy comes as spots: a shower has Poisson(E / quantum) of them, each of an
exponential energy, hence a resolution of sqrt(2 quantum / E), and they lie where `codesign.gpu.showers.profiles` says.

- **EM**: half electrons, half photons, which begin to shower after an exponential depth of 9/7 X0.
- **HAD**: hadrons, a third of them neutral, which interact after an exponential depth of one interaction length, up to
  which charged ones ionize. What becomes neutral pions is spots of the electromagnetic kind, the rest larger spots of
  which three quarters are seen (h/e).
- **MIP**: a loss in every layer.
- **Pileup**: particles of exponential energy, 3 in 5 of them hadrons, anywhere in the region. What they leave is noise:
  no cluster to be found.
- Spots of a cell add up. Each cell then has Gaussian noise, and is read above its threshold; empty cells are read by
  mistake here and there. A hit is the particle's that has the largest share of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import log

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ConfigError
from codesign.gpu.showers import profiles
from codesign.gpu.showers.detectors import Detector, detector
from codesign.gpu.showers.event import NOBODY, PARTICLE, Kind, ShowerEvent

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SEEN = 0.75
"""Of the energy of a hadronic spot, beside an electromagnetic one (h/e)."""

MOST_GEV = 100_000
"""Of the particles of an event: each 0.02 GeV are a spot, and all spots are in memory at once."""


@dataclass(frozen=True)
class Mixture:
    """What events hold, and where: a region of eta and phi whose middle is anywhere in the detector."""

    particles: tuple[int, int] = (3, 8)
    energy_gev: tuple[float, float] = (10.0, 100.0)
    """Uniform in the logarithm"""
    shares: tuple[float, float, float] = (0.4, 0.4, 0.2)
    """Of EM, HAD and MIP"""
    region: tuple[float, float] = (1.0, 1.0)
    """Widths in eta and phi"""
    pileup: float = 5.0
    """Mean number of soft particles"""
    pileup_gev: float = 1.5
    """Their mean energy"""
    noise: float = 50.0
    """Mean number of cells that only noise lifts above their threshold"""

    def __post_init__(self) -> None:
        checks = {
            f"particles {self.particles}": 0 <= self.particles[0] <= self.particles[1] <= 1000,
            f"energy_gev {self.energy_gev}": 0.1 <= self.energy_gev[0] <= self.energy_gev[1] <= 10_000,
            f"shares {self.shares}": min(self.shares) >= 0 and sum(self.shares) > 0,
            f"region {self.region}": 0 < self.region[0] <= 6 and 0 < self.region[1] <= 6.3,
            f"pileup {self.pileup}": 0 <= self.pileup <= 10_000,
            f"pileup_gev {self.pileup_gev}": 0 < self.pileup_gev <= 1000,
            f"noise {self.noise}": 0 <= self.noise <= 1_000_000,
        }
        for what, good in checks.items():
            if not good:
                raise ConfigError(f"showers: {what} is out of range, see codesign.gpu.showers.generator.Mixture")
        for count, energy in ((self.particles[1], self.energy_gev[1]), (self.pileup, self.pileup_gev)):
            if count * energy > MOST_GEV:
                raise ConfigError(f"showers: {count:g} particles of {energy:g} GeV are {count * energy:,.0f} GeV in an "
                                  f"event, at most {MOST_GEV:,} fit; take fewer or weaker ones")  # fmt: skip


MIXTURES = {
    "hgcal": Mixture(),
    "hcal": Mixture(particles=(8, 20), region=(4.0, 6.28), pileup=20.0, noise=20.0),
}
"""What events of each detector hold where nothing else is asked for."""


def changed(
    mixture: Mixture, particles: str | None = None, energy: str | None = None, pileup: float | None = None,
    noise: float | None = None,
) -> Mixture:  # fmt: skip
    """A mixture with what is given changed: ranges as texts such as `3-8`. ConfigError where one is none."""
    given: dict[str, object] = {}
    if particles is not None:
        low, high = _range("particles", particles, r"\d{1,6}", "3-8")
        given["particles"] = (int(low), int(high))
    if energy is not None:
        low, high = _range("energy", energy, r"\d{1,6}(?:\.\d{1,6})?", "2.5-100")
        given["energy_gev"] = (float(low), float(high))
    given |= {name: value for name, value in (("pileup", pileup), ("noise", noise)) if value is not None}
    return replace(mixture, **given)  # type: ignore[arg-type]


def _range(name: str, text: str, number: str, example: str) -> tuple[str, str]:
    found = re.fullmatch(f"({number})(?:-({number}))?", text, re.ASCII)
    if found is None:
        raise ConfigError(f"--{name}: {text!r}, expected LOW-HIGH such as {example}, or one number")
    return found[1], found[2] or found[1]


def showers(name: str, count: int, seed: int, mixture: Mixture | None = None, first: int = 0) -> Iterator[ShowerEvent]:
    """Events `first`, `first + 1`, ... of this seed in the named detector, each with random numbers of its own: however
    many are made, the one of a number is the same."""
    where = detector(name)
    what = mixture or MIXTURES[name]
    for index in range(first, first + count):
        yield shower_event(where, what, np.random.default_rng((seed, index)))


@dataclass(frozen=True, eq=False)
class _Spots:
    """Energy at depths along the axes of particles."""

    owner: Ints
    depth: Floats
    """Along the detector's depth, in radiation lengths from its face"""
    away: Floats
    """cm from the axis"""
    energy: Floats


def shower_event(where: Detector, mixture: Mixture, rng: np.random.Generator) -> ShowerEvent:
    """One event."""
    region = _region(where, mixture, rng)
    count = int(rng.integers(mixture.particles[0], mixture.particles[1] + 1))
    signal = _signal(mixture, region, count, rng)
    soft = _pileup(where, mixture, region, int(rng.poisson(mixture.pileup)), rng)
    everything = np.concatenate([signal, soft])
    spots = _join([_em(where, everything, rng), *_hadrons(where, everything, rng), _mips(where, everything, rng)])
    ends = np.cumsum(where.radiation)
    layer = np.searchsorted(ends, spots.depth, side="right")
    kept = layer < where.layers
    owner, layer, away = spots.owner[kept], layer[kept], spots.away[kept]
    eta, phi = (everything[name].astype(np.float64)[owner] for name in ("eta", "phi"))
    cell = where.cells(eta, phi, layer, away, rng.uniform(0, 2 * np.pi, len(owner)))
    # The last two columns of the shares are pileup's and noise's.
    column = np.minimum(owner, count)
    empty = where.random_cells(int(rng.poisson(mixture.noise)), *region, rng)
    empty = empty[empty >= 0]
    noise = where.mip_gev[where.positions(empty)[1]] * (
        where.threshold_mips + rng.exponential(where.noise_mips / 2, len(empty))
    )
    return _read_out(
        where, signal, np.r_[cell, empty], np.r_[column, np.full(len(empty), count + 1)],
        np.r_[spots.energy[kept], noise], rng,
    )  # fmt: skip


def _read_out(
    where: Detector, signal: NDArray[np.void], cell: Ints, column: Ints, energy: Floats, rng: np.random.Generator
) -> ShowerEvent:
    """The cells above threshold, from energies of which each is in a cell and of a column: a row of `signal`, pileup,
    or noise."""
    inside = cell >= 0
    cells, place = np.unique(cell[inside], return_inverse=True)
    columns = len(signal) + 2
    shares = np.bincount(place * columns + column[inside], weights=energy[inside], minlength=len(cells) * columns)
    shares = shares.reshape(len(cells), columns)
    points, layer = where.positions(cells)
    mip = where.mip_gev[layer]
    # What is noise alone is above threshold already.
    jitter = np.where(shares[:, :-1].sum(axis=1) > 0, where.noise_mips * mip * rng.normal(size=len(cells)), 0.0)
    total = shares.sum(axis=1) + jitter
    read = total >= where.threshold_mips * mip * (1 - 1e-9)
    shares, layer = shares[read], layer[read]
    largest = shares.argmax(axis=1) if len(shares) else np.empty(0, np.int64)
    particle = np.where(largest < len(signal), largest, NOBODY)
    particles = signal.copy()
    particles["recorded"] = shares[:, : len(signal)].sum(axis=0)
    particles["hits"] = np.bincount(particle[particle >= 0], minlength=len(signal))
    kinds = np.append(particles["kind"], np.int8(Kind.NOISE))
    return ShowerEvent(
        detector=where.name,
        points=points[read].astype(np.float32),
        layer=layer.astype(np.int32),
        cell=cells[read],
        energy=total[read].astype(np.float32),
        particle=particle.astype(np.int64),
        kind=kinds[particle],
        particles=particles,
    )


Region = tuple[tuple[float, float], tuple[float, float]]


def _region(where: Detector, mixture: Mixture, rng: np.random.Generator) -> Region:
    """Ranges of eta and phi: inside the detector, and showers at its edges lose little (0.15 in eta)."""
    low, high = where.eta[0] + 0.15, where.eta[1] - 0.15
    width = min(mixture.region[0], high - low)
    start = rng.uniform(low, high - width) if high - width > low else low
    middle = rng.uniform(-np.pi, np.pi)
    half = min(mixture.region[1], 2 * np.pi) / 2
    return (start, start + width), (middle - half, middle + half)


def _signal(mixture: Mixture, region: Region, count: int, rng: np.random.Generator) -> NDArray[np.void]:
    found = np.zeros(count, PARTICLE)
    shares = np.array(mixture.shares) / sum(mixture.shares)
    found["kind"] = rng.choice([Kind.EM, Kind.HAD, Kind.MIP], size=count, p=shares)
    low, high = mixture.energy_gev
    found["energy"] = np.exp(rng.uniform(log(low), log(high), count))
    return _directed(found, region, rng)


def _pileup(
    where: Detector, mixture: Mixture, region: Region, count: int, rng: np.random.Generator
) -> NDArray[np.void]:
    found = np.zeros(count, PARTICLE)
    found["kind"] = np.where(rng.uniform(size=count) < 0.6, Kind.HAD, Kind.EM)
    found["energy"] = np.maximum(rng.exponential(mixture.pileup_gev, count), 0.2)
    return _directed(found, region, rng)


def _directed(found: NDArray[np.void], region: Region, rng: np.random.Generator) -> NDArray[np.void]:
    """With directions and charges: photons are half of EM, neutral ones a third of hadrons."""
    count = len(found)
    found["eta"] = rng.uniform(*region[0], count)
    found["phi"] = (rng.uniform(*region[1], count) + np.pi) % (2 * np.pi) - np.pi
    neutral = np.select([found["kind"] == Kind.EM, found["kind"] == Kind.HAD], [0.5, 1 / 3], 0.0)
    found["charge"] = np.where(rng.uniform(size=count) < neutral, 0, rng.choice([-1, 1], count))
    return found


def _em(where: Detector, all_: NDArray[np.void], rng: np.random.Generator) -> _Spots:
    """The spots of electrons and photons."""
    which = np.flatnonzero(all_["kind"] == Kind.EM)
    energy = all_["energy"][which].astype(np.float64)
    profile = profiles.EmProfile.drawn(energy, float(where.critical[0]), where.atomic_number, rng)
    start = np.where(all_["charge"][which] == 0, rng.exponential(profiles.CONVERSION, len(which)), 0.0)
    of = np.repeat(np.arange(len(which)), rng.poisson(energy / where.quantum_gev))
    depth = profile.depths(of, rng)
    away = profile.distances(of, depth, where.atomic_number, rng) * where.moliere_cm
    slope = where.slope(all_["eta"][which].astype(np.float64))
    return _Spots(which[of], (start[of] + depth) * slope[of], away, rng.exponential(where.quantum_gev, len(of)))


def _hadrons(where: Detector, all_: NDArray[np.void], rng: np.random.Generator) -> Iterator[_Spots]:
    """The spots of hadrons: of their neutral pions, of the rest, and what charged ones lose before they interact."""
    which = np.flatnonzero(all_["kind"] == Kind.HAD)
    energy = all_["energy"][which].astype(np.float64)
    slope = where.slope(all_["eta"][which].astype(np.float64))
    start = rng.exponential(1.0, len(which)) * slope
    pions = profiles.em_fraction(energy, rng)
    quanta = (where.quantum_gev, where.hadronic_quantum_gev)
    for k, part in enumerate((pions * energy, (1 - pions) * energy * SEEN)):
        of = np.repeat(np.arange(len(which)), rng.poisson(part / quanta[k]))
        lengths = profiles.pion_depths(energy[of], rng)[k]
        if k == 0:
            behind = where.interaction.sum() / where.radiation.sum() * lengths
            depth = _radiation(where, start[of]) + lengths * slope[of]
        else:
            behind = lengths
            depth = _radiation(where, start[of] + lengths * slope[of])
        away = profiles.pion_distances(behind, rng) * where.interaction_cm
        yield _Spots(which[of], depth, away, rng.exponential(quanta[k], len(of)))
    charged = all_["charge"][which] != 0
    yield _ionizing(where, which[charged], _radiation(where, start[charged]), slope[charged], rng)


def _mips(where: Detector, all_: NDArray[np.void], rng: np.random.Generator) -> _Spots:
    which = np.flatnonzero(all_["kind"] == Kind.MIP)
    slope = where.slope(all_["eta"][which].astype(np.float64))
    return _ionizing(where, which, np.full(len(which), np.inf), slope, rng)


def _ionizing(where: Detector, which: Ints, until: Floats, slope: Floats, rng: np.random.Generator) -> _Spots:
    """A spot in each layer that ends before the depth `until`, in radiation lengths."""
    ends = np.cumsum(where.radiation)
    of, layer = np.nonzero(ends[None, :] <= until[:, None])
    loss = profiles.mip_losses(where.mip_gev[layer] / slope[of], rng)
    middle = ends[layer] - where.radiation[layer] / 2
    return _Spots(which[of], middle, np.zeros(len(of)), loss)


def _radiation(where: Detector, interaction: Floats) -> Floats:
    """Depths in radiation lengths from depths in interaction lengths; beyond the last layer it is beyond there too."""
    short, long = np.r_[0, np.cumsum(where.radiation)], np.r_[0, np.cumsum(where.interaction)]
    return np.where(interaction < long[-1], np.interp(interaction, long, short), np.inf)


def _join(parts: list[_Spots]) -> _Spots:
    return _Spots(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("owner", "depth", "away", "energy")))
