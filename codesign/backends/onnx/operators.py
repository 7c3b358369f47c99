"""What is common to everything that writes a network as ONNX: its operators so far, and names that nobody has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from codesign.errors import ModelError
from codesign.ir.graph import Graph, Node


class Operators:
    """Operators and initializers in order, and the tensor that each node of the network has become; one node at a time
    is written. No tensor gets a name that is `taken`."""

    def __init__(self, graph: Graph, taken: Iterable[str]) -> None:
        self.graph = graph
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []
        self.results: dict[str, str] = {}
        self.taken = set(taken)
        self.node: Node | None = None

    def fail(self, reason: str) -> NoReturn:
        """ModelError for the node at hand."""
        assert self.node is not None
        raise ModelError(f"{self.graph.origin}: node {self.node.origin}: {reason}")

    def fresh(self, name: str) -> str:
        """`name`, or one with a number behind it, which no other tensor has."""
        found, count = name, 1
        while found in self.taken:
            count += 1
            found = f"{name}_{count}"
        self.taken.add(found)
        return found
