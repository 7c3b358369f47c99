"""Reports made by hand from small networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from codesign.analysis.cycles import running
from codesign.analysis.launch import Traffic
from codesign.analysis.limits import Limit
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Add, ArgMax
from codesign.passes.fifo_depth import fifo_depth
from codesign.passes.lower import Fold, lower
from codesign.report.build import budgets, layer_rows, process_rows, stream_rows
from codesign.report.card import Card
from codesign.report.measured import (
    ESTIMATED,
    SYNTHESIZED,
    AreaResult,
    AreaRow,
    CosimResult,
    CosimRun,
    ModelError,
    ProcessActivity,
    StreamOccupancy,
)
from codesign.report.model import (
    FOLDED,
    Approximation,
    Bound,
    Figure,
    OutputError,
    Report,
    Rung,
    Solved,
    StreamComparison,
)
from codesign.report.timeline import timelines
from codesign.report.vendor.match import Design, matched
from codesign.report.vendor.merge import in_order, key, merged
from codesign.report.vendor.read import read_report_text
from codesign.report.vendor_report import VendorReport
from codesign.targets import Link, Resources, load_target
from tests.perceptrons import dense, perceptron, requantize
from tests.report.vendor import texts

WIDTHS = [16, 64, 32, 32, 5]
FOLDS = {"dense_1": Fold(16, 4), "dense_2": Fold(8, 16), "dense_3": Fold(8, 8), "dense_4": Fold(5, 2)}
HOSTILE = "</title></svg><script>alert('x')</script>\" onload=\"x\x1b[2J\u202e" + "very" * 80


def chain() -> Report:
    """A perceptron of four layers."""
    return of(perceptron(np.random.default_rng(0), WIDTHS), FOLDS, {"dense_4": 8})


def branched() -> Report:
    """Two branches of different length that meet again, and two outputs."""
    rng = np.random.default_rng(1)
    g = perceptron(rng, [12, 24, 24])
    left = g.add("left", requantize(rng, g["dense_2"].type, "thresholds"), "dense_2")
    deep = g.add("deep", dense(rng, 24, 24), left.name)
    deep = g.add("deep_step", requantize(rng, deep.type, "shift", bits=5), deep.name)
    g.add("sum", Add(), deep.name, left.name)
    head = g.add("head", dense(rng, 24, 6), "sum")
    g.add("class", ArgMax(), head.name)
    g.outputs = [Output("y", "head", "logits"), Output("c", "class", "class")]
    folds = {"dense_1": Fold(6, 4), "dense_2": Fold(6, 4), "deep": Fold(6, 4), "head": Fold(6, 2)}
    return of(g, folds)


def hostile() -> Report:
    """A chain whose names in the user's file are meant to do harm."""
    report = chain()
    return replace(
        report,
        name="net",
        model=HOSTILE,
        layers=tuple(replace(row, origin=HOSTILE) for row in report.layers),
        processes=tuple(replace(row, origin=HOSTILE) for row in report.processes),
        approximations=(Approximation(HOSTILE, HOSTILE),),
        notes=(HOSTILE,),
    )


def cosim(report: Report) -> CosimResult:
    """What a simulation of `report` might have measured."""
    return CosimResult(
        simulator="Verilator 5.048",
        interval=16,
        latency=90,
        watched_cycles=250,
        runs=(
            CosimRun("paced", 12, 60, 0, 266),
            CosimRun("unthrottled", 12, 60, 0, 266),
            CosimRun("random stalls", 12, 60, 0, 901),
        ),
        processes=tuple(ProcessActivity(p.name, 12 * p.interval_cycles, 40, i) for i, p in enumerate(report.processes)),
        streams=tuple(StreamOccupancy(s.name, 1 + i % 2) for i, s in enumerate(report.streams)),
    )


def area(report: Report) -> AreaResult:
    """What synthesis of `report` might have found: all but the first process, which was too large."""
    remark = "larger than what is synthesized within 300 s"
    rows = [AreaRow(p.name, Resources(500 + i, 700, 2, 0.5), SYNTHESIZED) for i, p in enumerate(report.processes)]
    return AreaResult(
        tool="Yosys 0.70",
        family="xcup",
        processes=(replace(rows[0], source=ESTIMATED, remark=remark), *rows[1:]),
        streams=tuple(AreaRow(s.name, Resources(40, 20), SYNTHESIZED) for s in report.streams),
        errors=(ModelError("LUT", 6, 4110.0, 3015.0), ModelError("URAM", 6, 0, 0)),
    )


