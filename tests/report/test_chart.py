"""The picture of a timeline: everything inside it, nothing over something else."""

from __future__ import annotations

import re

import pytest

from codesign.report.chart import LOW, MANY, NAMES, PLOT, TALL, Tick, chart
from codesign.report.timeline import Timeline, TimelineRow
from tests.report import samples

LINES = {f"{name}, {'run' if line.steady else 'alone'}": line
         for name, sample in (("chain", samples.chain), ("branched", samples.branched))
         for line in sample().timelines}  # fmt: skip


def numbers(path: str, letter: str) -> list[float]:
    return [float(x) for x in re.findall(rf"{letter}([-\d.]+)", path)]


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_all_is_inside_the_picture(line: Timeline) -> None:
    drawn = chart(line, {}, 5.0)
    assert len(drawn.bars) == len(line.rows)
    for bar in drawn.bars:
        for path in (bar.busy, bar.others, bar.room):
            assert all(drawn.left <= x <= drawn.right for x in (*numbers(path, "M"), *numbers(path, "H")))
            assert all(bar.top <= y <= bar.top + drawn.bar for y in numbers(path, "V"))
        assert drawn.left <= bar.waits[0] and sum(bar.waits) <= drawn.right + 0.1
        assert drawn.left <= bar.drain[0] <= bar.drain[1] <= drawn.right
        assert drawn.top <= bar.top and bar.top + drawn.bar <= drawn.bottom
    for above, below in zip(drawn.bars, drawn.bars[1:], strict=False):
        assert above.top + drawn.bar < below.top
    xs = [tick.x for tick in drawn.ticks]
    assert xs == sorted(set(xs)) and xs[0] == drawn.left and xs[-1] <= drawn.right
    assert 3 <= len(xs) <= 12
    assert drawn.left < drawn.latency <= drawn.right
    assert drawn.height > drawn.bottom


def row(**changed: object) -> TimelineRow:
    values: dict[str, object] = {
        "name": "a", "what": "MatVec", "start": 10, "stop": 20, "finish": 24, "begin": 10,
        "busy": (1, 1, 0, 0, 1, 1, 1, 1, 1, 1),
    }  # fmt: skip
    return TimelineRow(**(values | changed))  # type: ignore[arg-type]


def test_a_bar_is_where_the_work_is() -> None:
    line = Timeline(False, 40, 0, 24, 30, 1, (row(),))
    drawn = chart(line, {"a": "MatMul_1"}, 5.0)
    (bar,) = drawn.bars
    scale = PLOT / 40
    assert (drawn.left, drawn.bar) == (NAMES, TALL[1])
    base, top = bar.top + 16, bar.top
    pieces = [(10, 12), (14, 20)]
    shape = "".join(
        f"M{NAMES + a * scale:g} {base:g}V{top:g}H{NAMES + b * scale:g}V{base:g}Z" for a, b in pieces
    )  # fmt: skip
    assert bar.busy == shape
    assert bar.waits == (NAMES + 10 * scale, 10 * scale)
    assert bar.drain == (NAMES + 20 * scale, NAMES + 24 * scale)
    assert bar.share == "27 %"
    assert bar.tip.split("\n") == [
        "a: MatVec",
        "MatMul_1",
        "works in cycle 10 to 19, 8 cycles",
        "waits 2 cycles for beats in between",
        "last result written in cycle 23",
        "busy 27 % of the interval",
    ]
    assert drawn.next_sample == NAMES + 30 * scale
    assert [tick.cycles for tick in drawn.ticks] == ["0", "5", "10", "15", "20", "25", "30", "35", "40"]
    assert [tick.time for tick in drawn.ticks][:2] == ["0", "25 ns"]


def test_a_bar_is_as_high_as_the_share_of_busy_cycles() -> None:
    line = Timeline(False, 300, 0, 300, 300, 100, (row(start=0, stop=300, finish=300, begin=0, busy=(100, 50, 1)),))
    (bar,) = chart(line, {}, 5.0).bars
    base = bar.top + 16
    assert numbers(bar.busy, "V")[::2] == [base - 16, base - 8, base - 2]  # what works at all is seen
    assert chart(line, {}, 5.0).next_sample is None
    last = Timeline(False, 250, 0, 250, 300, 100, (row(start=0, stop=250, finish=250, begin=0, busy=(0, 0, 50)),))
    (bar,) = chart(last, {}, 5.0).bars
    assert numbers(bar.busy, "V")[0] == bar.top  # half a step, busy throughout


def test_work_for_other_samples_is_drawn_beside() -> None:
    line = Timeline(True, 40, 0, 24, 30, 1, (row(others=(1,) * 5 + (0,) * 35),))
    (bar,) = chart(line, {}, 5.0).bars
    assert bar.others == f"M{NAMES:g} {bar.top + 16:g}V{bar.top:g}H{NAMES + 5 * PLOT / 40:g}V{bar.top + 16:g}Z"


def test_waits_for_room_hang_from_the_top_of_the_bar() -> None:
    line = Timeline(False, 40, 0, 24, 30, 1, (row(still=(0, 0, 1, 1)),))
    (bar,) = chart(line, {}, 5.0).bars
    scale = PLOT / 40
    assert bar.room == f"M{NAMES + 12 * scale:g} {bar.top:g}V{bar.top + 16:g}H{NAMES + 14 * scale:g}V{bar.top:g}Z"
    assert "waits 2 cycles for room" in bar.tip and "for beats" not in bar.tip


def test_time_may_begin_before_the_first_beat() -> None:
    rows = (row(start=-4, stop=6, finish=10, begin=0),)
    drawn = chart(Timeline(True, 44, 4, 24, 30, 1, rows), {}, 5.0)
    scale = PLOT / 44
    assert drawn.ticks[0] == Tick(round(NAMES + 4 * scale, 1), "0", "0")
    assert drawn.ticks[-1].cycles == "40"
    assert drawn.bars[0].waits == (NAMES, round(10 * scale, 1))
    assert drawn.latency == round(NAMES + 28 * scale, 1)
    assert drawn.next_sample == round(NAMES + 34 * scale, 1)


def test_many_processes_have_lower_rows() -> None:
    rows = tuple(row(name=f"process_{i}_with_a_name_that_is_longer_than_its_column") for i in range(150))
    drawn = chart(Timeline(False, 40, 0, 24, 30, 1, rows), {}, 5.0)
    assert (drawn.row, drawn.bar, drawn.small) == (*LOW, True)
    assert drawn.height < 2400
    assert all(len(bar.name) <= 32 for bar in drawn.bars)
    assert "process_7_with_a_name_that_is_longer_than_its_column" in drawn.bars[7].tip
    assert not chart(Timeline(False, 40, 0, 24, 30, 1, rows[:MANY]), {}, 5.0).small


def test_a_name_meant_to_do_harm_is_only_text() -> None:
    line = Timeline(False, 40, 0, 24, 30, 1, (row(name="x\x1b[2J\u202e"),))
    (bar,) = chart(line, {"x\x1b[2J\u202e": samples.HOSTILE}, 5.0).bars
    for text in (bar.name, bar.tip):
        assert "\x1b" not in text and "\u202e" not in text
