"""Two calorimeters like those of CMS: where their cells are, and what their layers are made of.

`HGCAL`: one endcap of 47 layers of silicon between 1.5 and 3 in eta, 26 of them behind 27.7 radiation lengths of lead,
copper and tungsten (1.5 interaction lengths), 21 behind 8.5 interaction lengths of steel (The CMS Collaboration, "The
Phase-2 Upgrade of the CMS Endcap Calorimeter", CMS-TDR-019, and the 47 layers of its later layout). Its hexagons of
1.18 cm2 are squares of 1.1 cm here, and silicon is everywhere.

`HCAL`: towers of 0.087 x 2 pi / 72 in eta and phi in 7 depths of brass, to |eta| of 2.96 (CMS, JINST 3 (2008) S08004,
ch. 5; 7 depths as its endcap has since 2018). Nothing stands in front: electrons shower in its first depths.

Depths are counted along the beam in the endcap and along the direction from the origin in towers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ConfigError, ModelError
from codesign.gpu.showers.event import ShowerEvent

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Detector:
    """What both have: layers of absorber, each with a plane of cells behind it."""

    name: str
    radiation: Floats
    """(layers,): radiation lengths of absorber in front of each, from the one before"""
    interaction: Floats
    """(layers,): interaction lengths"""
    critical: Floats
    """(layers,): critical energy of the absorber in GeV; by its definition a muon loses it per radiation length"""
    atomic_number: float
    moliere_cm: float
    interaction_cm: float
    quantum_gev: float
    """Mean energy of a spot of an electromagnetic shower; the resolution is sqrt(2 quantum / E)"""
    hadronic_quantum_gev: float
    noise_mips: float
    """Width of the noise of a cell"""
    threshold_mips: float
    """What a cell must have to be read"""
    eta: tuple[float, float]
    """Between which particles may enter"""

    @property
    def layers(self) -> int:
        return len(self.radiation)

    @property
    def mip_gev(self) -> Floats:
        """(layers,): the mean loss of a particle of minimum ionization that comes straight on."""
        return self.critical * self.radiation

    def cells(self, eta: Floats, phi: Floats, layer: Ints, away: Floats, around: Floats) -> Ints:
        """The cell for each spot at `away` cm from the axis, turned by `around`, of a particle in the direction of eta
        and phi; -1 where the detector has none."""
        raise NotImplementedError

    def positions(self, cell: Ints) -> tuple[Floats, Ints]:
        """((n, 3) the `points` of cells, (n,) their layers); ModelError for a number that no cell has."""
        raise NotImplementedError

    def grid(self, event: ShowerEvent) -> Floats:
        """(n, 3): two coordinates across and the layer, in steps of cells; showers from the origin run along the third.
        ModelError where the event is another detector's."""
        raise NotImplementedError

    def slope(self, eta: Floats) -> Floats:
        """How much of a step along a particle's path is a step in depth."""
        raise NotImplementedError

    def random_cells(self, count: int, eta: tuple[float, float], phi: tuple[float, float],
                     rng: np.random.Generator) -> Ints:  # fmt: skip
        """That many cells in the region, for noise; some may be the same."""
        layer = rng.integers(self.layers, size=count)
        eta_of, phi_of = rng.uniform(*eta, count), rng.uniform(*phi, count)
        return self.cells(eta_of, phi_of, layer, np.zeros(count), np.zeros(count))

    def own(self, event: ShowerEvent) -> None:
        """ModelError where the event is another detector's."""
        if event.detector != self.name:
            raise ModelError(f"the event is of the detector {event.detector}, this is set for {self.name}; take the "
                             "data and the configuration of one detector")  # fmt: skip


