"""Hits of a calorimeter in one event, and which particle each of them is of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ModelError

NOBODY = -1
"""The particle of a hit that is none's: electronic noise and pileup."""


class Kind(IntEnum):
    """What a hit belongs to, and what a particle does in a calorimeter."""

    NOISE = 0
    EM = 1
    HAD = 2
    MIP = 3


PARTICLE = np.dtype(
    [
        ("kind", np.int8),
        ("energy", np.float32),  # GeV, before the calorimeter
        ("eta", np.float32),  # the direction in which it enters, from the origin
        ("phi", np.float32),
        ("charge", np.int8),
        ("recorded", np.float32),  # GeV: its shares of all hits, without their noise
        ("hits", np.int32),  # of which it has the largest share
    ]
)
"""A row of the table of particles."""

FEWEST_HITS = 3
"""A particle with fewer hits cannot be found, and is no cluster that should be: it is void."""


@dataclass(frozen=True, eq=False)
class ShowerEvent:
    """The n hits of one event, in no order; positions and cells are those of the detector that is named.

    `points` are (x, y, z) in cm for `hgcal`, and (eta, phi, depth) for `hcal`.
    """

    detector: str
    points: NDArray[np.float32]
    """(n, 3)"""
    layer: NDArray[np.int32]
    """(n,) from 0: of silicon, or the depth of a tower"""
    cell: NDArray[np.int64]
    """(n,): a number for each cell, see `codesign.gpu.showers.detectors`; no two hits share one"""
    energy: NDArray[np.float32]
    """(n,) GeV, as electrons would have left it"""
    particle: NDArray[np.int64]
    """(n,): the row in `particles` of the one with the largest share, or `NOBODY`"""
    kind: NDArray[np.int8]
    """(n,): the `Kind` of that particle"""
    particles: NDArray[np.void]
    """(p,) of `PARTICLE`"""

    def __post_init__(self) -> None:
        n = len(self.energy)
        wanted: dict[str, tuple[int, ...]] = {
            "points": (n, 3), "layer": (n,), "cell": (n,), "energy": (n,), "particle": (n,), "kind": (n,),
        }  # fmt: skip
        for name, shape in wanted.items():
            found = getattr(self, name).shape
            if found != shape:
                raise ModelError(f"shower event: {name} has the shape {found}, expected {shape}, a row for each hit")
        if self.particles.dtype != PARTICLE:
            raise ModelError(f"shower event: particles has the columns {self.particles.dtype.names or ()}, expected "
                             f"{', '.join(PARTICLE.names or ())}")  # fmt: skip
        for name in ("points", "energy"):
            values = getattr(self, name)
            bad = np.flatnonzero(~np.isfinite(values).reshape(n, -1).all(axis=1)) if n else np.empty(0, np.int64)
            if len(bad):
                raise ModelError(f"shower event: {name} of hit {bad[0]} is {values[bad[0]]}, expected finite numbers")
        if n and self.energy.min() <= 0:
            hit = int(self.energy.argmin())
            raise ModelError(f"shower event: the energy of hit {hit} is {self.energy[hit]:g} GeV, expected more than 0")
        if n and not (self.particle.min() >= NOBODY and self.particle.max() < len(self.particles)):
            raise ModelError(f"shower event: hits name particles {self.particle.min()}..{self.particle.max()}, there "
                             f"are {len(self.particles)}")  # fmt: skip
        self._check_particles()
        if len(np.unique(self.cell)) < n:
            cells, counts = np.unique(self.cell, return_counts=True)
            raise ModelError(f"shower event: cell {cells[counts > 1][0]} has {counts.max()} hits; a cell gives one, "
                             "the sum of its energies")  # fmt: skip

    def _check_particles(self) -> None:
        rows = self.particles
        for name in ("energy", "eta", "phi", "recorded"):
            bad = np.flatnonzero(~np.isfinite(rows[name]))
            if len(bad):
                raise ModelError(f"shower event: {name} of particle {bad[0]} is {rows[name][bad[0]]}, expected finite "
                                 "numbers")  # fmt: skip
        if len(rows) and rows["energy"].min() <= 0:
            row = int(rows["energy"].argmin())
            energy = rows["energy"][row]
            raise ModelError(f"shower event: the energy of particle {row} is {energy:g} GeV, expected more than 0")
        bad = np.flatnonzero(~np.isin(rows["kind"], [Kind.EM, Kind.HAD, Kind.MIP]))
        if len(bad):
            raise ModelError(f"shower event: the kind of particle {bad[0]} is {rows['kind'][bad[0]]}, expected 1 (EM), "
                             "2 (HAD) or 3 (MIP)")  # fmt: skip

    def __len__(self) -> int:
        return len(self.energy)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(p,): how many hits each particle has."""
        return np.bincount(self.particle + 1, minlength=len(self.particles) + 1)[1:].astype(np.int64)

    @property
    def void(self) -> NDArray[np.bool_]:
        """(n,): hits of particles that are void."""
        return np.append(self.sizes < FEWEST_HITS, False)[self.particle]
