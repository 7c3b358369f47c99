"""The baseline finds what it is made for, and its labels are tracks."""

from pathlib import Path

import numpy as np
import pytest

from codesign.gpu.tracking import baseline
from codesign.gpu.tracking.baseline import Cuts, helix_labels
from codesign.gpu.tracking.generator import Settings, generate
from codesign.gpu.tracking.metrics import Selection, track_metrics
from codesign.gpu.tracking.trackml import read_event


def test_a_few_fast_particles_in_the_barrel_are_found() -> None:
    event = generate(Settings(particles=100, pt_min=1.0, eta_max=0.8, efficiency=1.0), seed=1)
    found = track_metrics(event, helix_labels(event))
    assert found.technical_efficiency.value > 0.97
    assert found.hit_purity.value > 0.99


def test_a_crowded_event_is_found_in_part(shared: Path) -> None:
    event = read_event(shared / "data/trackml_event1_small", "event000000001")
    found = track_metrics(event, helix_labels(event), Selection(pt_min=0.5))
    assert found.technical_efficiency.value > 0.5
    assert found.fakes.value < 0.05


def test_labels_do_not_depend_on_the_size_of_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    event = generate(Settings(particles=300), seed=1)
    whole = helix_labels(event)
    for block in (1, 1000):
        monkeypatch.setattr(baseline, "_BLOCK", block)
        np.testing.assert_array_equal(helix_labels(event), whole)


def test_labels_number_tracks_of_enough_hits_from_zero() -> None:
    labels = helix_labels(generate(Settings(particles=200), seed=1), Cuts(min_hits=6))
    sizes = np.bincount(labels[labels >= 0])
    assert len(sizes) > 10
    assert sizes.min() >= 6
    assert labels.min() == -1


@pytest.mark.parametrize("settings", [Settings(particles=0), Settings(particles=1, noise=0)])
def test_few_hits_are_no_error(settings: Settings) -> None:
    event = generate(settings, seed=0)
    assert helix_labels(event).shape == (len(event),)
