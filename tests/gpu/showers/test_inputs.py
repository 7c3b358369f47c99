"""What a network sees of an event."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.errors import ModelError
from codesign.gpu.showers.detectors import DETECTORS, Towers, detector
from codesign.gpu.showers.event import ShowerEvent
from codesign.gpu.showers.generator import Mixture, showers
from codesign.gpu.showers.inputs import FEATURES, grid_of, sample


def rolled(event: ShowerEvent, columns: int) -> ShowerEvent:
    """Turned around the beam by so many towers."""
    where = detector("hcal")
    assert isinstance(where, Towers)
    rows, around = where.towers
    layer, rest = np.divmod(event.cell, rows * around)
    i, j = np.divmod(rest, around)
    cell = (layer * rows + i) * around + (j + columns) % around
    return replace(event, cell=cell, points=where.positions(cell)[0].astype(np.float32))


@pytest.mark.parametrize("name", DETECTORS)
def test_every_hit_is_inside_the_grid_of_its_detector(name: str) -> None:
    everywhere = Mixture(particles=(40, 40), region=(6.0, 6.28))
    where = detector(name)
    for resolution in (1.0, 2.0, 3.0):
        grid = grid_of(where, resolution)
        for event in showers(name, 3, 1, everywhere):
            made = sample(where, event)
            assert made.features.shape == (len(event), len(FEATURES))
            assert np.isfinite(made.features).all()
            grid.positions(made.points)  # refuses what is outside


def test_towers_are_cut_where_least_energy_is() -> None:
    """Of the 72 places to cut none has less energy in the two columns on either side."""
    for event in showers("hcal", 10, 3):
        column = sample(detector("hcal"), event).points[:, 1].astype(int)
        sums = np.bincount(column, weights=event.energy, minlength=72)
        beside = [sum(sums[(cut + k) % 72] for k in (-2, -1, 0, 1)) for cut in range(72)]
        assert beside[0] == min(beside)


def test_neighbours_around_the_beam_stay_neighbours() -> None:
    """A narrow event at phi of 0, which towers are numbered from, is not cut."""
    narrow = Mixture(particles=(4, 4), region=(0.5, 0.5), pileup=0, noise=0)
    for event in showers("hcal", 10, 5, narrow):
        for columns in range(0, 72, 9):
            points = sample(detector("hcal"), rolled(event, columns)).points
            assert np.ptp(points[:, 1]) < 40


def test_an_empty_event_has_no_rows() -> None:
    empty = next(showers("hgcal", 1, 0, Mixture(particles=(0, 0), pileup=0, noise=0)))
    made = sample(detector("hgcal"), empty)
    assert made.features.shape == (0, 5) and made.points.shape == (0, 3)


def test_another_detectors_event_is_refused() -> None:
    with pytest.raises(ModelError, match="the event is of the detector hcal, this is set for hgcal"):
        sample(detector("hgcal"), next(showers("hcal", 1, 1)))
