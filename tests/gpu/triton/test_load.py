"""The load that is sent, what is counted of it, and the page of a scan."""

from __future__ import annotations

import csv
import json
import math
import threading
import time
from pathlib import Path

import grpc
import numpy as np
import pytest
from typer.testing import CliRunner

from codesign.cli.main import app
from codesign.errors import ConfigError
from codesign.gpu.triton.client import ServerDown
from codesign.gpu.triton.config import Batching
from codesign.gpu.triton.launch import free_port
from codesign.gpu.triton.load import Plan, Point, percentile, scan
from codesign.gpu.triton.load_page import facts, page, write_scan
from codesign.gpu.triton.protocol import WrongAnswer
from tests.gpu.triton.stub import Stub, listening

EVENTS = [np.array([[k, 0, 0]] * 4, np.float32) for k in range(3)]
EXPECTED = [np.full(4, k) for k in range(3)]
QUICK = Plan((1, 3), (1, 2), requests=12, seconds=10, warm_up=2)


def test_every_point_sends_what_is_planned_and_counts_it() -> None:
    stub = Stub()
    with listening(stub) as (url, _):
        points = scan(url, EVENTS, QUICK, expected=EXPECTED)
    assert [(p.concurrency, p.batch) for p in points] == [(1, 1), (3, 1), (1, 2), (3, 2)]
    for p in points:
        assert (p.requests, p.events, p.hits, p.errors) == (12, 12 * p.batch, 48 * p.batch, {})
        assert 0 < p.p50_ms <= p.p95_ms <= p.p99_ms <= 1e3 * p.seconds
        assert p.events_per_s == p.events / p.seconds
    warm = [2, 6, 2, 6]
    assert len(stub.requests) == sum(warm) + 4 * 12
    assert sum(stub.requests) == sum(b * (w + 12) for b, w in zip((1, 1, 2, 2), warm))


def test_clients_wait_for_their_answers_and_for_no_others() -> None:
    stub = Stub(delay=0.1)
    with listening(stub) as (url, _):
        alone, four = scan(url, EVENTS, Plan((1, 4), requests=8, warm_up=0))
    assert alone.seconds > 8 * 0.1 and alone.p50_ms >= 100
    assert four.seconds < 0.75 * alone.seconds and four.p50_ms >= 100


def test_a_point_ends_with_its_seconds() -> None:
    with listening(Stub(delay=0.1)) as (url, _):
        began = time.monotonic()
        [point] = scan(url, EVENTS, Plan((2,), requests=1000, seconds=0.5, warm_up=1))
    assert 2 <= point.requests <= 12 and time.monotonic() - began < 10


def test_what_goes_wrong_is_counted_apart() -> None:
    bad = np.array([[-666, 0, 0]] * 4, np.float32)
    with listening(Stub()) as (url, _):
        [several] = scan(url, [EVENTS[0], bad], Plan((1,), (2,), requests=5, warm_up=0))
        [single] = scan(url, [EVENTS[0], bad], Plan((1,), (1,), requests=6, warm_up=0))
        [wrong] = scan(url, EVENTS, Plan((1,), requests=6, warm_up=0), expected=[EXPECTED[0]] * 3)
    assert (several.requests, several.events, several.errors) == (5, 5, {"refused": 5})
    assert (single.requests, single.events, single.errors) == (3, 3, {"refused": 3})
    assert (wrong.events, wrong.errors) == (2, {"wrong labels": 4})

    def cut(answer: dict[str, np.ndarray]) -> None:
        answer["LABELS"] = answer["LABELS"][1:]

    with listening(Stub(spoil=cut)) as (url, _):
        [short] = scan(url, EVENTS, Plan((2,), requests=4, warm_up=0))
    assert (short.requests, short.errors) == (0, {"wrong answer": 4}) and math.isnan(short.p50_ms)
    for stub, timeout, kind in (
        (Stub(abort=(grpc.StatusCode.INTERNAL, "x")), 20.0, "server failed"),
        (Stub(abort=(grpc.StatusCode.UNAVAILABLE, "x")), 20.0, "server away"),
        (Stub(delay=2.0), 1.0, "no answer in time"),
    ):
        with listening(stub) as (url, _):
            [point] = scan(url, EVENTS, Plan((1,), requests=2, warm_up=0, timeout=timeout))
        assert (point.requests, point.errors) == (0, {kind: 2})


def test_a_server_that_dies_ends_no_scan_and_is_found_again() -> None:
    port = free_port()
    stub = Stub()
    with listening(stub, port) as (url, server):
        points: list[Point] = []
        plan = Plan((2,), requests=100_000, seconds=1.5, warm_up=0)
        load = threading.Thread(target=lambda: points.extend(scan(url, EVENTS, plan)))
        load.start()
        assert stub.busy.wait(10)
        server.stop(None).wait()
        time.sleep(0.3)
        with listening(Stub(), port):
            load.join(20)
    [point] = points
    assert point.events > len(stub.requests) and 0 < point.errors["server away"] < 100


def test_where_the_server_makes_the_batches_a_client_sends_its_events_side_by_side() -> None:
    stub = Stub(batching=Batching(4))
    with listening(stub) as (url, _):
        [point] = scan(url, EVENTS, Plan((2,), (3,), requests=5, warm_up=0), expected=EXPECTED)
        with pytest.raises(ConfigError, match="makes batches of at most 4 events, not of 5"):
            scan(url, EVENTS, Plan((1,), (5,)))
    assert (point.requests, point.events, stub.requests) == (5, 15, [1] * 15)


