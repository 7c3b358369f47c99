"""Ways to cluster side by side, and the page of it."""

import json
from pathlib import Path

import pytest

from codesign.errors import ModelError
from codesign.gpu.showers.comparison import compare
from codesign.gpu.showers.generator import Mixture, showers


def test_the_baselines_are_compared_on_the_same_events(tmp_path: Path) -> None:
    events = list(showers("hcal", 6, 1))
    found = compare("hcal", "<b>.npz", events)
    found.write(tmp_path)
    plain = json.loads((tmp_path / "clustering.json").read_text())
    assert [w["name"] for w in plain["ways"]] == ["topological", "density"]
    for way, evaluation in zip(plain["ways"], found.evaluations):
        assert way["energy_weighted"]["pq"] == evaluation.weighted.pq > 0.5
        assert way["kinds_are_the_true_ones"] and way["mean_iou"] is None
    page = (tmp_path / "clustering.html").read_text()
    assert "&lt;b&gt;.npz" in page and "<b>.npz" not in page
    assert not any(mark in page for mark in ("<script", "<link", " src=", "url(http"))
    assert page.count("<svg") == 4 + 3  # efficiencies, energies; the truth and two ways


def test_events_without_hits_are_compared(tmp_path: Path) -> None:
    nothing = list(showers("hgcal", 2, 1, Mixture(particles=(0, 0), pileup=0, noise=0)))
    found = compare("hgcal", "empty", nothing)
    found.write(tmp_path)
    assert all(e.weighted.pq is None for e in found.evaluations)


def test_tuning_is_told(tmp_path: Path) -> None:
    few = Mixture(particles=(2, 2), pileup=0, noise=0)
    found = compare("hcal", "x", list(showers("hcal", 1, 1, few)), tuning=list(showers("hcal", 1, 2, few)))
    assert all("the best of" in text and "on 1 events" in text for text in found.settings.values())


def test_no_events_are_refused() -> None:
    with pytest.raises(ModelError, match=r"x\.npz: there are no events"):
        compare("hcal", "x.npz", [])
    few = list(showers("hcal", 1, 1))
    nothing = list(showers("hcal", 2, 1, Mixture(particles=(0, 0))))
    for tuning in ([], nothing):
        with pytest.raises(ModelError, match=r"--tune: the events hold no particle of 3 hits"):
            compare("hcal", "x.npz", few, tuning=tuning)
