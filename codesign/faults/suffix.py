"""The network behind one layer, evaluated anew for a change of that layer's sums.

All values on all samples are computed once. A changed weight changes one channel of its layer by (change of the code) *
(what the weight sees), exactly; only the layers behind it are evaluated again, and of the samples only those that still
differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from codesign.errors import IRError
from codesign.faults.weights import Weights
from codesign.faults.wrapped import Undefined, evaluate
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import Conv, Dense
from codesign.ir.layers.window import padded, taps, zero_codes
from codesign.ir.tensor import Array, as_codes
from codesign.ir.wrap import wrapped


@dataclass(frozen=True)
class Faulty:
    """What the network gives after an upset."""

    outputs: list[Array]
    """Codes (n, *shape)."""
    undefined: Undefined
    """The samples for which no output is defined."""
    changed: int
    """The samples of which a sum of the layer with the upset changed."""


@dataclass
class Suffix:
    """The integer network on samples: `codes` (n, *shape) of each input."""

    network: Graph
    codes: list[Array]
    values: dict[str, Array] = field(init=False)
    """Of every node, without an upset."""
    _behind: dict[str, list[Node]] = field(init=False, default_factory=dict)
    _seen: dict[str, list[Array]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.values = {k: as_codes(v) for k, v in self.network.run_codes(self.codes, keep=True).items()}
        order = {name: k for k, name in enumerate(self.network.nodes)}
        users = self.network.users()
        self._last = {name: max((order[n.name] for n in found), default=-1) for name, found in users.items()}
        self._order = order

    @property
    def samples(self) -> int:
        """How many there are."""
        return len(self.codes[0])

    @property
    def outputs(self) -> list[Array]:
        """The codes of each output without an upset."""
        return [self.values[o.source] for o in self.network.outputs]

    def seen(self, weights: Weights, row: int, output: int) -> Array:
        """(n, *positions): the codes that weight (row, output) multiplies."""
        node = self.network[weights.node]
        x = self.values[node.inputs[0]]
        match node.layer:
            case Dense():
                seen: Array = x[..., row]
                return seen
            case Conv() as layer:
                if node.name not in self._seen:
                    zero = zero_codes(self.network[node.inputs[0]].type) if any(layer.padding) else 0
                    image = padded(x, layer.padding, zero)
                    count = (node.type.shape[0], node.type.shape[1])
                    views = taps(image, layer.size, layer.stride, count, layer.dilation)
                    self._seen[node.name] = [view for _, _, view in views]
                tap, channel = divmod(row, layer.weights.shape[2])
                group = output // (layer.outputs // layer.groups)
                found: Array = self._seen[node.name][tap][..., group * layer.weights.shape[2] + channel]
                return found
            case other:
                raise IRError(f"faults: {weights.node} is a {type(other).__name__}, which has no weights")

    def upset(self, weights: Weights, row: int, output: int, bit: int) -> Faulty:
        """With one bit of a weight flipped."""
        return self.shifted(
            weights.node, output, int(weights.changes[row, output, bit]) * self.seen(weights, row, output)
        )

    def shifted(self, name: str, channel: int, by: Array) -> Faulty:
        """With `by` (n, *positions) added to the sums of one channel of the node `name`, as its accumulator does."""
        node = self.network[name]
        rows = np.nonzero(by.reshape(self.samples, -1).any(axis=1))[0]
        value = self.values[name][rows]
        value[..., channel] = wrapped(value[..., channel] + by[rows], node.type.type)
        return self._follow(name, value, rows)

    def _follow(self, name: str, value: Array, rows: np.ndarray) -> Faulty:
        """The outputs where `value` stands for what node `name` gives for the samples `rows`."""
        outputs = self.outputs
        undefined = np.zeros(self.samples, dtype=bool)
        changed, count = {name: value}, len(rows)
        self._give(outputs, name, value, rows)
        for node in self._nodes_behind(name) if count else []:
            if not any(i in changed for i in node.inputs):
                continue
            inputs = [changed[i] if i in changed else self.values[i][rows] for i in node.inputs]
            found, bad = evaluate(self.network, node, inputs)
            if bad is not None:
                undefined[rows[bad]] = True
            differs = (found != self.values[node.name][rows]).reshape(len(rows), -1).any(axis=1)
            done = self._order[node.name]
            changed = {k: v for k, v in changed.items() if self._last[k] > done}
            if not differs.any():
                if not changed:
                    break
                continue
            self._give(outputs, node.name, found, rows)
            if not changed:  # nothing else is on its way
                rows, found = rows[differs], found[differs]
            changed[node.name] = found
        return Faulty(outputs, undefined, count)

    def _give(self, outputs: list[Array], name: str, value: Array, rows: np.ndarray) -> None:
        for k, output in enumerate(self.network.outputs):
            if output.source == name:
                outputs[k] = outputs[k].copy()
                outputs[k][rows] = value

    def _nodes_behind(self, name: str) -> list[Node]:
        """In order, those that depend on the node."""
        if name not in self._behind:
            reached, found = {name}, []
            for node in self.network:
                if reached.intersection(node.inputs):
                    reached.add(node.name)
                    found.append(node)
            self._behind[name] = found
        return self._behind[name]
