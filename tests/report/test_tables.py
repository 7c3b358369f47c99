"""The summary in a terminal."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

from rich.console import Console

from codesign.report.model import Budget, Report, Rung, Verification
from codesign.report.tables import found, summary
from tests.report import samples


def printed(report: Report) -> str:
    out = StringIO()
    Console(file=out, width=150, highlight=False, markup=False).print(*summary(report), sep="\n")
    return out.getvalue()


def test_the_summary_tells_folding_timing_and_exactness() -> None:
    text = printed(samples.chain())
    assert text.startswith("net on u50 (xcu50-fsvh2104-2-e) at 200 MHz\n")
    assert "interval  16 cycles = 80 ns (exact); 4 × the bound of 4 (port)\n" in text
    assert "latency   88 cycles = 440 ns (estimate); 2.84 × the bound of 31 (inputs)\n" in text
    assert "limits    latency of this folding: 88 cycles (estimate); 1.47 × the least 60\n" in text
    assert "          products at a time: 256 products (exact); 1.07 × the least 240\n" in text
    single = "interval 64 cycles (4 ×), latency 220 (2.5 ×)"
    assert f"streams   mixed; one element per beat between layers: {single}\n" in text
    assert "exact    network = qonnx in float32 on 1000 inputs, 5000 values, 3 float32 ties\n" in text
    assert "approximated: softmax: a table of 412 exponentials\n" in text
    assert "error of global_out: at most 0.00131, mean 0.0002 on 1000 inputs\n" in text
    [line] = [line for line in text.splitlines() if line.lstrip().startswith("dense_4 ")]
    assert line.split()[1:12] == ["MatVec", "(lut)", "5", "×", "2", "16", "(asked", "8)", "16", "98", "%"]
    assert "folding   latency ≤ 400 within 80%; at most 3.33 % above the lowest price\n" in text
    assert ", fits\n" in text


def test_the_summary_tells_what_is_wrong() -> None:
    report = replace(samples.chain(), budgets=(Budget("DSP", 6000, 5952),), rungs=(Rung("csim", "design", 10, 50, 2),))
    text = printed(report)
    assert "6,000 DSP (101 %), does not fit" in text
    assert "DIFFERS  csim ≠ design in 2 of 50 values on 10 inputs\n" in text
    assert "nothing was compared" in printed(replace(report, rungs=()))
    assert "the error of these approximations was not measured" in printed(replace(report, errors=()))


def test_the_summary_tells_what_was_measured() -> None:
    text = printed(samples.measured())
    assert "interval  16 cycles = 80 ns (measured); 4 × the bound of 4 (port)\n" in text
    assert "latency   90 cycles = 450 ns (measured); 2.9 × the bound of 31 (inputs)\n" in text
    assert "limits    latency of this folding: 90 cycles (measured); 1.5 × the least 60\n" in text
    assert "exact    cosim (random stalls) = integer network on 12 inputs, 60 values, 901 cycles\n" in text
    assert "\narea      " in text
    lines = {line.split()[0]: line.split() for line in text.splitlines() if line.split()}
    assert lines["dense_1"][-4:] == ["500~", "700~", "2~", "0.5~"]  # not synthesized
    assert lines["dense_2"][-4:] == ["502", "700", "2", "0.5"]
    assert lines["process"][-4:] == ["LUT", "FF", "DSP", "BRAM36"]


def test_names_meant_to_do_harm_stay_text() -> None:
    text = printed(samples.hostile())
    assert "\x1b[2J" not in text and "\u202e" not in text
    assert "\\x1b[2J" in text


def test_markup_in_names_is_printed_as_it_is() -> None:
    report = replace(samples.chain(), notes=("[bold]note[/bold]",))
    assert "[bold]note[/bold]" in printed(report)


def test_rungs_alone_are_a_line_each() -> None:
    assert len(list(found(Verification(samples.chain().rungs)))) == 4
