"""The verification ladder: each meaning of the model compared with the next on the same inputs, value by value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from codesign.errors import IRError
from codesign.ir.design import Design
from codesign.ir.graph import Graph
from codesign.ir.layers import Softmax, SoftmaxTable
from codesign.ir.lazy import different, reals
from codesign.ir.tensor import Array, Found, Values, as_codes
from codesign.verification.float_error import float_errors

MEANING = "exact meaning of the model"
"""The first rung: it is compared with what other code makes of the file."""


@dataclass(frozen=True)
class Rung:
    """What a comparison found: `mismatches` of `values` differ; `ties` are float roundings next to a threshold."""

    name: str
    against: str
    inputs: int
    values: int
    mismatches: int
    ties: int = 0
    note: str = ""
    differing: tuple[int, ...] = field(default=(), repr=False)
    """The samples that differ, at most ten."""


@dataclass(frozen=True)
class Error:
    """How far results are from the model's float meaning, where they are allowed to differ."""

    output: str
    largest: float
    mean: float
    inputs: int


def compare_codes(name: str, against: str, found: Sequence[Array], expected: Sequence[Array]) -> Rung:
    """Equality of integer codes, output by output."""
    wrong = [np.asarray(f) != np.asarray(e) for f, e in zip(found, expected, strict=True)]
    samples = sorted({int(i) for w in wrong for i in np.nonzero(_any(w))[0]})
    count = len(expected[0]) if expected else 0
    return Rung(
        name,
        against,
        count,
        sum(w.size for w in wrong),
        sum(int(w.sum()) for w in wrong),
        differing=tuple(samples[:10]),
    )


def compare_networks(
    typed: Graph, network: Graph, inputs: Sequence[np.ndarray], before: Mapping[str, Found]
) -> tuple[Rung, list[Error]]:
    """The exact values of the model as typed, `before`, against those of the network after all passes.

    What a softmax gives is compared by its input, which must be exact up to an offset that all its elements share
    (a softmax does not see it), and its own error is reported.
    """
    after = network.run(inputs, keep=True)
    softmaxes = {n.name for n in typed if isinstance(n.layer, Softmax)}
    behind = _downstream(typed, softmaxes)
    wrong = []
    for name in softmaxes:
        sides = ((typed, before, typed[name].inputs[0]), (network, after, _table_input(network, name)))
        expected, result = (_below_largest(graph[n].type.exact(found[n])) for graph, found, n in sides)
        wrong.append(expected != result)
    for old, new in zip(typed.outputs, network.outputs, strict=True):
        if old.source not in behind:
            sides = ((typed, before, old.source), (network, after, new.source))
            wrong.append(different(*(reals(graph[n].type, found[n]) for graph, found, n in sides)))
    values, mismatches = sum(w.size for w in wrong), sum(int(w.sum()) for w in wrong)
    errors = []
    for old, new in zip(typed.outputs, network.outputs, strict=True):
        if old.source in behind:
            real = typed[old.source].type.exact(before[old.source]).astype(np.float64)
            errors.append(
                error_of(old.origin, real, network[new.source].type.exact(after[new.source]).astype(np.float64))
            )
    return Rung("integer network", MEANING, len(inputs[0]), values, mismatches), errors


def error_of(output: str, expected: np.ndarray, found: np.ndarray) -> Error:
    """The absolute difference of two float arrays, samples first."""
    distance = np.abs(expected - found)
    return Error(
        output, float(distance.max(initial=0)), float(distance.mean()) if distance.size else 0.0, len(expected)
    )


def _below_largest(x: Values) -> Values:
    below: Values = x.max(axis=-1, keepdims=True) - x
    return below


def _downstream(graph: Graph, names: set[str]) -> set[str]:
    reached = set(names)
    for node in graph:
        if reached.intersection(node.inputs):
            reached.add(node.name)
    return reached


def _table_input(network: Graph, name: str) -> str:
    """The node whose values the softmax table stands for: before the rounding that shortens the table, if any."""
    node = network[name]
    if not isinstance(node.layer, SoftmaxTable):
        raise IRError(f"ladder: {name} is not a softmax after the passes")
    source = node.inputs[0]
    return network[source].inputs[0] if source.startswith(f"{name}_input") else source


def evaluate_network(network: Graph, codes: Sequence[Array]) -> list[Array]:
    """Codes of the outputs from codes of the inputs."""
    found = network.run_codes(codes)
    return [as_codes(found[o.source]) for o in network.outputs]


def compare_design(design: Design, codes: Sequence[Array], expected: Sequence[Array]) -> Rung:
    """What the design gives, beat by beat as wired, against the codes `expected` of the network."""
    return compare_codes("design", "integer network", design.evaluate(codes), expected)


def compare_reference(
    typed: Graph, meaning: Mapping[str, Found], reference: Sequence[np.ndarray], against: str = "qonnx in float32"
) -> Rung:
    """What the file's execution gives, against the exact `meaning` of every node, within the proved error of float32.

    float32 may round a value that lies next to a quantizer's threshold to either side. A sample is a tie if it differs
    by no more than such roundings explain, and a mismatch if some value of it differs by more.
    """
    plain, widest = (float_errors(typed, meaning, ties=ties) for ties in (False, True))
    samples = len(plain[0])
    outside, beyond = np.zeros(samples, dtype=bool), np.zeros(samples, dtype=bool)
    for result, exact, near, far in zip(reference, typed.read_outputs(meaning), plain, widest, strict=True):
        distance = np.abs(np.asarray(result, dtype=np.float64).reshape(exact.shape) - exact.astype(np.float64))
        outside |= _any(~(distance <= near))  # so written, NaN is outside
        beyond |= _any(~(distance <= far))
    note = "compared within float32 error; at a tie float32 may fall to either side of a threshold"
    return Rung(
        MEANING,
        against,
        samples,
        sum(bound.size for bound in plain),
        int(beyond.sum()),
        int((outside & ~beyond).sum()),
        note,
        tuple(np.nonzero(beyond)[0][:10].tolist()),
    )


def _any(wrong: np.ndarray) -> np.ndarray:
    """For each sample whether any element is."""
    found: np.ndarray = np.any(wrong.reshape(len(wrong), -1), axis=1)
    return found
