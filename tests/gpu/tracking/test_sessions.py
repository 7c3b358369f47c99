"""A pipeline folder run by onnxruntime: what it finds, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from codesign.errors import ModelError
from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.tracking.pipeline import Pipeline
from codesign.gpu.tracking.settings import PipelineSettings
from tests.gpu.checkpoints import interaction

Weights = dict[str, NDArray[np.float32]]
DIRECTION = {"cos_phi": 1.0, "sin_phi": 1.0, "eta": 1.0}


def layers(name: str, widths: Sequence[int], rng: np.random.Generator) -> Weights:
    """Random weights of an MLP with activations between its layers."""
    found: Weights = {}
    for k, (n, m) in enumerate(pairwise(widths)):
        found[f"{name}.{2 * k}.weight"] = (rng.normal(size=(m, n)) / np.sqrt(n)).astype(np.float32)
        found[f"{name}.{2 * k}.bias"] = rng.normal(size=m).astype(np.float32)
    return found


def checkpoints(rng: np.random.Generator) -> dict[str, Checkpoint]:
    """Networks that nobody trained."""
    plain = {"activation": "relu", "layer_norm": False}
    gnn = layers("node_encoder", (3, 4, 4), rng) | layers("edge_encoder", (8, 4, 4), rng)
    gnn |= layers("edge_network", (12, 4, 4), rng) | layers("node_network", (12, 4, 4), rng)
    gnn |= layers("output_edge_classifier", (12, 4, 4, 1), rng)
    # The embedding is the direction itself: x = relu(x) - relu(-x).
    both = np.concatenate([np.eye(3), -np.eye(3)]).astype(np.float32)
    embedding = {
        "network.0.weight": both, "network.0.bias": np.zeros(6, np.float32),
        "network.2.weight": both.T.copy(), "network.2.bias": np.zeros(3, np.float32),
    }  # fmt: skip
    settings = {"inputs": 3, "hidden": [4, 4], "steps": 2, "aggregate": "both", **plain}
    return {
        "embedding": Checkpoint("embedding", {"inputs": 3, "hidden": [6], "outputs": 3, **plain}, embedding),
        "filter": Checkpoint("filter", {"inputs": 6, "hidden": [5], **plain}, layers("network", (6, 5, 1), rng)),
        "gnn": Checkpoint("interaction", settings, gnn),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, checkpoint in checkpoints(np.random.default_rng(1)).items():
        checkpoint.save(tmp_path / name)
    features = dict.fromkeys(("embedding", "filter", "gnn"), DIRECTION)
    text = PipelineSettings(features=features, radius=0.05, filter_cut=0.0, gnn_cut=0.0).text()
    (tmp_path / "pipeline.yaml").write_text(text)
    return tmp_path


def straight(rng: np.random.Generator, tracks: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Hits of straight tracks in any order, and the track of each."""
    phi, eta = np.linspace(-3, 3, tracks)[:, None], rng.uniform(-2, 2, (tracks, 1))
    r = np.array([30.0, 70, 110, 170])
    hits = np.stack(np.broadcast_arrays(r * np.cos(phi), r * np.sin(phi), r * np.sinh(eta)), axis=2).reshape(-1, 3)
    order = rng.permutation(len(hits))
    return hits[order].astype(np.float32), np.repeat(np.arange(tracks), 4)[order]


def test_a_graph_network_with_features_of_edges_is_refused(folder: Path) -> None:
    interaction(edge_inputs=2).save(folder / "gnn")
    with pytest.raises(ModelError, match="gnn: its edges have features of their own, which a pipeline does not make"):
        Pipeline.load(folder, threads=1)


def test_a_folder_finds_tracks_by_onnxruntime(folder: Path) -> None:
    hits, track = straight(np.random.default_rng(0), 10)
    found = Pipeline.load(folder, threads=1).stages(hits)

    # Nothing is cut, so the tracks are the components of the graph: hits in one direction.
    first = list(dict.fromkeys(track.tolist()))
    np.testing.assert_array_equal(found.labels, [first.index(t) for t in track])
    assert found.filtered.shape == found.scores.shape == (60,)
    assert found.scores.std() > 0


@pytest.mark.parametrize("n", [0, 1, 2])
def test_so_few_hits_have_a_defined_answer(folder: Path, n: int) -> None:
    hits, _ = straight(np.random.default_rng(0), 1)
    np.testing.assert_array_equal(Pipeline.load(folder).labels(hits[:n]), [-1] * n)


def test_a_folder_without_its_files_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"there is no pipeline.yaml; a pipeline is a folder with it and embedding"):
        Pipeline.load(folder / "gnn")
    (folder / "gnn" / "weights.npz").unlink()
    with pytest.raises(ModelError, match=r"gnn/weights.npz: there is no such file"):
        Pipeline.load(folder)


def test_a_network_in_the_wrong_place_is_refused(folder: Path) -> None:
    (folder / "filter").rename(folder / "other")
    (folder / "embedding").rename(folder / "filter")
    (folder / "other").rename(folder / "embedding")
    with pytest.raises(ModelError, match="embedding: a checkpoint of kind filter, expected embedding"):
        Pipeline.load(folder)


def test_features_that_a_network_does_not_take_are_refused(folder: Path) -> None:
    features = dict.fromkeys(("embedding", "filter", "gnn"), DIRECTION) | {"gnn": {"r": 1000.0, "z": 1000.0}}
    (folder / "pipeline.yaml").write_text(PipelineSettings(features=features).text())
    with pytest.raises(ModelError, match=r"features: gnn has 2, but the network in .*gnn takes 3 of each hit"):
        Pipeline.load(folder)
