"""TorchScript files: the published networks give their numbers, and what is something else is refused by name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from codesign.errors import ModelError
from codesign.gpu.export.model import feeds, to_onnx
from codesign.gpu.reference import run
from codesign.ir.graph import Graph
from codesign.ir.layers.rows import Linear
from tests.gpu.export.running import execute

pytestmark = pytest.mark.gpu
torch: Any = pytest.importorskip("torch")

RNG = np.random.default_rng(8)


def graph_of(nodes: int, edges: int, features: int) -> dict[str, np.ndarray]:
    x = RNG.uniform(-1, 1, (nodes, features)).astype(np.float32)
    return {"x": x, "edge_index": RNG.integers(0, nodes, (2, edges))}


def scripted(path: Path, inputs: dict[str, np.ndarray], double: bool = False) -> np.ndarray:
    module = torch.jit.load(str(path), map_location="cpu").eval()
    x, edge_index = (torch.from_numpy(v) for v in inputs.values())
    with torch.inference_mode():
        found: np.ndarray = (module.double()(x.double(), edge_index) if double else module(x, edge_index)).numpy()
    return found


SIZES = [(300, 900), (200, 31), (12, 0)]


@pytest.fixture(scope="module")
def attention(shared: Path) -> Path:
    """The script of the published attention network."""
    return shared / "models" / "exatrkx_trackml_gnn" / "model_torchscript.pt"


@pytest.fixture(scope="module")
def network(attention: Path) -> Graph:
    from codesign.gpu.networks.torchscript import read

    return read(attention)


@pytest.fixture(scope="module")
def answers(attention: Path) -> list[tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]]:
    """Graphs, and what the script gives for them in float32 and in float64."""
    graphs = [graph_of(*sizes, 3) for sizes in SIZES]
    return [(graph, scripted(attention, graph), scripted(attention, graph, double=True)) for graph in graphs]


def test_the_published_attention_network_means_what_its_script_computes(
    network: Graph, answers: list[tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]]
) -> None:
    for inputs, _, exact in answers:
        np.testing.assert_allclose(run(network, inputs)["output"], exact, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("lowering", "edges"), [("pull", "any"), ("pull", "sorted"), ("scatter", "any")])
def test_the_published_attention_network_exports_as_its_script(
    lowering: str, edges: str, network: Graph, answers: list[tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]]
) -> None:
    """Logits of about 8, in float32: 1e-5 root mean square from the exact ones, as the script is. Its eight residual
    steps amplify the roundings of single edges a hundred times, to 2e-4 in the script and in the export."""
    model = to_onnx(network, lowering, edges)
    for inputs, single, exact in answers:
        found = execute(model, feeds(network, inputs, lowering, edges))["output"]
        assert found.shape == exact.shape
        for numbers in (found, single):
            assert np.sqrt(np.square(numbers - exact).sum()) <= 1e-5 * np.sqrt(exact.size)
        np.testing.assert_allclose(found, single, rtol=0, atol=1e-3)


@pytest.mark.parametrize(("lowering", "edges"), [("pull", "any"), ("pull", "sorted")])
def test_the_published_filter_comes_out_as_its_script(lowering: str, edges: str, shared: Path) -> None:
    from codesign.gpu.networks.torchscript import read

    path = shared / "models" / "exatrkx_trackml_filter" / "model_torchscript.pt"
    graph = read(path)
    assert graph["x"].type.shape == (12,)
    model = to_onnx(graph, lowering, edges)
    for sizes in [*SIZES, (1, 4)]:
        inputs = graph_of(*sizes, 12)
        found = execute(model, feeds(graph, inputs, lowering, edges))["output"]
        # Both in float32: 1e-5 is some twenty roundings of logits of about 5.
        np.testing.assert_allclose(found, scripted(path, inputs), rtol=0, atol=1e-5, strict=True)


def test_the_published_onnx_is_wrong_where_ours_is_right(attention: Path, network: Graph) -> None:
    """Its scatter lost its reduction and sums as many rows as there are edges: it fails unless edges == nodes, and then
    gives other numbers."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    published = onnxruntime.InferenceSession(
        attention.with_name("model.onnx"), options, providers=["CPUExecutionProvider"]
    )
    names = [i.name for i in published.get_inputs()]
    model = to_onnx(network)

    with pytest.raises(Exception, match="Non-zero status code"):
        published.run(None, dict(zip(names, graph_of(30, 200, 3).values())))

    inputs = graph_of(200, 200, 3)
    expected = scripted(attention, inputs)
    ours = execute(model, feeds(network, inputs))["output"]
    theirs = published.run(None, dict(zip(names, inputs.values())))[0]
    assert np.abs(theirs - expected).max() > 0.1
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-3)


