"""The layers against the detector's own table."""

from pathlib import Path

import numpy as np

from codesign.gpu.tracking.geometry import BARREL, LAYERS, barrel_layer
from codesign.gpu.tracking.trackml import read_detector, read_event


def test_there_are_48_layers_of_which_ten_are_cylinders() -> None:
    assert len({layer.number for layer in LAYERS}) == len(LAYERS) == 48
    assert [layer.position for layer in BARREL] == [32, 72, 116, 172, 260, 360, 500, 660, 820, 1020]


def test_layers_lie_where_the_modules_of_the_detector_do(shared: Path) -> None:
    modules = read_detector(shared / "data/trackml_detector_geometry/detector_kaggle.csv")
    r = np.hypot(modules["cx"], modules["cy"])
    for layer in LAYERS:
        own = (modules["volume_id"] == layer.volume) & (modules["layer_id"] == layer.layer)
        assert own.sum() == layer.modules[0] * layer.modules[1]
        at = r[own] if layer.barrel else modules["cz"][own]
        # Discs of short strips have modules on both sides of z by unequal parts: up to 1.1 mm off the middle.
        assert abs(at.mean() - layer.position) < 1.2
        assert abs(at - layer.position).max() <= layer.stagger + 1.1


def test_layers_reach_as_far_as_the_hits_of_an_event(shared: Path) -> None:
    event = read_event(shared / "data/trackml_event1_small", "event000000001")
    assert np.isin(event.layer, [layer.number for layer in LAYERS]).all()
    for layer in LAYERS:
        own = event.layer == layer.number
        along = event.z[own] if layer.barrel else event.r[own]
        assert along.min() >= layer.low
        assert along.max() <= layer.high


def test_a_radius_has_the_nearest_cylinder_or_none() -> None:
    assert barrel_layer(np.array([30.0, 73.0, 200.0, 1024.0])).tolist() == [802, 804, 0, 1704]
