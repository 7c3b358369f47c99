"""The figures of the vendor's tools beside ours, in report.json, report.html and the terminal."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from codesign.errors import IRError
from codesign.report.html import html
from codesign.report.stored import read_report, update_report, write_report
from codesign.report.vendor.gather import Told
from codesign.report.vendor_compare import (
    AREAS,
    FIFOS,
    LAYER,
    PROCESS,
    TOTAL,
    Compared,
    alone,
    parts,
    whole,
)
from codesign.report.vendor_report import CSYNTH, RUN, Cycles, Instance, VendorReport
from codesign.report.vendor_tables import told_lines, vendor_tables
from codesign.targets import Resources
from tests.report import samples

REPORT = samples.reported()
CSYNTHED, COSIMMED, MADE, ROUTED, KERNEL, RAN = REPORT.vendor


def figures(report: VendorReport) -> dict[str, Compared]:
    return {figure.what: figure for figure in whole(REPORT, report)}


def test_totals_stand_beside_ours() -> None:
    found = figures(CSYNTHED)
    needs = {need.resource: need.need for need in REPORT.needs}
    assert (found["LUT"].ours, found["LUT"].theirs) == (needs["LUT"], 2532)
    assert found["LUT"].source == "synthesized in part"
    assert found["LUT"].ratio == 2532 / needs["LUT"]
    assert (found["interval"].ours, found["interval"].low, found["interval"].high) == (16, 16, 20)
    assert (found["latency"].ours, found["latency"].source, found["latency"].ratio) == (90, "measured", 96 / 90)
    assert (found["clock"].ours, found["clock"].theirs) == (5.0, 3.65)


def test_what_is_not_known_has_no_ratio() -> None:
    assert figures(ROUTED)["latency"] == Compared("latency", "cycles", 90, "measured")
    assert figures(ROUTED)["latency"].ratio is None
    assert (figures(ROUTED)["URAM"].ours, figures(ROUTED)["URAM"].ratio) == (0, None)
    assert Compared("LUT", "", 4, "", None, 6).ratio == 1.5
    assert Compared("LUT", "", 4, "", 2, None).ratio == 0.5


def test_nothing_of_ours_stands_beside_a_kernel() -> None:
    assert alone(REPORT, CSYNTHED) and not alone(REPORT, KERNEL)
    assert all(f.ours is None and f.ratio is None for f in whole(REPORT, KERNEL) if f.what != "clock")
    assert figures(KERNEL)["LUT"].theirs == 6000


def test_every_process_has_a_row_under_its_layer() -> None:
    found = parts(REPORT, CSYNTHED)
    assert [(part.name, part.kind, part.within) for part in found] == [
        ("dense_1", PROCESS, False),
        ("relu_1", PROCESS, False),
        ("dense_2", PROCESS, False),
        ("relu_2", PROCESS, False),
        ("dense_3", PROCESS, False),
        ("relu_3", LAYER, False),
        ("relu_3", PROCESS, True),
        ("relu_3_repack", PROCESS, True),
        ("dense_4", PROCESS, False),
        ("FIFOs of 1 stream", FIFOS, False),
        ("all of these", TOTAL, False),
    ]
    dense, *_, fifos, total = found
    assert REPORT.area is not None
    ours = REPORT.area.processes[0].resources
    assert [f.ours for f in dense.figures[:5]] == list(ours)
    assert [f.theirs for f in dense.figures] == [2134, 7860, 64, 1.5, 0, 20, 9]
    assert (dense.figures[5].ours, dense.figures[5].source) == (16, "exact")
    assert (fifos.figures[1].ours, fifos.figures[1].theirs) == (20, 99)
    assert total.figures[0].theirs == 2134 + 256 + 0
    assert total.figures[0].ours == ours.lut + REPORT.area.processes[1].resources.lut + 40


def test_a_layer_is_the_sum_of_its_processes_where_all_are_known() -> None:
    rows = [Instance(f"{name}_U0", name, 0, Resources(lut=10), process=name) for name in ("relu_3", "relu_3_repack")]
    both, one = (replace(CSYNTHED, instances=tuple(some)) for some in (rows, rows[:1]))
    assert next(p for p in parts(REPORT, both) if p.kind == LAYER).figures[0].theirs == 20
    assert next(p for p in parts(REPORT, one) if p.kind == LAYER).figures[0].theirs is None


def test_copies_of_a_process_stand_beside_as_many_of_ours() -> None:
    row = Instance("a", "dense_1", 0, Resources(lut=300), Cycles(4, 9), Cycles(3, 5), process="dense_1")
    other = replace(row, name="b", latency=Cycles(2, 6))
    first = parts(REPORT, replace(CSYNTHED, instances=(row, other)))[0]
    assert REPORT.area is not None
    assert first.found == 2
    assert (first.figures[0].ours, first.figures[0].theirs) == (2 * REPORT.area.processes[0].resources.lut, 600)
    assert (first.figures[6].low, first.figures[6].high) == (2, 9)
    unknown = parts(REPORT, replace(CSYNTHED, instances=(row, replace(other, resources=None))))[0]
    assert unknown.figures[0].theirs is None


def test_report_json_has_all_of_it() -> None:
    data = json.loads(REPORT.to_json())
    first = data["vendor"][0]
    assert (data["schema"], first["name"], first["stage"]) == (3, "Vitis HLS 2023.1, C synthesis of net", CSYNTH)
    assert first["unmatched"] == ["entry_proc"]
    assert (first["whole"][0]["what"], first["whole"][0]["source"]) == ("LUT", "synthesized in part")
    assert [first["whole"][0][name] for name in ("ours", "low", "high", "ratio")] == [4388.0, 2532, 2532, 0.577]
    assert [part["name"] for part in first["parts"]][:2] == ["dense_1", "relu_1"]
    assert data["vendor"][-1]["launches"][1]["mean_ms"] == 0.45


def test_it_is_kept_with_the_report(tmp_path: Path) -> None:
    write_report(samples.measured(), tmp_path)
    assert update_report(tmp_path, vendor=REPORT.vendor) == REPORT == read_report(tmp_path)
    later = replace(ROUTED, resources=Resources(lut=1))
    kept = update_report(tmp_path, vendor=[later, CSYNTHED]).vendor
    assert kept == (CSYNTHED, later)
    assert (tmp_path / "report.html").read_text() == html(read_report(tmp_path))


def test_an_instance_of_nothing_is_our_mistake(tmp_path: Path) -> None:
    write_report(samples.measured(), tmp_path)
    ghost = replace(MADE, instances=(Instance("u", "m", 0, process="ghost"),))
    with pytest.raises(IRError, match=r"the instance u of Vivado 2023\.1, synthesized of net belongs to no row of net"):
        update_report(tmp_path, vendor=[ghost])
    assert read_report(tmp_path) == samples.measured()


def test_report_html_shows_every_figure_instance_and_file() -> None:
    text = html(REPORT)
    assert 'id="vendor"' in text and 'id="vendor"' not in html(samples.measured())
    section = text[text.index('id="vendor"') : text.index('id="layers"')]
    for vendor in REPORT.vendor:
        assert all(f"<code>{file}</code>" in section for file in vendor.files)
        for row in vendor.unmatched:
            assert f">{row.name}</td>" in section
    assert "2\u202f134" in section and "16 … 20" in section and "≤ 2</td>" in section
    assert "+0.123, +0.037" in section
    assert "90\u202f000</td>" in section, "cycles of a launch"


def test_names_of_a_tool_s_report_are_escaped() -> None:
    bad = Instance(samples.HOSTILE, samples.HOSTILE, 0, Resources(lut=1))
    hostile = replace(
        CSYNTHED,
        version=samples.HOSTILE,
        top=samples.HOSTILE,
        files=(samples.HOSTILE,),
        instances=(*CSYNTHED.instances, bad),
        remarks=(samples.HOSTILE,),
    )
    ran = replace(RAN, launches=tuple(replace(run, name=samples.HOSTILE) for run in RAN.launches))
    report = replace(REPORT, vendor=(hostile, ran))
    assert "<script" not in html(report)
    shown = printed(report)
    assert "\x1b" not in shown and "\u202e" not in shown


def printed(report: object, told: tuple[Told, ...] = ()) -> str:
    console = Console(width=220, record=True, force_terminal=False, highlight=False, markup=False)
    with console.capture() as capture:
        console.print(*told_lines(told), *vendor_tables(report), sep="\n")  # type: ignore[arg-type]
    return capture.get()


def test_the_terminal_shows_the_same() -> None:
    told = (Told("a.rpt", "Vivado 2023.1, routed of net", True), Told("b.rpt", "of web, expected net", False))
    text = printed(REPORT, told)
    lines = text.splitlines()
    assert lines[0] == "read      a.rpt: Vivado 2023.1, routed of net"
    assert lines[1] == "left out  b.rpt: of web, expected net"
    [luts] = [line.split() for line in lines if line.split()[:1] == ["LUT"] and "4,388" in line]
    assert luts[:4] == ["LUT", "4,388", "2,532", "(0.577"]
    [dense] = [line.split() for line in lines if "7 … 9" in line]
    assert dense[:4] == ["dense_1", "2,134", "500", "4.27"]
    assert "dense_2 (not there)" in text and "entry_proc" in text and "glue_i" in text
    assert "net_kernel_1 launched 2 times, by the device 0.45 ms each (0.44 … 0.46) = 90,000 cycles at 200 MHz" in text
    assert f"XRT 2.15.225, {RUN} of net_kernel: 2 transfers to the device of 24.64 KB" in text
    assert printed(samples.measured()).strip() == ""


def test_the_areas_of_a_comparison_are_those_of_a_target() -> None:
    assert AREAS == ("LUT", "FF", "DSP", "BRAM36", "URAM")
