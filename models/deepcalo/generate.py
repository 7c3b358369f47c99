"""Generated showers: electrons and photons in a toy sampling calorimeter, as images, tracks and scalars.

Nothing here is tuned to an experiment. It is a small, fast and fully documented stand-in for a calorimeter
simulation, with the effects that make an energy regression worth doing. PDG is "Passage of particles through matter"
in the Review of Particle Physics; GP is G. Grindhammer and S. Peters, hep-ex/0001020.

1. **Particle** (`particles`). An electron or a photon (half each) of energy E uniform in 20-200 GeV, at eta uniform
   in -1..1. It passes t0 = 1.5 + 1.5 eta^2 radiation lengths (X0) of dead material. A photon starts to shower after
   an exponential depth of mean 9/7 X0 (PDG, pair production), an electron at once.
2. **Longitudinal profile** (`longitudinal`). Behind the start, dE/dt = E b (b t)^(a-1) e^(-b t) / Gamma(a), with
   b = 0.5 and a = 1 + b tmax, where tmax = ln(E / Ec) - 0.5 for an electron and + 0.5 for a photon (PDG,
   electromagnetic cascades), Ec = 7.4 MeV as in lead. Each shower's tmax is off by a Gaussian of 0.5 X0. The four
   layers end at 3, 7, 21 and 24 X0; what is deposited before t0 and behind 24 X0 is lost.
3. **Lateral profile** (`lateral`). The density at distance r from the axis is R^2 / (pi (r^2 + R^2)^2) (GP, eq. 8), for
   a core of R = 0.25 Moliere radii (80 % of the energy) and a tail of R = 1. The core grows by 15 % per layer, and
   each shower's by a Gaussian of 8 %. Its integral over a cell is known in closed form. Cells measure 0.12 x 0.9
   Moliere radii, and the axis lies within half a cell of the middle of the image.
4. **Detector** (`measured`). The response varies by 2 % with the position across a cell's long side. A layer samples
   in quanta of 10 MeV: a cell counts Poisson(e / 10 MeV) of them, hence a resolution of 10 % / sqrt(E / GeV). Then
   Gaussian noise of 20 MeV is added to each cell.
5. **Tracks** (`tracks`). An electron has a track of its own, a photon that starts before 1 X0 two that share its
   energy (the fraction uniform); Poisson(mu) others come from elsewhere, mu uniform in 10..60. The hardest 76
   are kept, in falling order, and absent ones are rows of zeros.
6. **Scalars** (`scalars`): what a reconstruction would know of the cluster (see `SCALARS`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ENERGY_GEV = (20.0, 200.0)
CRITICAL_GEV = 7.4e-3
DECAY = 0.5  # b of the longitudinal profile, per X0
LAYER_ENDS = (3.0, 7.0, 21.0, 24.0)  # X0, counted from the interaction point
SHAPE = (56, 11)  # cells along eta and phi
CELL = (0.12, 0.9)  # Moliere radii
CORE, TAIL, CORE_SHARE = 0.25, 1.0, 0.8  # Moliere radii
QUANTUM_GEV, NOISE_GEV = 0.01, 0.02
TRACKS = 76
LARGEST = 8.0
"""Every number that the network is given lies within +-8, where fixed<8,4> saturates."""

FEATURES = ("log2 pT / 4 GeV", "eta", "phi", "charge", "d0", "z0")
"""Of a track: angles from the shower in units of 0.1, impact parameters in units of their resolution."""

SCALARS = (
    "eta",
    "eta^2",
    "position across the cell in eta",
    "position across the cell in phi",
    "mu / 20",
    "tracks / 20",
    "log2 of the deposit / 64 GeV",
    "share of layer 1",
    "share of layer 2",
    "share of layer 3",
    "share of layer 4",
    "log of layers 1 + 2 over 3",
    "depth of the barycentre",
    "width in eta",
    "width in phi",
)


@dataclass(frozen=True)
class Particles:
    """The particles of many events: energies in GeV, depths in X0, positions in cells from the image's middle."""

    energy: Array
    photon: NDArray[np.bool_]
    eta: Array
    dead: Array
    start: Array
    x: Array
    y: Array
    mu: Array


