"""An event of a tracking detector: its hits, and of which particle each is where that is known."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from codesign.errors import DataError

PARTICLE = np.dtype(
    [
        ("id", np.int64),
        ("pt", np.float64),  # GeV
        ("eta", np.float64),
        ("phi", np.float64),  # rad, of the momentum at the vertex
        ("charge", np.int8),
        ("vertex", np.float64, (3,)),  # mm
        ("hits", np.int64),  # how many of the event's hits are its own
    ]
)
"""A row of the table of true particles."""

LAYERS_PER_VOLUME = 100


def layer_number(volume: NDArray[np.integer], layer: NDArray[np.integer]) -> NDArray[np.int32]:
    """One number for a layer of a volume, such as 802 for layer 2 of volume 8 (a layer id is below 100)."""
    return (np.asarray(volume) * LAYERS_PER_VOLUME + np.asarray(layer)).astype(np.int32)


def no_particles() -> NDArray[np.void]:
    """An empty table of particles."""
    return np.zeros(0, PARTICLE)


@dataclass(frozen=True, eq=False)
class Event:
    """Hits and their truth, row by row.

    hits       (n, 3) float32: x, y, z in mm, finite
    layer      (n,) int32: `layer_number`, 0 where it is not known
    particle   (n,) int64: the id of the hit's particle, 0 for noise
    particles  a table of PARTICLE, by rising id, with a row for every id in `particle`
    weight     (n,) float64: how much the hit counts in the TrackML score
    module     (n,) int32: the module within the layer, 0 where it is not known
    truth      (n, 6) float32: the true position in mm and the momentum there in GeV (0 for noise), where known
    """

    hits: NDArray[np.float32]
    layer: NDArray[np.int32]
    particle: NDArray[np.int64]
    particles: NDArray[np.void] = field(default_factory=no_particles)
    weight: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    module: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    truth: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        n = len(self.hits)
        for name in ("weight", "module"):
            if not len(getattr(self, name)):
                object.__setattr__(self, name, np.zeros(n, getattr(self, name).dtype))
        shapes = {"hits": (n, 3), "layer": (n,), "particle": (n,), "weight": (n,), "module": (n,)}
        if self.truth is not None:
            shapes["truth"] = (n, 6)
        for name, shape in shapes.items():
            if (found := getattr(self, name).shape) != shape:
                raise DataError(f"event: {name} has the shape {found}, expected {shape}")
        if self.particle.dtype != np.int64:  # ids of 63 bits do not survive a float
            raise DataError(f"event: particle has the type {self.particle.dtype}, expected int64")
        bad = ~np.isfinite(self.hits).all(axis=1)
        if bad.any():
            row = int(np.argmax(bad))
            raise DataError(f"event: hit {row} has the coordinates {self.hits[row].tolist()}; leave such hits out")
        if self.particles.dtype != PARTICLE:
            raise DataError("event: particles is no table of the type PARTICLE")
        ids = self.particles["id"]
        if (np.diff(ids) <= 0).any():
            raise DataError("event: the ids of particles do not rise; sort the table, one row for each")
        missing = np.setdiff1d(self.particle[self.particle != 0], ids)
        if missing.size:
            raise DataError(f"event: hits belong to particle {missing[0]}, which the table of particles has no row for")

    def __len__(self) -> int:
        return len(self.hits)

    @property
    def r(self) -> NDArray[np.float32]:
        """(n,): the distance from the beam in mm."""
        return np.hypot(self.hits[:, 0], self.hits[:, 1])

    @property
    def phi(self) -> NDArray[np.float32]:
        """(n,): the azimuth in -pi..pi."""
        return np.arctan2(self.hits[:, 1], self.hits[:, 0])

    @property
    def z(self) -> NDArray[np.float32]:
        """(n,): along the beam in mm."""
        return self.hits[:, 2]

    @property
    def eta(self) -> NDArray[np.float64]:
        """(n,): the pseudorapidity as seen from the origin; infinite on the beam."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.arcsinh(self.z.astype(np.float64) / self.r)

    def cylindrical(self) -> NDArray[np.float32]:
        """(n, 3): r in mm, phi in rad, z in mm."""
        return np.stack([self.r, self.phi, self.z], axis=1)

    def row_of_particle(self) -> NDArray[np.int64]:
        """(n,): the row in `particles` of each hit's particle, -1 for noise."""
        rows = np.searchsorted(self.particles["id"], self.particle)
        return np.where(self.particle == 0, -1, rows)

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> Event:
        """The event of these hits alone; particles that lose all of them stay, with 0 hits."""
        particle = self.particle[rows]
        return Event(
            self.hits[rows],
            self.layer[rows],
            particle,
            counted(self.particles, particle),
            self.weight[rows],
            self.module[rows],
            None if self.truth is None else self.truth[rows],
        )

    def region(self, phi: tuple[float, float] | None = None, eta: tuple[float, float] | None = None) -> Event:
        """The hits with phi and pseudorapidity in these ranges, low <= x < high; phi may cross pi."""
        inside = np.ones(len(self), bool)
        if phi is not None and phi[1] - phi[0] < 2 * np.pi:
            inside &= (self.phi.astype(np.float64) - phi[0]) % (2 * np.pi) < phi[1] - phi[0]
        if eta is not None:
            inside &= (self.eta >= eta[0]) & (self.eta < eta[1])
        return self.take(inside)


def counted(particles: NDArray[np.void], particle: NDArray[np.int64]) -> NDArray[np.void]:
    """The table with `hits` as they are counted in `particle`."""
    table = particles.copy()
    own = particle[particle != 0]
    rows = np.searchsorted(table["id"], own)
    table["hits"] = np.bincount(rows, minlength=len(table)) if len(table) else 0
    return table
