"""The straight-line C++ of an adder graph."""

from __future__ import annotations

from collections.abc import Iterator

from codesign.backends.hls.declarations import code
from codesign.backends.instances.adder_graph import AdderGraphInstance
from codesign.backends.instances.base import Constant


def additions(instance: AdderGraphInstance) -> Iterator[str]:
    """A statement for each input that is used, each addition and each result: a beat `y` for a beat `x`."""
    graph = instance.graph
    used = {i for a in graph.additions for i in (a.left, a.right)} | {r.value for r in graph.results}
    for i in range(graph.inputs):
        if i in used:
            yield f"const X::element::held v{i} = X::get(x, {i});"
    for number, a in enumerate(graph.additions, start=graph.inputs):
        kind, result = "subtracted" if a.subtract else "added", code(graph.types[number])
        call = f"codesign::{kind}<{result}>(v{a.left}, {a.left_shift}, v{a.right}, {a.right_shift})"
        yield f"const {result}::held v{number} = {call};"
    for lane, (r, bias) in enumerate(zip(graph.results, instance.biases, strict=True)):
        start = f"{Constant(bias).value}LL"
        if r.value is None:
            yield f"Y::set(y, {lane}, Y::type({start}));"
        else:
            kind = "subtracted" if r.negative else "added"
            sum_ = f"codesign::{kind}<Y::element>({start}, 0, v{r.value}, {r.shift})"
            yield f"Y::set(y, {lane}, Y::element::code({sum_}));"
