"""A timeline as bars with final coordinates; the template only prints them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from codesign.report.picture import FAMILIES, one_line_each
from codesign.report.text import counted, one_line, spaced
from codesign.report.timeline import Timeline, TimelineRow

NAMES, PLOT, SHARES = 236, 880, 84
"""Pixels of the columns: names, bars, what a process is busy."""
TOP, BOTTOM = 30, 44
LETTERS = 32
"""How many letters of a name fit its column; all are in the tooltip."""
TALL, LOW = (22, 16), (15, 11)
"""Pixels of a row, and of the bar in it, of small designs and of those of more than `MANY` rows."""
MANY = 40


@dataclass(frozen=True)
class Bar:
    """A row: its name and figures, the shape of its work, and the places of its waits."""

    y: float
    """Where its text stands."""
    top: float
    name: str
    share: str
    family: str
    tip: str
    others: str
    """Path of the work for other samples, empty where there is none."""
    busy: str
    """Path of the work for this one: as high as the share of cycles in which an iteration begins."""
    room: str
    """Path of the waits for room: hanging down as far as their share of cycles."""
    waits: tuple[float, float]
    """x and width from the first iteration to the last."""
    drain: tuple[float, float]
    """x from the last iteration to the last result."""


@dataclass(frozen=True)
class Tick:
    """A line at a number of cycles."""

    x: float
    cycles: str
    time: str


@dataclass(frozen=True)
class Chart:
    """A drawing of `width` x `height` pixels."""

    width: int
    height: int
    left: float
    right: float
    top: float
    bottom: float
    row: int
    bar: int
    small: bool
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    latency: float
    """x of the last result."""
    next_sample: float | None
    """x of the first beat of the next sample, where that is still within the time."""


def chart(line: Timeline, origins: Mapping[str, str], clock_ns: float) -> Chart:
    """The drawing of a timeline; `origins` are the names of the processes in the user's file."""
    many = len(line.rows) > MANY
    row, bar = LOW if many else TALL
    scale = PLOT / max(1, line.cycles)
    bars = tuple(_bar(r, line, origins.get(r.name, ""), TOP + i * row, many, scale) for i, r in enumerate(line.rows))
    bottom = TOP + len(bars) * row
    step = _round_step(line.cycles / 8)
    marks = range(0, line.cycles - line.before + 1, step)
    ticks = tuple(Tick(_x((line.before + n) * scale), spaced(f"{n:,}"), _time(n * clock_ns)) for n in marks)
    following = line.before + line.interval
    return Chart(
        NAMES + PLOT + SHARES, bottom + BOTTOM, NAMES, NAMES + PLOT, TOP, bottom, row, bar, many, bars, ticks,
        _x((line.before + line.latency) * scale), _x(following * scale) if following < line.cycles else None,
    )  # fmt: skip


def _bar(r: TimelineRow, line: Timeline, origin: str, y: float, many: bool, scale: float) -> Bar:
    row, bar = LOW if many else TALL
    top = y + (row - bar) / 2
    busy = _shape(r.busy, r.begin, line, top, bar, scale)
    others = _shape(r.others, 0, line, top, bar, scale)
    room = _shape(r.still, r.begin, line, top, bar, scale, hanging=True)
    kernel = r.what.split(",")[0]
    share = f"{100 * r.works / line.interval:.0f} %"
    tip = [f"{r.name}: {r.what}", *([origin] if origin else [])]
    tip.append(f"works in cycle {r.start:,} to {r.stop - 1:,}, {counted(r.works, 'cycle')}")
    if r.waits:
        tip.append(f"waits {counted(r.waits, 'cycle')} for beats in between")
    if r.room:
        tip.append(f"waits {counted(r.room, 'cycle')} for room")
    if r.finish > r.stop:
        tip.append(f"last result written in cycle {r.finish - 1:,}")
    tip.append(f"busy {share} of the interval")
    return Bar(
        round(y + row / 2 + (3.5 if many else 4), 1),
        top,
        one_line(r.name, LETTERS),
        share,
        "port" if r.what in ("input", "output") else FAMILIES.get(kernel, "other"),
        one_line_each(spaced("\n".join(tip))),
        others,
        busy,
        room,
        (_x((line.before + r.start) * scale), _w((r.stop - r.start) * scale)),
        (_x((line.before + r.stop) * scale), _x((line.before + r.finish) * scale)),
    )


def _shape(
    counts: Sequence[int], begin: int, line: Timeline, top: float, height: int, scale: float, hanging: bool = False
) -> str:
    """A path as high as the share of busy cycles in each step, in whole pixels; what works at all is seen."""
    base, up = (top, -1) if hanging else (top + height, 1)
    path: list[str] = []
    at = begin
    levels = [_level(n, line, begin + i, height) for i, n in enumerate(counts)]
    for level, same in groupby(levels):
        start, at = at, at + len(list(same))
        if level:
            stop = min(at * line.step, line.cycles)
            path.append(
                f"M{_x(start * line.step * scale):g} {base:g}V{base - up * level:g}H{_x(stop * scale):g}V{base:g}Z"
            )
    return "".join(path)


def _level(busy: int, line: Timeline, step: int, height: int) -> int:
    """Pixels of a share; the last step may be shorter than the others."""
    cycles = min(line.step, line.cycles - step * line.step)
    return max(2, round(height * busy / cycles)) if busy else 0


def _round_step(least: float) -> int:
    """The smallest 1, 2 or 5 times a power of ten that is no less."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power >= least:
                return factor * power
        power *= 10


def _time(ns: float) -> str:
    if not ns:
        return "0"
    return f"{ns / 1000:.4g} µs" if ns >= 1000 else f"{ns:.4g} ns"


def _x(pixels: float) -> float:
    return round(NAMES + pixels, 1)


def _w(pixels: float) -> float:
    return round(pixels, 1)
