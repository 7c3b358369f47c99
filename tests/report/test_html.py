"""report.html: well-formed, whole in itself, and safe whatever the model's names are."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from codesign.report.html import html
from codesign.report.model import Budget, Report, Rung
from codesign.report.picture import design_picture
from tests.report import samples

VOID = {"meta", "br", "hr", "img", "link", "input"}
SELF_CLOSED = {"path", "rect"}
REFERENCES = {"src", "href", "xlink:href", "data", "action", "background", "poster", "srcset"}


class Reader(HTMLParser):
    """Checks that tags nest, and keeps what was read."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SELF_CLOSED | VOID, tag
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


REPORTS = {
    "chain": samples.chain, "branched": samples.branched, "hostile": samples.hostile, "measured": samples.measured,
    "reported": samples.reported,
}  # fmt: skip


@pytest.fixture(params=REPORTS, scope="module")
def report(request: pytest.FixtureRequest) -> Report:
    return REPORTS[request.param]()


def test_every_tag_is_closed_in_its_place(report: Report) -> None:
    tags = [tag for tag, _ in read(html(report)).tags]
    assert tags.count("svg") == 4
    marks = sum("mark" in str(a.get("class")).split() for _, a in read(html(report)).tags)
    assert tags.count("h1") == tags.count("title") - tags.count("g") - marks == 1


