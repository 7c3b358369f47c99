"""Training of a small SPVCNN on a few events, and the folder that it leaves."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codesign.errors import ConfigError, ModelError
from codesign.gpu.showers.detectors import detector
from codesign.gpu.showers.event import ShowerEvent
from codesign.gpu.showers.generator import Mixture, showers
from codesign.gpu.showers.inputs import sample

pytestmark = pytest.mark.gpu

FEW = Mixture(particles=(2, 3), region=(2.0, 2.0), pileup=1, noise=2)
TINY = {
    "detector": "hcal",
    "network": {"channels": [4, 4, 8, 8, 8, 8, 8, 8, 8], "resolution": 1, "dropout": 0, "semantic_layers": 2},
    "training": {"epochs": 3, "batch": 4, "learning_rate": 0.01},
    "validation": 0.2,
}


def events() -> list[ShowerEvent]:
    return list(showers("hcal", 30, 1, FEW))


def one_thread() -> object:
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    return torch


@pytest.fixture(scope="module")
def trained() -> object:
    one_thread()
    from codesign.gpu.showers.training.config import TrainingConfig
    from codesign.gpu.showers.training.run import train_clustering

    return train_clustering(TrainingConfig.of(TINY), events())


def test_training_lowers_the_loss(trained: object) -> None:
    assert trained.fitted.training[-1] < 0.8 * trained.fitted.training[0]
    assert trained.fitted.validation[trained.fitted.best_epoch] == min(trained.fitted.validation)


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(trained: object) -> None:
    one_thread()
    from codesign.gpu.showers.training.config import TrainingConfig
    from codesign.gpu.showers.training.loop import train
    from codesign.gpu.spvcnn.model import to_checkpoint

    again, other = (to_checkpoint(train(TrainingConfig.of({**TINY, **of}), events())[0]).weights
                    for of in ({}, {"seed": 2}))  # fmt: skip
    first = trained.clustering.network.weights
    assert {k: a.tobytes() for k, a in first.items()} == {k: a.tobytes() for k, a in again.items()}
    assert not np.array_equal(first["stem.0.conv.weight"], other["stem.0.conv.weight"])


def test_a_folder_gives_the_same_clusters(trained: object, tmp_path: Path) -> None:
    from codesign.gpu.showers.clustering import TrainedClustering
    from codesign.gpu.showers.runner import Runner

    folder = tmp_path / "network"
    folder.mkdir()
    trained.write(folder)
    loaded = TrainedClustering.load(folder)
    assert loaded.thresholds == trained.clustering.thresholds
    one, other = Runner(trained.clustering, 1), Runner(loaded, 1)
    for event in events()[:3]:
        np.testing.assert_array_equal(one(event).labels, other(event).labels)
        np.testing.assert_array_equal(one.predicted(event).beta, other.predicted(event).beta)


def test_an_event_is_what_it_is_in_any_batch_and_any_order(trained: object) -> None:
    """The exported network on single events beside PyTorch on all as one cloud: sums are in another order, and 1e-5 is
    100 roundings of float32."""
    import torch

    from codesign.gpu.showers.runner import Runner
    from codesign.gpu.showers.training.batches import batch
    from codesign.gpu.spvcnn.model import from_checkpoint

    runner, model = Runner(trained.clustering, 1), from_checkpoint(trained.clustering.network)
    few = events()[:3]
    made = batch(detector("hcal"), model.settings.grid, few, "share")
    with torch.no_grad():
        together = model(made.features, made.cloud)
    alone = [runner.predicted(e) for e in few]
    np.testing.assert_allclose(together.beta.numpy(), np.concatenate([p.beta for p in alone]), atol=1e-5)
    shares = np.concatenate([p.probabilities for p in alone])
    np.testing.assert_allclose(torch.softmax(together.semantic, dim=1).numpy(), shares, atol=1e-5)
    places = np.concatenate([p.embedding for p in alone])
    np.testing.assert_allclose(together.embedding.numpy(), places, atol=1e-5 * max(1.0, np.abs(places).max()))
    order = np.random.default_rng(0).permutation(len(few[0]))
    columns = ("points", "layer", "cell", "energy", "particle", "kind")
    mixed = replace(few[0], **{name: getattr(few[0], name)[order] for name in columns})
    np.testing.assert_allclose(runner.predicted(mixed).beta, runner.predicted(few[0]).beta[order], atol=1e-5)


def test_no_hit_and_one_hit_have_an_answer(trained: object) -> None:
    from codesign.gpu.showers.runner import Runner

    runner = Runner(trained.clustering, 1)
    empty = next(showers("hcal", 1, 0, Mixture(particles=(0, 0), pileup=0, noise=0)))
    assert runner(empty).labels.shape == (0,)
    whole = events()[0]
    columns = ("points", "layer", "cell", "energy", "particle", "kind")
    one = replace(whole, **{name: getattr(whole, name)[:1] for name in columns})
    assert runner(one).labels.tolist() == [-1]  # a cluster has three hits


def test_weights_are_shares_of_particles() -> None:
    one_thread()
    from codesign.gpu.showers.inputs import grid_of
    from codesign.gpu.showers.training.batches import batch

    few = events()[:3]
    made = batch(detector("hcal"), grid_of(detector("hcal"), 1), few, "share")
    for number, event in enumerate(few):
        here = (made.events == number).numpy()
        objects, weight = made.objects.numpy()[here], made.weight.numpy()[here]
        for particle in np.unique(objects):
            # Float32 shares of up to 50 hits.
            assert weight[objects == particle].sum() == pytest.approx(1, abs=1e-5)
        small = event.particles["hits"] < 3
        assert not np.isin(objects, np.flatnonzero(small)).any()


def test_hits_of_largest_energy_condense_however_hits_weigh() -> None:
    """Without weights too, whose largest would be that of any hit."""
    torch = one_thread()
    from codesign.gpu.showers.inputs import grid_of
    from codesign.gpu.showers.training.batches import batch
    from codesign.gpu.showers.training.config import WEIGHTS, TrainingConfig
    from codesign.gpu.showers.training.loop import losses
    from codesign.gpu.spvcnn.model import Prediction

    few = events()[:3]
    beta = np.concatenate([e.energy / e.energy.max() * 0.9 for e in few])
    best = [e.energy[e.particle == p].max() / e.energy.max() for e in few for p in np.flatnonzero(e.sizes >= 3)]
    for weight in WEIGHTS:
        config = TrainingConfig.of({**TINY, "loss": {"alpha": "energy", "weight": weight}})
        made = batch(detector("hcal"), grid_of(detector("hcal"), 1), few, weight)
        said = Prediction(torch.zeros(len(beta), 4), torch.from_numpy(beta), torch.zeros(len(beta), 5))
        found = losses(config, lambda *_, said=said: said, made)
        assert found.beta.item() == pytest.approx(1 - 0.9 * np.mean(best), abs=1e-6), weight


@pytest.mark.parametrize("name", ["hcal", "hgcal"])
def test_a_turned_event_keeps_its_neighbours(name: str) -> None:
    one_thread()
    from codesign.gpu.showers.inputs import grid_of
    from codesign.gpu.showers.training.batches import turned
    from codesign.gpu.spvcnn.tables import tables

    where = detector(name)
    grid = grid_of(where, 1)
    rng = np.random.default_rng(0)
    made = sample(where, next(showers(name, 1, 2, Mixture(particles=(2, 2)))))
    apart = np.abs(made.points[:60, None] - made.points[None, :60]).sum(axis=2)
    seen = set()
    for _ in range(12):
        other = turned(where, made, rng)
        tables(grid, other.points)  # still inside
        np.testing.assert_allclose(
            np.abs(other.points[:60, None] - other.points[None, :60]).sum(axis=2), apart, atol=1e-9
        )
        np.testing.assert_array_equal(other.features[:, [0, 3, 4]], made.features[:, [0, 3, 4]])
        seen.add(other.features[0, 1:3].tobytes())
    assert len(seen) >= 3


@pytest.mark.parametrize("where", ["in training", "in validation"])
def test_a_network_that_diverges_is_refused(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """Weights of before are not kept for the best where there was one epoch."""
    one_thread()
    from codesign.gpu.showers.training import loop
    from codesign.gpu.showers.training.config import TrainingConfig

    right = loop.losses

    def wrong(config: object, model: object, of: object) -> object:
        found = right(config, model, of)
        return found._replace(total=found.total * float("nan")) if model.training == (where == "in training") else found

    monkeypatch.setattr(loop, "losses", wrong)
    config = TrainingConfig.of({**TINY, "training": {"epochs": 1, "batch": 4}})
    with pytest.raises(ConfigError, match=r"training: the loss is nan in epoch 1; take a lower learning_rate"):
        loop.train(config, events()[:8])


def test_too_few_events_are_refused() -> None:
    one_thread()
    from codesign.gpu.showers.training.config import TrainingConfig
    from codesign.gpu.showers.training.loop import train

    with pytest.raises(
        ConfigError, match="3 events with hits, of which 1 are kept for validation, do not fill a batch"
    ):
        train(TrainingConfig.of(TINY), events()[:3])


def test_events_of_another_detector_are_refused() -> None:
    one_thread()
    from codesign.gpu.showers.training.config import TrainingConfig
    from codesign.gpu.showers.training.loop import train

    with pytest.raises(ModelError, match="the event is of the detector hgcal, this is set for hcal"):
        train(TrainingConfig.of(TINY), list(showers("hgcal", 2, 1)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.replace("detector: hcal", "detector: hgcal"), "voxels are not those of the detector hgcal"),
        (lambda s: s.replace("t_beta", "t_b"), "the key 't_b' is not known"),
        (lambda s: s.replace("least_hits: 3", "least_hits: 0"), "least_hits is 0"),
        (lambda s: s.replace("least_hits: 3\n", ""), "there is no least_hits"),
    ],
)
def test_a_damaged_folder_is_refused(trained: object, tmp_path: Path, change: object, message: str) -> None:
    from codesign.gpu.showers.clustering import TrainedClustering

    folder = tmp_path / "network"
    folder.mkdir()
    trained.write(folder)
    file = folder / "clustering.yaml"
    file.write_text(change(file.read_text()))
    with pytest.raises(ModelError, match=message):
        TrainedClustering.load(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("classes: 4", "classes: 3"), "the network has 3 classes, expected 4: NOISE, EM, HAD, MIP"),
        (("inputs: 5", "inputs: 4"), "the network has 4 inputs, expected 5: energy, across, along, layer, depth"),
        (("kind: spvcnn", "kind: filter"), "a network of kind filter, expected spvcnn"),
        (("resolution:\n  - 1.0", "resolution:\n  - 0.0"), "spvcnn: resolution is 0.0, expected a number"),
        (("size:\n  - 68", "size:\n  - 69"), "voxels are not those of the detector hcal"),
    ],
)
def test_another_network_is_refused(trained: object, tmp_path: Path, change: tuple[str, str], message: str) -> None:
    from codesign.gpu.showers.clustering import TrainedClustering

    folder = tmp_path / "network"
    folder.mkdir()
    trained.write(folder)
    file = folder / "spvcnn" / "model.yaml"
    assert change[0] in file.read_text()
    file.write_text(file.read_text().replace(*change))
    with pytest.raises(ModelError, match=message):
        TrainedClustering.load(folder)


def test_a_folder_without_a_network_is_refused(trained: object, tmp_path: Path) -> None:
    from codesign.gpu.showers.clustering import TrainedClustering

    folder = tmp_path / "network"
    folder.mkdir()
    trained.write(folder)
    (folder / "spvcnn" / "weights.npz").unlink()
    with pytest.raises(ModelError, match="there is no checkpoint spvcnn/ in it"):
        TrainedClustering.load(folder)
