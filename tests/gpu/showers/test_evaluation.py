"""Responses, efficiencies, and all that is measured of a way to cluster."""

import json

import numpy as np
import pytest

from codesign.gpu.showers.evaluation import Clustering, evaluate
from codesign.gpu.showers.event import Kind, ShowerEvent
from codesign.gpu.showers.generator import Mixture, showers
from codesign.gpu.showers.response import Efficiency, efficiencies, found, response

APART = Mixture(particles=(4, 4), shares=(1, 1, 1), region=(1.0, 2.0), pileup=0, noise=0)


def truth(event: ShowerEvent) -> Clustering:
    return Clustering(event.particle, event.kind.astype(np.int64))


def test_the_truth_is_found_with_all_its_energy() -> None:
    events = list(showers("hcal", 20, 1, APART))
    all_ = found((e, e.particle, None) for e in events)
    assert all_.matched.all() and len(all_.kind) == sum(int((e.particles["hits"] >= 3).sum()) for e in events)
    for kind in (Kind.EM, Kind.HAD, Kind.MIP):
        r = response(all_, kind)
        assert r.count == (all_.kind == kind).sum() and (r.median, r.resolution) == (1.0, 0.0)
        truth = response(all_, kind, truth=True)
        ratios = (all_.hits / all_.energy)[all_.kind == kind]
        assert truth.count == r.count and truth.median == pytest.approx(np.median(ratios), rel=1e-12)
        rows = efficiencies(all_, kind)
        assert sum(e.count for e in rows) == r.count and all(e.found == e.count for e in rows)


def test_a_response_is_the_median_and_half_the_middle_of_the_ratios() -> None:
    """Clusters that lost every tenth hit, against numpy on the same sums."""
    events = list(showers("hcal", 20, 2, APART))
    kept = [np.where(np.arange(len(e)) % 10 == 0, -1, e.particle) for e in events]
    all_ = found((e, labels, None) for e, labels in zip(events, kept))
    ratios = []
    for e, labels in zip(events, kept):
        for p in np.flatnonzero((e.particles["kind"] == Kind.HAD) & (e.particles["hits"] >= 3)):
            whole, own = (float(e.energy[x == p].astype(np.float64).sum()) for x in (e.particle, labels))
            if own / whole > 0.5:
                ratios.append(own / whole)
    r = response(all_, Kind.HAD)
    low, high = np.quantile(ratios, [0.1585, 0.8415])
    assert r.count == len(ratios) > 10
    assert r.median == pytest.approx(np.median(ratios), rel=1e-12)
    assert r.resolution == pytest.approx((high - low) / 2 / np.median(ratios), rel=1e-12)


def test_nothing_found_has_no_response() -> None:
    events = list(showers("hcal", 3, 1, APART))
    all_ = found((e, np.full(len(e), -1), None) for e in events)
    assert response(all_, Kind.EM).median is None and not all_.matched.any()
    assert len(found([]).kind) == 0


def test_an_efficiency_has_the_interval_of_wilson() -> None:
    """Half of 4: (2.5 +- sqrt(1 + 0.25)) / 5."""
    e = Efficiency(0, 10, 2, 4)
    assert e.value == 0.5
    assert e.interval == pytest.approx((0.5 - np.sqrt(1.25) / 5, 0.5 + np.sqrt(1.25) / 5))
    assert Efficiency(0, 10, 0, 0).value is None and Efficiency(0, 10, 0, 0).interval == (0.0, 1.0)


def test_the_truth_evaluates_to_one() -> None:
    result = evaluate("truth", truth, showers("hcal", 10, 3))
    assert (result.plain.pq, result.weighted.rq, result.mean_iou) == (pytest.approx(1, rel=1e-12), 1.0, 1.0)
    assert not result.kinds_given and result.events == 10 and result.seconds > 0
    assert json.loads(json.dumps(result.plain_text()))["by_kind"]["HAD"]["missed"] == 0


def test_hits_of_particles_that_are_void_are_of_no_kind() -> None:
    """Whether they are called noise, as a network learns it, or by their name: they are not asked for."""
    events = list(showers("hcal", 20, 3))
    assert sum(int(e.void.sum()) for e in events) > 5
    for given in (
        lambda e: Clustering(np.where(e.void, -1, e.particle), np.where(e.void, 0, e.kind).astype(np.int64)),
        truth,
    ):
        result = evaluate("truth", given, events)
        assert result.mean_iou == 1.0 and result.confusion.sum() == sum(int((~e.void).sum()) for e in events)


def test_one_cluster_of_everything_is_mostly_wrong() -> None:
    result = evaluate("one", lambda e: Clustering(np.zeros(len(e), np.int64)), showers("hcal", 10, 3))
    assert result.kinds_given and result.mean_iou is None
    assert result.weighted.pq is not None and result.weighted.pq < 0.2
    assert result.weighted.found + result.weighted.false == 10
