"""All rungs of the ladder on the same inputs, from the user's file to the compiled C++ and the SystemVerilog."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from codesign.errors import LayerError, ModelError, ToolError
from codesign.ir.design import Design
from codesign.ir.graph import Graph
from codesign.ir.layers import Input
from codesign.ir.tensor import Array, Found, as_codes
from codesign.progress import Progress, silent
from codesign.verification.cosim import Cosim, Pacing
from codesign.verification.csim import Arithmetic, Csim
from codesign.verification.effort import authoritative, carried, elements, simulated, together
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
from codesign.verification.reference import Executable, Reference
from codesign.verification.verilator import verilator

_CSIM_NAMES = {Arithmetic.NATIVE: "csim, native integers", Arithmetic.AP: "csim, ap_int"}
_SHOWN = 20
"""Steps in which the progress of a simulation is shown."""


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
    execute: Callable[[Path], Executable] = Reference
    """What executes the file."""
    safe: Graph | None = None
    """The network with accumulators that hold every sum, where those of `network` do not: then this is what has to
    equal the typed one, and how far `network` is from it is an error."""

    def climb(
        self,
        inputs: Sequence[np.ndarray],
        arithmetics: Sequence[Arithmetic] = (),
        progress: Progress = silent,
        thorough: bool = False,
        cosim: bool = False,
    ) -> Climb:
        """Compares all of them on real inputs, one array (n, *shape) each; csim in the arithmetics given, and `cosim`.

        A file that cannot be executed has no such rung, but a note that says so; nor has the SystemVerilog where
        there is no Verilator. Where large images would take long, the simulations in ap_int and of the SystemVerilog
        are given the first of them only; their rungs say how many, and `thorough` makes it more in ap_int.
        """
        self.check_inputs(inputs)
        built: dict[Arithmetic, Future[Path]] = {}
        csims = {} if self.project is None else {a: Csim(self.project, a) for a in arithmetics}
        simulation, missing = self._simulation() if cosim else (None, ())
        with ThreadPoolExecutor(max(1, len(csims))) as pool:
            for arithmetic, csim in csims.items():  # g++ works while numpy does
                built[arithmetic] = pool.submit(csim.build)
            rungs, errors, notes = self._evaluated(inputs, progress)
            codes = [
                as_codes(n.layer.encode(x))
                for n, x in zip(self.network.inputs, inputs, strict=True)
                if isinstance(n.layer, Input)
            ]
            rung, expected = self._designed(codes, progress)
            rungs.append(rung)
            for arithmetic, csim in csims.items():
                progress(f"compiling {_CSIM_NAMES[arithmetic]}", 0, 0)
                built[arithmetic].result()
                rungs.append(self._simulated(csim, codes, expected, progress, thorough))
        if simulation is not None:
            rungs += self._cosimulated(simulation, codes, expected, progress)
        return Climb(tuple(rungs), tuple(errors), notes + missing)

    def _simulation(self) -> tuple[Cosim | None, tuple[str, ...]]:
        """The SystemVerilog as a simulation, or why there is none."""
        try:
            verilator()
            return None if self.project is None else Cosim(self.project), ()
        except ToolError as error:
            return None, (f"the SystemVerilog was not simulated: {error}",)

    def _cosimulated(
        self, simulation: Cosim, codes: Sequence[Array], expected: Sequence[Array], progress: Progress
    ) -> list[Rung]:
        """The generated SystemVerilog against the integer network, driven in every way."""
        count = simulated(self.design, len(codes[0]))
        given, wanted = [x[:count] for x in codes], [e[:count] for e in expected]
        rungs = []
        for pacing in Pacing:
            run = simulation.run(given, pacing.source, pacing.sink, progress=progress)
            rungs.append(compare_codes(f"cosim, {pacing.value}", "integer network", run.outputs, wanted))
        return rungs

    def _evaluated(
        self, inputs: Sequence[np.ndarray], progress: Progress
    ) -> tuple[list[Rung], list[Error], tuple[str, ...]]:
        """The rungs from the file to the integer network, in batches that fit the memory."""
        count, size = len(inputs[0]), together(elements(self.typed))
        progress("evaluating exactly", 0, count)
        reference, notes = self._reference([x[:1] for x in inputs])
        found, compared, wrapping = [], [], []
        for start in range(0, count, size):
            batch = [x[start : start + size] for x in inputs]
            meaning = self.typed.run(batch, keep=True)  # both comparisons need it
            if reference is not None:
                found.append(self._against_reference(reference, batch, meaning))
            compared.append(compare_networks(self.typed, self.safe or self.network, batch, meaning))
            if self.exact and self.safe is not None:
                wrapping.append(self._error(batch, meaning))
            progress("evaluating exactly", start + len(batch[0]), count)
        merged = (_merged([r for r, _ in found if r is not None]), _merged([r for r, _ in compared]))
        if self.safe is not None and merged[1] is not None:
            merged = merged[0], replace(merged[1], name=f"{merged[1].name}, safe accumulators")
        errors = _merged_errors([e for _, e in found])
        if self.exact:
            errors += _merged_errors(wrapping or [e for _, e in compared])
        return [r for r in merged if r is not None], errors, notes

    def _designed(self, codes: Sequence[Array], progress: Progress) -> tuple[Rung, list[Array]]:
        """The design, beat by beat as wired, against the integer network, and what the latter gives."""
        count, size = len(codes[0]), together(carried(self.design))
        rungs, results = [], []
        for start in range(0, count, size):
            progress("evaluating the design", start, count)
            batch = [x[start : start + size] for x in codes]
            results.append(evaluate_network(self.network, batch))
            rungs.append(compare_design(self.design, batch, results[-1]))
        progress("evaluating the design", count, count)
        merged = _merged(rungs)
        assert merged is not None
        return merged, [np.concatenate(parts) for parts in zip(*results, strict=True)]

    def _simulated(
        self, csim: Csim, codes: Sequence[Array], expected: Sequence[Array], progress: Progress, thorough: bool
    ) -> Rung:
        """The generated C++ against the integer network, a few samples at a time."""
        count = len(codes[0])
        if csim.arithmetic is Arithmetic.AP:
            count = authoritative(self.network, count, thorough)
        name, size = _CSIM_NAMES[csim.arithmetic], max(1, -(-count // _SHOWN))
        results = []
        for start in range(0, count, size):
            progress(f"running {name}", start, count)
            results.append(csim([x[start : min(start + size, count)] for x in codes]))
        progress(f"running {name}", count, count)
        whole = [np.concatenate(parts) for parts in zip(*results, strict=True)]
        return compare_codes(name, "integer network", whole, [e[:count] for e in expected])

    def _reference(self, inputs: Sequence[np.ndarray]) -> tuple[Executable | None, tuple[str, ...]]:
        """The user's file as a function, if it can be executed on one sample; else why not."""
        if self.model is None:
            return None, ("there is no copy of the model's file to execute",)
        try:
            reference = self.execute(self.model)
            reference(self._fed(inputs))
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
        self, reference: Executable, inputs: Sequence[np.ndarray], meaning: Mapping[str, Found]
    ) -> tuple[Rung | None, list[Error]]:
        """The file in float32 against the exact `meaning`; errors instead where the model was approximated."""
        floats = reference(self._fed(inputs))
        if self.exact:
            return compare_reference(self.typed, meaning, floats, reference.against), []
        values = [v.astype(np.float64) for v in self.network.values(inputs)]
        return None, [
            error_of(o.origin, np.asarray(r, dtype=np.float64).reshape(v.shape), v)
            for o, r, v in zip(self.network.outputs, floats, values, strict=True)
        ]

    def _error(self, inputs: Sequence[np.ndarray], meaning: Mapping[str, Found]) -> list[Error]:
        """How far the outputs are from their exact `meaning`."""
        exact, values = self.typed.read_outputs(meaning), self.network.values(inputs)
        return [
            error_of(o.origin, e.astype(np.float64), v.astype(np.float64))
            for o, e, v in zip(self.network.outputs, exact, values, strict=True)
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
