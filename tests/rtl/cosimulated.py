"""A design through its SystemVerilog: the same integers and the same cycles, whatever the surroundings do."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from codesign.analysis.cycles import final_timing, latencies, paced
from codesign.analysis.latency import timing
from codesign.backends.rtl.bench import simulation
from codesign.ir.design import Design
from codesign.ir.tensor import Array
from codesign.passes.fifo_depth import fifo_depth
from codesign.passes.pipelines import pipelines
from codesign.verification.cosim import Cosim, Run, Sink, Source

PACINGS = ((Source.PACED, Sink.READY), (Source.UNTHROTTLED, Sink.READY), (Source.RANDOM, Sink.RANDOM))


def final(design: Design, clock_mhz: float = 200) -> Design:
    """The design with its pipelines and the depths of its streams decided."""
    return fifo_depth(pipelines(design, clock_mhz), clock_mhz)


def simulated(design: Design, folder: Path) -> Cosim:
    """The simulation of a final design in `folder`, made if need be."""
    for path, text in simulation(design, "0", "0").items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="ascii")
    return Cosim(folder)


def assert_cosimulated(
    design: Design, inputs: list[Array], folder: Path, clock_mhz: float = 200, seed: int = 0
) -> None:
    """The integers of `design.evaluate` with a paced source, an unthrottled one and random stalls at both ends, and
    the cycles of the model with the paced one. `inputs` are codes (n, *shape)."""
    design = final(design, clock_mhz)
    expected = design.evaluate(inputs)
    cosim = simulated(design, folder)
    for source, sink in PACINGS:
        run = cosim.run(inputs, source, sink, seed=seed)
        for found, wanted in zip(run.outputs, expected, strict=True):
            np.testing.assert_array_equal(found, wanted)
        if source is Source.PACED:
            assert_as_modelled(run, design, clock_mhz)


def assert_as_modelled(run: Run, design: Design, clock_mhz: float) -> None:
    """The cycles of a run with a paced source: of every beat, of the first sample in every process, and in the
    streams."""
    flow = paced(design, len(run.latencies), clock_mhz)
    for port, given in zip(design.outputs, run.given, strict=True):
        np.testing.assert_array_equal(given.ravel(), flow.taken[port.stream], f"cycles of {port.name}")
    assert run.latencies.tolist() == latencies(flow)
    assert run.latencies[0] == timing(design, clock_mhz).latency, "as with endless FIFOs"
    for name, span in final_timing(design, clock_mhz).processes.items():
        found = run.processes[name]
        first = found.starts[0], found.first_outputs[0], found.finishes[0]
        assert first == (span.start, span.first_output, span.finish), name
    assert {name: stream.most for name, stream in run.streams.items()} == flow.occupancy()
