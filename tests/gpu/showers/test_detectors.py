"""Cells of the two calorimeters."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.errors import ConfigError, ModelError
from codesign.gpu.showers.detectors import DETECTORS, Endcap, detector
from codesign.gpu.showers.generator import showers


@pytest.mark.parametrize("name", DETECTORS)
def test_a_cell_is_where_its_position_is(name: str) -> None:
    where = detector(name)
    rng = np.random.default_rng(1)
    cell = where.random_cells(2000, where.eta, (-np.pi, np.pi), rng)
    cell = cell[cell >= 0]
    points, layer = where.positions(cell)
    if isinstance(where, Endcap):
        eta = np.arcsinh(points[:, 2] / np.hypot(points[:, 0], points[:, 1]))
        phi = np.arctan2(points[:, 1], points[:, 0])
    else:
        eta, phi = points[:, 0], points[:, 1]
    assert len(cell) > 1500
    np.testing.assert_array_equal(where.cells(eta, phi, layer, np.zeros(len(cell)), np.zeros(len(cell))), cell)


def test_hgcal_has_47_layers_of_the_depth_of_the_design_report() -> None:
    where = detector("hgcal")
    assert where.layers == 47
    assert where.radiation[:26].sum() == pytest.approx(27.7)
    assert where.interaction.sum() == pytest.approx(10.0)


def test_a_shower_from_the_origin_runs_along_the_third_axis_of_the_grid() -> None:
    where = detector("hgcal")
    assert isinstance(where, Endcap)
    e = next(showers("hgcal", 1, 1))
    direction = np.array([0.3, 0.1, 1.0])
    points = (direction * where.z_cm[:, None]).astype(np.float32)
    line = replace(
        e, points=points, layer=np.arange(47, dtype=np.int32), cell=np.arange(47), energy=np.ones(47, np.float32),
        particle=np.full(47, -1), kind=np.zeros(47, np.int8),
    )  # fmt: skip
    place = where.grid(line)
    # Positions are float32, so grid steps of 1e-5 cells remain.
    np.testing.assert_allclose(place[:, :2] - place[0, :2], 0, atol=1e-4)
    np.testing.assert_array_equal(place[:, 2], np.arange(47))


def test_a_hit_outside_the_detector_is_refused() -> None:
    e = next(showers("hgcal", 1, 1))
    layer = e.layer.copy()
    layer[4] = 47
    with pytest.raises(ModelError, match=r"hit 4 at .* in layer 47 is outside the detector hgcal, which has 47 layers"):
        detector("hgcal").grid(replace(e, layer=layer))


def test_another_detectors_event_is_refused() -> None:
    with pytest.raises(ModelError, match="the event is of the detector hcal, this is set for hgcal"):
        detector("hgcal").grid(next(showers("hcal", 1, 1)))


def test_a_cell_that_there_is_not_is_refused() -> None:
    with pytest.raises(ModelError, match="hcal: there is no cell 999999999"):
        detector("hcal").positions(np.array([3, 999_999_999]))


def test_a_cell_where_the_endcap_has_no_silicon_is_refused() -> None:
    """In the beam, in a corner, and 180 cm from the beam: the first layer ends at 150.5 cm, the last at 226 cm."""
    for i, j in ((256, 256), (0, 0), (256, 420)):
        with pytest.raises(ModelError, match=f"hgcal: there is no cell {i * 512 + j}$"):
            detector("hgcal").positions(np.array([i * 512 + j]))
    assert detector("hgcal").positions(np.array([(46 * 512 + 256) * 512 + 420]))[1].tolist() == [46]


def test_another_name_is_refused() -> None:
    with pytest.raises(ConfigError, match="detector 'ecal' is not known; there are hgcal, hcal"):
        detector("ecal")
