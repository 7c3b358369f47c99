"""The tracking networks in PyTorch: what they compute, and how their weights are called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codesign.checks import Checks
from codesign.errors import ModelError
from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.tracking.models.settings import (
    AttentionSettings,
    EmbeddingSettings,
    FilterSettings,
    InteractionSettings,
)

pytestmark = pytest.mark.gpu
torch = pytest.importorskip("torch")

from codesign.gpu.tracking.models.attention import Attention  # noqa: E402
from codesign.gpu.tracking.models.checkpoints import from_checkpoint, to_checkpoint  # noqa: E402
from codesign.gpu.tracking.models.embedding import Embedding  # noqa: E402
from codesign.gpu.tracking.models.filter import Filter  # noqa: E402
from codesign.gpu.tracking.models.interaction import Interaction  # noqa: E402

SCRIPTED = Path(__file__).parents[4] / "shared" / "models" / "exatrkx_trackml_gnn" / "model_torchscript.pt"
SMALL = [
    Embedding(EmbeddingSettings(3, (5, 4), 2, "tanh", True)),
    Filter(FilterSettings(6, (5,), "relu", False)),
    Interaction(InteractionSettings(3, (5, 4), 2, "relu", True, "both")),
    Attention(AttentionSettings(3, 4, 2)),
]


def graph(nodes: int, edges: int, features: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(nodes, features)).astype(np.float32)
    return torch.from_numpy(x), torch.from_numpy(rng.integers(0, nodes, (2, edges)))


@pytest.mark.skipif(not SCRIPTED.is_file(), reason="../shared/models/exatrkx_trackml_gnn is not there")
@pytest.mark.parametrize(("nodes", "edges"), [(50, 200), (200, 50), (7, 0)])
def test_the_attention_network_is_the_published_one(nodes: int, edges: int) -> None:
    scripted = torch.jit.load(str(SCRIPTED), map_location="cpu")
    ours = Attention(AttentionSettings(steps=scripted.n_graph_iters))
    ours.load_state_dict(scripted.state_dict())
    x, edge_index = graph(nodes, edges, 3)

    with torch.no_grad():
        wanted, found = scripted(x, edge_index), ours(x, edge_index)

    assert found.shape == (edges,)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5)  # float32 sums of two orders: logits reach about 10


@pytest.mark.parametrize(("concat", "edge_inputs"), [(False, 0), (True, 0), (False, 2), (True, 2)])
@pytest.mark.parametrize("aggregate", ["both", "target"])
def test_the_interaction_network_does_what_its_definition_says(aggregate: str, concat: bool, edge_inputs: int) -> None:
    settings = InteractionSettings(2, (6, 5), 3, "relu", True, aggregate, concat, edge_inputs)
    torch.manual_seed(1)
    network = Interaction(settings).double()
    x, edge_index = graph(9, 20, 2)

    own = torch.randn(20, edge_inputs).double()

    found = network(x.double(), edge_index, own if edge_inputs else None)

    nodes = [network.node_encoder(row) for row in x.double()]
    pairs = list(zip(*edge_index.tolist()))
    states = [network.edge_encoder(torch.cat([nodes[i], nodes[j], e])) for (i, j), e in zip(pairs, own)]
    encoded = nodes, states
    for _ in range(3):
        if concat:
            nodes, states = ([torch.cat(both) for both in zip(*pair)] for pair in zip((nodes, states), encoded))
        states = [network.edge_network(torch.cat([nodes[i], nodes[j], e])) for (i, j), e in zip(pairs, states)]
        sums = [[torch.zeros(5).double() for _ in nodes] for _ in range(2)]
        for (i, j), e in zip(pairs, states):
            sums[0][j] = sums[0][j] + e
            sums[1][i] = sums[1][i] + e
        kept = sums if aggregate == "both" else sums[:1]
        nodes = [network.node_network(torch.cat([n, *(s[k] for s in kept)])) for k, n in enumerate(nodes)]
    last = [torch.cat([nodes[i], nodes[j], e]) for (i, j), e in zip(pairs, states)]
    wanted = torch.cat([network.output_edge_classifier(e) for e in last])
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)  # float64, other orders of summation


def test_features_of_edges_are_given_where_the_settings_have_them() -> None:
    x, edge_index = graph(5, 8, 3)
    with pytest.raises(ModelError, match="edges have 2 features by the settings, and none were given"):
        Interaction(InteractionSettings(edge_inputs=2))(x, edge_index)
    with pytest.raises(ModelError, match="edges have 0 features by the settings, and some were given"):
        Interaction(InteractionSettings())(x, edge_index, torch.zeros(8, 1))


def test_a_filter_reads_the_source_before_the_target() -> None:
    network = Filter(FilterSettings(4, (3,), "tanh", True))
    x, edge_index = graph(5, 8, 2)

    found = network(x, edge_index)

    for k, (i, j) in enumerate(edge_index.T.tolist()):
        torch.testing.assert_close(found[k], network.network(torch.cat([x[i], x[j]]))[0], rtol=0, atol=1e-6)


def test_weights_have_the_names_that_checkpoints_pin() -> None:
    keys = [{k.rpartition(".")[0] for k in network.state_dict()} for network in SMALL]
    both = {"0", "1", "3"}
    assert keys[0] == {"network.0", "network.1", "network.3", "network.4", "network.6"}
    assert keys[1] == {"network.0", "network.2"}
    names = ("node_encoder", "edge_encoder", "edge_network", "node_network")
    assert keys[2] == {f"{n}.{k}" for n in names for k in both} | {
        f"output_edge_classifier.{k}" for k in both | {"4", "6"}
    }
    assert keys[3] == {"node_encoder.0", "node_encoder.1"} | {
        *(f"edge_network.{k}" for k in ("0", "1", "3", "4", "6")),
        *(f"node_network.{k}" for k in ("0", "1", "3")),
    }


@pytest.mark.parametrize("network", SMALL, ids=lambda n: n.settings.kind)
def test_a_network_comes_back_from_its_folder(network: torch.nn.Module, tmp_path: Path) -> None:
    to_checkpoint(network).save(tmp_path / "network")
    back = from_checkpoint(Checkpoint.load(tmp_path / "network"))

    assert back.settings == network.settings
    for key, value in network.state_dict().items():
        assert torch.equal(back.state_dict()[key], value)


def test_the_published_sizes_are_the_defaults() -> None:
    parameters = [
        sum(p.numel() for p in network.parameters())
        for network in (Embedding(EmbeddingSettings()), Filter(FilterSettings()), Attention(AttentionSettings()))
    ]
    embedding = 3 * 512 + 512 + 5 * (512 * 512 + 512) + 512 * 8 + 8
    filter_ = 24 * 1024 + 1024 + 2 * (1024 * 1024 + 1024) + 1024 + 1 + 3 * 2 * 1024
    assert parameters[:2] == [embedding, filter_]
    if SCRIPTED.is_file():
        state = torch.jit.load(str(SCRIPTED), map_location="cpu").state_dict()
        assert parameters[2] == sum(v.numel() for v in state.values())


def test_settings_and_weights_that_do_not_fit_are_refused_by_name() -> None:
    whole = to_checkpoint(SMALL[1])
    weights = dict(whole.weights)
    weights["network.0.weight"] = weights["network.0.weight"][:, :4]
    with pytest.raises(ModelError, match=r"network\.0\.weight are \(5, 4\), expected \(5, 6\)"):
        from_checkpoint(Checkpoint(whole.kind, whole.settings, weights))
    del weights["network.0.weight"]
    with pytest.raises(ModelError, match=r"network\.0\.weight are missing"):
        from_checkpoint(Checkpoint(whole.kind, whole.settings, weights))
    with pytest.raises(ModelError, match=r"network\.9\.bias are \(1,\), expected none"):
        from_checkpoint(
            Checkpoint(whole.kind, whole.settings, {**whole.weights, "network.9.bias": np.zeros(1, np.float32)})
        )
    with pytest.raises(ModelError, match="'spvcnn', expected one of embedding"):
        from_checkpoint(Checkpoint("spvcnn", whole.settings, whole.weights))
    with pytest.raises(ModelError, match="did you mean hidden"):
        from_checkpoint(Checkpoint("filter", {"hiden": [5]}, whole.weights))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"inputs": 0}, "settings: inputs is 0"),
        ({"hidden": 512}, "settings: hidden is 512, expected a list"),
        ({"hidden": []}, "expected a list of 1 to 64 widths"),
        ({"hidden": [4, True]}, "hidden: a width is True"),
        ({"activation": "gelu"}, "expected one of tanh, relu"),
        ({"layer_norm": 1}, "expected true or false"),
        ([], "expected a mapping"),
    ],
)
def test_wrong_settings_are_refused_by_their_place(given: object, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        EmbeddingSettings.read(given, Checks("here", ModelError))
