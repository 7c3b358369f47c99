"""Every report of the vendor's tools in a project folder, or where the user says: read, or told why not."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from codesign.errors import ReportError
from codesign.report.model import Report
from codesign.report.text import counted
from codesign.report.vendor.match import Design, matched
from codesign.report.vendor.merge import Key, in_order, key, merged
from codesign.report.vendor.read import read_vendor_report
from codesign.report.vendor_report import ROUTED, VendorReport

_HLS = ("csynth.rpt", "csynth.xml", "*_csynth.rpt", "*_csynth.xml", "*_cosim.rpt", "lat.rpt")
_VIVADO = ("*utilization*.rpt", "*hierarchy*.rpt", "*timing*.rpt", "*_util*.rpt", "*_synth.rpt", "*_route*.rpt")
_XRT = ("summary.csv", "profile_summary.csv")
_OTHER = ("*csynth*.json",)


@dataclass(frozen=True)
class Place:
    """A folder in which reports are looked for, and how they are called there."""

    folder: str
    patterns: tuple[str, ...]
    stage: str = ""
    """Of those that do not say it: what the script that writes them has done before."""
    card: bool = False
    """Whether the timing of a whole card lies there."""


PLACES = (
    Place("hls_project", _HLS),
    Place("hls_work", _HLS),
    Place("rtl/reports", _VIVADO),
    Place("alveo", (*_HLS, "*kernel_util*.rpt", "*timing_summary*routed*.rpt", *_XRT), card=True),
    Place("pynq/kernel_project", _HLS),
    Place("pynq/kernel_work", _HLS),
    Place("pynq", ("utilization.rpt", "hierarchy.rpt", "timing.rpt"), ROUTED),
)

MOST_FILES = 400
"""Reports that are read at once."""
MOST_ENTRIES = 200_000
"""Files that are looked at to find them."""
_SKIPPED = {".autopilot", ".Xil", ".ipcache", "temp", "logs"}
"""Folders in which tools keep what they need themselves; `v++` copies its reports out of the last two."""


@dataclass(frozen=True)
class Told:
    """What became of one file, or of several: `what` is what was read in it, or why it was not."""

    file: str
    what: str
    used: bool


@dataclass(frozen=True)
class Gathered:
    """The reports by tool and stage, in the order of a flow, with those that were known before and are neither replaced
    nor refused now, and a line about each file."""

    reports: tuple[VendorReport, ...]
    told: tuple[Told, ...]


def gather(report: Report, build: Path, given: Sequence[Path] = ()) -> Gathered:
    """The reports of the vendor's tools on the design of `report`: those in its folder `build`, and the files and
    folders that are `given`. ReportError for a given path that does not exist.

    What cannot be read, is of another design, or contradicts a newer report is left out, and told.
    """
    design = Design(
        report.name,
        report.part,
        frozenset(row.name for row in report.processes),
        frozenset(row.name for row in report.streams),
    )
    found: dict[Key, VendorReport] = {}
    paths, told = _paths(build, given)
    inner = 0
    for path in list(paths)[:MOST_FILES]:
        name, place = _name(path, build), paths[path]
        try:
            read = matched(read_vendor_report(path, name, place.stage), design, place.card)
            there = found.get(key(read))
            found[key(read)] = read if there is None else merged(there, read)
        except ReportError as error:
            if _is_inner(path, design, given):
                inner += 1
                continue
            told.append(Told(name, str(error).removeprefix(name).lstrip(":, "), False))
        else:
            told.append(Told(name, f"{read.name}{_of(read)}", True))
    if inner:
        said = "of functions that are no process, but inside of one, whose figures include theirs, or of another design"
        told.append(Told(counted(inner, "report"), said, False))
    if len(paths) > MOST_FILES:
        left = counted(len(paths) - MOST_FILES, "more file")
        told.append(Told(left, f"at most {MOST_FILES} are read at once", False))
    refused = {line.file for line in told if not line.used}
    kept = [old for old in report.vendor if key(old) not in found and not refused & set(old.files)]
    return Gathered(in_order([*kept, *found.values()]), tuple(told))


def _of(report: VendorReport) -> str:
    """How much of it is known."""
    known = sum(row.known for row in report.instances)
    return f": {known} of {counted(len(report.instances), 'instance')} known" if report.instances else ""


def _is_inner(path: Path, design: Design, given: Sequence[Path]) -> bool:
    """Whether a file lies there because HLS tools write one for each function, also for those inside of a process."""
    if path in given or not fnmatch(path.name, "*_csynth.*"):
        return False
    function = path.stem.removesuffix("_csynth")
    return function not in design.tops and function not in design.processes


def _paths(build: Path, given: Iterable[Path]) -> tuple[dict[Path, Place], list[Told]]:
    """Each file with its place, the newest first, so that of two runs the later one counts; and what was too large."""
    found: dict[Path, Place] = {}
    told: list[Told] = []
    anywhere = Place("", (*_HLS, *_VIVADO, *_XRT, *_OTHER))
    folders = [(build / place.folder, place) for place in PLACES]
    for path in given:
        if path.is_dir():
            folders.append((path, anywhere))
        elif path.exists():
            found[path] = anywhere
        else:
            raise ReportError(f"{path}: there is no such file or folder; --vendor takes a report, or a folder of them")
    for folder, place in folders:
        below, all_of_it = _below(folder, place.patterns)
        for path in below:
            found.setdefault(path, place)
        if not all_of_it:
            cure = "name the folder of the reports with --vendor"
            told.append(Told(_name(folder, build), f"more than {MOST_ENTRIES} files, not all looked at; {cure}", False))
    return {path: found[path] for path in sorted(found, key=lambda path: (-_changed(path), str(path)))}, told


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _below(folder: Path, patterns: tuple[str, ...]) -> tuple[list[Path], bool]:
    """The files below a folder that are called like a report, and whether those are all; links are not followed."""
    found, seen = [], 0
    for place, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        seen += len(names) + len(folders)
        if seen > MOST_ENTRIES:
            break
        found += [Path(place) / name for name in names if any(fnmatch(name, pattern) for pattern in patterns)]
    return [path for path in found if path.is_file() and not path.is_symlink()], seen <= MOST_ENTRIES


def _name(path: Path, build: Path) -> str:
    """As the user finds it: below the project folder, or as it was given."""
    return path.relative_to(build).as_posix() if path.is_relative_to(build) else path.as_posix()
