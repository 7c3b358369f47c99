"""`codesign scan` from the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.scan.conftest import Case, jets

__all__ = ["jets"]


def test_a_scan_prints_a_row_per_point_and_where_the_files_are(run: Run, jets: Case, tmp_path: Path) -> None:
    words = ["scan", jets.model, "--data", jets.data, "--labels", jets.labels, "--metric", "accuracy"]
    code, out, errors = run(*words, "--bits", "4,6", "--clock-mhz", "100", "-o", tmp_path)
    assert code == 0, errors
    lines = [line.split() for line in out.splitlines() if line.split()]
    [head, _, four, six, *rest] = lines
    assert head[:3] == ["point", "bits", "accuracy"]
    assert (four[1], six[1]) == ("4", "6")
    assert all(len(row) == 13 and float(row[8]) > 0 for row in (four, six))
    assert "2 points evaluated now, 2 in the store" in out
    assert str(tmp_path) in out
    assert rest


def test_a_mistake_is_one_message_and_an_exit_code(run: Run, jets: Case, tmp_path: Path) -> None:
    words = ["scan", jets.model, "--data", jets.labels, "--labels", jets.labels, "--metric", "accuracy"]
    code, out, errors = run(*words, "-o", tmp_path)
    assert (code, out) == (2, "")
    assert "the samples of input x have shape (), the network expects (16,)" in errors.replace("\n", " ")


def test_a_budget_that_no_point_meets_names_the_nearest(run: Run, jets: Case, tmp_path: Path) -> None:
    words = ["scan", jets.model, "--data", jets.data, "--labels", jets.labels, "--metric", "accuracy"]
    code, out, errors = run(*words, "--bits", "4,8", "--budget", "lut=100", "--parquet", "-o", tmp_path)
    assert code == 0, errors
    told = " ".join(out.split())
    found = re.search(
        r"nearest, ([0-9a-f]{12}) of 4 bits, misses it by a factor of ([\d.]+): .* it needs ([\d,]+) LUT", told
    )
    assert found is not None
    assert f"{found[1]} 4 " in told
    assert float(found[2]) == pytest.approx(int(found[3].replace(",", "")) / 100, rel=0.01)
    assert (tmp_path / "results.parquet").is_file()
