"""Launches on the card: in the terminal, in report.html and in report.json, and with what was measured."""

from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console

from codesign.analysis.launch import Pace, kernel_cycles, launch
from codesign.report.card import BATCHES
from codesign.report.card_tables import card_tables
from codesign.report.html import html
from codesign.report.model import Report
from codesign.report.stored import read_report, write_report
from codesign.targets import Link
from tests.report import samples


def printed(report: Report) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=160, highlight=False).print(*card_tables(report), sep="\n")
    return [line.rstrip() for line in out.getvalue().splitlines() if line.strip()]


def test_without_a_card_nothing_is_said_of_one() -> None:
    report = samples.chain()
    assert report.launches == () and not list(card_tables(report))
    assert "On the card" not in html(report)
    assert json.loads(report.to_json())["card"] is None


def test_the_cycles_are_those_that_are_known() -> None:
    report, found = samples.carded(samples.chain()), samples.carded(samples.measured())
    assert report.card is not None
    ports, link = report.card.ports, report.card.link
    pace = Pace(report.interval.cycles, report.latency.cycles)
    assert [one.samples for one in report.launches] == list(BATCHES)
    assert [one.kernel_cycles for one in report.launches] == [kernel_cycles(ports, pace, n) for n in BATCHES]
    assert report.launch_source == "estimated by the cycle model"
    assert [one.kernel_cycles for one in found.launches] == [kernel_cycles(ports, Pace(16, 90), n) for n in BATCHES]
    assert found.launch_source == "from the simulation of the SystemVerilog"
    assert report.launches[1] == launch(ports, pace, Pace(4, 31), 200, link, 5)


def test_the_terminal_has_a_row_per_batch() -> None:
    lines = printed(samples.carded(samples.measured()))
    assert lines[0] == (
        "on the card, 1 compute unit: kernel cycles from the simulation of the SystemVerilog, link and launch as the "
        "target's file says"
    )
    assert lines[1].split() == ["batch", "kernel", "transfer", "launch", "end", "to", "end", "bound", "samples/s"]
    [row] = [line.split() for line in lines if line.split()[:1] == ["100"]]
    one = samples.carded(samples.measured()).launches[2]
    assert row[1:3] == [f"{one.kernel_us:.4g}", "us"] and row[5:7] == ["100", "us"]


def test_the_page_has_it_and_escapes_what_is_not_ours() -> None:
    page = html(samples.carded(samples.chain()))
    assert '<h2 id="card">On the card</h2>' in page and "Nothing of this was measured on a card" in page
    assert page.count("of which kernel") == 1 and page.index('id="card"') < page.index('id="layers"')
    bad = html(samples.carded(samples.chain(), Link(1, 1, samples.HOSTILE)))
    assert "<script>" not in bad and "&lt;script&gt;" in bad


def test_the_json_has_every_part_and_is_read_back(tmp_path: Path) -> None:
    report = samples.carded(samples.measured())
    found = json.loads(report.to_json())["card"]
    assert found["source"] == report.launch_source and found["compute_units"] == 1
    one, shown = report.launches[0], found["launches"][0]
    assert shown["kernel_cycles"] == one.kernel_cycles and shown["end_to_end_us"] == round(one.end_to_end_us, 4)
    parts = shown["kernel_us"] + shown["input_us"] + shown["output_us"] + shown["launch_us"]
    assert abs(parts - shown["end_to_end_us"]) < 1e-3, "the parts are shown to a tenth of a nanosecond"
    write_report(report, tmp_path)
    assert read_report(tmp_path) == report
