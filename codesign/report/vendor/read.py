"""One report of a vendor's tool, whichever it is: recognized by what stands in it, not by its name."""

from __future__ import annotations

from pathlib import Path

from codesign.errors import ReportError
from codesign.report.vendor import csynth_module, csynth_summary
from codesign.report.vendor.accelerator import is_accelerator, read_accelerator
from codesign.report.vendor.cosim import is_cosim, is_latencies, read_cosim, read_latencies
from codesign.report.vendor.csynth_xml import read_xml
from codesign.report.vendor.hierarchy import is_hierarchy, read_hierarchy
from codesign.report.vendor.hls4ml import read_hls4ml
from codesign.report.vendor.source import Source, read_text
from codesign.report.vendor.timing import is_timing, read_timing
from codesign.report.vendor.utilization import is_flat, read_utilization
from codesign.report.vendor.vivado_head import is_vivado
from codesign.report.vendor.xrt_profile import is_profile, read_profile
from codesign.report.vendor_report import VendorReport

KNOWN = (
    "<module>_csynth.rpt or .xml, csynth.rpt or .xml, <top>_cosim.rpt, lat.rpt, what report_utilization, "
    "report_utilization -hierarchical, report_accelerator_utilization and report_timing_summary write, summary.csv "
    "and profile_summary.csv of XRT, the JSON of hls4ml"
)


def read_vendor_report(path: Path, name: str | None = None, stage: str = "") -> VendorReport:
    """What a report says; ReportError, with its file and line, where it cannot be read, is cut or is none of these.

    `name` is what messages call the file, by default its path; `stage` is taken where neither the file nor its name
    says how far the flow was.
    """
    return read_report_text(read_text(path, name or str(path)), name or str(path), stage)


def read_report_text(text: str, name: str, stage: str = "") -> VendorReport:
    """The same of the text of a report."""
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("<"):
        return read_xml(text.lstrip("\ufeff"), name)
    if start.startswith(("{", "[")):
        return read_hls4ml(text, name)
    source = Source(name, tuple(text.splitlines()) or ("",), stage)
    if is_profile(source.lines[0]):
        return read_profile(source)
    if is_latencies(source.lines[0]):
        return read_latencies(source)
    head = source.lines[:12]
    if any(map(is_cosim, head)):
        return read_cosim(source)
    if any(map(csynth_module.TITLE.match, head)):
        return csynth_module.read_module(source)
    if any(map(csynth_summary.TITLE.match, head)):
        return csynth_summary.read_summary(source)
    if any(map(is_vivado, head)):
        return _vivado(source)
    raise ReportError(f"{name}, line 1: no report that is known, expected one of these: {KNOWN}")


def _vivado(source: Source) -> VendorReport:
    for is_one, reader in (
        (is_timing, read_timing),
        (is_accelerator, read_accelerator),
        (is_hierarchy, read_hierarchy),
        (is_flat, read_utilization),
    ):
        if is_one(source):
            return reader(source)
    raise source.cut("a table of utilization or a summary of timing behind the head")
