"""`compile`: a model file in, a verified project folder out."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from codesign import __version__
from codesign.backends.project import Vectors, output_folder, write_project
from codesign.backends.rtl.project import write_twin
from codesign.compiler.board import write_board
from codesign.compiler.deployment import check_board
from codesign.compiler.executing import executable
from codesign.compiler.goals import check_goals
from codesign.compiler.options import ConfigSource, Options
from codesign.compiler.reporting import report_of
from codesign.compiler.saved import keep
from codesign.errors import IRError, ModelError
from codesign.frontends.model_file import read
from codesign.frontends.names import identifier
from codesign.ir.design import Design
from codesign.ir.graph import Graph
from codesign.ir.layers import Input
from codesign.passes import pipeline
from codesign.passes.builder import Fold
from codesign.passes.fold import Folding, solve_folding
from codesign.progress import Progress, silent
from codesign.report.model import Report
from codesign.report.stored import write_report
from codesign.targets import Target
from codesign.verification.climb import Climb, Ladder
from codesign.verification.csim import Arithmetic, Csim
from codesign.verification.effort import first_inputs, written
from codesign.verification.inputs import random_inputs
from codesign.verification.ladder import MEANING, evaluate_network
from codesign.verification.verilator import verilator


@dataclass
class Compiled:
    """A compiled network: every level of it, the report, and the generated C++ as a function."""

    imported: Graph
    """The network as the file has it."""
    typed: Graph
    """The same with a type for everything the file left in float: what the integers must equal."""
    network: Graph
    """The network after all passes: integers only."""
    design: Design
    folding: Mapping[str, Fold]
    target: Target
    report: Report
    folder: Path
    """The project folder; it lives as long as this object where no output folder was given."""
    seconds: Mapping[str, float]
    """What each pass took."""
    _temporary: tempfile.TemporaryDirectory[str] | None = field(default=None, repr=False)
    _csims: dict[Arithmetic, Csim] = field(default_factory=dict, repr=False)
    """Those called before: what they loaded is not looked for again."""

    def encode(self, *inputs: ArrayLike) -> list[np.ndarray]:
        """The codes that the hardware receives for real inputs (n, *shape), one array per input of the network."""
        arrays = [np.asarray(x) for x in inputs]
        Ladder(self.typed, self.network, self.design, exact=True).check_inputs(arrays)
        return list(self.design.encode(arrays))

    def csim(self, *inputs: ArrayLike, arithmetic: Arithmetic = Arithmetic.NATIVE) -> np.ndarray | list[np.ndarray]:
        """The outputs of the generated C++ as float64 values (n, *shape); a list where there are several."""
        if arithmetic not in self._csims:
            self._csims[arithmetic] = Csim(self.folder, arithmetic)
        codes = self._csims[arithmetic](self.encode(*inputs))
        values = [p.tensor.decode_float(c) for p, c in zip(self.design.outputs, codes, strict=True)]
        return values[0] if len(values) == 1 else values


def compile(
    model: str | Path,
    *,
    target: str | None = None,
    output: str | Path | None = None,
    input_type: str | Mapping[str, str] | None = None,
    precision: str | None = None,
    config: ConfigSource = None,
    reuse: int | None = None,
    clock_mhz: float | None = None,
    streams: str | None = None,
    interval: int | None = None,
    latency_us: float | None = None,
    budget: str | Mapping[str, float | str] | None = None,
    compute_units: int | None = None,
    banks: str | Sequence[str] | None = None,
    max_batch: int | None = None,
    name: str | None = None,
    force: bool = False,
    csim: bool = True,
    cosim: bool = False,
    dump_passes: bool = False,
    progress: Progress = silent,
) -> Compiled:
    """The network in the file `model`, compiled for `target` into the project folder `output`.

    The file is .onnx (QONNX, QCDQ or plain), or .h5, .hdf5 or .keras (Keras, QKeras).

    `input_type` is a type such as 'fixed<16,6>' for every input that the file does not quantize, or a mapping by
    input name. `precision` types all that the file leaves in float; `config` (a YAML file or nested mappings)
    does so by layer. `reuse` is the reuse factor of all layers. `interval` (cycles) and `latency_us` ask for the
    cheapest design that is so fast; without them the fastest that fits is made. `budget` is what it may take of the
    target: a text such as '70%' or 'dsp=3800,bram=50%', or a mapping; 80 % of what is not named. `streams` (mixed,
    single, array or struct) wires every stream alike, to compare; mixed is the best of them. On a card, `compute_units`
    instances of the kernel share the budget, `banks` ('HBM[0],HBM[1]') are the memory banks of inputs and outputs in
    turn, and `max_batch` is the most samples of one launch. The ladder is climbed on a few random inputs, with the
    generated C++ unless `csim` is off, and with the SystemVerilog if `cosim` is on.

    Raises CodesignError with a message that names file, node and cure. The folder appears whole or not at all, and
    an existing one is replaced only with `force`. `progress` is told what the long steps are and how far they have
    come.
    """
    model = Path(model)
    if cosim:
        verilator()  # before minutes of work, what is missing
    options = Options.of(
        target, input_type, precision, config, reuse, clock_mhz, streams, interval, latency_us, budget, compute_units,
        banks, max_batch,
    )  # fmt: skip
    check_board(options)
    temporary = tempfile.TemporaryDirectory(prefix="codesign-") if output is None else None
    place = Path(temporary.name) / "project" if temporary is not None else Path(output or "")
    with output_folder(place, force) as folder:
        progress(f"reading {model.name}", 0, 0)
        source = read(model)
        imported = named(source.graph, name)
        options.check(imported)
        dump = folder / "passes" if dump_passes else None
        passed = pipeline.run(imported, options.config, options.input_types, dump=dump, progress=progress)
        if dump is not None:
            (dump / "seconds.json").write_text(json.dumps(passed.seconds, indent=2) + "\n", encoding="utf-8")
        progress("choosing the folding, timing the design", 0, 0)
        folding, design = designed(passed.network, options)
        inputs = random_inputs(
            [n.layer for n in passed.network.inputs if isinstance(n.layer, Input)], first_inputs(passed.network)
        )
        codes = design.encode(inputs)
        tried = [c[: written(design, len(c))] for c in codes]
        progress("writing the project", 0, 0)
        digest = hashlib.sha256(model.read_bytes()).hexdigest()
        clock_ns = 1000 / Fraction(options.clock_mhz)
        printed = write_project(
            design,
            folder,
            part=options.target.part,
            clock_ns=clock_ns,
            vectors=Vectors(tried, evaluate_network(passed.network, tried)),
            version=__version__,
            digest=digest,
        )
        write_twin(
            design, folder, part=options.target.part, clock_ns=clock_ns, version=__version__, digest=digest
        )  # fmt: skip
        board = write_board(design, printed, folder, options=options, clock_ns=clock_ns, digest=digest)
        copy = source.copied(folder / "model")
        ladder = Ladder(passed.typed, passed.network, design, passed.exact, copy, folder, executable, passed.safe)
        keep(ladder, folder, folding, options.strategies(passed.network), options.clock_mhz, options.streams)
        climb = ladder.climb(inputs, tuple(Arithmetic) if csim else (), progress, cosim=cosim)
        climb = replace(climb, notes=source.notes + climb.notes)
        _check(imported, climb)
        report = report_of(passed, design, options, digest, folding, climb, board)
        write_report(report, folder)
    return Compiled(
        imported,
        passed.typed,
        passed.network,
        design,
        folding.folds,
        options.target,
        report,
        place,
        passed.seconds,
        temporary,
    )


def named(graph: Graph, name: str | None) -> Graph:
    """The graph under the name that the user gives its design, if any; ModelError where that is no identifier."""
    if name is not None:
        if identifier(name, "") != name:
            raise ModelError(f"{name!r} cannot be the name of a design: use letters, digits and _, a letter first")
        graph.name = name
    return graph


def designed(network: Graph, options: Options) -> tuple[Folding, Design]:
    """The folding chosen for the target, and the design with it."""
    strategies = options.strategies(network)
    folding = solve_folding(
        network,
        options.target,
        clock_mhz=options.clock_mhz,
        reuse_by_layer=options.reuse_by_layer(network),
        strategies=strategies,
        budget=options.budget,
        interval=options.config.interval,
        latency=options.latency,
        multipliers=options.multipliers(network),
    )
    design = pipeline.build_design(network, folding.folds, strategies, options.clock_mhz, options.streams, folding.pace)
    check_goals(design, options)
    return folding, design


def _check(imported: Graph, climb: Climb) -> None:
    """IRError where two of our own meanings differ, ModelError where the reference does."""
    for rung in climb.rungs:
        if rung.mismatches and rung.name == MEANING:
            raise ModelError(
                f"{imported.origin}: {rung.against} differs from the file's exact meaning in "
                f"{rung.mismatches} of {rung.inputs} samples, beyond float32 error; please report this file"
            )
        if rung.mismatches:
            raise IRError(f"{rung.name} differs from {rung.against} in {rung.mismatches} of {rung.values} values")
