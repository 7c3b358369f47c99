"""Helices of charged particles in a field along z: where they are after a turning angle, and where they meet a layer.

With the direction psi(a) = phi - q a after the turning angle a >= 0 (a positive charge turns clockwise, seen against
the field) and the radius R = pt / (0.000299792458 B) in mm, GeV and T:

    x(a) = vx - q R (sin psi(a) - sin phi)
    y(a) = vy + q R (cos psi(a) - cos phi)
    z(a) = vz + R a sinh eta
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GEV_PER_TESLA_MM = 0.000299792458
"""pt = 0.3 B R, with R in mm (the speed of light in m/ns, by 1e-3)."""


@dataclass(frozen=True, eq=False)
class Helices:
    """(n,) helices by the particle at its vertex, and the field in T."""

    vertex: Floats  # (n, 3), mm
    pt: Floats  # GeV
    phi: Floats
    eta: Floats
    charge: NDArray[np.int8]  # +1 or -1
    field: float = 2.0

    def take(self, rows: NDArray[np.integer]) -> Helices:
        """The helices of these rows."""
        return Helices(self.vertex[rows], self.pt[rows], self.phi[rows], self.eta[rows], self.charge[rows], self.field)

    @property
    def radius(self) -> Floats:
        """(n,): of the circle across the field, in mm."""
        return self.pt / (GEV_PER_TESLA_MM * self.field)

    def at(self, angle: Floats) -> tuple[Floats, Floats]:
        """(n, 3) positions in mm and (n, 3) momenta in GeV after these turning angles (n,)."""
        psi = self.phi - self.charge * angle
        turn = self.charge * self.radius
        x = self.vertex[:, 0] - turn * (np.sin(psi) - np.sin(self.phi))
        y = self.vertex[:, 1] + turn * (np.cos(psi) - np.cos(self.phi))
        z = self.vertex[:, 2] + self.radius * angle * np.sinh(self.eta)
        momentum = np.stack([self.pt * np.cos(psi), self.pt * np.sin(psi), self.pt * np.sinh(self.eta)], axis=1)
        return np.stack([x, y, z], axis=1), momentum

    def to_cylinder(self, radius: Floats) -> Floats:
        """(n,): the angle at which each first leaves the cylinder of its radius, within half a turn; NaN where it does
        not, or starts outside."""
        turn = self.charge * self.radius
        cx = self.vertex[:, 0] + turn * np.sin(self.phi)
        cy = self.vertex[:, 1] - turn * np.cos(self.phi)
        d = np.hypot(cx, cy)
        # With the centre c at the distance d and the azimuth gamma, x^2 + y^2 = radius^2 is
        # sin(psi - gamma) = (d^2 + R^2 - radius^2) / (2 q R d).
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = (d**2 + turn**2 - radius**2) / (2 * turn * d)
            rise = np.arcsin(ratio)  # NaN where the circle does not reach so far
        gamma = np.arctan2(cy, cx)
        first = np.mod(self.charge * (self.phi - gamma - rise), 2 * np.pi)
        second = np.mod(self.charge * (self.phi - gamma - np.pi + rise), 2 * np.pi)
        angle = np.minimum(first, second)
        inside = np.hypot(self.vertex[:, 0], self.vertex[:, 1]) < radius
        return np.where(inside & (angle <= np.pi), angle, np.nan)

    def to_plane(self, z: Floats) -> Floats:
        """(n,): the angle at which each passes its z, within half a turn; NaN where it does not."""
        with np.errstate(invalid="ignore", divide="ignore"):
            angle = (z - self.vertex[:, 2]) / (self.radius * np.sinh(self.eta))
        return np.where((angle > 0) & (angle <= np.pi), angle, np.nan)
