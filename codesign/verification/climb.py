"""All rungs of the ladder on the same inputs, from the user's file to the compiled C++."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from codesign.errors import LayerError, ModelError
from codesign.ir.design import Design
from codesign.ir.graph import Graph
from codesign.ir.layers import Input
from codesign.ir.tensor import Found, as_codes
from codesign.verification.csim import Arithmetic, Csim
from codesign.verification.ladder import (
    Error,
    Rung,
    compare_codes,
    compare_design,
    compare_networks,
    compare_reference,
    error_of,
    evaluate_network,
)
from codesign.verification.reference import Reference

_CSIM_NAMES = {Arithmetic.NATIVE: "csim, native integers", Arithmetic.AP: "csim, ap_int"}
EXACT_SAMPLES = 200
"""Samples of one batch: exact arithmetic keeps every number as a Python object, so batches bound the memory."""


@dataclass(frozen=True)
class Climb:
    """What was compared, and the errors of what is allowed to differ."""

    rungs: tuple[Rung, ...]
    errors: tuple[Error, ...]
    notes: tuple[str, ...] = ()
    """What could not be compared, and why."""


@dataclass(frozen=True)
class Ladder:
    """The meanings of one compiled model. `exact` says that nothing but softmax tables was approximated."""

    typed: Graph
    network: Graph
    design: Design
    exact: bool
    model: Path | None = None
    project: Path | None = None

    def climb(self, inputs: Sequence[np.ndarray], arithmetics: Sequence[Arithmetic] = ()) -> Climb:
        """Compares all of them on real inputs, one array (n, *shape) each; csim in the arithmetics given.

        A file that qonnx cannot execute has no such rung, but a note that says so.
        """
        self.check_inputs(inputs)
        rungs: list[Rung] = []
        errors: list[Error] = []
        count = len(inputs[0])
        batches = [[x[i : i + EXACT_SAMPLES] for x in inputs] for i in range(0, count, EXACT_SAMPLES)]
        reference, notes = self._reference(batches[0])
        found, compared = [], []
        for batch in batches:
            meaning = self.typed.run(batch, keep=True)  # costs most of all, and both comparisons need it
            if reference is not None:
                found.append(self._against_reference(reference, batch, meaning))
            compared.append(compare_networks(self.typed, self.network, batch, meaning))
        rungs += [r for r in [_merged([r for r, _ in found if r is not None])] if r is not None]
        errors += _merged_errors([e for _, e in found])
        rungs += [r for r in [_merged([r for r, _ in compared])] if r is not None]
        if self.exact:
            errors += _merged_errors([e for _, e in compared])
        codes = [
            as_codes(n.layer.encode(x))
            for n, x in zip(self.network.inputs, inputs, strict=True)
            if isinstance(n.layer, Input)
        ]
        rungs.append(compare_design(self.network, self.design, codes))
        if self.project is not None:
            expected = evaluate_network(self.network, codes)
            for arithmetic in arithmetics:
                results = Csim(self.project, arithmetic)(codes)
                rungs.append(compare_codes(_CSIM_NAMES[arithmetic], "integer network", results, expected))
        return Climb(tuple(rungs), tuple(errors), notes)

    def _reference(self, inputs: Sequence[np.ndarray]) -> tuple[Reference | None, tuple[str, ...]]:
        """The user's file as a function, if it can be executed on the first sample; else why not."""
        if self.model is None:
            return None, ("there is no copy of the model's file to execute",)
        try:
            reference = Reference(self.model)
            reference(self._fed([x[:1] for x in inputs]))
        except ModelError as error:
            return None, (f"not compared with the user's file: {error}",)
        return reference, ()

    def check_inputs(self, inputs: Sequence[np.ndarray]) -> None:
        """ModelError where the arrays are not the network's inputs."""
        nodes = self.network.inputs
        if len(inputs) != len(nodes):
            names = ", ".join(n.origin for n in nodes)
            raise ModelError(f"{self.network.origin}: {len(inputs)} input arrays were given, the network has {names}")
        if len({len(x) for x in inputs}) > 1:
            raise ModelError(f"{self.network.origin}: the input arrays have different numbers of samples")
        for node, x in zip(nodes, inputs, strict=True):
            if not len(x):
                raise ModelError(f"{self.network.origin}: input {node.origin}: there are no samples")
            try:
                assert isinstance(node.layer, Input)
                node.layer.encode(x[:1])
            except LayerError as error:
                raise ModelError(f"{self.network.origin}: input {node.origin}: {error}") from error

    def _against_reference(
        self, reference: Reference, inputs: Sequence[np.ndarray], meaning: Mapping[str, Found]
    ) -> tuple[Rung | None, list[Error]]:
        """The file in float32 against the exact `meaning`; errors instead where the model was approximated."""
        floats = reference(self._fed(inputs))
        if self.exact:
            return compare_reference(self.typed, meaning, floats), []
        values = [v.astype(np.float64) for v in self.network.values(inputs)]
        return None, [
            error_of(o.origin, np.asarray(r, dtype=np.float64).reshape(v.shape), v)
            for o, r, v in zip(self.network.outputs, floats, values, strict=True)
        ]

    def _fed(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """What the file gets: for an input with a type of its own, the values that the hardware receives."""
        fed = []
        for node, x in zip(self.typed.inputs, inputs, strict=True):
            if isinstance(node.layer, Input) and not node.type.real:
                x = node.layer.given(node.type.decode_float(as_codes(node.layer.encode(x))))
            fed.append(x)
        return fed


def _merged(rungs: Sequence[Rung]) -> Rung | None:
    """One rung for all batches."""
    if not rungs:
        return None
    notes = list(dict.fromkeys(r.note for r in rungs if r.note))
    return Rung(
        rungs[0].name,
        rungs[0].against,
        sum(r.inputs for r in rungs),
        sum(r.values for r in rungs),
        sum(r.mismatches for r in rungs),
        sum(r.ties for r in rungs),
        notes[0] if notes else "",
    )


def _merged_errors(batches: Sequence[Sequence[Error]]) -> list[Error]:
    merged = []
    for errors in zip(*batches, strict=True):
        inputs = sum(e.inputs for e in errors)
        mean = sum(e.mean * e.inputs for e in errors) / inputs
        merged.append(Error(errors[0].output, max(e.largest for e in errors), mean, inputs))
    return merged
