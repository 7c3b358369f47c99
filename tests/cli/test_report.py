"""`codesign report`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from codesign.report.stored import write_report
from tests.report import samples

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
