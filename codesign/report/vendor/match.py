"""Whether a vendor's report is of this design, and which of its instances are processes and FIFOs of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, replace

from codesign.errors import ReportError
from codesign.report.vendor_report import COSIM, CSYNTH, Instance, VendorReport

SUFFIXES = ("", "_kernel", "_axis", "_wrapper")
"""What is put behind the name of the design: of the memory-mapped kernel, of the SystemVerilog with AXI4-Stream ports,
of the system on a PYNQ board."""


@dataclass(frozen=True)
class Design:
    """What of a design the vendor's tools repeat."""

    name: str
    part: str
    processes: frozenset[str]
    streams: frozenset[str]

    @property
    def tops(self) -> frozenset[str]:
        """What its functions and modules may be called; a name that is taken has a 2 behind it."""
        return frozenset(f"{self.name}{suffix}{again}" for suffix in SUFFIXES for again in ("", "_2"))


def matched(report: VendorReport, design: Design, card: bool = False) -> VendorReport:
    """The report with the process or stream of each instance that is one; of a larger system, the part that is the
    design. Reports of one process become reports of the design with this one instance.

    Of the timing of a whole `card` with its platform, whatever that is called, the design sets a part.

    ReportError, which says why, for a report of another design or for another part.
    """
    there = report.files[0]
    if report.part and not same_part(report.part, design.part):
        raise ReportError(f"{there}: for the part {report.part}, expected {design.part}; it is of another build")
    if card and report.slack is not None and report.top not in design.tops:
        around = f"the timing of {report.top}, the design with the platform of the card around it"
        return replace(report, remarks=(*report.remarks, around))
    if report.top and report.top not in design.tops:
        inside = _rooted(report, design)
        if inside is None:
            inside = _of_one_process(report, design)
        if inside is None:
            raise ReportError(f"{there}: of {report.top}, expected {design.name}; it is of another design")
        report = inside
    if not report.top and report.stage in (CSYNTH, COSIM):
        unsaid = f"{there} does not say of which design it is"
        report = replace(report, top=design.name, remarks=(*report.remarks, unsaid))
    return replace(report, instances=tuple(_matched(report, design)))


def same_part(reported: str, wanted: str) -> bool:
    """Whether a device as a tool spells it is that part: `7z020clg400-1`, `7a100t-csg324` and `xczu3eg` leave out the
    prefix, the dashes, the speed grade or the package."""
    found, part = _plain(reported), _plain(wanted)
    return bool(found) and part.startswith(found)


def _plain(part: str) -> str:
    return re.sub(r"[^a-z0-9]", "", re.sub(r"^x[caq](?=[a-z0-9])", "", part.lower()))


def _rooted(report: VendorReport, design: Design) -> VendorReport | None:
    """The first instance whose module is the design as the top, with what is inside of it; None where there is none."""
    roots = [i for i, row in enumerate(report.instances) if row.module in design.tops]
    if not roots:
        return None
    root = report.instances[roots[0]]
    inside = []
    for row in report.instances[roots[0] + 1 :]:
        if row.depth <= root.depth:
            break
        inside.append(replace(row, depth=row.depth - root.depth - 1))
    more = f", the first of {len(roots)}" if len(roots) > 1 else ""
    return replace(
        report,
        top=root.module,
        resources=root.resources,
        available=None,
        instances=tuple(inside),
        remarks=(*report.remarks, f"the part {root.name} of {report.top}{more}"),
    )


def _of_one_process(report: VendorReport, design: Design) -> VendorReport | None:
    """C synthesis of a function that is a process, as an instance of the design."""
    if report.stage != CSYNTH or _process(report.top, report.top, design) is None:
        return None
    row = Instance(report.top, report.top, 0, report.resources, report.latency, report.interval)
    return VendorReport(
        report.tool, report.version, report.stage, design.name, report.part, report.files, instances=(row,)
    )


def _matched(report: VendorReport, design: Design) -> Iterator[Instance]:
    """What is inside of a process or FIFO is part of it, and is not looked at."""
    inside: int | None = None
    for row in report.instances:
        if inside is not None and row.depth > inside:
            yield row
            continue
        process = _process(row.name, row.module, design)
        stream = None if process is not None else _stream(row.name, design.streams)
        inside = row.depth if process is not None or stream is not None else None
        yield replace(row, process=process, stream=stream)


def _process(instance: str, module: str, design: Design) -> str | None:
    """By the instance (`dense_1_U0`, `grp_dense_1_fu_40`, `dense_1`), else by the module (`dense_1`, `net_dense_1`,
    `dense_1_s`), else by either without a number that a tool put behind a name which it needed twice (`dense_1_1`)."""
    bare = instance.rpartition("/")[2]
    bare = re.sub(r"_U\d+$", "", re.sub(r"_fu_\d+$", "", bare.removeprefix("grp_")))
    names = [bare, module]
    names += [module.removeprefix(f"{top}_") for top in sorted(design.tops) if module.startswith(f"{top}_")]
    names += [name.removesuffix("_s") for name in names if name.endswith("_s")]
    for name in (*names, *(re.sub(r"_\d+$", "", name) for name in names)):
        if name in design.processes:
            return name
    return None


def _stream(instance: str, streams: Set[str]) -> str | None:
    """A FIFO of HLS tools: `<stream>_U`, `<stream>_V_V_U`, with the number of the lane behind the stream's name; of
    the SystemVerilog: `<stream>_fifo`."""
    bare = instance.rpartition("/")[2]
    found = re.fullmatch(r"(.+?)(?:(?:_V){0,2}_U|_fifo(?:_\d+)?)", bare)
    if found is None:
        return None
    for name in (found[1], re.sub(r"_\d+$", "", found[1])):
        if name in streams:
            return name
    return None