class Filter(torch.nn.Module):  # type: ignore[misc]
    """An edge network of two features, with what the test gives it between its layers."""

    def __init__(self, between: Callable[[Any], Any]) -> None:
        super().__init__()
        self.first, self.norm = torch.nn.Linear(4, 5), torch.nn.LayerNorm(5)
        self.second, self.third = torch.nn.Linear(5, 5), torch.nn.Linear(5, 1)
        self.between = between

    def forward(self, x: Any, edge_index: Any) -> Any:
        h = torch.cat([x[edge_index[0]], x[edge_index[1]]], 1)
        h = torch.relu(self.norm(self.between(self.first(h))))
        return torch.sigmoid(self.third(self.second(self.second(h)))).squeeze(-1)


def saved(module: Any, path: Path) -> Path:
    traced = torch.jit.trace(module.eval(), (torch.rand(6, 2), torch.randint(0, 6, (2, 9))))
    torch.jit.freeze(traced).save(str(path))
    return path


def test_a_traced_network_is_read_operator_by_operator(tmp_path: Path) -> None:
    from codesign.gpu.networks.torchscript import read

    torch.manual_seed(3)
    path = saved(Filter(torch.tanh), tmp_path / "traced.pt")
    graph = read(path)
    assert graph.origin == "traced.pt"
    assert graph["x"].type.shape == (2,)
    twice = [n.layer for n in graph if isinstance(n.layer, Linear) and n.layer.weights.shape == (5, 5)]
    assert len(twice) == 2 and twice[0] is twice[1]
    inputs = graph_of(20, 50, 2)
    found = execute(to_onnx(graph), feeds(graph, inputs))["output"]
    np.testing.assert_allclose(found, scripted(path, inputs), rtol=0, atol=1e-6)


def test_an_operator_without_a_layer_is_refused_by_its_name(tmp_path: Path) -> None:
    from codesign.gpu.networks.torchscript import read

    path = saved(Filter(torch.erf), tmp_path / "erf.pt")
    with pytest.raises(ModelError, match=r"erf\.pt: the operator aten::erf has no layer .*; known are aten::addmm"):
        read(path)


