"""What a network on sets of rows means: numpy in float64, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from codesign.gpu.inputs import checked
from codesign.ir.graph import Graph
from codesign.ir.layers import Input
from codesign.ir.tensor import Floats


def run(graph: Graph, inputs: Mapping[str, np.ndarray]) -> dict[str, Floats]:
    """The outputs by the names in the user's file, in float64 but for its rounding.

    `inputs` are checked as `codesign.gpu.inputs.checked` says.
    """
    found = checked(graph, inputs)
    for node in graph:
        if not isinstance(node.layer, Input):
            found[node.name] = node.layer.floats(*(found[i] for i in node.inputs))
    return {output.origin: found[output.source] for output in graph.outputs}
