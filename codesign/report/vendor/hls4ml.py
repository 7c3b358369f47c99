"""The figures of C synthesis as hls4ml keeps them, in JSON: `CSynthesisReport`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from codesign.errors import ReportError
from codesign.report.vendor.figures import cycles, nanoseconds, resources
from codesign.report.vendor.source import Source
from codesign.report.vendor_report import CSYNTH, Clock, VendorReport
from codesign.targets import Resources

_KEY = "CSynthesisReport"
_AREAS = ("BRAM_18K", "DSP", "FF", "LUT", "URAM")


def read_hls4ml(text: str, name: str) -> VendorReport:
    """What it says of the whole design: clock, latency, interval and area; of which design, part and version it does
    not say. Reports of oneAPI, which count other cells, are refused."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise ReportError(f"{name}, line {line}: no JSON ({error}), expected a {_KEY}") from error
    if isinstance(data, dict) and _KEY not in data and isinstance(data.get("report"), dict):
        raise ReportError(
            f"{name}, line 1: a report of oneAPI, for Intel's devices; expected one of Vivado HLS or Vitis HLS"
        )
    report = data.get(_KEY) if isinstance(data, dict) else None
    if not isinstance(report, dict):
        raise ReportError(f"{name}, line 1: no {_KEY}, expected a report that hls4ml wrote of Vivado or Vitis HLS")
    entry = _Entry(report, text, name)
    return VendorReport(
        tool="HLS",
        version="",
        stage=CSYNTH,
        top="",
        part="",
        files=(name,),
        clock=Clock("", entry.ns("TargetClockPeriod"), entry.ns("EstimatedClockPeriod")),
        latency=cycles(*entry.at("BestLatency"), entry.text("WorstLatency"), "BestLatency"),
        interval=cycles(*entry.at("IntervalMin"), entry.text("IntervalMax"), "IntervalMin"),
        resources=entry.areas(""),
        available=entry.areas("Available"),
        remarks=("kept by hls4ml, which does not say by which tool and version, for which part",),
    )


class _Entry:
    """The report's keys, with the lines that they stand in."""

    def __init__(self, report: Mapping[str, object], text: str, name: str) -> None:
        self.report, self.source = report, Source(name, tuple(text.splitlines()))

    def at(self, key: str) -> tuple[Source, int, str]:
        """Where it stands, and its text."""
        pattern = re.compile(rf'"{key}"\s*:')
        inside = next((i for i, text in enumerate(self.source.lines) if f'"{_KEY}"' in text), 0)
        lines = (i for i in range(inside, len(self.source.lines)) if pattern.search(self.source.lines[i]))
        line = next(lines, inside)
        found = self.report.get(key)
        if not isinstance(found, str):
            raise self.source.error(line, f"{key} is {found!r:.60}", f"a text in {_KEY}")
        return self.source, line, found

    def text(self, key: str) -> str:
        return self.at(key)[2]

    def ns(self, key: str) -> float:
        return nanoseconds(*self.at(key), key)

    def areas(self, prefix: str) -> Resources:
        texts = {name: self.text(prefix + name) for name in _AREAS}
        return resources(self.source, self.at(prefix + "LUT")[1], texts)
