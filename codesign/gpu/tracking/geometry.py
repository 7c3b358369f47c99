"""The TrackML detector as cylinders and discs: where its 48 layers lie, how finely they measure, their modules.

Places and numbers of modules are those of the detector's own table (detectors.csv: the mean of the modules' centres,
and half the distance between staggered modules). Resolutions are the standard deviations of hits from their true
positions in an event of the data set; those along long strips follow from the pitch of 10.8 mm / sqrt(12).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.gpu.tracking.events import LAYERS_PER_VOLUME


@dataclass(frozen=True)
class Layer:
    """A cylinder around the beam, or a disc across it; lengths in mm.

    position     the radius of a cylinder, the z of a disc
    low, high    from where to where it reaches: in z for a cylinder, in r for a disc
    stagger      modules lie this much above and below the position, in turn
    resolution   of a hit, in r * phi and along z (cylinder) or r (disc)
    modules      how many there are around the beam, and along z or r
    """

    volume: int
    layer: int
    barrel: bool
    position: float
    low: float
    high: float
    stagger: float
    resolution: tuple[float, float]
    modules: tuple[int, int]

    @property
    def number(self) -> int:
        """The layer's number in an event."""
        return self.volume * LAYERS_PER_VOLUME + self.layer


def _barrel(
    volume: int,
    radii: tuple[float, ...],
    half: float,
    stagger: float,
    resolution: tuple[float, float],
    around: tuple[int, ...],
    along: int,
) -> list[Layer]:
    return [
        Layer(volume, 2 * i + 2, True, r, -half, half, stagger, resolution, (n, along))
        for i, (r, n) in enumerate(zip(radii, around))
    ]


def _discs(
    volume: int,
    z: tuple[float, ...],
    reach: tuple[float, float],
    stagger: float,
    resolution: tuple[float, float],
    modules: tuple[int, int],
) -> list[Layer]:
    return [Layer(volume, 2 * i + 2, False, at, *reach, stagger, resolution, modules) for i, at in enumerate(z)]


def _mirrored(z: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(-at for at in reversed(z))


_PIXEL_Z = (600.0, 700.0, 820.0, 960.0, 1100.0, 1300.0, 1500.0)
_STRIP_Z = (1220.0, 1500.0, 1800.0, 2150.0, 2550.0, 2950.0)
_PIXEL_DISC = ((30.0, 176.0), 2.5, (0.013, 0.009), (36, 3))
_SHORT_DISC = ((240.0, 702.0), 4.5, (0.020, 0.30), (34, 5))
_LONG_DISC = ((755.0, 1018.0), 5.5, (0.13, 3.0), (49, 2))

LAYERS: tuple[Layer, ...] = (
    *_discs(7, _mirrored(_PIXEL_Z), *_PIXEL_DISC),
    *_barrel(8, (32.0, 72.0, 116.0, 172.0), 491.0, 0.25, (0.006, 0.012), (16, 32, 52, 78), 14),
    *_discs(9, _PIXEL_Z, *_PIXEL_DISC),
    *_discs(12, _mirrored(_STRIP_Z), *_SHORT_DISC),
    *_barrel(13, (260.0, 360.0, 500.0, 660.0), 1084.0, 1.5, (0.017, 0.26), (40, 56, 78, 102), 21),
    *_discs(14, _STRIP_Z, *_SHORT_DISC),
    *_discs(16, _mirrored(_STRIP_Z), *_LONG_DISC),
    *_barrel(17, (820.0, 1020.0), 1084.0, 1.5, (0.024, 3.1), (60, 76), 42),
    *_discs(18, _STRIP_Z, *_LONG_DISC),
)
"""All layers, by volume and layer."""

BARREL: tuple[Layer, ...] = tuple(layer for layer in LAYERS if layer.barrel)
"""The cylinders, inner to outer."""


def barrel_layer(r: NDArray[np.floating], tolerance: float = 6.0) -> NDArray[np.int32]:
    """(n,): the number of the cylinder whose radius is nearest to each r in mm, 0 where it is farther than this."""
    radii = np.array([layer.position for layer in BARREL])
    numbers = np.array([layer.number for layer in BARREL], np.int32)
    nearest = np.abs(np.asarray(r, np.float64)[:, None] - radii).argmin(axis=1)
    return np.where(np.abs(r - radii[nearest]) <= tolerance, numbers[nearest], 0).astype(np.int32)
