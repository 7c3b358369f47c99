"""The verification ladder: each meaning of the model compared with the next on the same inputs, value by value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from codesign.errors import IRError
from codesign.ir.design import Design
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import Quantize, Softmax, SoftmaxTable
from codesign.ir.tensor import Array, Numbers, Values


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
    samples = sorted({int(i) for w in wrong for i in np.nonzero(w.reshape(len(w), -1).any(axis=1))[0]})
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
    typed: Graph, network: Graph, inputs: Sequence[np.ndarray], before: Mapping[str, Numbers]
) -> tuple[Rung, list[Error]]:
    """The exact values of the model as typed, `before`, against those of the network after all passes.

    What a softmax gives is compared by its input, which must be exact up to an offset that all its elements share
    (a softmax does not see it), and its own error is reported.
    """
    after = network.run(inputs, keep=True)
    count, values, mismatches = len(inputs[0]), 0, 0
    softmaxes = {n.name for n in typed if isinstance(n.layer, Softmax)}
    behind = _downstream(typed, softmaxes)
    pairs = []
    for name in softmaxes:
        sides = ((typed, before, typed[name].inputs[0]), (network, after, _table_input(network, name)))
        pairs.append([_below_largest(graph[n].type.exact(found[n])) for graph, found, n in sides])
    for old, new in zip(typed.outputs, network.outputs, strict=True):
        if old.source not in behind:
            pairs.append(
                [typed[old.source].type.exact(before[old.source]), network[new.source].type.exact(after[new.source])]
            )
    for expected, result in pairs:
        wrong = expected != result
        values, mismatches = values + wrong.size, mismatches + int(wrong.sum())
    errors = []
    for old, new in zip(typed.outputs, network.outputs, strict=True):
        if old.source in behind:
            real = typed[old.source].type.exact(before[old.source]).astype(np.float64)
            errors.append(
                error_of(old.origin, real, network[new.source].type.exact(after[new.source]).astype(np.float64))
            )
    return Rung("integer network", "exact meaning of the model", count, values, mismatches), errors


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
    return [np.asarray(found[o.source], dtype=np.int64) for o in network.outputs]


def compare_design(network: Graph, design: Design, codes: Sequence[Array]) -> Rung:
    """The network's codes against those of the design, beat by beat as wired."""
    return compare_codes("design", "integer network", design.evaluate(codes), evaluate_network(network, codes))


def compare_reference(
    typed: Graph, inputs: Sequence[np.ndarray], reference: Sequence[np.ndarray], found: Sequence[np.ndarray]
) -> Rung:
    """qonnx's float32 results against the exact values, within float32's own error.

    float32 rounds a value that lies next to a quantizer's threshold to either side. A sample that differs is a tie
    if, in the exact evaluation, some quantizer's input lies that close to a threshold; any other is a mismatch.
    """
    wrong = []
    for r, f in zip(reference, found, strict=True):
        r, f = np.asarray(r, dtype=np.float64).reshape(len(f), -1), np.asarray(f, dtype=np.float64).reshape(len(f), -1)
        wrong.append(np.abs(r - f) > FLOAT_ERROR * np.maximum(1.0, np.abs(f).max(axis=1, keepdims=True)))
    different = np.any([w.any(axis=1) for w in wrong], axis=0)
    samples = np.nonzero(different)[0]
    near = _near_threshold(typed, [x[samples] for x in inputs]) if len(samples) else np.zeros(0, dtype=bool)
    ties, mismatches = int(near.sum()), int((~near).sum())
    note = "compared within float32 error; at a tie float32 may fall to either side of a threshold"
    values = sum(w.size for w in wrong)
    return Rung(
        "exact meaning of the model", "qonnx in float32", len(different), values, mismatches, ties, note,
        tuple(int(s) for s in samples[~near][:10]),
    )  # fmt: skip


FLOAT_ERROR = 2.0**-20
"""Relative error that float32 sums of a few hundred products may show."""


def _near_threshold(typed: Graph, inputs: Sequence[np.ndarray]) -> np.ndarray:
    """For each sample, whether a quantizer's exact input lies within float32 error of one of its thresholds."""
    found = typed.run(inputs, keep=True)
    near = np.zeros(len(inputs[0]), dtype=bool)
    for node, x in zip(typed.inputs, inputs, strict=True):
        near |= _input_near(node, x)
    for node in typed:
        source = typed[node.inputs[0]] if node.inputs else None
        if source is None or not isinstance(node.layer, Quantize):
            continue
        values = source.type.exact(found[source.name])
        near |= _close(values, node.layer, values)
    return near


def _input_near(node: Node, x: np.ndarray) -> np.ndarray:
    """Whether float32 noise of the input itself changes its code."""
    from codesign.ir.layers import Input

    layer = node.layer
    assert isinstance(layer, Input)
    if node.type.real:
        return np.zeros(len(x), dtype=bool)
    noise = np.maximum(np.abs(x), 1.0).astype(np.float64) * 2.0**-21
    changed = np.asarray(layer.encode(x - noise) != layer.encode(x + noise))
    near: np.ndarray = np.any(changed.reshape(len(x), -1), axis=1)
    return near


def _close(values: Values, quantizer: Quantize, magnitude: Values) -> np.ndarray:
    z = ((values - quantizer.offset.array()) / quantizer.step.array()).astype(np.float64)
    scale = np.abs(z).reshape(len(z), -1).max(axis=1).reshape(-1, *([1] * (z.ndim - 1)))
    noise = FLOAT_ERROR * np.maximum(1.0, scale)
    low = np.array([quantizer.rounding.apply(_fraction(v)) for v in (z - noise).ravel()]).reshape(z.shape)
    high = np.array([quantizer.rounding.apply(_fraction(v)) for v in (z + noise).ravel()]).reshape(z.shape)
    clip = (quantizer.low, quantizer.high)
    changed = np.asarray(np.clip(low, *clip) != np.clip(high, *clip))
    near: np.ndarray = np.any(changed.reshape(len(z), -1), axis=1)
    return near


def _fraction(x: float):  # type: ignore[no-untyped-def]
    from fractions import Fraction

    return Fraction(x)
