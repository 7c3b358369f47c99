"""Segment graphs and files of points are read as they are, or refused by the array and the row."""

from pathlib import Path

import numpy as np
import pytest

from codesign.errors import DataError
from codesign.gpu.tracking.heptrkx import read_graph, read_points
from codesign.gpu.tracking.metrics import track_metrics

ARRAYS = {
    "X": np.array([[0.032, 0.1, 0.2], [0.072, 0.1, 0.4], [0.116, 0.1, 0.6], [0.072, -0.9, 0]], np.float32),
    "y": np.array([1, 0, 1], np.float32),
    "Ro_rows": np.array([1, 0, 0]),
    "Ro_cols": np.array([2, 0, 1]),
    "Ri_rows": np.array([1, 3, 2]),
    "Ri_cols": np.array([0, 1, 2]),
}


def graph(folder: Path, **changes: object) -> Path:
    np.savez(folder / "g.npz", **{k: v for k, v in {**ARRAYS, **changes}.items() if v is not None})  # type: ignore[arg-type]
    return folder / "g.npz"


def test_edges_run_from_where_they_start_to_where_they_end(tmp_path: Path) -> None:
    found = read_graph(graph(tmp_path))
    assert found.edges.tolist() == [[0, 0, 1], [1, 3, 2]]
    assert found.true.tolist() == [True, False, True]


def test_true_edges_make_particles_in_millimetres(tmp_path: Path) -> None:
    event = read_graph(graph(tmp_path)).event()
    assert event.particle.tolist() == [1, 1, 1, 0]
    assert event.particles["hits"].tolist() == [3]
    assert event.layer.tolist() == [802, 804, 806, 804]
    np.testing.assert_allclose(event.r, [32, 72, 116, 72], rtol=1e-6)
    np.testing.assert_allclose(event.phi, np.array([0.1, 0.1, 0.1, -0.9]) * np.pi / 8, rtol=1e-5)
    np.testing.assert_allclose(event.z, [200, 400, 600, 0], rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("Ri_rows", None, "there is no array Ri_rows, only"),
        ("Ri_rows", np.array([1, 4, 2]), r"Ri_rows\[1\] is 4, but the hits are 0\.\.3"),
        ("Ro_cols", np.array([0, -1, 1]), r"Ro_cols\[1\] is -1, but the edges are 0\.\.2"),
        ("Ro_cols", np.array([0, 0, 1]), "edge 0 is 2 times in Ro_cols, expected once"),
        ("Ro_rows", np.array([0, 0]), r"Ro_rows is int64 of shape \(2,\), expected integers \(3,\)"),
        ("y", np.array([0, 2, 1]), "expected a 0 or 1 for each edge"),
        ("X", np.zeros((4, 2), np.float32), r"X is float32 of shape \(4, 2\), expected floats of shape \(hits, 3\)"),
        ("X", ARRAYS["X"] * np.array([[1], [np.nan], [1], [1]], np.float32), r"row 1 of X is \[nan, nan, nan\]"),
    ],
)
def test_what_is_wrong_is_told_by_array_and_place(tmp_path: Path, name: str, value: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_graph(graph(tmp_path, **{name: value}))


def test_a_file_that_is_missing_cut_or_pickled_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such file"):
        read_graph(tmp_path / "none.npz")
    path = graph(tmp_path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"g\.npz: cannot be read as \.npz"):
        read_graph(path)
    with pytest.raises(DataError, match=r"cannot be read as \.npz: Object arrays cannot be loaded"):
        read_graph(graph(tmp_path, y=np.array([None, 1, 2], object)))


def test_published_graphs_are_read_and_their_truth_scores_full_marks(shared: Path) -> None:
    paths = sorted((shared / "data/trackml_graphs_pt1").glob("*.npz"))
    assert len(paths) > 30
    for path in paths:
        found = read_graph(path)
        event = found.event()
        assert (event.layer > 0).all()
        assert (event.layer[found.edges[0]] < event.layer[found.edges[1]]).all()
    metrics = track_metrics(event, event.particle - 1, min_hits=3)
    assert metrics.technical_efficiency.value == 1


def test_published_points_are_read_as_hits_of_the_barrel(shared: Path) -> None:
    event = read_points(shared / "data/exatrkx_lrt_events/evt_0.csv")
    assert len(event) == 1094
    assert (event.layer == 802).sum() == 150
    assert abs(event.phi).max() > 3


def test_points_with_a_column_too_few_are_told(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("0.1,0.2,0.3\n0.1,0.2\n")
    with pytest.raises(DataError, match="line 2 has 2 columns, expected 3"):
        read_points(tmp_path / "p.csv")