@dataclass(frozen=True, eq=False)
class Endcap(Detector):
    """Planes of square cells at z > 0."""

    z_cm: Floats
    cell_cm: float

    SIDE = 512
    """Cells from one side to the other in numbers of cells."""

    def cells(self, eta: Floats, phi: Floats, layer: Ints, away: Floats, around: Floats) -> Ints:
        z = self.z_cm[layer]
        radius = z / np.sinh(eta)
        x = radius * np.cos(phi) + away * np.cos(around)
        y = radius * np.sin(phi) + away * np.sin(around)
        i, j = (np.floor(v / self.cell_cm).astype(np.int64) + self.SIDE // 2 for v in (x, y))
        return np.where(self._silicon(i, j, z), (layer * self.SIDE + i) * self.SIDE + j, -1)

    def positions(self, cell: Ints) -> tuple[Floats, Ints]:
        layer, rest = np.divmod(cell, self.SIDE**2)
        i, j = np.divmod(rest, self.SIDE)
        bad = (cell < 0) | (layer >= self.layers)
        z = self.z_cm[np.where(bad, 0, layer)]
        bad |= ~self._silicon(i, j, z)
        if bad.any():
            raise ModelError(f"{self.name}: there is no cell {cell[bad.argmax()]}")
        x, y = (self._middle(v) for v in (i, j))
        return np.stack([x, y, z], axis=1), layer

    def _middle(self, number: Ints) -> Floats:
        """Where the middle of a cell is across, in cm."""
        return self.cell_cm * (number - self.SIDE / 2 + 0.5).astype(np.float64)

    def _silicon(self, i: Ints, j: Ints, z: Floats) -> NDArray[np.bool_]:
        """Whether the middle of a cell is within the detector's eta."""
        radius = np.hypot(self._middle(i), self._middle(j))
        low, high = self.eta
        inside: NDArray[np.bool_] = (radius > z / np.sinh(high)) & (radius < z / np.sinh(low))
        return inside

    def grid(self, event: ShowerEvent) -> Floats:
        self.own(event)
        x, y, z = event.points.astype(np.float64).T
        _outside(self, event, (event.layer < 0) | (event.layer >= self.layers) | (z <= 0))
        scale = self.z_cm[0] / z / self.cell_cm
        return np.stack([x * scale, y * scale, event.layer], axis=1)

    def slope(self, eta: Floats) -> Floats:
        return np.tanh(eta)


@dataclass(frozen=True, eq=False)
class Towers(Detector):
    """Towers in eta and phi around the beam, which point at the origin."""

    barrel_cm: float
    """From the beam to the first depth"""
    endcap_cm: float
    """Along the beam to the first depth"""
    depth_cm: Floats
    """(layers,): where the middle of each depth is, behind the first face"""
    towers: tuple[int, int] = (68, 72)
    eta_step: float = 0.087

    def cells(self, eta: Floats, phi: Floats, layer: Ints, away: Floats, around: Floats) -> Ints:
        across = np.minimum(self.barrel_cm, self.endcap_cm / np.maximum(np.sinh(np.abs(eta)), 1e-9))
        distance = across * np.cosh(eta) + self.depth_cm[layer]
        angle = away * np.cosh(eta) / distance
        i = np.floor((eta + angle * np.cos(around)) / self.eta_step).astype(np.int64) + self.towers[0] // 2
        j = np.floor((phi + angle * np.sin(around)) % (2 * np.pi) / (2 * np.pi / self.towers[1])).astype(np.int64)
        inside = (i >= 0) & (i < self.towers[0])
        return np.where(inside, (layer * self.towers[0] + i) * self.towers[1] + j % self.towers[1], -1)

    def positions(self, cell: Ints) -> tuple[Floats, Ints]:
        layer, rest = np.divmod(cell, self.towers[0] * self.towers[1])
        i, j = np.divmod(rest, self.towers[1])
        bad = np.flatnonzero((cell < 0) | (layer >= self.layers))
        if len(bad):
            raise ModelError(f"{self.name}: there is no cell {cell[bad[0]]}")
        eta = self.eta_step * (i - self.towers[0] / 2 + 0.5)
        phi = (j + 0.5) * 2 * np.pi / self.towers[1]
        return np.stack([eta, np.where(phi > np.pi, phi - 2 * np.pi, phi), layer.astype(np.float64)], axis=1), layer

    def grid(self, event: ShowerEvent) -> Floats:
        self.own(event)
        eta, phi = event.points.astype(np.float64)[:, :2].T
        reach = self.towers[0] / 2 * self.eta_step
        _outside(self, event, (event.layer < 0) | (event.layer >= self.layers) | (np.abs(eta) > reach))
        turned = np.floor(phi % (2 * np.pi) / (2 * np.pi / self.towers[1]))
        return np.stack([np.floor(eta / self.eta_step), turned, event.layer], axis=1)

    def slope(self, eta: Floats) -> Floats:
        return np.ones_like(eta)


def _outside(detector: Detector, event: ShowerEvent, bad: NDArray[np.bool_]) -> None:
    if bad.any():
        hit = int(bad.argmax())
        raise ModelError(f"hit {hit} at {event.points[hit]} in layer {event.layer[hit]} is outside the detector "
                         f"{detector.name}, which has {detector.layers} layers")  # fmt: skip


def _hgcal() -> Endcap:
    em, fine, coarse = 26, 12, 9
    gap = np.r_[np.full(em, 1.35), np.full(fine, 4.0), np.full(coarse, 8.0)]
    length = np.r_[np.full(em, 1.5 / em), np.full(fine, 3.4 / fine), np.full(coarse, 5.1 / coarse)]
    steel = 16.8 / 1.757  # radiation lengths in an interaction length of iron, PDG
    return Endcap(
        name="hgcal",
        radiation=np.r_[np.full(em, 27.7 / em), length[em:] * steel],
        interaction=length,
        critical=np.r_[np.full(em, 0.0094), np.full(fine + coarse, 0.0217)],
        atomic_number=60,
        moliere_cm=2.8,
        interaction_cm=18.0,
        quantum_gev=0.02,
        hadronic_quantum_gev=0.1,
        noise_mips=0.2,
        threshold_mips=0.5,
        eta=(1.5, 3.0),
        z_cm=320.5 + np.cumsum(gap) - gap[0],
        cell_cm=1.1,
    )


def _hcal() -> Towers:
    length = np.array([0.8, 1.2, 1.4, 1.6, 1.8, 1.8, 1.8])
    brass = 16.4 / 1.49  # radiation lengths in an interaction length, JINST 3 (2008) S08004, p. 124
    ends = np.cumsum(length)
    return Towers(
        name="hcal",
        radiation=length * brass,
        interaction=length,
        critical=np.full(7, 0.0195),
        atomic_number=29.5,
        moliere_cm=1.7,
        interaction_cm=16.4,
        quantum_gev=0.1,
        hadronic_quantum_gev=0.3,
        noise_mips=0.15,
        threshold_mips=0.45,
        eta=(-2.9, 2.9),
        barrel_cm=181.0,
        endcap_cm=400.0,
        depth_cm=(ends - length / 2) * 16.4,
    )


DETECTORS: Mapping[str, Detector] = {d.name: d for d in (_hgcal(), _hcal())}


def detector(name: str) -> Detector:
    """The detector of a name; ConfigError for another name."""
    if name not in DETECTORS:
        raise ConfigError(f"detector {name!r} is not known; there are {', '.join(DETECTORS)}")
    return DETECTORS[name]
