"""The reports of a project folder: found, read together, and each file told of."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from codesign.errors import ReportError
from codesign.report.vendor import gather as gathering
from codesign.report.vendor.gather import Gathered, gather
from codesign.report.vendor_report import COSIM, CSYNTH, ROUTED, RUN, SYNTHESIZED, Cycles
from codesign.targets import Resources
from tests.report import samples
from tests.report.vendor import texts

HLS = "hls_project/solution/syn/report"


def put(folder: Path, files: dict[str, str]) -> None:
    """Writes them, the first one as the newest."""
    for age, (name, text) in enumerate(files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (2_000_000_000 - age, 2_000_000_000 - age))


def found(folder: Path, *given: Path) -> Gathered:
    return gather(samples.chain(), folder, given)


def test_the_reports_of_all_tools_are_found_in_a_project_folder(tmp_path: Path) -> None:
    files = {
        f"{HLS}/csynth.xml": texts.xml_report(),
        f"{HLS}/net_csynth.rpt": texts.module_report(),
        f"{HLS}/csynth.rpt": texts.summary_report(),
        "hls_project/solution/sim/report/net_cosim.rpt": texts.cosim_report(),
        "hls_project/solution/sim/report/verilog/lat.rpt": texts.LATENCIES,
        "rtl/reports/synth_utilization.rpt": texts.utilization_report(state="Synthesized"),
        "rtl/reports/route_utilization.rpt": texts.utilization_report(),
        "rtl/reports/route_timing.rpt": texts.timing_report(),
        "alveo/_x/reports/link/imp/impl_1_kernel_util_routed.rpt": texts.accelerator_report(),
        "alveo/summary.csv": texts.OPENCL_PROFILE,
    }
    put(tmp_path, files)
    read = found(tmp_path)
    assert [(line.file, line.used) for line in read.told] == [(name, True) for name in files]
    assert [(r.stage, r.top, len(r.files)) for r in read.reports] == [
        (CSYNTH, "net", 3),
        (COSIM, "net", 2),
        (SYNTHESIZED, "net", 1),
        (ROUTED, "net", 2),
        (ROUTED, "net_kernel", 1),
        (RUN, "net_kernel", 1),
    ]
    assert read.told[0].what == "Vitis HLS 2023.1, C synthesis of net: 2 of 4 instances known"


def test_what_one_report_leaves_out_another_says(tmp_path: Path) -> None:
    put(tmp_path, {f"{HLS}/csynth.rpt": texts.summary_report(), f"{HLS}/net_csynth.rpt": texts.module_report()})
    [read] = found(tmp_path).reports
    assert (read.latency, read.available is not None, read.clock is not None) == (Cycles(88, 96), True, True)
    dense = read.instances[0]
    assert (dense.name, dense.latency, dense.interval) == ("dense_1", Cycles(7, 9), Cycles(16, 20))
    assert [(row.name, row.stream) for row in read.instances if row.stream] == [("dense_1_out_U", "dense_1_out")]


def test_the_reports_of_processes_make_one_of_the_design(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            f"{HLS}/dense_1_csynth.rpt": texts.module_report(top="dense_1"),
            f"{HLS}/relu_1_csynth.rpt": texts.module_report(top="relu_1"),
        },
    )
    [read] = found(tmp_path).reports
    assert (read.top, read.resources) == ("net", None)
    assert [row.process for row in read.instances] == ["dense_1", "relu_1"]


def test_of_two_runs_the_later_one_counts(tmp_path: Path) -> None:
    new, old = texts.xml_report(), texts.summary_report().replace("2532", "2531")
    put(tmp_path, {f"{HLS}/csynth.xml": new, f"{HLS}/csynth.rpt": old})
    read = found(tmp_path)
    assert [r.resources for r in read.reports] == [Resources(lut=2532, ff=7969, dsp=64, bram36=1.5)]
    assert not read.told[1].used
    assert f"another area than {HLS}/csynth.xml says" in read.told[1].what
    assert "expected the reports of one run; let the tool run again, or delete the older ones" in read.told[1].what


def test_versions_of_a_tool_stand_side_by_side(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            f"{HLS}/csynth.xml": texts.xml_report(),
            "hls_work/hls/syn/report/csynth.xml": texts.xml_report(version="2024.2"),
        },
    )
    assert [r.version for r in found(tmp_path).reports] == ["2023.1", "2024.2"]


def test_what_is_left_out_is_told_line_by_line(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            f"{HLS}/csynth.xml": texts.xml_report()[:900],
            f"{HLS}/csynth.rpt": texts.summary_report(texts.NET_ROWS).replace("net", "web"),
            "hls_work/csynth.xml": texts.xml_report(part="xc7z020-clg400-1"),
            "hls_work/dense_1_Pipeline_beat_csynth.rpt": texts.module_report(top="dense_1_Pipeline_beat"),
            "hls_work/mul_csynth.rpt": texts.module_report(top="mul"),
            "rtl/reports/odd_timing.rpt": texts.timing_report(state=None),
        },
    )
    read = found(tmp_path)
    assert read.reports == ()
    assert [(line.file, line.used) for line in read.told] == [
        (f"{HLS}/csynth.xml", False),
        (f"{HLS}/csynth.rpt", False),
        ("hls_work/csynth.xml", False),
        ("rtl/reports/odd_timing.rpt", False),
        ("2 reports", False),
    ]
    cut, other, part, unnamed, inner = (line.what for line in read.told)
    assert "expected the rest of the XML" in cut
    assert other == "of web, expected net; it is of another design"
    assert part == "for the part xc7z020-clg400-1, expected xcu50-fsvh2104-2-e; it is of another build"
    assert "put synth, placed or routed into the file's" in unnamed
    assert inner.startswith("of functions that are no process, but inside of one, whose figures include theirs")


def test_files_and_folders_that_are_given_are_read_too(tmp_path: Path) -> None:
    build, other = tmp_path / "build", tmp_path / "other"
    build.mkdir()
    put(
        other,
        {"deep/er/route_timing.rpt": texts.timing_report(), "any.name": texts.utilization_report(), "not.this": ""},
    )
    assert found(build).reports == ()
    read = found(build, other, other / "any.name")
    assert [(r.stage, r.files) for r in read.reports] == [
        (ROUTED, ((other / "deep/er/route_timing.rpt").as_posix(), (other / "any.name").as_posix()))
    ]
    wrong = found(build, other / "not.this")
    assert [line.used for line in wrong.told] == [False] and "no report that is known" in wrong.told[0].what
    with pytest.raises(ReportError, match=r"missing: there is no such file or folder; --vendor takes a report"):
        found(build, tmp_path / "missing")


def test_links_are_not_followed_and_work_folders_not_searched(tmp_path: Path) -> None:
    put(tmp_path, {"far/csynth.xml": texts.xml_report(), f"{HLS}/.autopilot/csynth.xml": texts.xml_report()})
    put(tmp_path, {"hls_work/here/csynth.xml": "no report"})
    (tmp_path / "hls_work" / "there").symlink_to(tmp_path / "far")
    (tmp_path / HLS / "csynth.xml").symlink_to(tmp_path / "far" / "csynth.xml")
    assert [line.file for line in found(tmp_path).told] == ["hls_work/here/csynth.xml"]


def test_there_is_a_limit_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, {f"rtl/reports/{i}_timing.rpt": "" for i in range(5)})
    monkeypatch.setattr(gathering, "MOST_FILES", 3)
    assert found(tmp_path).told[-1].file == "2 more files"
    monkeypatch.setattr(gathering, "MOST_ENTRIES", 4)
    put(tmp_path, {"alveo/summary.csv": texts.OPENCL_PROFILE})
    read = found(tmp_path)
    assert read.told[0].file == "rtl/reports"
    assert read.told[0].what == "more than 4 files, not all looked at; name the folder of the reports with --vendor"
    assert [r.stage for r in read.reports] == [RUN], "what lies elsewhere is read all the same"


def test_what_was_read_stays_until_it_is_read_anew_or_cannot_be(tmp_path: Path) -> None:
    report = samples.chain()
    put(tmp_path, {f"{HLS}/csynth.xml": texts.xml_report(), "rtl/reports/route_timing.rpt": texts.timing_report()})
    report = replace(report, vendor=gather(report, tmp_path).reports)
    (tmp_path / HLS / "csynth.xml").unlink()
    assert gather(report, tmp_path).reports == report.vendor, "a file that is gone was of this design"
    put(tmp_path, {f"{HLS}/csynth.xml": texts.xml_report()[:500]})
    assert [r.stage for r in gather(report, tmp_path).reports] == [ROUTED], "one that is cut now is of another run"
    put(tmp_path, {f"{HLS}/csynth.xml": texts.xml_report().replace(">88<", ">87<")})
    assert gather(report, tmp_path).reports[0].latency == Cycles(87, 96)


def test_a_module_within_a_loop_is_where_the_hierarchy_has_it(tmp_path: Path) -> None:
    top, dense, *_ = texts.NET_ROWS
    loop = (" o sample", "-", "3.65", "70", "35.000", "4", "1", "16", "no", "-", "-", "-", "-", "-")
    within = (f" {dense[0]}", *dense[1:])
    put(
        tmp_path,
        {f"{HLS}/csynth.rpt": texts.summary_report((top, loop, within)), f"{HLS}/csynth.xml": texts.xml_report()},
    )
    [read] = found(tmp_path).reports
    assert [(row.name, row.depth) for row in read.instances if row.process == "dense_1"] == [("dense_1_U0", 0)]


def test_the_system_on_a_board_and_the_whole_card_are_known_by_where_they_lie(tmp_path: Path) -> None:
    board = texts.timing_report(state=None).replace("| Design       : net\n", "| Design       : net_wrapper\n")
    card = texts.timing_report().replace("| Design       : net\n", "| Design       : level0_wrapper\n")
    put(
        tmp_path,
        {
            "pynq/timing.rpt": board,
            "alveo/_x/link/impl_1_hw_bb_locked_timing_summary_routed.rpt": card,
            "rtl/reports/route_timing.rpt": card,
        },
    )
    read = found(tmp_path)
    assert [(r.stage, r.top) for r in read.reports] == [(ROUTED, "level0_wrapper"), (ROUTED, "net_wrapper")]
    assert read.reports[0].remarks == (
        "the timing of level0_wrapper, the design with the platform of the card around it",
    )
    assert [line.used for line in read.told] == [True, True, False]
    assert read.told[2].what == "of level0_wrapper, expected net; it is of another design"
