"""`codesign report`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from codesign.report.stored import read_report, write_report
from tests.report import samples
from tests.report.vendor import texts

Run = Callable[..., tuple[int, str, str]]


def test_what_is_known_is_printed(run: Run, tmp_path: Path) -> None:
    write_report(samples.chain(), tmp_path)
    code, out, errors = run("report", tmp_path)
    assert (code, errors) == (0, "")
    assert out.startswith("net on u50 (xcu50-fsvh2104-2-e) at 200 MHz\n")
    assert "latency   88 cycles = 440 ns (estimate); 2.84 × the bound of 31 (inputs)\n" in out


def test_what_was_measured_since_stands_in_its_place(run: Run, tmp_path: Path) -> None:
    write_report(samples.measured(), tmp_path)
    code, out, _ = run("report", tmp_path)
    assert code == 0
    assert "latency   90 cycles = 450 ns (measured); 2.9 × the bound of 31 (inputs)\n" in out
    assert "cosim (unthrottled) = integer network on 12 inputs" in out


def test_a_folder_that_is_none_is_refused(run: Run, tmp_path: Path) -> None:
    code, out, errors = run("report", tmp_path)
    assert (code, out) == (2, "")
    assert "report.json: the report cannot be read" in errors and "`codesign compile`" in errors


def test_reports_of_vendor_tools_are_found_told_and_kept(run: Run, tmp_path: Path) -> None:
    write_report(samples.measured(), tmp_path)
    reports = tmp_path / "rtl" / "reports"
    reports.mkdir(parents=True)
    (reports / "route_utilization.rpt").write_text(texts.utilization_report())
    (reports / "synth_timing.rpt").write_text(texts.timing_report()[:900])
    elsewhere = tmp_path.parent / f"{tmp_path.name}.rpt"
    elsewhere.write_text(texts.module_report())
    code, out, errors = run("report", tmp_path, "--vendor", elsewhere)
    assert (code, errors) == (0, "")
    assert "read      rtl/reports/route_utilization.rpt: Vivado 2023.1, routed of net" in out
    assert "left out  rtl/reports/synth_timing.rpt: line " in out
    assert f"read      {elsewhere}: Vitis HLS 2023.1, C synthesis of net: 2 of 2 instances known" in out
    kept = read_report(tmp_path).vendor
    assert [v.name for v in kept] == ["Vitis HLS 2023.1, C synthesis of net", "Vivado 2023.1, routed of net"]
    before = (tmp_path / "report.json").stat().st_mtime_ns
    code, out, _ = run("report", tmp_path)
    assert code == 0 and "2,134" in out, "what was read before stays"
    assert (tmp_path / "report.json").stat().st_mtime_ns == before, "and nothing is written where nothing is new"


def test_a_vendor_path_that_is_not_there_is_refused(run: Run, tmp_path: Path) -> None:
    write_report(samples.chain(), tmp_path)
    code, _, errors = run("report", tmp_path, "--vendor", tmp_path / "none")
    assert code == 2
    assert "none: there is no such file or folder; --vendor takes a report, or a folder of them" in errors