@dataclass(frozen=True)
class Events:
    """What a network is given, float32, and what it should find."""

    images: NDArray[np.float32]
    """(n, 56, 11, 4): the square root of each cell's deposit / GeV, with its sign. Sampling fluctuations are then the
    same in every cell (the usual transform of Poisson counts), so that one quantizer fits all of them."""
    tracks: NDArray[np.float32]
    """(n, 76, 6), see `FEATURES`."""
    scalars: NDArray[np.float32]
    """(n, 15), see `SCALARS`."""
    energy: NDArray[np.float32]
    """(n,): the true energy in GeV."""
    deposits: NDArray[np.float32]
    """(n, 4): the sum of each layer in GeV, which no network sees."""


BATCH = 500
"""Events made at a time, each batch from a seed of its own, so that memory does not grow with their number."""


def showers(count: int, seed: int) -> Events:
    """`count` events; the same seed gives the same events, and more events begin with the same ones."""
    parts = []
    for batch in range(0, count, BATCH):
        rng = np.random.default_rng((seed, batch))
        particle = particles(BATCH, rng)
        cells = measured(particle, longitudinal(particle, rng), rng)
        track = tracks(particle, rng)
        made = (
            np.clip(np.sign(cells) * np.sqrt(np.abs(cells)), -LARGEST, LARGEST),
            track,
            scalars(particle, cells, track),
            particle.energy,
            cells.sum(axis=(1, 2)),
        )
        parts.append([each[: count - batch].astype(np.float32) for each in made])
    return Events(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def particles(count: int, rng: np.random.Generator) -> Particles:
    """What hits the calorimeter."""
    photon = rng.uniform(size=count) < 0.5
    eta = rng.uniform(-1, 1, count)
    return Particles(
        energy=rng.uniform(*ENERGY_GEV, count),
        photon=photon,
        eta=eta,
        dead=1.5 + 1.5 * eta**2,
        start=np.where(photon, rng.exponential(9 / 7, count), 0),
        x=rng.uniform(-0.5, 0.5, count),
        y=rng.uniform(-0.5, 0.5, count),
        mu=rng.uniform(10, 60, count),
    )


def longitudinal(particle: Particles, rng: np.random.Generator) -> Array:
    """(n, 4): the energy in each layer, GeV."""
    count = len(particle.energy)
    deepest = np.log(particle.energy / CRITICAL_GEV) + np.where(particle.photon, 0.5, -0.5)
    a = 1 + DECAY * (deepest + 0.5 * rng.normal(size=count))
    steps = 40  # per X0; the middle of each step stands for it
    depth = (np.arange(40 * steps) + 0.5) / steps
    density = np.exp((a[:, None] - 1) * np.log(DECAY * depth) - DECAY * depth)
    grown = np.concatenate([np.zeros((count, 1)), np.cumsum(density, axis=1)], axis=1)
    grown /= grown[:, -1:]

    def until(end: Array) -> Array:
        """The share of the energy deposited before this depth, the first `start` of which is passed in silence."""
        place = np.clip((end - particle.start) * steps, 0, 40 * steps - 1)
        low = place.astype(np.int64)
        rows = np.arange(count)
        share: Array = grown[rows, low] + (place - low) * (grown[rows, low + 1] - grown[rows, low])
        return share

    reached = [until(particle.dead), *(until(np.maximum(end, particle.dead)) for end in LAYER_ENDS)]
    return particle.energy[:, None] * np.diff(np.stack(reached, axis=1), axis=1)


def lateral(particle: Particles, core: Array) -> Array:
    """(n, 56, 11): the share of a layer's energy in each cell, for a core of this radius (n,).

    The integral of R^2 / (pi (x^2 + y^2 + R^2)^2) over a rectangle is the sum, with signs, over its corners of
    (X atan(y / x') / x' + Y atan(x / y') / y') / 2 pi with lengths in R, x' = sqrt(1 + x^2), X = x, Y = y: the view
    factor of a rectangle (J. R. Howell, A Catalog of Radiation Heat Transfer Configuration Factors, B-3).
    """

    def edges(cells: int, centre: Array, size: float) -> Array:
        return (np.arange(cells + 1) - cells / 2 - centre[:, None]) * size

    def within(radius: Array) -> Array:
        x = edges(SHAPE[0], particle.x, CELL[0])[:, :, None] / radius[:, None, None]
        y = edges(SHAPE[1], particle.y, CELL[1])[:, None, :] / radius[:, None, None]
        long, short = np.sqrt(1 + x**2), np.sqrt(1 + y**2)
        corner = (x * np.arctan(y / long) / long + y * np.arctan(x / short) / short) / (2 * np.pi)
        return np.diff(np.diff(corner, axis=1), axis=2)

    return CORE_SHARE * within(core) + (1 - CORE_SHARE) * within(np.full_like(core, TAIL))


def measured(particle: Particles, energies: Array, rng: np.random.Generator) -> Array:
    """(n, 56, 11, 4): what each cell reads, GeV."""
    response = 1 + 0.02 * np.cos(2 * np.pi * particle.y)
    core = CORE * np.exp(0.08 * rng.normal(size=len(response)))
    layers = [
        (energies[:, layer] * response)[:, None, None] * lateral(particle, core * 1.15**layer)
        for layer in range(len(LAYER_ENDS))
    ]
    true = np.stack(layers, axis=-1)
    return QUANTUM_GEV * rng.poisson(true / QUANTUM_GEV) + NOISE_GEV * rng.normal(size=true.shape)


def tracks(particle: Particles, rng: np.random.Generator) -> Array:
    """(n, 76, 6): the hardest tracks near each shower, those that are absent all zero."""
    count = len(particle.energy)
    converted = particle.photon & (particle.start < 1)
    own = np.where(particle.photon, np.where(converted, 2, 0), 1)
    total = np.minimum(own + rng.poisson(particle.mu), TRACKS)
    place = np.arange(TRACKS)
    mine, present = place < own[:, None], place < total[:, None]
    share = np.where(converted, rng.uniform(0.1, 0.9, count), 1)[:, None]
    pt = particle.energy / np.cosh(particle.eta)
    pt_own = pt[:, None] * np.where(place == 0, share, 1 - share) * (1 + 0.03 * rng.normal(size=(count, TRACKS)))
    pt_track = np.where(mine, np.abs(pt_own), 0.5 + rng.exponential(1.5, (count, TRACKS)))
    # Degrees of bending are not followed: a track of the shower points at it, any other anywhere.
    eta = np.where(mine, 0.02 * rng.normal(size=(count, TRACKS)), rng.uniform(-2, 2, (count, TRACKS)))
    phi = np.where(mine, 0.05 * rng.normal(size=(count, TRACKS)), rng.uniform(-2, 2, (count, TRACKS)))
    charge = rng.choice([-1.0, 1.0], (count, TRACKS))
    charge = np.where(mine & converted[:, None] & (place == 1), -np.roll(charge, 1, axis=1), charge)
    d0, z0 = rng.normal(size=(2, count, TRACKS)) * np.where(mine, 1, 2)
    feature = np.stack([np.log2(np.maximum(pt_track, 0.05) / 4), eta, phi, charge, d0, z0], axis=-1)
    feature = np.clip(feature, -LARGEST, LARGEST) * present[..., None]
    order = np.argsort(np.where(present, -pt_track, np.inf), axis=1, kind="stable")
    return np.take_along_axis(feature, order[..., None], axis=1)


def scalars(particle: Particles, cells: Array, track: Array) -> Array:
    """(n, 15): what a reconstruction knows of each cluster."""
    layers = np.maximum(cells.sum(axis=(1, 2)), 1e-3)
    total = layers.sum(axis=1)
    share = layers / total[:, None]
    weight = np.maximum(cells.sum(axis=3), 0)
    weight /= weight.sum(axis=(1, 2), keepdims=True)

    def spread(axis: int, cells_along: int, centre: Array) -> Array:
        along = weight.sum(axis=3 - axis)
        from_axis = np.arange(cells_along) + 0.5 - cells_along / 2 - centre[:, None]
        found: Array = np.sqrt((along * from_axis**2).sum(axis=1))
        return found

    found = (
        particle.eta,
        particle.eta**2,
        2 * particle.x,
        2 * particle.y,
        particle.mu / 20,
        (track[..., 3] != 0).sum(axis=1) / 20,
        np.log2(total / 64),
        *(4 * share.T),
        np.log((layers[:, 0] + layers[:, 1]) / layers[:, 2]),
        share @ np.arange(4.0),
        spread(1, SHAPE[0], particle.x) / 4,
        spread(2, SHAPE[1], particle.y),
    )
    return np.clip(np.stack(found, axis=1), -LARGEST, LARGEST)
