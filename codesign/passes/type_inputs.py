"""Types the user states for inputs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace

from codesign.errors import ConfigError
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph
from codesign.ir.layers import Input, Quantize
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector


def type_inputs(graph: Graph, types: Mapping[str, Fixed]) -> None:
    """Each named input (the empty name: every input) receives codes of its type: the host rounds the user's numbers
    half to even and saturates. ConfigError for an input that does not exist."""
    names = [n.name for n in graph.inputs]
    origins = {n.origin: n.name for n in graph.inputs}
    for name in types:
        if name and name not in names and name not in origins:
            near = difflib.get_close_matches(name, [*names, *origins], 1, 0.0)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ConfigError(f"{graph.origin}: there is no input {name!r}{hint}")
    changed = False
    for node in graph.inputs:
        fixed = types.get(node.name) or types.get(node.origin) or types.get("")
        if fixed is not None:
            tensor = Tensor.of_fixed(node.type.shape, fixed)
            quantizer = Quantize(fixed.low, fixed.high, Vector.of(fixed.step))
            graph.nodes[node.name] = replace(node, layer=Input(tensor, (quantizer,)), type=tensor)
            changed = True
    if changed:
        graph.rebuild(list(graph))