@pytest.mark.parametrize(
    ("last", "kind", "message"),
    [
        (
            lambda y: y.squeeze(),
            "float32",
            r"axis any squeezed, expected the only channel of each row: \.squeeze\(-1\)",
        ),
        (lambda y: y.squeeze(1), "bfloat16", "the script fails on a graph of 7 nodes and 31 edges: .*BFloat16"),
    ],
    ids=["every axis squeezed", "bfloat16"],
)
def test_results_and_weights_that_are_not_taken_are_refused(
    last: Callable[[Any], Any], kind: str, message: str, tmp_path: Path
) -> None:
    from codesign.gpu.networks.torchscript import read

    class Edges(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.only = torch.nn.Linear(4, 1)

        def forward(self, x: Any, edge_index: Any) -> Any:
            return last(self.only(torch.cat([x[edge_index[0]], x[edge_index[1]]], 1)))

    dtype = getattr(torch, kind)
    traced = torch.jit.trace(Edges().to(dtype).eval(), (torch.rand(6, 2, dtype=dtype), torch.randint(0, 6, (2, 9))))
    torch.jit.freeze(traced).save(str(tmp_path / "odd.pt"))
    with pytest.raises(ModelError, match=rf"odd\.pt: .*{message}"):
        read(tmp_path / "odd.pt")


class OneEnd(torch.nn.Module):  # type: ignore[misc]
    """Looks at the source of each edge alone, and asserts what its reader knows in advance."""

    def __init__(self) -> None:
        super().__init__()
        self.only = torch.nn.Linear(2, 1)

    def forward(self, x: torch.Tensor, edge_index: torch.Tensor) -> torch.Tensor:
        assert x.dim() == 2
        return self.only(torch.cat([x[edge_index[0]]], 1)).squeeze(1)


def test_an_assertion_is_passed_by_and_tensors_joined_with_nothing_stay(tmp_path: Path) -> None:
    from codesign.gpu.networks.torchscript import read

    torch.manual_seed(3)
    path = tmp_path / "one_end.pt"
    torch.jit.freeze(torch.jit.script(OneEnd().eval())).save(str(path))
    graph, inputs = read(path), graph_of(20, 50, 2)
    found = execute(to_onnx(graph), feeds(graph, inputs))["output"]
    np.testing.assert_allclose(found, scripted(path, inputs), rtol=0, atol=1e-6)


class ResAGNN(torch.nn.Module):  # type: ignore[misc]
    """The modules of the published network, but nodes tell their neighbours only half of it."""

    n_graph_iters: int

    def __init__(self) -> None:
        super().__init__()
        self.n_graph_iters = 2
        nn = torch.nn
        self.node_encoder = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
        self.edge_network = nn.Sequential(nn.Linear(14, 4), nn.ReLU(), nn.Linear(4, 1))
        self.node_network = nn.Sequential(nn.Linear(14, 4), nn.ReLU(), nn.Linear(4, 4))

    def forward(self, x: torch.Tensor, edge_index: torch.Tensor) -> torch.Tensor:
        h = torch.cat([self.node_encoder(x), x], 1)
        start, end = edge_index[0], edge_index[1]
        for _ in range(self.n_graph_iters):
            e = torch.sigmoid(self.edge_network(torch.cat([h[start], h[end]], 1)))
            told = torch.zeros_like(h).index_add(0, start, h[end] * e)
            h = torch.cat([self.node_network(torch.cat([h, told], 1)), x], 1) + h
        return self.edge_network(torch.cat([h[start], h[end]], 1)).squeeze(-1)


def test_a_script_that_only_looks_like_a_known_network_is_refused(tmp_path: Path) -> None:
    from codesign.gpu.networks.torchscript import read

    torch.manual_seed(3)
    path = tmp_path / "half.pt"
    torch.jit.script(ResAGNN().eval()).save(str(path))
    with pytest.raises(ModelError, match=r"half\.pt: read as what it looks like, its results are off by"):
        read(path)


def test_weights_that_float32_does_not_hold_are_refused_by_name(tmp_path: Path) -> None:
    from codesign.gpu.networks.torchscript import read

    torch.manual_seed(3)
    path = tmp_path / "double.pt"
    module = ResAGNN().double().eval()
    module.edge_network[0].weight.data += 1e-12
    torch.jit.script(module).save(str(path))
    expected = r"double\.pt: edge_network\.0\.weight: weights in float64 that float32 does not hold; .* \.float\(\)"
    with pytest.raises(ModelError, match=expected):
        read(path)


def test_what_is_no_torchscript_is_refused(tmp_path: Path) -> None:
    from codesign.gpu.networks.torchscript import read

    with pytest.raises(ModelError, match=r"none\.pt: there is no such file"):
        read(tmp_path / "none.pt")
    (tmp_path / "text.pt").write_text("no model")
    with pytest.raises(ModelError, match=r"text\.pt: PyTorch cannot read this as TorchScript"):
        read(tmp_path / "text.pt")
    torch.jit.script(torch.nn.Linear(2, 2)).save(str(tmp_path / "linear.pt"))
    with pytest.raises(ModelError, match=r"linear\.pt: its forward takes 1 tensors, expected x and edge_index"):
        read(tmp_path / "linear.pt")
