"""What is no report, or means harm, is refused with its file and line, quickly."""

from __future__ import annotations

from pathlib import Path

import pytest

from codesign.errors import ReportError
from codesign.report.vendor import source
from codesign.report.vendor.read import read_report_text, read_vendor_report
from tests.report.vendor import texts

LAUGHS = """<?xml version="1.0"?>
<!DOCTYPE profile [
<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">
]>
<profile>&c;</profile>
"""
OUTSIDE = """<!DOCTYPE profile SYSTEM "file:///etc/passwd"><profile>&x;</profile>"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LAUGHS, "x, line 2: a document type; reports have none"),
        (OUTSIDE, "x, line 1: a document type; reports have none"),
        ("<profile>&x;</profile>", "x, line 1: undefined entity"),
        ("<a>" * 80 + "</a>" * 80, "x, line 1: more than 64 levels of elements"),
        ("<profile>\n<Version>2020.1</Version>\n", "x, line 3: no element found, expected the rest of the XML"),
        ("<profile>\n</profil>", "x, line 2: mismatched tag"),
        ("<profile>\n</profile>", "x, line 1: <profile> has nothing of the kind, expected <UserAssignments> in it"),
        ("<project/>", "x, line 1: .*expected the element <profile>"),
        ("", "x, line 1: no report that is known, expected one of these"),
        ("a,b\n1,2\n", "x, line 1: no report that is known"),
        ("{", "x, line 1: no JSON"),
        ("[" * 100_000, "x, line 1: no JSON"),
        ('{"CSynthesisReport": []}', "x, line 1: no CSynthesisReport"),
        ("{\n}", "x, line 1: no CSynthesisReport, expected a report that hls4ml wrote"),
        ('{"report": {"HLS": {}}}', "x, line 1: a report of oneAPI"),
        ('{\n"CSynthesisReport": {\n"TargetClockPeriod": 5}}', "x, line 3: TargetClockPeriod is 5, expected a text in"),
        ('{"CSynthesisReport": {"TargetClockPeriod": "5.0"}}', "EstimatedClockPeriod is None, expected a text"),
        (texts.head("report_power"), "x, line 11: .*expected a table of utilization or a summary of timing"),
        (
            texts.timing_report(state=None),
            "x, line 10: a head without `| Design State :`, expected a name that says it",
        ),
        (texts.timing_report(state="Melted"), "the design state 'Melted', expected one of Synthesized, Optimized"),
        (texts.timing_report().replace("Vivado v.2023.1", "Quartus 23"), "line 3: 'Quartus 23.*expected Vivado v."),
        (texts.timing_report("0.1 0.0 0"), "line 29: 3 figures, expected 12"),
        (texts.timing_report(clocks=["clk {0.0 2.5} five 200.0"]), "'clk {0.0 2.5} five 200.0', expected a clock"),
        (texts.cosim_report("Fail"), "line 11: Verilog: Fail, expected Pass: the co-simulation differs from the C"),
        (texts.cosim_report("NA"), "0 languages that were simulated, expected one"),
        (texts.LATENCIES.replace("221", "2e9"), "line 2: a latency of '2e9', expected a whole number"),
        (texts.LATENCIES.replace('"76"', '"760"'), "line 2: a latency of from 760 to 221, expected the smaller one"),
        (texts.utilization_report(lut="-3"), "Slice LUTs|CLB LUTs: used '-3', expected an amount"),
        (texts.utilization_report(dsp="1e3"), "DSPs: used '1e3', expected an amount"),
        (texts.hierarchy_report(texts.TREE[2:]), "a table without its top, expected a first row"),
        (texts.hierarchy_report([texts.TREE[0], texts.TREE[4]]), "'rom' after 5 spaces, expected 2 more for each"),
        (texts.module_report(latency=("9", "8")), "Latency \\(cycles\\) from 9 to 8, expected the smaller one first"),
        (texts.module_report(total=("x", "1", "1", "1", "1")), "BRAM_18K 'x', expected an amount"),
        (texts.module_report().replace("Version:", "Edition:"), "the end of the head, expected a line `\\* Version:`"),
        (texts.summary_report(texts.NET_ROWS[1:]), "a table of no modules, expected the module net first"),
        (texts.summary_report(top="other"), "the module 'net' first, expected 'other', as in the title"),
        (texts.xml_report(version="new"), "<Version> has 'new', expected a version such as 2020.1"),
        (texts.xml_report().replace("<DSP>64</DSP>", ""), "amounts of BRAM_18K, FF, LUT, URAM, expected BRAM, DSP"),
        (texts.OPENCL_PROFILE.replace("System Run", "Unknown"), "line 12: the flow mode 'Unknown', expected one of"),
        (texts.OPENCL_PROFILE.replace("net_kernel,2,1.1", "net_kernel,2"), "line 20: 5 values, expected 6"),
        (texts.OPENCL_PROFILE.replace("net_kernel,2,1.1", "net_kernel,2,inf"), "'inf', expected a number"),
        (texts.PROFILE + "Guidance Parameters\n", "expected a table 'Kernel Execution' or"),
    ],
)
def test_a_report_that_is_none_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        read_report_text(text, "x")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.rpt").write_bytes(b"one\ntwo\0three")
    with pytest.raises(ReportError, match=r"a\.rpt, line 2: a zero byte, expected text"):
        read_vendor_report(tmp_path / "a.rpt")
    with pytest.raises(ReportError, match=r"b\.rpt: the report cannot be read: No such file"):
        read_vendor_report(tmp_path / "b.rpt")
    with pytest.raises(ReportError, match="the report cannot be read: Is a directory"):
        read_vendor_report(tmp_path)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MOST_BYTES", 1 << 20)
    (tmp_path / "a.rpt").write_bytes(b"x" * ((1 << 20) + 1))
    with pytest.raises(ReportError, match=r"a\.rpt: more than 1 MiB, expected a report"):
        read_vendor_report(tmp_path / "a.rpt")


def test_a_host_s_name_may_be_in_any_encoding(tmp_path: Path) -> None:
    text = texts.utilization_report().replace("host running", "h\u00f4te running")
    (tmp_path / "a.rpt").write_bytes(text.encode("latin-1"))
    assert read_vendor_report(tmp_path / "a.rpt", "a.rpt") == read_report_text(text, "a.rpt")
