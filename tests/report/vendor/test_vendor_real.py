"""Reports that the vendor's tools wrote of another project: what stands in them, figure by figure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codesign.errors import ReportError
from codesign.report.vendor.read import read_vendor_report
from codesign.report.vendor_report import CSYNTH, SYNTHESIZED, Clock, Cycles, VendorReport
from codesign.targets import Resources

REFERENCE = Path(__file__).parents[4] / "shared" / "reference"
REPORTS, BASELINES = REFERENCE / "vendor_reports", REFERENCE / "hls4ml_csynth_baselines"
RPT, XML, SYNTH = "Vivado__myproject_csynth.rpt", "Vivado__myproject_csynth.xml", "Vivado__vivado_synth.rpt"

pytestmark = pytest.mark.skipif(not REPORTS.is_dir(), reason=f"{REPORTS} is not there")


def read(name: str) -> VendorReport:
    return read_vendor_report(REPORTS / name, name)


def test_c_synthesis_by_vivado_hls() -> None:
    found = read(RPT)
    assert (found.tool, found.version, found.stage) == ("Vivado HLS", "2020.1", CSYNTH)
    assert (found.top, found.part) == ("myproject", "xc7z020-clg400-1")
    assert found.clock == Clock("ap_clk", 5.0, 4.049, 0.62)
    assert (found.latency, found.interval) == (Cycles(10, 10), Cycles(8, 8))
    assert found.resources == Resources(lut=2532, ff=7969, dsp=73, bram36=0, uram=0)
    assert found.available == Resources(lut=53200, ff=106400, dsp=220, bram36=140, uram=0)
    dense, relu, *fifos = found.instances
    assert (dense.module, relu.module) == (
        "dense_array_array_ap_fixed_16_6_5_3_0_5u_config2_s",
        "relu_array_array_ap_fixed_5u_relu_config3_s",
    )
    assert (dense.resources, dense.latency, dense.interval) == (
        Resources(lut=2134, ff=7860, dsp=73),
        Cycles(7, 7),
        Cycles(7, 7),
    )
    assert (relu.resources, relu.latency, relu.interval) == (Resources(lut=256, ff=84), Cycles(2, 2), Cycles(1, 1))
    assert [row.name for row in fifos] == [f"layer2_out_V_data_{i}_V_U" for i in range(5)]
    assert all(row.resources == Resources(ff=5) for row in fifos)


def test_its_xml_says_the_same_of_the_whole() -> None:
    rpt, xml = read(RPT), read(XML)
    for field in ("tool", "version", "stage", "top", "part", "latency", "interval", "resources", "available"):
        assert getattr(xml, field) == getattr(rpt, field), field
    assert xml.clock == Clock("", 5.0, 4.049, 0.62)
    assert xml.instances == ()


def test_synthesis_by_vivado_of_a_7_series_device() -> None:
    found = read(SYNTH)
    assert (found.tool, found.version, found.stage) == ("Vivado", "2020.1", SYNTHESIZED)
    assert (found.top, found.part) == ("myproject", "7z020clg400-1")
    assert found.resources == Resources(lut=1526, ff=2428, dsp=66, bram36=0, uram=0)
    assert found.available == Resources(lut=53200, ff=106400, dsp=220, bram36=140, uram=0)


@pytest.mark.parametrize("name", [RPT, XML, SYNTH])
def test_cut_after_any_line_they_say_the_same_or_are_refused(name: str, tmp_path: Path) -> None:
    lines = (REPORTS / name).read_text().splitlines(keepends=True)
    expected, path, refused = read(name), tmp_path / name, 0
    for kept in range(len(lines)):
        path.write_text("".join(lines[:kept]))
        try:
            found = read_vendor_report(path, name)
        except ReportError as error:
            assert f"{name}, line " in str(error)
            refused += 1
        else:
            assert found == expected, f"cut after line {kept}"
    assert refused > 60


def test_a_project_file_is_no_report() -> None:
    with pytest.raises(
        ReportError, match=r"vivado_hls\.app, line 1: .*expected the element <profile> of a csynth\.xml"
    ):
        read("Vivado__vivado_hls.app")


def baselines() -> list[Path]:
    return sorted(BASELINES.glob("*.json"))


def test_every_figure_that_hls4ml_kept_is_read() -> None:
    read_ones = [path for path in baselines() if "oneAPI" not in path.name]
    assert len(read_ones) > 50
    for path in read_ones:
        kept = json.loads(path.read_text())["CSynthesisReport"]
        found = read_vendor_report(path, path.name)
        assert found.stage == CSYNTH
        assert found.clock == Clock("", float(kept["TargetClockPeriod"]), float(kept["EstimatedClockPeriod"]))
        assert found.latency == Cycles(int(kept["BestLatency"]), int(kept["WorstLatency"])), path.name
        assert found.interval == Cycles(int(kept["IntervalMin"]), int(kept["IntervalMax"])), path.name
        for prefix, amounts in (("", found.resources), ("Available", found.available)):
            assert amounts is not None
            assert amounts.bram18 == int(kept[f"{prefix}BRAM_18K"])
            values = (amounts.lut, amounts.ff, amounts.dsp, amounts.uram)
            assert values == tuple(int(kept[prefix + name]) for name in ("LUT", "FF", "DSP", "URAM")), path.name


def test_reports_of_oneapi_are_of_other_devices() -> None:
    others = [path for path in baselines() if "oneAPI" in path.name]
    assert others
    for path in others:
        with pytest.raises(ReportError, match=r"oneAPI.*\.json, line 1: a report of oneAPI, for Intel's devices"):
            read_vendor_report(path, path.name)
