"""Reports in a project folder: read back as they were, and rendered anew with what was measured."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from codesign.errors import IRError, OutputError
from codesign.report.html import html
from codesign.report.measured import ProcessActivity, StreamOccupancy
from codesign.report.stored import read_report, update_report, write_report
from codesign.targets import Resources
from tests.report import samples


@pytest.mark.parametrize(
    "sample", [samples.chain, samples.branched, samples.hostile, samples.measured, samples.reported]
)
def test_a_report_is_read_back_as_it_was(sample: object, tmp_path: Path) -> None:
    report = sample()  # type: ignore[operator]
    write_report(report, tmp_path)
    found = read_report(tmp_path)
    assert found == report
    assert found.to_json() == report.to_json() == (tmp_path / "report.json").read_text()
    assert html(found) == (tmp_path / "report.html").read_text()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "report.json"]


def test_simulation_and_synthesis_come_in_any_order(tmp_path: Path) -> None:
    plain, measured = samples.chain(), samples.measured()
    for i, order in enumerate((("cosim", "area"), ("area", "cosim"))):
        folder = tmp_path / str(i)
        folder.mkdir()
        write_report(plain, folder)
        for what in order:
            update_report(folder, **{what: getattr(measured, what)})
        assert read_report(folder) == measured
        assert (folder / "report.html").read_text() == html(measured)


def test_simulation_and_synthesis_at_the_same_time_both_stay(tmp_path: Path) -> None:
    plain, measured = samples.chain(), samples.measured()
    assert measured.cosim is not None and measured.area is not None
    write_report(plain, tmp_path)
    updates: list[dict[str, object]] = [{"cosim": measured.cosim}, {"area": measured.area}] * 4
    with ThreadPoolExecutor(len(updates)) as pool:
        for done in [pool.submit(update_report, tmp_path, **update) for update in updates]:  # type: ignore[arg-type]
            done.result()
    assert read_report(tmp_path) == measured
    assert (tmp_path / "report.html").read_text() == html(measured)


def test_what_is_measured_again_takes_the_place_of_what_was(tmp_path: Path) -> None:
    write_report(samples.measured(), tmp_path)
    again = replace(samples.cosim(samples.chain()), latency=91)
    assert update_report(tmp_path, cosim=again) == read_report(tmp_path)
    assert read_report(tmp_path).known_latency.cycles == 91
    assert read_report(tmp_path).area == samples.measured().area


def test_a_failed_update_leaves_what_was_there(tmp_path: Path) -> None:
    report = samples.chain()
    write_report(report, tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    broken = replace(samples.area(report), streams=(replace(samples.area(report).streams[0], resources=NAN),))
    with pytest.raises(ValueError, match="not JSON compliant"):
        update_report(tmp_path, area=broken)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


NAN = Resources(lut=float("nan"))


def test_a_row_of_nothing_is_our_mistake(tmp_path: Path) -> None:
    report = samples.chain()
    write_report(report, tmp_path)
    cosim, area = samples.cosim(report), samples.area(report)
    with pytest.raises(IRError, match="of the process ghost belongs to no row of net"):
        update_report(tmp_path, cosim=replace(cosim, processes=(ProcessActivity("ghost", 1, 0, 0),)))
    with pytest.raises(IRError, match="of the stream ghost belongs to no row"):
        update_report(tmp_path, cosim=replace(cosim, streams=(StreamOccupancy("ghost", 1),)))
    with pytest.raises(IRError, match=f"of the process {area.processes[0].name} belongs to no row"):
        update_report(tmp_path, area=replace(area, processes=area.processes[:1] * 2))
    assert read_report(tmp_path) == report


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("latency"), r"report\.latency is missing"),
        (lambda d: d["layers"][1].pop("low"), r"report\.layers\[1\]\.low is missing"),
        (lambda d: d["streams"][0].update(depth="2"), r"report\.streams\[0\]\.depth is no int"),
        (lambda d: d["streams"][0].update(depth=True), r"report\.streams\[0\]\.depth is no int"),
        (lambda d: d.update(clock_mhz=None), r"report\.clock_mhz is no float"),
        (lambda d: d.update(notes="none"), r"report\.notes is no list"),
        (lambda d: d.update(solved=3), r"report\.solved is no object"),
        (lambda d: d.update(clock_mhz=float("nan")), "NaN is no number"),
        (lambda d: d.update(schema=1), "a report of schema 1, this codesign reads 3"),
        (lambda d: d.clear(), "a report of schema None"),
    ],
)
def test_a_report_that_was_changed_is_refused(change: object, message: str, tmp_path: Path) -> None:
    data = json.loads(samples.chain().to_json())
    change(data)  # type: ignore[operator]
    (tmp_path / "report.json").write_text(json.dumps(data))
    with pytest.raises(OutputError, match=message + ".*make the folder anew with `codesign compile`"):
        read_report(tmp_path)


@pytest.mark.parametrize("text", ["", "[", "\x00", "[]"])
def test_what_is_no_report_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(OutputError, match=r"report\.json: .*; make the folder anew"):
        read_report(tmp_path)


def test_a_folder_without_a_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"report\.json: the report cannot be read \(.*No such file"):
        update_report(tmp_path)
    with pytest.raises(OutputError, match="missing: the project folder cannot be read: No such file"):
        update_report(tmp_path / "missing")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / ".report.html.part").mkdir()
    with pytest.raises(OutputError, match="the report cannot be written"):
        write_report(samples.chain(), tmp_path)