def test_nothing_is_sent_elsewhere_or_to_another_model() -> None:
    with pytest.raises(ConfigError, match=r"example\.org:8001 is not this machine; .* only with --remote"):
        scan("example.org:8001", EVENTS, QUICK)
    with pytest.raises(ConfigError, match="no events to send"):
        scan("127.0.0.1:8001", [], QUICK)
    stub = Stub()
    with listening(stub) as (url, _), pytest.raises(WrongAnswer, match="expected sha256:0"):
        scan(url, EVENTS, QUICK, digest="sha256:0")
    assert not stub.requests
    with pytest.raises(ServerDown):
        scan(f"127.0.0.1:{free_port()}", EVENTS, QUICK)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"concurrency": (0,)}, r"concurrency is 0, expected numbers in 1\.\.1024"),
        ({"concurrency": ()}, "concurrency is empty"),
        ({"batch": (5000,)}, r"batch is 5000, expected numbers in 1\.\.4096"),
        ({"requests": 2_000_000}, "requests is 2000000"),
        ({"seconds": 0.0}, "seconds is 0, expected more than 0"),
        ({"timeout": 1e9}, "at most 3600"),
        ({"warm_up": -1}, "warm-up is -1 requests"),
    ],
)
def test_a_scan_is_bounded(change: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Plan(**change)  # type: ignore[arg-type]


@pytest.mark.parametrize(("q", "value"), [(0.1, 1.0), (50, 3.0), (60, 3.0), (61, 4.0), (99, 5.0), (100, 5.0)])
def test_percentiles_are_values_that_were_measured(q: float, value: float) -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0, 5.0], q) == value
    assert math.isnan(percentile([], q))


@pytest.mark.parametrize(("q", "least"), [(95, 20), (99, 100)])
def test_a_high_percentile_of_few_requests_is_the_slowest(q: float, least: int) -> None:
    for count in range(1, 3 * least):
        values = [float(k) for k in range(count)]
        assert (percentile(values, q) == values[-1]) is (count < least)


POINTS = [
    Point(c, b, 10, 10 * b, 40 * b, 2.0, 1.0 * c, 2.0 * c, 3.0 * c, {"server away": 1} if c == 4 else {})
    for b in (1, 8) for c in (1, 4)
]  # fmt: skip
NOTHING = Point(8, 8, 0, 0, 0, 1.0, *[math.nan] * 3, {"refused": 7})


def test_a_scan_is_written_as_table_json_and_page(tmp_path: Path) -> None:
    write_scan(tmp_path / "load", [*POINTS, NOTHING], facts("127.0.0.1:1", "<i>odel", EVENTS, True, False))
    rows = list(csv.DictReader((tmp_path / "load" / "load.csv").open()))
    assert [(r["concurrency"], r["batch"], r["events_per_s"], r["p99_ms"], r["errors"]) for r in rows] == [
        ("1", "1", "5", "3", "0"), ("4", "1", "5", "12", "1"), ("1", "8", "40", "3", "0"), ("4", "8", "40", "12", "1"),
        ("8", "8", "0", "", "7"),
    ]  # fmt: skip
    told = json.loads((tmp_path / "load" / "load.json").read_text())
    assert told["points"][3]["errors"] == {"server away": 1} and told["points"][4]["p50_ms"] is None
    assert told["facts"]["events"] == "3 generated, 4 to 4 hits"
    html = (tmp_path / "load" / "load.html").read_text()
    assert html.count("<svg") == 4 and "<script" not in html and "<i>odel" not in html and "&lt;i&gt;odel" in html
    assert "7 refused, 2 server away" in html and "40.0 events/s" in html
    assert sorted(p.name for p in (tmp_path / "load").iterdir()) == ["load.csv", "load.html", "load.json"]


def test_a_scan_of_one_point_has_no_pictures() -> None:
    assert not page(POINTS[:1], {}).pictures and len(page(POINTS[:2], {}).pictures) == 2
    assert page([NOTHING], {}).html()


def test_the_command_measures_a_server(tmp_path: Path) -> None:
    stub = Stub(spoil=lambda answer: answer.update(LABELS=np.zeros_like(answer["LABELS"])))
    words = ["--particles=3", "--number=2", "--concurrency=1,2", "--batch=1", "--requests=4", "--warm-up=0"]
    with listening(stub) as (url, _):
        done = CliRunner().invoke(app, ["triton", "load", url, "-o", str(tmp_path / "out"), *words])
    assert done.exit_code == 0, done.output
    assert "events/s" in done.output and "load.html" in done.output and len(stub.requests) == 8
    assert len(list(csv.DictReader((tmp_path / "out" / "load.csv").open()))) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--concurrency", "1,x"], "--concurrency: '1,x', expected whole numbers between commas, such as 1,2,4"),
        (["--batch", ""], "--batch: '', expected whole numbers"),
        (["--events", "/nowhere"], "/nowhere: there is no such folder"),
        (["far:1"], "far:1 is not this machine"),
    ],
)
def test_the_command_refuses_by_message(words: list[str], message: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["triton", "load", *words, "-o", str(tmp_path / "out")])
    assert done.exit_code == 2 and message in done.output.replace("\n", " ")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    stub = Stub()
    with listening(stub) as (url, _):
        done = CliRunner().invoke(app, ["triton", "load", url, "-o", str(tmp_path / "file" / "out"), "--particles=3"])
    assert done.exit_code == 2 and "file is no folder that can be written to" in done.output.replace("\n", "")
    assert not stub.requests
