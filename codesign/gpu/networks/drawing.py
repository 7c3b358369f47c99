"""A network while it is drawn from a checkpoint: MLPs, and the two ends of edges."""

from __future__ import annotations

from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.networks.weights import Weights
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Concat, Input, Layer, Relu, Reshape, Tanh
from codesign.ir.layers.rows import Column, Gather
from codesign.ir.tensor import Tensor
from codesign.ir.verify import verify

NODES, EDGES = "nodes", "edges"
"""The sets that tensors of a graph network run over."""

ACTIVATIONS: dict[str, Layer] = {"tanh": Tanh(), "relu": Relu()}


class Drawing:
    """The graph so far, the weights, and how its MLPs are made."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.weights = Weights(checkpoint)
        self.graph = Graph(checkpoint.kind)
        self.activation = self.weights.choice("activation", *ACTIVATIONS)
        self.layer_norm = self.weights.flag("layer_norm")

    def features(self) -> str:
        """The input `x` (nodes, inputs), as many as the settings say."""
        inputs = self.weights.whole("inputs", 1, 1 << 16)
        return self.graph.add("x", Input(Tensor((inputs,), rows=NODES))).name

    def ends(self) -> tuple[str, str]:
        """The source and the target of each edge, from the input `edge_index` (2, edges)."""
        index = Tensor.of_index((2,), rows=EDGES, index=NODES)
        self.graph.add("edge_index", Input(index, rows_last=True))
        self.graph.add("source", Column(0), "edge_index")
        self.graph.add("target", Column(1), "edge_index")
        return "source", "target"

    def edge_features(self) -> tuple[str, ...]:
        """The input `edge_attr` (edges, edge_inputs), or none where the settings say 0 or nothing."""
        inputs = self.weights.whole("edge_inputs", 0, 1 << 16, missing=0)
        return (self.graph.add("edge_attr", Input(Tensor((inputs,), rows=EDGES))).name,) if inputs else ()

    def add(self, name: str, layer: Layer, *inputs: str, origin: str = "") -> str:
        """A new node's name."""
        return self.graph.add(self.graph.fresh(name), layer, *inputs, origin=origin).name

    def on_edges(self, step: str, x: str, ends: tuple[str, str], *more: str) -> str:
        """For each edge what `x` says of its source, of its target, and what `more` says of the edge itself."""
        gathered = [self.add(f"{step}_{end}", Gather(), x, end) for end in ends]
        return self.add(f"{step}_inputs", Concat(), *gathered, *more)

    def mlp(self, module: str, x: str, step: str = "", last_activation: bool = False) -> str:
        """An nn.Sequential of Linear, [LayerNorm], activation for each width; the last Linear is bare unless
        `last_activation`. Its modules are numbered in this order."""
        stride = 3 if self.layer_norm else 2
        count = 0
        while f"{module}.{count * stride}.weight" in self.weights.checkpoint.weights:
            count += 1
        for k in range(max(count, 1)):
            name = f"{module}{step}_{k * stride}"
            x = self.add(name, self.weights.linear(f"{module}.{k * stride}"), x, origin=f"{module}.{k * stride}")
            if k + 1 == count and not last_activation:
                break
            if self.layer_norm:
                norm = f"{module}.{k * stride + 1}"
                x = self.add(f"{name}_norm", self.weights.layer_norm(norm), x, origin=norm)
            x = self.add(f"{name}_{self.activation}", ACTIVATIONS[self.activation], x)
        self.weights.all_used(f"{module}.")
        return x

    def logits(self, x: str) -> str:
        """One number for each row, from one channel."""
        if self.graph[x].type.shape != (1,):
            raise self.weights.fail(
                f"its last layer gives {self.graph[x].type.channels} numbers for an edge, expected 1"
            )
        return self.add("logits", Reshape(()), x)

    def finished(self, result: str) -> Graph:
        """The network with this as its `output`; ModelError if weights or settings are left over."""
        self.weights.all_asked()
        self.weights.all_used()
        self.graph.outputs.append(Output("output", result, "output"))
        verify(self.graph, "building")
        return self.graph
