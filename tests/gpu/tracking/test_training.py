"""Training of the pipeline: its configuration, its stages, and what it leaves behind."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codesign.errors import ConfigError, DataError, ModelError, OutputError
from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.tracking import labelling
from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.generator import Settings, generate
from codesign.gpu.tracking.graphs import same_particle, truth_edges
from codesign.gpu.tracking.metrics import track_metrics
from codesign.gpu.tracking.pipeline import Pipeline
from codesign.gpu.tracking.settings import PipelineSettings

pytestmark = pytest.mark.gpu
torch = pytest.importorskip("torch")

from codesign.gpu.tracking.models.checkpoints import from_checkpoint  # noqa: E402
from codesign.gpu.tracking.models.embedding import Embedding  # noqa: E402
from codesign.gpu.tracking.training.config import Schedule, TrainingConfig  # noqa: E402
from codesign.gpu.tracking.training.cuts import best_cut, best_labelling, best_support  # noqa: E402
from codesign.gpu.tracking.training.embedding import graph_size, radius_for, train_embedding  # noqa: E402
from codesign.gpu.tracking.training.loop import fit  # noqa: E402
from codesign.gpu.tracking.training.run import train  # noqa: E402
from codesign.gpu.tracking.training.samples import Graphs, prepared  # noqa: E402

EASY = Settings(particles=15, vertices=1, vertex_spread=(0.015, 5.5), pt_min=2.0, overlap=0.02, noise=0.05)
ROUND = {"r": 1000, "cos_phi": 1, "sin_phi": 1, "eta": 3}
SMALL = {
    "features": {"embedding": ROUND, "filter": ROUND, "gnn": ROUND},
    "validation": 0.25,
    "embedding": {
        "network": {"hidden": [32, 32], "outputs": 4, "layer_norm": True},
        "training": {"epochs": 10, "learning_rate": 0.01},
    },
    "filter": {"network": {"hidden": [32]}, "training": {"epochs": 3, "learning_rate": 0.01}},
    "gnn": {
        "network": {"hidden": [16, 16], "steps": 2},
        "training": {"epochs": 10, "learning_rate": 0.01, "schedule": "cosine"},
    },
}


def easy(count: int) -> list[Event]:
    return [generate(EASY, seed) for seed in range(count)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("tracking") / "pipeline"
    train(TrainingConfig.of(SMALL), easy(12), folder)
    return folder


def in_torch(folder: Path) -> Pipeline:
    """The pipeline with its networks as they were trained."""
    embedding, filter_, gnn = (from_checkpoint(Checkpoint.load(folder / k)) for k in ("embedding", "filter", "gnn"))

    def classifier(network: torch.nn.Module):
        def classify(x: np.ndarray, edges: np.ndarray) -> np.ndarray:
            with torch.no_grad():
                return network(torch.from_numpy(x), torch.from_numpy(edges)).numpy()

        return classify

    def embed(x: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return embedding(torch.from_numpy(x)).numpy()

    return Pipeline(PipelineSettings.read(folder / "pipeline.yaml"), embed, classifier(filter_), classifier(gnn))


def test_a_small_pipeline_finds_easy_tracks_that_it_has_not_seen(trained: Path) -> None:
    pipeline = in_torch(trained)
    events = [generate(EASY, 1000 + k) for k in range(5)]
    found = [track_metrics(event, pipeline.labels(event.hits)) for event in events]
    total = sum(found[1:], found[0])
    # 15 straight tracks of at least 2 GeV per event: a pipeline that does not learn finds next to none.
    assert total.technical_efficiency.value > 0.8
    assert total.purity.value > 0.8


def test_the_pipeline_in_onnxruntime_is_the_one_in_torch(trained: Path) -> None:
    exported, ours = Pipeline.load(trained, threads=1), in_torch(trained)
    for k in range(3):
        hits = generate(EASY, 2000 + k).hits
        found, wanted = exported.stages(hits), ours.stages(hits)
        np.testing.assert_array_equal(found.graph, wanted.graph)
        np.testing.assert_array_equal(found.edges, wanted.edges)
        np.testing.assert_allclose(found.scores, wanted.scores, rtol=0, atol=1e-5)  # float32 in another order
        np.testing.assert_array_equal(found.labels, wanted.labels)


def test_the_folder_holds_what_every_stage_left(trained: Path) -> None:
    assert {p.name for p in trained.iterdir()} == {
        "pipeline.yaml", "embedding", "filter", "gnn", "training.json", "graphs",
    }  # fmt: skip
    history = json.loads((trained / "training.json").read_text())
    assert (history["events"], history["validation"]) == (12, 3)
    for stage, epochs in (("embedding", 10), ("filter", 3), ("gnn", 10)):
        assert len(history["fitted"][stage]["losses"]) == len(history["fitted"][stage]["figures"]) == epochs
    first, second = (Graphs(trained / "graphs" / stage) for stage in ("embedding", "filter"))
    for k, event in enumerate(easy(12)):
        before, after = first.get(k), second.get(k)
        np.testing.assert_array_equal(before.target, same_particle(event, before.edges))
        assert {*map(tuple, after.edges.T)} <= {*map(tuple, before.edges.T)}


def test_the_cuts_keep_what_the_configuration_asks_for(trained: Path) -> None:
    pipeline = in_torch(trained)
    events = easy(12)[-3:]
    true = [truth_edges(e) for e in events]
    radius = pipeline.settings.radius
    held = kept = right = 0
    for event, edges in zip(events, true):
        trace = pipeline.stages(event.hits)
        points = pipeline.embed(prepared([event], TrainingConfig.of(SMALL))[0].columns["embedding"].numpy())
        held += int((np.linalg.norm(points[edges[0]] - points[edges[1]], axis=1) <= radius).sum())
        same = same_particle(event, trace.graph)
        kept += int((trace.filtered >= pipeline.settings.filter_cut)[same].sum())
        right += int(same.sum())
    assert held >= 0.99 * sum(e.shape[1] for e in true)
    assert kept >= 0.99 * right


def test_labels_are_made_as_is_best_on_the_events_for_validation(trained: Path) -> None:
    pipeline = in_torch(trained)
    traces = [(event, pipeline.stages(event.hits)) for event in easy(12)[-3:]]
    settings = pipeline.settings
    best = best_labelling([(event, trace.edges, trace.scores) for event, trace in traces], settings.min_hits)
    assert (settings.gnn_cut, settings.support) == best


def test_a_rerun_gives_the_same_weights(trained: Path, tmp_path: Path) -> None:
    short = TrainingConfig.of({**SMALL, "embedding": {**SMALL["embedding"], "training": {"epochs": 1}}})  # type: ignore[dict-item]
    for name in ("a", "b"):
        train(short, easy(4), tmp_path / name)
    for stage in ("embedding", "filter", "gnn"):
        first, second = (Checkpoint.load(tmp_path / name / stage) for name in ("a", "b"))
        for key, value in first.weights.items():
            np.testing.assert_array_equal(value, second.weights[key])


def test_the_embedding_gets_better_than_it_begins() -> None:
    torch.manual_seed(0)
    config = TrainingConfig.of(SMALL)
    samples = prepared([generate(replace(EASY, particles=60), seed) for seed in range(8)], config)
    network = Embedding(config.embedding.network)
    before = graph_size(network, config.embedding, samples[6:])
    fitted = train_embedding(network, config.embedding, samples[:6], samples[6:])
    after = graph_size(network, config.embedding, samples[6:])
    assert after == min(fitted.figures) < before / 2


def test_the_radius_holds_the_share_of_true_edges_that_is_asked_for() -> None:
    torch.manual_seed(0)
    config = TrainingConfig.of(SMALL)
    samples = prepared(easy(2), config)
    network = Embedding(config.embedding.network)
    radius = radius_for(network, replace(config.embedding, efficiency=0.9), samples)
    apart = np.concatenate(
        [
            np.linalg.norm(p[s.true[0]] - p[s.true[1]], axis=1)
            for s in samples
            for p in [network(s.columns["embedding"]).detach().numpy()]
        ]
    )
    assert (apart <= radius).mean() >= 0.9 > (apart < radius).mean() - 1 / len(apart)


def test_events_without_a_hit_or_a_track_are_no_obstacle(tmp_path: Path) -> None:
    events = easy(4)
    noise = replace(EASY, particles=0)
    nothing = events[0].take(np.zeros(0, np.int64))
    train(
        TrainingConfig.of({**SMALL, "embedding": {**SMALL["embedding"], "training": {"epochs": 1}}}),  # type: ignore[dict-item]
        [nothing, generate(noise, 1), *events],
        tmp_path / "pipeline",
    )
    assert (tmp_path / "pipeline" / "pipeline.yaml").is_file()


def test_too_little_to_learn_from_is_said(tmp_path: Path) -> None:
    config = TrainingConfig.of(SMALL)
    event = easy(1)[0]
    nothing = event.take(np.zeros(0, np.int64))
    with pytest.raises(DataError, match="1 events, expected at least 2"):
        train(config, [event], tmp_path / "a")
    with pytest.raises(ModelError, match="no particle with two hits"):
        train(config, [event, event, nothing], tmp_path / "b")
    with pytest.raises(ModelError, match="no event has an edge to learn from"):
        train(config, [nothing, event], tmp_path / "c")
    assert not any(tmp_path.iterdir())


def test_a_hit_outside_the_detector_is_named_with_its_event(tmp_path: Path) -> None:
    small = TrainingConfig.of({**SMALL, "detector": {"outer_r": 300}})
    with pytest.raises(DataError, match=r"event 0: hits: hit \d+ at .* outside the detector"):
        train(small, easy(2), tmp_path / "a")


def test_a_folder_that_is_there_stays_as_it_is(trained: Path) -> None:
    before = (trained / "pipeline.yaml").read_bytes()
    with pytest.raises(OutputError, match="this exists"):
        train(TrainingConfig.of(SMALL), easy(2), trained)
    assert (trained / "pipeline.yaml").read_bytes() == before


def test_training_stops_when_validation_gets_no_better_and_keeps_the_best() -> None:
    network = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(network.weight, 1.0)
    figures = iter([3.0, 1.0, 2.0, 2.0, 2.0, 0.0])
    seen = []

    def figure() -> float:
        seen.append(network.weight.item())
        return next(figures)

    schedule = Schedule(epochs=6, learning_rate=0.1, schedule="constant", patience=2)
    fitted = fit(network, 1, lambda k: network(torch.ones(1, 1)).sum(), figure, schedule)
    assert fitted.figures == [3.0, 1.0, 2.0, 2.0]
    assert fitted.best_epoch == 1
    assert network.weight.item() == seen[1]


def test_a_loss_that_is_no_number_is_said() -> None:
    network = torch.nn.Linear(1, 1)
    with pytest.raises(ModelError, match="no number any more; try a smaller learning_rate"):
        fit(network, 1, lambda k: network(torch.ones(1, 1)).sum() * torch.nan, lambda: 0.0, Schedule(epochs=2))


def test_the_cut_is_where_the_tracks_are_best() -> None:
    event = generate(Settings(particles=6, vertices=1, noise=0.0), 3)
    right = truth_edges(event)
    rng = np.random.default_rng(0)
    wrong = rng.integers(0, len(event), (2, 200))
    wrong = wrong[:, ~same_particle(event, wrong)]
    edges = np.concatenate([right, wrong], axis=1)
    scores = np.concatenate([np.full(right.shape[1], 0.8), np.full(wrong.shape[1], 0.4)]).astype(np.float32)
    assert 0.4 < best_cut([(event, edges, scores)], 3) <= 0.8


def test_edges_need_support_where_that_gives_better_tracks() -> None:
    # Two particles of six hits, all joined, and one wrong edge that scores more than any right one.
    event = generate(Settings(particles=2, vertices=1, noise=0.0, overlap=0.0, pt_min=2.0), 1)
    clusters = [np.nonzero(event.particle == p)[0] for p in event.particles["id"]]
    assert min(map(len, clusters)) >= 6
    right = np.concatenate([c[np.stack(np.triu_indices(len(c), 1))] for c in clusters], axis=1)
    edges = np.concatenate([right, [[clusters[0][0]], [clusters[1][0]]]], axis=1)
    scores = np.array([0.7] * right.shape[1] + [0.8], np.float32)
    cut, least = best_labelling([(event, edges, scores)], 3)
    assert (cut, least) == best_support([(event, edges, scores)], 3) == (0.025, 0.1)
    assert best_labelling([(event, right, scores[:-1])], 3)[1] is None  # components are as good
    tracks = labelling.joining(len(event), edges, scores, cut, least)
    np.testing.assert_array_equal(tracks, [True] * right.shape[1] + [False])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"embeding": {}}, "did you mean embedding"),
        ({"embedding": {"network": {"hidden": 3}}}, "embedding: network: hidden is 3, expected a list"),
        ({"embedding": {"network": {"inputs": 7}}}, "embedding: network: inputs is 7, expected 3, as the features"),
        ({"filter": {"network": {"inputs": 7}}}, "expected 24, as the features"),
        ({"gnn": {"kind": "transformer"}}, "gnn: kind is 'transformer', expected one of interaction, attention"),
        ({"gnn": {"training": {"schedule": "none"}}}, "gnn: training: schedule is 'none'"),
        ({"gnn": {"training": {"epoch": 3}}}, "did you mean epochs"),
        ({"gnn": 3}, "gnn is 3, expected a mapping"),
        ({"features": {"gnn": {"radius": 1}}}, "features: gnn: the key 'radius' is not known"),
        ({"features": {"gnn": {}}}, "at least one feature"),
        ({"seed": -1}, "seed is -1"),
        ({"validation": 1}, "validation is 1"),
        ({"detector": {"inner_r": 2000}}, "inner_r is 2000"),
        ([1], "expected a mapping"),
    ],
)
def test_a_wrong_configuration_is_refused_by_its_place(data: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TrainingConfig.of(data)


def test_an_empty_configuration_has_the_published_sizes(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("")
    config = TrainingConfig.read(tmp_path / "config.yaml")
    assert config == TrainingConfig()
    assert (config.embedding.network.hidden, config.filter.network.inputs) == ((512,) * 6, 24)
    assert (config.gnn.network.hidden, config.gnn.network.steps) == ((128, 64), 8)
