"""The pipeline from hits to tracks, with stages that need no training."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from codesign.errors import DataError, ModelError
from codesign.gpu.tracking.features import FEATURES, features
from codesign.gpu.tracking.pipeline import Pipeline, scores, sigmoid
from codesign.gpu.tracking.settings import PUBLISHED, Detector, PipelineSettings

Floats = NDArray[np.float32]
DIRECTION = {"cos_phi": 1.0, "sin_phi": 1.0, "eta": 1.0}


def straight(stages: list[tuple[str, int]] | None = None, **changed: object) -> Pipeline:
    """Tracks are straight lines from the origin: hits in one direction, near each other."""

    def embed(x: Floats) -> Floats:
        return x

    def close(name: str) -> Callable[[Floats, NDArray[np.int64]], Floats]:
        def classify(x: Floats, edges: NDArray[np.int64]) -> Floats:
            if stages is not None:
                stages.append((name, edges.shape[1]))
            apart = np.linalg.norm(x[edges[0]] - x[edges[1]], axis=1)
            return (10 * (0.01 - apart) / 0.01).astype(np.float32)

        return classify

    settings = PipelineSettings(features=dict.fromkeys(("embedding", "filter", "gnn"), DIRECTION), radius=0.05)
    return Pipeline(dataclasses.replace(settings, **changed), embed, close("filter"), close("gnn"))


def lines(*directions: tuple[float, float], radii: tuple[float, ...] = (30.0, 70, 110, 170)) -> Floats:
    """Hits of straight tracks of these phi and eta, track by track."""
    hits = [(r * np.cos(phi), r * np.sin(phi), r * np.sinh(eta)) for phi, eta in directions for r in radii]
    return np.array(hits, np.float32)


def test_hits_of_a_track_get_one_number_in_the_order_of_their_first_hits() -> None:
    hits = lines((0.3, 1.0), (-2.0, 0.0), (3.14, -1.5))
    order = np.random.default_rng(0).permutation(len(hits))
    found = straight().labels(hits[order])

    track = np.repeat([0, 1, 2], 4)[order]
    first = list(dict.fromkeys(track.tolist()))
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, [first.index(t) for t in track])


def test_a_track_across_pi_is_one() -> None:
    hits = lines((np.pi - 0.001, 0.5))
    hits[::2, 1] *= -1
    np.testing.assert_array_equal(straight().labels(hits), [0, 0, 0, 0])


def test_components_of_too_few_hits_are_no_tracks() -> None:
    hits = np.concatenate([lines((0.3, 1.0)), lines((1.0, 0.0), radii=(30.0, 70.0))])
    np.testing.assert_array_equal(straight().labels(hits), [0, 0, 0, 0, -1, -1])
    np.testing.assert_array_equal(straight(min_hits=2).labels(hits), [0, 0, 0, 0, 1, 1])


def joined(**changed: object) -> Pipeline:
    """Two tracks of four hits, all near ones joined, and a wrong edge between their middles, all of one score."""
    track = [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)]
    pairs = {frozenset(p) for p in [*track, *((a + 4, b + 4) for a, b in track), (1, 6)]}

    def classify(x: Floats, edges: NDArray[np.int64]) -> Floats:
        return np.array([5.0 if frozenset(e) in pairs else -5.0 for e in edges.T.tolist()], np.float32)

    def anything(x: Floats, edges: NDArray[np.int64]) -> Floats:
        return np.ones(edges.shape[1], np.float32)

    settings = PipelineSettings(features=dict.fromkeys(("embedding", "filter", "gnn"), DIRECTION), radius=10.0)
    return Pipeline(dataclasses.replace(settings, **changed), lambda x: x, anything, classify)


def test_tracks_that_one_edge_joins_are_two_where_edges_need_support() -> None:
    hits = lines((0.3, 1.0), (-2.0, 0.0))
    assert joined().labels(hits).tolist() == [0] * 8
    assert joined(support=0.0).labels(hits).tolist() == [0] * 8
    assert joined(support=0.5).labels(hits).tolist() == [0] * 4 + [1] * 4
    assert joined(support=1.5).labels(hits).tolist() == [-1] * 8  # only the middle edge of each has two triangles
    assert joined(support=1.5, min_hits=2).labels(hits).tolist() == [-1, 0, 0, -1, -1, 1, 1, -1]
    for n in (0, 1):
        assert joined(support=0.5).labels(hits[:n]).tolist() == [-1] * n


def test_edges_below_the_cut_support_none() -> None:
    hits = lines((0.3, 1.0), (-2.0, 0.0))
    # All pairs of 8 hits are edges; those of a low score support each other, and the wrong edge, only below the cut.
    assert joined(gnn_cut=0.0, support=0.01).labels(hits).tolist() == [0] * 8
    assert joined(gnn_cut=0.5, support=0.01).labels(hits).tolist() == [0] * 4 + [1] * 4


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_and_one_hit_have_no_track_and_no_edge(n: int) -> None:
    trace = straight().stages(lines((0.3, 1.0))[:n])
    np.testing.assert_array_equal(trace.labels, [-1] * n)
    assert trace.graph.shape == trace.edges.shape == (2, 0)
    assert trace.filtered.shape == trace.scores.shape == (0,)


def test_hits_without_an_edge_need_no_classifier() -> None:
    seen: list[tuple[str, int]] = []
    hits = np.concatenate([lines((phi, 0.0), radii=(30.0,)) for phi in (0.0, 1.0, 2.0)])
    np.testing.assert_array_equal(straight(seen).labels(hits), [-1, -1, -1])
    assert seen == []


def test_a_filter_that_keeps_nothing_leaves_no_tracks() -> None:
    seen: list[tuple[str, int]] = []
    trace = straight(seen, filter_cut=1.0, gnn_cut=0.0).stages(lines((0.3, 1.0)))
    assert [name for name, _ in seen] == ["filter"]
    np.testing.assert_array_equal(trace.labels, [-1] * 4)


def test_duplicate_hits_share_a_track() -> None:
    hits = lines((0.3, 1.0), (1.5, 0.0))
    np.testing.assert_array_equal(
        straight().labels(np.concatenate([hits, hits])), [0] * 4 + [1] * 4 + [0] * 4 + [1] * 4
    )


def test_edges_point_away_from_the_origin() -> None:
    hits = lines((0.3, 1.0), (-2.0, 0.0))[::-1]
    graph = straight().stages(hits).graph
    away = np.linalg.norm(hits, axis=1)
    assert graph.shape[1] == 12  # every pair of 4 hits, twice
    assert (away[graph[0]] < away[graph[1]]).all()


def test_a_trace_says_what_every_stage_gave_and_took() -> None:
    trace = straight().stages(lines((0.3, 1.0), (-2.0, 0.0)))
    assert list(trace.seconds) == ["features", "embedding", "graph", "filter", "gnn", "labels"]
    assert all(seconds >= 0 for seconds in trace.seconds.values())
    ticks = iter(range(100))
    counted = straight().stages(lines((0.3, 1.0)), now=lambda: next(ticks))
    assert list(counted.seconds.values()) == [1] * 6
    assert trace.filtered.shape == (trace.graph.shape[1],)
    assert trace.scores.shape == (trace.edges.shape[1],)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((np.nan, 1.0, 2.0), r"hit 2 has the coordinates \[nan, 1.0, 2.0\]"),
        ((30.0, np.inf, 2.0), r"hit 2 has the coordinates \[30.0, inf"),
        ((1e200, 0.0, 2.0), r"hit 2 has the coordinates \[inf, 0.0"),
        ((1500.0, 0.0, 2.0), r"hit 2 at \[1500.0, 0.0, 2.0\] mm is outside the detector, which has r in 1..1100 mm"),
        ((30.0, 0.0, -9000.0), r"hit 2 at .* \|z\| up to 3100 mm \(pipeline.yaml: detector\)"),
        ((0.0, 0.0, 100.0), r"hit 2 at .* outside"),
    ],
)
def test_a_hit_that_cannot_be_is_named(row: tuple[float, float, float], message: str) -> None:
    hits = lines((0.3, 1.0)).astype(np.float64)
    hits[2] = row
    with pytest.raises(DataError, match=message):
        straight().labels(hits)


@pytest.mark.parametrize("hits", [np.zeros(3), np.zeros((2, 4)), np.zeros((2, 3), complex), np.array([["a"] * 3])])
def test_what_are_no_hits_is_refused(hits: NDArray[np.generic]) -> None:
    with pytest.raises(DataError, match=r"expected real numbers \(n, 3\)"):
        straight().labels(hits)


def test_edges_seen_in_blocks_get_the_scores_they_get_at_once() -> None:
    rng = np.random.default_rng(3)
    x, edges = rng.normal(size=(20, 2)).astype(np.float32), rng.integers(0, 20, (2, 50))

    def classify(x: Floats, edges: NDArray[np.int64]) -> Floats:
        return x[edges[0], 0] - x[edges[1], 1]

    np.testing.assert_array_equal(scores(classify, x, edges, 7), scores(classify, x, edges))


def test_the_sigmoid_holds_at_both_ends() -> None:
    found = sigmoid(np.array([-1000, -1, 0, 1, 1000], np.float32))
    np.testing.assert_array_equal(found[[0, 2, 4]], [0, 0.5, 1])
    assert found[1] + found[3] == pytest.approx(1, abs=1e-7)  # two roundings of float32


def test_features_are_what_their_names_say() -> None:
    r, phi, eta = 250.0, -2.2, 1.3
    hit = np.array([[r * np.cos(phi), r * np.sin(phi), r * np.sinh(eta)]], np.float32)
    wanted = {
        "r": r, "phi": phi, "z": r * np.sinh(eta), "x": hit[0, 0], "y": hit[0, 1], "cos_phi": np.cos(phi),
        "sin_phi": np.sin(phi), "eta": eta, "theta": 2 * np.arctan(np.exp(-eta)), "distance": r * np.cosh(eta),
        "u": np.cos(phi) / r, "v": np.sin(phi) / r,
    }  # fmt: skip
    assert list(wanted) == list(FEATURES)
    found = features(hit, dict.fromkeys(wanted, 2.0))
    np.testing.assert_allclose(found[0], np.array(list(wanted.values())) / 2, rtol=1e-6)  # float32


def test_settings_come_back_from_their_file(tmp_path: Path) -> None:
    settings = PipelineSettings(
        {"embedding": PUBLISHED, "filter": DIRECTION, "gnn": PUBLISHED},
        0.25,
        None,
        0.125,
        0.75,
        0.5,
        4,
        Detector(20, 900, 2000),
    )
    (tmp_path / "pipeline.yaml").write_text(settings.text())
    assert PipelineSettings.read(tmp_path / "pipeline.yaml") == settings


def test_a_file_of_before_labels_by_components(tmp_path: Path) -> None:
    text = PipelineSettings().text()
    before = text.replace("labelling:\n  method: components\n", "")
    assert "labelling" not in before
    (tmp_path / "pipeline.yaml").write_text(before)
    assert PipelineSettings.read(tmp_path / "pipeline.yaml") == PipelineSettings()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("method: components", "method: walk", "labelling: method is 'walk', expected one of components, supported"),
        ("method: components", "least: 1", "labelling: method is None, expected one of"),
        ("method: components", "metod: supported", "labelling: the key 'metod' is not known; did you mean method"),
        ("method: components", "method: supported", "labelling: there is no least, the least support"),
        ("method: components", "{method: components, least: 1}", "least is 1, expected none where the method is"),
        ("method: components", "{method: supported, least: -1}", "labelling: least is -1, expected a number in 0"),
        ("method: components", "{method: supported, least: .nan}", "labelling: least is nan"),
        ("labelling:\n  method: components", "labelling: supported", "labelling is 'supported', expected a mapping"),
        ("radius: 1.0", "radius: 0", "radius is 0, expected a number"),
        ("radius: 1.0", "radius: .nan", "radius is nan"),
        ("radius: 1.0", "radios: 1.0", "did you mean radius"),
        ("min_hits: 3\n", "", "there is no min_hits"),
        ("max_neighbours: 100", "max_neighbours: many", "max_neighbours is 'many'"),
        ("filter_cut: 0.1", "filter_cut: 7", "filter_cut is 7, expected a number in 0..1"),
        ("outer_r: 1100.0", "outer_r: -3", "detector: outer_r is -3"),
        ("    phi: 3", "    fi: 3", "the key .fi. is not known; there are r, phi"),
        ("inner_r: 1.0", "inner_r: 2000", "inner_r is 2000.0, expected less than the outer_r of 1100"),
        ("    phi: 3.141592653589793", "    phi: 0", "embedding: phi is 0"),
    ],
)
def test_a_wrong_value_is_refused_by_its_place(old: str, new: str, message: str, tmp_path: Path) -> None:
    text = PipelineSettings().text()
    assert old in text
    (tmp_path / "pipeline.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(ModelError, match=message):
        PipelineSettings.read(tmp_path / "pipeline.yaml")
