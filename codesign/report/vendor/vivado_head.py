"""The head that all reports of Vivado have: tool, design, device and how far the flow was."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

from codesign.report.vendor.source import Source, short
from codesign.report.vendor_report import OPTIMIZED, PLACED, ROUTED, SYNTHESIZED

_LINE = re.compile(r"\| ([A-Z][A-Za-z ]{1,30}?)\s*: (.*)")
_STATES = {
    "Synthesized": SYNTHESIZED,
    "Optimized": OPTIMIZED,
    "Placed": PLACED,
    "Fully Placed": PLACED,
    "Physopt postPlace": PLACED,
    "Routed": ROUTED,
    "Fully Routed": ROUTED,
    "Physopt postRoute": ROUTED,
}
_NAMES = (
    (r"(?:^|_)(?:route|routed|postroute)", ROUTED),
    (r"(?:^|_)placed?(?:_|\.|$)", PLACED),
    (r"(?:^|_)synth", SYNTHESIZED),
)
"""What names of files say of the state, in the scripts of Vivado projects and in ours."""


@dataclass(frozen=True)
class Head:
    """The head of a report of Vivado."""

    command: str
    version: str
    design: str
    device: str
    stage: str
    end: int
    """The first line behind it."""


def is_vivado(text: str) -> bool:
    """Whether a line is the first one of such a head."""
    return text.startswith("| Tool Version")


def read_head(source: Source) -> Head:
    """The head; ReportError where something of it is missing, or the state of the design is not known."""
    first = source.find(is_vivado, "`| Tool Version : Vivado v.2020.1`")
    facts: dict[str, str] = {}
    line = first
    while line < len(source.lines) and not set(source.lines[line]) <= {"-"}:
        found = _LINE.match(source.lines[line])
        if found is not None:
            facts[found[1]] = found[2].strip()
        line += 1
    if line == len(source.lines):
        raise source.cut("the end of the head, a line of ---")
    for name in ("Tool Version", "Command", "Design", "Device"):
        if not facts.get(name):
            raise source.error(line, "the end of the head", f"a line `| {name} :` in it")
    version = re.match(r"Vivado v\.(\d{4}\.\d(?:\.\d)?)", facts["Tool Version"])
    if version is None:
        raise source.error(first, repr(short(facts["Tool Version"])), "Vivado v. and a version such as 2020.1")
    stage = _stage(source, facts.get("Design State"), line)
    return Head(facts["Command"], version[1], facts["Design"], facts["Device"], stage, line + 1)


def _stage(source: Source, state: str | None, line: int) -> str:
    """By the head; timing reports before 2022 do not say it, and are known by their names."""
    if state is not None:
        if state not in _STATES:
            raise source.error(line, f"the design state {short(state)!r}", f"one of {', '.join(_STATES)}")
        return _STATES[state]
    name = PurePath(source.name).name.lower()
    for pattern, stage in _NAMES:
        if re.search(pattern, name):
            return stage
    if source.stage:
        return source.stage
    raise source.error(
        line, "a head without `| Design State :`", "a name that says it: put synth, placed or routed into the file's"
    )
