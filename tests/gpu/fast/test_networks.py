"""The filter and the interaction network in plain torch, split and sorted, against the modules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from codesign.errors import ModelError

pytestmark = pytest.mark.gpu
torch = pytest.importorskip("torch")

# Logits below 2: 2^-24 relative at each of some hundred sums, which grow as their root; in float16 2^-11 at each of the
# few roundings that an activation goes through in a step.
BOUND = {"float32": 5e-6, "float16": 1e-2}


def graph(n: int, m: int) -> Any:
    return torch.from_numpy(np.random.default_rng(0).integers(0, n, (2, m)))


@pytest.mark.parametrize("precision", list(BOUND))
@pytest.mark.parametrize("layer_norm", [True, False])
def test_the_filter_is_that_of_the_module(precision: str, layer_norm: bool) -> None:
    from codesign.gpu.fast.filter import FastFilter
    from codesign.gpu.tracking.models.filter import Filter
    from codesign.gpu.tracking.models.settings import FilterSettings

    torch.manual_seed(1)
    module = Filter(FilterSettings(hidden=(64,) * 3, layer_norm=layer_norm)).eval()
    fast = FastFilter(module, torch.device("cpu"), getattr(torch, precision), kernels=False)
    x, edges = torch.randn(50, 12), graph(50, 300)
    with torch.inference_mode():
        found, expected = fast(x, edges), module(x, edges)
        assert found.dtype == torch.float32
        assert float((found - expected).abs().max()) <= BOUND[precision]
        assert fast(x, edges[:, :0]).shape == (0,)


@pytest.mark.parametrize("precision", list(BOUND))
@pytest.mark.parametrize("aggregate", ["both", "target"])
def test_the_interaction_network_is_that_of_the_module_on_sorted_edges(precision: str, aggregate: str) -> None:
    from codesign.gpu.fast.interaction import FastInteraction, adjacency
    from codesign.gpu.tracking.models.interaction import Interaction
    from codesign.gpu.tracking.models.settings import InteractionSettings

    torch.manual_seed(1)
    module = Interaction(InteractionSettings(hidden=(32, 16), steps=3, aggregate=aggregate)).eval()
    fast = FastInteraction(module, torch.device("cpu"), getattr(torch, precision), kernels=False)
    x, edges = torch.randn(50, 3), graph(50, 300)
    near = adjacency(50, edges)
    assert bool((near.edges[1].diff() >= 0).all())
    with torch.inference_mode():
        found, expected = fast(x, near), module(x, edges)[near.order]
        assert float((found - expected).abs().max()) <= BOUND[precision]
        assert fast(x, adjacency(50, edges[:, :0])).shape == (0,)


def test_sums_at_sources_and_at_targets() -> None:
    from codesign.gpu.fast.interaction import adjacency, segment_sum_torch

    edges = graph(9, 60)
    values = np.random.default_rng(1).integers(-9, 9, (60, 5)).astype(np.float32)
    near = adjacency(12, edges)  # three nodes have no edge
    for begin, order, end in ((near.incoming, None, 1), (near.outgoing, near.by_source, 0)):
        expected = np.zeros((12, 5), np.float32)
        np.add.at(expected, edges[end].numpy(), values)
        found = segment_sum_torch(torch.from_numpy(values)[near.order], begin, order)
        np.testing.assert_array_equal(found.numpy(), expected)


@pytest.mark.parametrize("options", [{"concat": True}, {"edge_inputs": 2}])
def test_an_interaction_network_with_more_inputs_is_refused(options: dict[str, Any]) -> None:
    from codesign.gpu.fast.interaction import FastInteraction
    from codesign.gpu.tracking.models.interaction import Interaction
    from codesign.gpu.tracking.models.settings import InteractionSettings

    module = Interaction(InteractionSettings(hidden=(32, 16), **options))
    with pytest.raises(ModelError, match="an interaction network with concat or edge_inputs runs in plain torch alone"):
        FastInteraction(module, torch.device("cpu"), torch.float32)


def test_a_module_of_another_kind_is_refused() -> None:
    from codesign.gpu.fast.layers import layers

    network = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.GELU())
    with pytest.raises(ModelError, match="fast path: GELU is no layer of an MLP of the tracking networks"):
        layers(network, torch.device("cpu"), torch.float32)


@pytest.mark.parametrize(
    ("hidden", "precision", "fitting"),
    [
        ((128, 64), "float16", True),
        ((128, 64), "float32", True),
        ((128, 128), "float16", True),
        ((128, 128), "float32", False),  # 96 kB of shared memory
        ((256, 256), "float16", False),
        ((96, 64), "float16", False),
        ((8, 16), "float16", False),
    ],
)
def test_the_edge_kernel_takes_what_every_card_has_room_for(
    hidden: tuple[int, int], precision: str, fitting: bool
) -> None:
    pytest.importorskip("triton")
    from codesign.gpu.fast.interaction import FastInteraction
    from codesign.gpu.fast.kernels.edges import fits
    from codesign.gpu.tracking.models.interaction import Interaction
    from codesign.gpu.tracking.models.settings import InteractionSettings

    module = Interaction(InteractionSettings(hidden=hidden))
    fast = FastInteraction(module, torch.device("cpu"), getattr(torch, precision), kernels=False)
    assert [fits(network) for network in fast.networks] == [fitting] * 3


def test_a_recorded_graph_runs_on_what_it_is_given_and_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    from codesign.gpu.fast import buckets
    from codesign.gpu.fast.interaction import FastInteraction, adjacency
    from tests.gpu.fast import pipelines

    recorded = []

    class Replaying(buckets.Recorded):
        """On the CPU: what a CUDA graph would run on the places in memory that it was recorded with."""

        def _record(self, x: Any, graph: Any) -> Any:
            x, logits = x.clone(), torch.empty(graph.edges.shape[1])
            recorded.append((len(x), len(logits)))
            return SimpleNamespace(replay=lambda: logits.copy_(self.network(x, graph))), x, graph, logits

    monkeypatch.setattr(buckets, "MOST", 2)
    network = FastInteraction(pipelines.modules()["gnn"], torch.device("cpu"), torch.float32, kernels=False)
    runs = Replaying(network)
    with torch.inference_mode():
        for n, m in ((40, 120), (35, 90), (40, 0), (40, 1500), (1300, 120), (40, 100), (1300, 7)):
            x, near = torch.randn(n, 3), adjacency(n, graph(n, m))
            # The same sums; a product of more rows may be blocked in another way.
            torch.testing.assert_close(runs(x, near), network(x, near), atol=2e-6, rtol=2e-6)
    assert recorded == [(1024, 1024), (1024, 1723), (1449, 1024), (1024, 1024)]
    assert len(runs.graphs) == 2
