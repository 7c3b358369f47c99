"""The jets of models/jet_tagger: reproducible, of the promised shape, and told apart by physics."""

import hashlib
import json
from pathlib import Path

import numpy as np

from models.jet_tagger.generate import CLASSES, OBSERVABLES, jets, raw_jets

FOLDER = Path(__file__).parents[2] / "models" / "jet_tagger"


def test_the_same_seed_gives_the_same_jets() -> None:
    first, again, other = (jets(300, seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def test_jets_are_standardized_and_clipped() -> None:
    x, y = jets(4000, seed=7)
    assert x.dtype == np.float32
    assert x.shape == (4000, 16)
    assert set(y) == set(range(len(CLASSES)))
    assert np.abs(x).max() <= 8
    assert np.abs(x.mean(axis=0)).max() < 0.1
    assert np.abs(x.std(axis=0) - 1).max() < 0.15


def test_the_classes_differ_as_their_physics_says() -> None:
    values, labels = raw_jets(4000, seed=8)
    median = {
        name: dict(zip(OBSERVABLES, np.median(values[labels == i], axis=0), strict=True))
        for i, name in enumerate(CLASSES)
    }
    assert median["gluon"]["multiplicity"] > median["quark"]["multiplicity"]
    assert median["W"]["log_mass"] < median["Z"]["log_mass"] < median["top"]["log_mass"]
    assert 80 < np.exp(median["W"]["log_mass"]) < 105
    assert median["top"]["tau32"] < median["Z"]["tau32"]


def test_the_stored_jets_and_model_are_those_that_the_scripts_made() -> None:
    x, y = jets(1000, seed=1003)
    np.testing.assert_allclose(np.load(FOLDER / "validation_x.npy"), x, atol=1e-4)
    np.testing.assert_array_equal(np.load(FOLDER / "validation_y.npy"), y)
    digest = hashlib.sha256((FOLDER / "jet_tagger.onnx").read_bytes()).hexdigest()
    assert digest == json.loads((FOLDER / "expected.json").read_text())["sha256"]
