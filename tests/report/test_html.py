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


REPORTS = {"chain": samples.chain, "branched": samples.branched, "hostile": samples.hostile}


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
