"""The PyTorch network: its parts against the numpy operations, its size, its checkpoint."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from codesign.errors import ModelError
from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.spvcnn import kernel_maps
from codesign.gpu.spvcnn.kernel_maps import convolve
from codesign.gpu.spvcnn.settings import PUBLISHED, Settings
from codesign.gpu.spvcnn.tables import FUSED, tables

from .clouds import SMALL, cloud, integers

if TYPE_CHECKING:
    import torch

    from codesign.gpu.spvcnn.cloud import Cloud
    from codesign.gpu.spvcnn.model import SPVCNN

pytestmark = pytest.mark.gpu

TINY = Settings(SMALL, inputs=4, classes=3, channels=(4, 4, 6, 8, 8, 8, 6, 6, 4))


def features(points: int, seed: int = 1) -> torch.Tensor:
    torch = pytest.importorskip("torch")
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(points, 4)).astype(np.float32))


def tiny(seed: int = 0) -> SPVCNN:
    torch = pytest.importorskip("torch")
    from codesign.gpu.spvcnn.model import SPVCNN

    torch.set_num_threads(1)  # small tensors: threads would wait for each other
    torch.manual_seed(seed)
    return SPVCNN(TINY).eval()


def on_device(points: np.ndarray, events: np.ndarray | None = None) -> Cloud:
    from codesign.gpu.spvcnn.cloud import Cloud

    return Cloud.of(tables(SMALL, points, events))


def test_the_published_network_has_its_published_size() -> None:
    """20.77 million, as published: 20,768,448 in the backbone with 5 features per point, the rest in the branches."""
    from codesign.gpu.spvcnn.model import SPVCNN, parameters

    network = SPVCNN(Settings(SMALL, inputs=5, classes=4))
    assert network.settings.channels == PUBLISHED
    branches = parameters(network.semantic) + parameters(network.instance)
    assert (parameters(network) - branches, branches) == (20_768_448, 4_554)
    assert round(parameters(network) / 1e6, 2) == 20.77


def test_the_sparse_convolutions_of_torch_are_those_of_numpy() -> None:
    torch = pytest.importorskip("torch")
    from codesign.gpu.spvcnn.blocks import SparseConv

    found, device = tables(SMALL, cloud(50)), on_device(cloud(50))
    both = [(m, n) for kind in ("around", "down", "up") for m, n in zip(getattr(found, kind), getattr(device, kind))]
    assert len(both) == 13
    for map, other in both:
        conv = SparseConv(3, 2, map.table.shape[1])
        weights = integers(map.table.shape[1] * 3, 2, 5).reshape(-1, 3, 2)
        conv.weight.data = torch.from_numpy(weights.astype(np.float32))
        x = integers(map.inputs, 3, 6)
        y = conv(torch.from_numpy(x.astype(np.float32)), other).detach().numpy()
        np.testing.assert_array_equal(y, convolve(x, map, weights))


def test_points_and_voxels_exchange_what_numpy_says() -> None:
    torch = pytest.importorskip("torch")
    from codesign.gpu.spvcnn.blocks import to_points, to_voxels

    found, device = tables(SMALL, cloud(50)), on_device(cloud(50))
    for level in FUSED:
        x = integers(found.rows[level], 2, level)
        y = to_points(torch.from_numpy(x.astype(np.float32)), device, level).numpy()
        np.testing.assert_allclose(y, found.reads[level](x), rtol=0, atol=8 * 8 * 2**-24)  # eight float32 products
        z = integers(50, 2, level)
        sums = np.zeros((found.rows[level], 2))
        for point, voxel in enumerate(found.voxel[level]):
            sums[voxel] += z[point]
        means = sums / np.bincount(found.voxel[level])[:, None]
        voxels = to_voxels(torch.from_numpy(z.astype(np.float32)), device, level).numpy()
        np.testing.assert_array_equal(voxels, means.astype(np.float32))


def test_a_convolution_in_torch_differentiates() -> None:
    torch = pytest.importorskip("torch")
    from codesign.gpu.spvcnn.blocks import SparseConv
    from codesign.gpu.spvcnn.cloud import Map

    map = kernel_maps.submanifold(tables(SMALL, cloud(12)).cells[0])
    conv = SparseConv(2, 2, 27).double()
    x = torch.from_numpy(integers(map.inputs, 2, 3)).requires_grad_()
    device = Map.of(map, torch.device("cpu"))

    def convolved(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(conv, {"weight": weight}, (x, device))

    assert torch.autograd.gradcheck(convolved, (x, conv.weight))


def test_every_weight_learns() -> None:
    network = tiny().train()
    found = network(features(60), on_device(cloud(60)))
    (found.semantic.square().sum() + found.beta.sum() + found.embedding.square().sum()).backward()
    still = [k for k, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    # A bias in front of a batch norm has no effect in training.
    assert [k for k in still if not (k.startswith("points.") and k.endswith(".0.bias"))] == []


def test_the_order_of_the_points_changes_nothing_but_their_order() -> None:
    network, points, x = tiny(), cloud(40), features(40)
    order = np.random.default_rng(3).permutation(40)
    one, other = network(x, on_device(points)), network(x[order], on_device(points[order]))
    # float32 sums over a voxel's points in another order
    np.testing.assert_allclose(one.embedding.detach()[order], other.embedding.detach(), atol=1e-5)


def test_events_of_a_batch_do_not_see_each_other() -> None:
    torch = pytest.importorskip("torch")
    network, clouds, x = tiny(), [cloud(30, 1), cloud(20, 2)], [features(30, 1), features(20, 2)]
    events = np.repeat([0, 1], [30, 20])
    both = network(torch.cat(x), on_device(np.concatenate(clouds), events))
    apart = [network(f, on_device(c)) for f, c in zip(x, clouds, strict=True)]
    # Matrix products of other sizes add in another order.
    np.testing.assert_allclose(
        both.semantic.detach(), torch.cat([a.semantic for a in apart]).detach(), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("points", [0, 1])
@pytest.mark.parametrize("training", [False, True])
def test_a_cloud_of_none_or_one_point_has_an_answer(points: int, training: bool) -> None:
    torch = pytest.importorskip("torch")
    found = tiny().train(training)(features(points), on_device(cloud(points)))
    assert [tuple(t.shape) for t in found] == [(points, 3), (points,), (points, 5)]
    assert all(torch.isfinite(t).all() for t in found)


def test_a_checkpoint_gives_the_same_network(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from codesign.gpu.spvcnn.model import from_checkpoint, to_checkpoint

    network = tiny().train()
    network(features(60), on_device(cloud(60)))  # moves the averages of the batch norms
    to_checkpoint(network).save(tmp_path / "net")
    again = from_checkpoint(Checkpoint.load(tmp_path / "net"))
    assert again.settings == TINY and not again.training
    x, where = features(40), on_device(cloud(40))
    for one, other in zip(network.eval()(x, where), again(x, where), strict=True):
        assert torch.equal(one, other)


def test_a_checkpoint_that_does_not_fit_is_refused_by_the_weight() -> None:
    from codesign.gpu.spvcnn.model import from_checkpoint, to_checkpoint

    good = to_checkpoint(tiny())
    more = good.weights | {"more.bias": np.zeros(3, np.float32)}
    less = {k: v for k, v in good.weights.items() if k != "up.1.conv.weight"}
    for checkpoint, message in (
        (Checkpoint("filter", good.settings, good.weights), "its kind is filter, expected spvcnn"),
        (replace(good, weights=less), "the weight up.1.conv.weight is missing"),
        (replace(good, weights=more), "the weight more.bias belongs to"),
        (replace(good, settings=good.settings | {"classes": 7}), r"semantic.6.bias has the shape \(3,\), .* \(7,\)"),
    ):
        with pytest.raises(ModelError, match=message):
            from_checkpoint(checkpoint)


def test_features_that_do_not_fit_the_cloud_are_refused() -> None:
    with pytest.raises(ModelError, match="features of 30 points, a cloud of 20"):
        tiny()(features(30), on_device(cloud(20)))
    with pytest.raises(ModelError, match=r"features \(20, 3\), expected \(points, 4\)"):
        tiny()(features(20)[:, :3], on_device(cloud(20)))
