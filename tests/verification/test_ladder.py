"""Comparisons find what was planted, count it, and tell ties from differences."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from codesign.errors import IRError
from codesign.ir.design import Design
from codesign.ir.graph import Graph
from codesign.ir.kernels import Apply, MatVec, Multiplier
from codesign.ir.layers import Dense, Requantize
from codesign.verification.inputs import random_inputs
from codesign.verification.ladder import (
    compare_codes,
    compare_design,
    compare_networks,
    compare_reference,
    error_of,
    evaluate_network,
)
from codesign.verification.reference import Reference
from tests.verification.networks import SCALE, classifier, ladder, layers, mutated, passed, saved


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(classifier(), tmp_path_factory.mktemp("ladder"))


def rewritten(graph: Graph, kind: type, change) -> Graph:  # type: ignore[no-untyped-def]
    """The graph with `change` applied to the first layer of this kind."""
    graph, done = graph.copy(), []

    def rule(node):  # type: ignore[no-untyped-def]
        if not isinstance(node.layer, kind) or done:
            return None
        done.append(node.name)
        return [replace(node, layer=change(node.layer))]

    assert graph.rewrite(rule)
    return graph


def another_weight(dense: Dense) -> Dense:
    weights = dense.weights.copy()
    weights[0, 0] += 1 if weights[0, 0] < dense.bits.high else -1
    return replace(dense, weights=weights, bounds=None)


def test_codes_that_differ_are_counted_with_their_samples() -> None:
    expected = [np.zeros((20, 2, 3), dtype=np.int64), np.ones((20, 1), dtype=np.int64)]
    same = compare_codes("a", "b", expected, expected)
    assert (same.inputs, same.values, same.mismatches, same.differing) == (20, 140, 0, ())
    found = [x.copy() for x in expected]
    found[0][3, 1, :2] += 1
    found[0][7, 0, 0] -= 5
    found[1][3] = 0
    rung = compare_codes("a", "b", found, expected)
    assert (rung.name, rung.against, rung.mismatches, rung.differing) == ("a", "b", 4, (3, 7))


def test_a_changed_weight_is_found_in_the_network(path: Path) -> None:
    found = passed(path)
    x = random_inputs(layers(found.network), 60)
    meaning = found.typed.run(x, keep=True)
    rung, errors = compare_networks(found.typed, found.network, x, meaning)
    assert (rung.inputs, rung.values, rung.mismatches, errors) == (60, 180, 0, [])
    broken = rewritten(found.network, Dense, another_weight)
    wrong = np.sum(
        [a != b for a, b in zip(broken.values(x)[0].ravel(), found.typed.read_outputs(meaning)[0].ravel(), strict=True)]
    )
    rung, _ = compare_networks(found.typed, broken, x, meaning)
    assert 0 < rung.mismatches == wrong < 180


def test_a_changed_step_function_is_found_in_the_network_and_in_the_design(path: Path) -> None:
    parts = ladder(path)

    def shifted(layer: Requantize) -> Requantize:
        inner = layer.function

        class Later(type(inner)):  # type: ignore[misc]
            def __call__(self, x: np.ndarray) -> np.ndarray:
                return super().__call__(np.minimum(x + 1, layer.domain[1]))

        return replace(layer, function=Later(**vars(inner)))

    x = random_inputs(layers(parts.network), 60)
    broken = rewritten(parts.network, Requantize, shifted)
    rung, _ = compare_networks(parts.typed, broken, x, parts.typed.run(x, keep=True))
    assert rung.mismatches > 0
    codes = parts.design.encode(x)
    expected = evaluate_network(parts.network, codes)[0]
    assert compare_design(parts.design, codes, evaluate_network(parts.network, codes)).mismatches == 0
    assert compare_design(parts.design, codes, evaluate_network(broken, codes)).mismatches == int(
        (evaluate_network(broken, codes)[0] != expected).sum()
    )


def test_a_changed_weight_is_found_in_the_design(path: Path) -> None:
    parts = ladder(path)
    design: Design = parts.design.copy()
    process = next(p for p in design if isinstance(p.kernel, MatVec))
    kernel = process.kernel
    assert isinstance(kernel, MatVec)
    words = kernel.weights.words.copy()
    words.flat[0] += 1
    weights = replace(kernel.weights, words=words)
    changed = replace(kernel, weights=weights, multiplier=Multiplier.LUT, adders=None)
    design.processes[process.name] = replace(process, kernel=changed)
    assert any(isinstance(p.kernel, Apply) for p in design)
    codes = parts.design.encode(random_inputs(layers(parts.network), 60))
    assert compare_design(design, codes, evaluate_network(parts.network, codes)).mismatches > 0


def test_a_file_of_another_weight_is_a_mismatch(path: Path, tmp_path: Path) -> None:
    typed = passed(path).typed
    x = random_inputs(layers(passed(path).network), 60)
    meaning = typed.run(x, keep=True)
    rung = compare_reference(typed, meaning, Reference(path)(x))
    assert (rung.inputs, rung.values, rung.mismatches) == (60, 180, 0)
    other = Reference(saved(mutated(classifier(), "v", 4.0), tmp_path))(x)
    rung = compare_reference(typed, meaning, other)
    assert rung.mismatches > 10 and len(rung.differing) == 10
    nothing = Reference(path)(x)
    nothing[0][5, 1] = np.nan
    assert compare_reference(typed, meaning, nothing).differing == (5,)


def tied_input() -> np.ndarray:
    """float32 numbers whose quotient by the float32 scale is exactly a half away from an integer only in float32."""
    step, found = Fraction(float(SCALE)), []
    for code in range(-30, 30):
        middle = np.float32(float((code + Fraction(1, 2)) * step))
        for x in (np.nextafter(middle, np.float32(-9)), middle, np.nextafter(middle, np.float32(9))):
            exact, single = round(Fraction(float(x)) / step), int(np.rint(x / SCALE))
            if exact != single:
                found.append([x, 0, 0, 0])
    return np.array(found, dtype=np.float32)


def test_a_float32_rounding_tie_is_no_mismatch(path: Path) -> None:
    x = tied_input()
    assert len(x) >= 5
    typed = passed(path).typed
    meaning = typed.run([x], keep=True)
    reference = Reference(path)([x])
    exact = np.asarray(typed.read_outputs(meaning)[0], dtype=np.float64)
    differing = int((reference[0] != exact).any(axis=1).sum())
    assert differing > 0
    rung = compare_reference(typed, meaning, reference)
    assert (rung.mismatches, rung.ties) == (0, differing)
    # The same samples with more than a step of difference.
    rung = compare_reference(typed, meaning, [reference[0] + 20])
    assert (rung.mismatches, rung.ties) == (len(x), 0)


def test_a_wrong_rounding_mode_is_a_mismatch_where_float32_is_exact(tmp_path: Path) -> None:
    """With power-of-two scales float32 rounds nothing, so that a value on a threshold is no excuse."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    even = saved(classifier(0.125), tmp_path / "a")
    up = saved(classifier(0.125, rounding="HALF_UP"), tmp_path / "b")
    typed = passed(even).typed
    x = [(np.random.default_rng(0).integers(-60, 60, (50, 4)) / 16).astype(np.float32)]
    meaning = typed.run(x, keep=True)
    same = compare_reference(typed, meaning, Reference(even)(x))
    assert (same.mismatches, same.ties) == (0, 0)
    other = Reference(up)(x)
    differing = (other[0] != np.asarray(typed.read_outputs(meaning)[0], dtype=np.float64)).any(axis=1).sum()
    rung = compare_reference(typed, meaning, other)
    assert 0 < differing == rung.mismatches and rung.ties == 0