def test_the_file_needs_no_other(report: Report) -> None:
    text = html(report)
    for tag, attributes in read(text).tags:
        assert tag not in {"script", "link", "iframe", "object", "embed", "base", "img", "form"}
        assert not REFERENCES & attributes.keys()
        assert not [name for name in attributes if name.startswith("on")]
    style = re.search("<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None and "url(" not in style[1] and "@import" not in style[1]
    assert "http://" not in text and "https://" not in text


def test_the_same_report_gives_the_same_bytes(report: Report) -> None:
    assert html(report) == html(report)


def test_every_row_is_there(report: Report) -> None:
    words = " ".join(read(html(report)).text)
    for row in (*report.layers, *report.processes, *report.streams):
        assert row.name in words
    for rung in report.rungs:
        assert rung.name in words


def test_names_meant_to_do_harm_are_only_text() -> None:
    text = html(samples.hostile())
    assert "<script" not in text and "</title></svg>" not in text
    assert "\x1b" not in text and "\u202e" not in text
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in text
    assert "onload" not in {name for _, attributes in read(text).tags for name in attributes}


def test_the_slowest_processes_are_marked() -> None:
    report = samples.branched()
    critical = [a for _, a in read(html(report)).tags if "critical" in str(a.get("class")).split()]
    slowest = [p for p in report.processes if p.interval_cycles == report.interval.cycles]
    assert len(critical) == len(slowest) + 1  # and one in the legend


def table(report: Report, anchor: str, which: int = 0) -> list[list[str]]:
    """The cells of a table, rows first; the heading is the first row."""
    text = html(report)
    part = text[text.index(f'<h2 id="{anchor}">') :].split("<table>")[which + 1].split("</table>")[0]
    rows = re.findall(r"<tr.*?>(.*?)</tr>", part, re.DOTALL)
    return [[re.sub("<.*?>", "", cell).strip() for cell in re.findall(r"<t[dh].*?>(.*?)</t[dh]>", row)] for row in rows]


def test_every_figure_stands_beside_its_bound() -> None:
    heading, *rows = table(samples.chain(), "limits")
    assert heading == ["figure", "achieved", "unit", "known by", "lower bound", "ratio", "because"]
    assert rows == [
        ["interval", "16", "cycles 80 ns", "exact", "4", "4", "x has 4 beats"],
        ["by products", "", "", "", "3", "5.333", "768 products"],
        ["latency", "88", "cycles 440 ns", "estimate", "31", "2.839", "the last input comes late"],
        ["latency of this folding", "88", "cycles", "estimate", "60", "1.467", "no pipeline has any depth"],
        ["products at a time", "256", "products", "exact", "240", "1.067", "there are 3840 products"],
        ["DSP slices", "18", "slices", "estimate", "12", "1.5", "two products share a slice"],
    ]
    measured = table(samples.measured(), "limits")
    assert measured[3][1:4] == ["90", "cycles 450 ns", "measured"]
    assert measured[4][1:4] == ["90", "cycles", "measured"]
    assert measured[6][1:4] == ["18", "slices", "estimate"]


def test_the_area_of_each_process_says_how_it_is_known() -> None:
    report = samples.measured()
    assert report.area is not None
    _, *rows = table(report, "resources", 1)
    assert [row[0] for row in rows] == [*(p.name for p in report.processes), "all FIFOs", "total"]
    assert rows[0][1:4] + rows[0][-1:] == [
        "MatVec",
        "500",
        "700",
        "estimate: larger than what is synthesized within 300 s",
    ]
    assert {row[-1] for row in rows[1:-1]} == {"synthesized"}
    assert rows[-2][2] == str(40 * len(report.streams))
    total = f"{round(report.area.total.lut):,}".replace(",", "\u202f")
    parts = len(report.processes) + len(report.streams)
    assert (rows[-1][2], rows[-1][-1]) == (total, f"{parts - 1} of {parts} synthesized")
    _, *estimates = table(samples.chain(), "resources", 1)
    assert {row[-1] for row in estimates} == {"estimate"}


def test_what_was_simulated_stands_beside_the_model() -> None:
    report = samples.measured()
    heading, *rows = table(report, "processes")
    assert heading[-3:] == ["busy (measured)", "waits for beats", "for room"]
    assert rows[1][-3:] == [f"{100 * 12 * report.processes[1].interval_cycles / 250:.0f} %", "16 %", "0 %"]
    heading, *rows = table(report, "streams")
    assert heading[6:10] == ["depth", "least", "most waiting", "measured"]
    assert [row[9] for row in rows[:3]] == ["1", "2", "1"]
    assert [row[7] for row in rows] == [str(s.minimum) for s in report.streams]
    assert [row[8] for row in rows] == [str(s.waiting) for s in report.streams]
    assert "measured" not in " ".join(table(samples.chain(), "streams")[0])
    assert [row[0] for row in table(report, "simulation")[1:]] == ["paced", "unthrottled", "random stalls"]
    assert "(model: 88)" in html(report) and 'id="simulation"' not in html(samples.chain())


def cards(report: Report) -> list[str]:
    found = re.findall(r'<div class="card (\w+)"><h3>\w+</h3><strong>(.*?)</strong><span>(.*?)</span>', html(report))
    return [" | ".join(card) for card in found]


def test_the_wiring_of_a_stream_shows_in_its_line() -> None:
    report = samples.chain()
    assert [s.kind for s in report.streams].count("array") == 0
    forced = tuple(replace(s, kind="array") if s.name == "dense_1_out" else s for s in report.streams)
    for shown, streams in ((report, report.streams), (replace(report, streams=forced), forced)):
        text = html(shown)
        for kind in ("struct", "array"):
            assert text.count(f'<path class="arrow {kind}"') == [s.kind for s in streams].count(kind), kind


def test_a_picture_is_as_wide_as_what_is_written_beside_its_edges() -> None:
    report = samples.chain()
    wide = replace(report, streams=tuple(replace(s, beats=10**30) for s in report.streams))
    narrow, picture = design_picture(report), design_picture(wide)
    assert narrow.width < picture.width
    assert picture.arrows and all(arrow.right <= picture.width for arrow in picture.arrows)


def test_the_headline_says_what_matters() -> None:
    report = samples.chain()
    target, interval, latency, exactness = cards(report)
    assert target.startswith("good | fits u50 | estimate: ")
    assert interval == "plain | 16 cycles = 80 ns | exact; 4 × the bound of 4 (port)"
    assert latency == "plain | 88 cycles = 440 ns | estimate; 2.84 × the bound of 31 (inputs)"
    assert exactness == (
        "warn | exact on every input, but for 1 approximation | error at most 0.00131; network on 1\u202f000; "
        "design on 1\u202f000; csim (native) on 1\u202f000; "
        "csim (ap_int) on 32; 3 float32 ties"
    )
    assert "| error not measured; " in cards(replace(report, errors=()))[3]
    assert cards(replace(report, approximations=(), errors=()))[3].startswith("good | exact on every input | network")


def test_the_headline_does_not_flatter() -> None:
    report = replace(
        samples.chain(),
        budgets=(Budget("LUT", 5, 10), Budget("DSP", 6000, 5952)),
        rungs=(Rung("network", "file", 10, 50, 0), Rung("csim", "design", 10, 50, 2)),
    )
    target, _, _, exactness = cards(report)
    assert target == "bad | does not fit u50 | too little DSP"
    assert exactness == "bad | differs | on csim"
    assert cards(replace(report, rungs=()))[3] == "bad | not checked | no inputs were compared"
    alone = replace(report, rungs=report.rungs[:1], approximations=(), errors=())
    assert cards(alone)[3] == "good | exact on 10 inputs | network"
