"""How many registers lie in each process between taking a beat and giving what is computed from it."""

from __future__ import annotations

from dataclasses import replace

from codesign.analysis.schedule import pipeline_depth
from codesign.ir.design import Design


def pipelines(design: Design, clock_mhz: float = 200) -> Design:
    """The same design with the pipeline of every process decided for this clock.

    The SystemVerilog has exactly these registers. For an HLS tool, which schedules by itself, they are an estimate.
    """
    found = design.copy()
    for name, process in design.processes.items():
        found.processes[name] = replace(process, pipeline=pipeline_depth(process.kernel, clock_mhz))
    return found