def test_what_a_softmax_gives_is_an_error_and_what_it_reads_is_exact(tmp_path: Path) -> None:
    path = saved(classifier(softmax=True), tmp_path)
    found = passed(path)
    x = random_inputs(layers(found.network), 40)
    meaning = found.typed.run(x, keep=True)
    rung, [error] = compare_networks(found.typed, found.network, x, meaning)
    assert (rung.values, rung.mismatches) == (120, 0)
    exact = np.asarray(found.typed.read_outputs(meaning)[0], dtype=np.float64)
    ours = np.asarray(found.network.values(x)[0], dtype=np.float64)
    assert 0 < error.largest == np.abs(exact - ours).max() < 0.01
    assert error.mean == pytest.approx(np.abs(exact - ours).mean()) and error.inputs == 40
    # An error in front of it is a mismatch, however little the softmax shows of it.
    rung, _ = compare_networks(found.typed, rewritten(found.network, Dense, another_weight), x, meaning)
    assert rung.mismatches > 0
    # In float32 the softmax is the file's own, so this rung has it too.
    assert compare_reference(found.typed, meaning, Reference(path)(x)).mismatches == 0


def test_a_softmax_that_became_something_else_is_our_mistake(tmp_path: Path) -> None:
    found = passed(saved(classifier(softmax=True), tmp_path))
    x = random_inputs(layers(found.network), 2)
    with pytest.raises(IRError, match="is not a softmax after the passes"):
        compare_networks(found.typed, found.typed, x, found.typed.run(x, keep=True))


def test_the_error_of_arrays() -> None:
    error = error_of("y", np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 2.5], [3.0, 3.0]]))
    assert (error.output, error.largest, error.mean, error.inputs) == ("y", 1.0, 0.375, 2)
    assert error_of("y", np.zeros((0, 2)), np.zeros((0, 2))).largest == 0
