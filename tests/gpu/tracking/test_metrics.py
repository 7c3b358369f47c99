"""Metrics by cases made by hand, and against a count by loops over random labels."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import DataError
from codesign.gpu.tracking.events import PARTICLE, Event, counted
from codesign.gpu.tracking.figures import Fraction, Mean, mean_of
from codesign.gpu.tracking.metrics import Selection, edge_metrics, efficiency_against, match, track_metrics


def event(particle: list[int], pt: dict[int, float] | None = None, weight: list[float] | None = None) -> Event:
    ids = np.array(particle, np.int64)
    table = np.zeros(len(set(particle) - {0}), PARTICLE)
    table["id"] = sorted(set(particle) - {0})
    table["pt"] = [(pt or {}).get(int(i), 1.0) for i in table["id"]]
    n = len(ids)
    weights = np.where(ids == 0, 0.0, 1.0) if weight is None else np.array(weight, np.float64)
    return Event(np.zeros((n, 3), np.float32), np.zeros(n, np.int32), ids, counted(table, ids), weights)


def labels(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


def test_the_truth_itself_has_full_marks() -> None:
    found = track_metrics(event([5] * 6 + [7] * 5 + [0]), labels(*[0] * 6, *[1] * 5, -1))
    assert (found.technical_efficiency, found.physics_efficiency) == (Fraction(2, 2), Fraction(2, 2))
    assert (found.purity, found.duplicates, found.fakes) == (Fraction(2, 2), Fraction(0, 2), Fraction(0, 2))
    assert found.hit_purity.value == found.score.value == 1


def test_exactly_half_is_no_majority() -> None:
    # Five of ten hits of the track, and later five of ten hits of the particle.
    assert not match(event([5] * 5 + [7] * 5), labels(*[0] * 10)).matched.any()
    assert not match(event([5] * 10), labels(*[0] * 5, *[1] * 5)).matched.any()
    assert match(event([5] * 11), labels(*[0] * 6, *[1] * 5)).matched.tolist() == [True, False]


def test_a_split_particle_has_a_match_and_a_duplicate() -> None:
    found = track_metrics(event([5] * 11), labels(*[0] * 6, *[1] * 5))
    assert found.technical_efficiency == Fraction(1, 1)
    assert found.purity == Fraction(1, 2)
    assert found.duplicates == Fraction(1, 2)
    assert found.fakes == Fraction(0, 2)
    assert found.score.value == pytest.approx(6 / 11)


def test_a_track_of_many_particles_is_a_fake_and_so_is_one_of_noise() -> None:
    found = track_metrics(event([5] * 3 + [7] * 3 + [0] * 5), labels(*[0] * 6, *[1] * 5))
    assert found.fakes == Fraction(2, 2)
    assert found.hit_purity.value == pytest.approx((0.5 + 0) / 2)
    assert found.score.value == 0


def test_short_particles_are_not_reconstructable_but_count_in_the_physics_efficiency() -> None:
    found = track_metrics(event([5] * 5 + [7] * 4), labels(*[0] * 5, *[1] * 4))
    assert found.technical_efficiency == Fraction(1, 1)
    assert found.physics_efficiency == Fraction(1, 2)
    assert found.purity == Fraction(1, 1)  # the track of four hits is too short to count
    assert found.score.value == 1  # but its weight counts


def test_particles_without_hits_count_in_the_physics_efficiency() -> None:
    whole = event([5] * 5 + [7] * 5)
    part = whole.take(np.arange(5))
    assert track_metrics(part, labels(*[0] * 5)).physics_efficiency == Fraction(1, 2)


def test_a_selection_is_of_particles_by_pt_and_eta() -> None:
    some = event([5] * 5 + [7] * 5, pt={5: 0.4, 7: 2.0})
    found = track_metrics(some, labels(*[0] * 5, *[-1] * 5), Selection(pt_min=0.5))
    assert found.technical_efficiency == Fraction(0, 1)
    assert found.purity == Fraction(1, 1)
    assert track_metrics(some, labels(*[0] * 5, *[-1] * 5), Selection(pt_max=0.5)).technical_efficiency.value == 1
    some.particles["eta"] = [0.1, -3.0]
    assert Selection(eta_max=2.5).of(some.particles).tolist() == [True, False]
    some.particles["pt"] = np.nan
    assert Selection(pt_min=0.5).of(some.particles).all()


def test_weights_decide_the_score() -> None:
    weighted = event([5, 5, 5, 7, 7, 7, 0], weight=[0.5, 0.2, 0.1, 0.1, 0.05, 0.05, 0])
    # Two of three hits of each, with a wrong one: the shared hits count, with their weight.
    found = track_metrics(weighted, labels(0, 0, 1, 1, 1, 0, -1))
    assert found.score.value == pytest.approx(0.5 + 0.2 + 0.1 + 0.05)


def test_no_hits_and_no_labels_have_figures_that_are_none() -> None:
    for some, number in ((event([]), labels()), (event([0, 0]), labels(-1, -1))):
        found = track_metrics(some, number)
        assert found.technical_efficiency == found.purity == Fraction(0, 0)
        assert math.isnan(found.technical_efficiency.value)
        assert str(found.fakes) == "none"
        assert math.isnan(found.score.value)


def test_labels_of_another_length_or_kind_are_refused() -> None:
    with pytest.raises(DataError, match=r"labels: found int64 of shape \(2,\), expected an integer for each of 3 hits"):
        track_metrics(event([1, 1, 1]), labels(0, 0))
    with pytest.raises(DataError, match="found float64"):
        track_metrics(event([1]), np.zeros(1))  # type: ignore[arg-type]


def test_metrics_of_events_add_up() -> None:
    one = track_metrics(event([5] * 5), labels(*[0] * 5))
    none = track_metrics(event([5] * 5), labels(*[-1] * 5))
    assert (one + none).technical_efficiency == Fraction(1, 2)
    assert (one + none).score.value == 0.5
    assert (one + none).score.error == pytest.approx(0.5)


def test_a_fraction_has_its_binomial_error_also_at_its_ends() -> None:
    assert Fraction(50, 100).error == pytest.approx(0.05)
    assert 0 < Fraction(100, 100).error < 0.02
    assert str(Fraction(50, 100)) == "50.0 ± 5.0 %"


def test_a_mean_has_the_error_of_the_mean() -> None:
    values = np.array([1.0, 2.0, 4.0])
    assert mean_of(values).value == pytest.approx(7 / 3)
    assert mean_of(values).error == pytest.approx(values.std(ddof=1) / np.sqrt(3))
    assert mean_of(values[:1]) + mean_of(values[1:]) == mean_of(values)
    assert math.isnan(Mean(0, 0, 0).value)


@st.composite
def labelled(draw: st.DrawFn) -> tuple[Event, np.ndarray, int]:
    n = draw(st.integers(0, 20))
    particle = draw(st.lists(st.sampled_from([0, 3, 4, 2**62 + 1]), min_size=n, max_size=n))
    weight = draw(st.lists(st.integers(0, 4).map(float), min_size=n, max_size=n))
    number = draw(st.lists(st.integers(-2, 3), min_size=n, max_size=n))
    pt = {3: 0.2, 4: 1.0, 2**62 + 1: 3.0}
    return event(particle, pt, weight), np.array(number, np.int64), draw(st.integers(1, 5))


@given(labelled(), st.sampled_from([0.0, 0.5]))
def test_every_figure_is_that_of_a_count_by_loops(case: tuple[Event, np.ndarray, int], pt_min: float) -> None:
    some, numbers, min_hits = case
    hits = {int(i): [k for k in range(len(some)) if some.particle[k] == i] for i in some.particles["id"]}
    tracks = {t: [k for k in range(len(some)) if numbers[k] == t] for t in set(numbers.tolist()) if t >= 0}
    matched: dict[int, int] = {}
    score = 0.0
    for t, own in tracks.items():
        for i, all_of in hits.items():
            shared = [k for k in own if some.particle[k] == i]
            if len(shared) > len(own) / 2 and len(shared) > len(all_of) / 2:
                matched[t] = i
                score += sum(some.weight[k] for k in shared)
    long = {t: own for t, own in tracks.items() if len(own) >= min_hits}
    reached = {matched[t] for t in long if t in matched}
    chosen = {int(p["id"]) for p in some.particles if p["pt"] >= pt_min}
    able = {i for i in chosen if len(hits[i]) >= min_hits}
    fakes = duplicates = 0
    purities = []
    for t, own in long.items():
        best = max((sum(some.particle[k] == i for k in own), i) for i in [*hits, 0]) if hits else (0, 0)
        purity = max((sum(some.particle[k] == i for k in own) for i in hits), default=0) / len(own)
        purities.append(purity)
        if purity <= 0.5:
            fakes += 1
        elif t not in matched and best[1] in reached:
            duplicates += 1
    found = track_metrics(some, numbers, Selection(pt_min), min_hits)
    assert found.technical_efficiency == Fraction(len(able & reached), len(able))
    assert found.physics_efficiency == Fraction(len(able & reached), len(chosen))
    assert found.purity == Fraction(sum(t in matched for t in long), len(long))
    assert (found.fakes, found.duplicates) == (Fraction(fakes, len(long)), Fraction(duplicates, len(long)))
    if purities:
        assert found.hit_purity.value == pytest.approx(np.mean(purities))
    if some.weight.sum():
        assert found.score.value == pytest.approx(score / some.weight.sum())
    assert found.purity.passed + found.fakes.passed + found.duplicates.passed <= len(long)


def test_efficiency_falls_into_bins_of_pt() -> None:
    some = event([5] * 5 + [7] * 5 + [9] * 5, pt={5: 0.4, 7: 1.0, 9: 1.5})
    numbers = labels(*[0] * 5, *[-1] * 5, *[1] * 5)
    assert efficiency_against(some, numbers, "pt", np.array([0, 0.4, 1, 2])) == [
        Fraction(0, 0),
        Fraction(1, 1),
        Fraction(1, 2),
    ]
    with pytest.raises(DataError, match="expected pt or eta"):
        efficiency_against(some, numbers, "z", np.array([0, 1]))


def test_edges_are_found_and_pure_in_either_direction() -> None:
    some = event([5, 5, 5, 0, 7, 7])
    true = np.array([[0, 1, 4], [1, 2, 5]])
    kept = np.array([[1, 2, 3], [0, 3, 4]])
    found = edge_metrics(some, kept, true)
    assert found.efficiency == Fraction(1, 3)
    assert found.purity == Fraction(1, 3)
    assert found.kept == 3


def test_a_selection_leaves_true_edges_of_other_particles_out_of_the_purity() -> None:
    some = event([5, 5, 7, 7, 0], pt={5: 0.2, 7: 2.0})
    true = np.array([[0, 2], [1, 3]])
    kept = np.array([[0, 2, 3], [1, 3, 4]])
    found = edge_metrics(some, kept, true, Selection(pt_min=1.0))
    assert found.efficiency == Fraction(1, 1)
    assert found.purity == Fraction(1, 2)


def test_edges_weigh_by_the_faster_particle_or_as_asked() -> None:
    some = event([5, 5, 7, 7, 0, 0], pt={5: 0.2, 7: 3.0})
    true = np.array([[0, 2], [1, 3]])
    kept = np.array([[0, 2, 4, 1], [1, 3, 5, 2]])
    # 0.2 for the slow particle, 1 for the fast one, 0.2 between noise, 1 from slow to fast.
    assert edge_metrics(some, kept, true).weighted_purity == pytest.approx(1.2 / 2.4)
    weight = np.array([1.0, 3.0, 4.0, 2.0])
    assert edge_metrics(some, kept, true, weight=weight).weighted_purity == pytest.approx(0.4)


def test_no_edges_have_figures_that_are_none() -> None:
    empty = np.zeros((2, 0), np.int64)
    found = edge_metrics(event([5, 5]), empty, np.array([[0], [1]]))
    assert found.efficiency == Fraction(0, 1)
    assert found.purity == Fraction(0, 0)
    assert math.isnan(found.weighted_purity)
