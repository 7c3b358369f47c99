"""What an event of showers may hold."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.errors import ModelError
from codesign.gpu.showers.event import PARTICLE, ShowerEvent
from codesign.gpu.showers.generator import showers


def event() -> ShowerEvent:
    return next(showers("hcal", 1, 1))


def changed(array: np.ndarray, index: int, value: float) -> np.ndarray:
    other = array.copy()
    other[index] = value
    return other


def test_an_energy_of_nan_is_refused() -> None:
    e = event()
    with pytest.raises(ModelError, match=r"energy of hit 3 is nan, expected finite numbers"):
        replace(e, energy=changed(e.energy, 3, np.nan))


def test_a_negative_energy_is_refused() -> None:
    e = event()
    with pytest.raises(ModelError, match=r"the energy of hit 5 is -0\.5 GeV, expected more than 0"):
        replace(e, energy=changed(e.energy, 5, -0.5))


def test_a_position_that_is_not_finite_is_refused() -> None:
    e = event()
    points = e.points.copy()
    points[2, 1] = np.inf
    with pytest.raises(ModelError, match="points of hit 2"):
        replace(e, points=points)


def test_two_hits_of_one_cell_are_refused() -> None:
    e = event()
    with pytest.raises(ModelError, match=rf"cell {e.cell[0]} has 2 hits; a cell gives one"):
        replace(e, cell=changed(e.cell, 1, int(e.cell[0])))


def test_a_particle_that_there_is_not_is_refused() -> None:
    e = event()
    with pytest.raises(ModelError, match=f"there are {len(e.particles)}"):
        replace(e, particle=changed(e.particle, 0, len(e.particles)))


def test_columns_of_other_lengths_are_refused() -> None:
    e = event()
    with pytest.raises(ModelError, match=r"layer has the shape \(3,\), expected"):
        replace(e, layer=e.layer[:3])


def test_no_hits_are_an_event() -> None:
    empty = ShowerEvent(
        "hcal", np.empty((0, 3), np.float32), np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.float32),
        np.empty(0, np.int64), np.empty(0, np.int8), np.empty(0, PARTICLE),
    )  # fmt: skip
    assert len(empty) == 0
