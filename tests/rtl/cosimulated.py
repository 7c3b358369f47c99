"""A design through its SystemVerilog: the same integers and the same cycles, whatever the surroundings do."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from codesign.analysis.latency import timing, written
from codesign.ir.design import Design
from codesign.ir.tensor import Array
from codesign.passes.fifo_depth import fifo_depth
from codesign.passes.pipelines import pipelines
from codesign.verification.cosim import Cosim

RANDOM, UNTHROTTLED = -1, 0


def final(design: Design, clock_mhz: float = 200) -> Design:
    """The design with its pipelines and the depths of its streams decided."""
    return fifo_depth(pipelines(design, clock_mhz), clock_mhz)


def assert_cosimulated(
    design: Design, inputs: list[Array], folder: Path, clock_mhz: float = 200, seed: int = 0
) -> None:
    """The integers of `design.evaluate` with a paced source, an unthrottled one and random stalls at both ends, and
    the cycles of the model with the paced one, beat by beat. `inputs` are codes (n, *shape)."""
    design = final(design, clock_mhz)
    expected = design.evaluate(inputs)
    model, cycles = timing(design, clock_mhz), written(design, len(inputs[0]), clock_mhz)
    simulation = Cosim(design, folder)
    for interval in (model.interval, UNTHROTTLED, RANDOM):
        run = simulation.run(inputs, interval, seed)
        for found, wanted in zip(run.outputs, expected, strict=True):
            np.testing.assert_array_equal(found, wanted)
        if interval == model.interval:
            assert run.latencies[0] == model.latency
            for port, taken in zip(design.outputs, run.given, strict=True):
                np.testing.assert_array_equal(taken, cycles[port.stream] + 1, f"cycles of {port.name}")