def measured() -> Report:
    """The chain, simulated and synthesized."""
    report = chain()
    return replace(report, cosim=cosim(report), area=area(report))


def carded(report: Report, link: Link | None = None) -> Report:
    """The same on a card, by default the U50."""
    ports = (Traffic("x", True, 4, 8, 1, 512, 4 * 64), Traffic("y", False, 1, 12, 1, 512, 40))
    link = link or load_target("u50").link
    assert link is not None
    return replace(report, card=Card(link, ports))


def of(network: Graph, folds: dict[str, Fold], requested: dict[str, int] | None = None) -> Report:
    """A report with figures in every field."""
    design = fifo_depth(lower(network, folds))
    flow = running(design)
    areas = {p.name: Resources(1000 + 137 * i, 2100 + 91 * i, 3 * i, i / 2) for i, p in enumerate(design)}
    return Report(
        name=network.name,
        version="0.1.0",
        model="net.onnx",
        digest="5f" * 32,
        target="u50",
        part="xcu50-fsvh2104-2-e",
        clock_mhz=200.0,
        layers=layer_rows(network),
        outputs=tuple(o.source for o in network.outputs),
        processes=process_rows(design, areas, requested),
        streams=stream_rows(design, flow.occupancy(), {name: Resources(30, 52) for name in design.streams}),
        budgets=budgets(sum(areas.values(), Resources()), load_target("u50")),
        interval=Figure(
            design.interval(), "exact", (Limit("port", 4, "x has 4 beats"), Limit("products", 3, "768 products"))
        ),
        latency=Figure(88, "estimate", (Limit("inputs", 31, "the last input comes late"),)),
        comparison=StreamComparison("mixed", design.interval(), 88, 4 * design.interval(), 220),
        solved=Solved("80%", None, 400, None, 0.31, 0.3),
        bounds=(
            Bound(FOLDED, "cycles", 88, "estimate", 60, "no pipeline has any depth"),
            Bound("products at a time", "products", 256, "exact", 240, "there are 3840 products"),
            Bound("DSP slices", "slices", 18, "estimate", 12, "two products share a slice"),
        ),
        rungs=(
            Rung("network", "qonnx in float32", 1000, 5000, 0, 3),
            Rung("design", "network", 1000, 5000, 0),
            Rung("csim (native)", "design", 1000, 5000, 0),
            Rung("csim (ap_int)", "design", 32, 160, 0, 0, "1.2 s"),
        ),
        approximations=(Approximation("softmax", "a table of 412 exponentials"),),
        errors=(OutputError("global_out", 0.00131, 0.0002, 1000),),
        timelines=timelines(design, flow),
    )


def design(report: Report) -> Design:
    """What of a report the vendor's tools repeat."""
    processes, streams = (frozenset(row.name for row in rows) for rows in (report.processes, report.streams))
    return Design(report.name, report.part, processes, streams)


def vendors(report: Report) -> tuple[VendorReport, ...]:
    """What each tool might have said of `report`, whose first two processes are dense_1 and relu_1."""
    files = {
        "hls_project/solution/syn/report/csynth.xml": texts.xml_report(),
        "hls_project/solution/syn/report/net_csynth.rpt": texts.module_report(),
        "hls_project/solution/syn/report/csynth.rpt": texts.summary_report(),
        "hls_project/solution/sim/report/net_cosim.rpt": texts.cosim_report(),
        "rtl/reports/synth_hierarchy.rpt": texts.hierarchy_report(),
        "rtl/reports/route_utilization.rpt": texts.utilization_report(),
        "rtl/reports/route_timing.rpt": texts.timing_report(),
        "alveo/kernel_util_routed.rpt": texts.accelerator_report(),
        "alveo/summary.csv": texts.OPENCL_PROFILE,
    }
    found: dict[tuple[str, str, str, str], VendorReport] = {}
    for name, text in files.items():
        read = matched(read_report_text(text, name), design(report))
        there = found.get(key(read))
        found[key(read)] = read if there is None else merged(there, read)
    return in_order(list(found.values()))


def reported() -> Report:
    """The chain, simulated, synthesized, and as the vendor's tools see it."""
    report = measured()
    return replace(report, vendor=vendors(report))
