"""The phase and the errors of a tool, out of lines as the tools write them."""

from __future__ import annotations

import pytest

from codesign.vendor.log import Log
from tests.vendor.fakes import HLS_LOG


def read(text: str) -> Log:
    log = Log()
    for line in text.splitlines():
        log.read(line)
    return log


@pytest.mark.parametrize(
    ("line", "phase", "done", "of"),
    [
        ("INFO: [HLS 200-10] Analyzing design file 'src/net.cpp' ...", "reading the C++", 0, 0),
        ("INFO: [SIM 211-2] *************** CSIM start ***************", "compiling the testbench", 0, 0),
        ("INFO: [COSIM 212-302] Starting C TB testing ...", "running the testbench", 0, 0),
        ('// RTL Simulation : 3 / 10 [n/a] @ "2615000"', "simulating the RTL", 3, 10),
        ("INFO: [COSIM 212-316] Starting C post checking ...", "checking the results", 0, 0),
        ("Starting RTL Elaboration : Time (s): cpu = 00:00:04", "elaborating", 0, 0),
        ("Starting Placer Task", "placing", 0, 0),
        ("Starting Routing Task", "routing", 0, 0),
        ("INFO: [v++ 60-1441] [19:28:00] Run run_link: Step vpl: Started", "linking, vpl", 0, 0),
        ("[19:28:00] Run vpl: Step impl: Started", "linking, impl", 0, 0),
    ],
)
def test_a_line_begins_a_phase(line: str, phase: str, done: int, of: int) -> None:
    log = read(line)
    assert (log.phase, log.done, log.of) == (phase, done, of)
    log.read("something else")
    assert log.phase == phase


def test_modules_are_counted_against_those_that_were_scheduled() -> None:
    lines = HLS_LOG.splitlines()
    assert [(log.phase, log.done, log.of) for log in map(read, ("", "\n".join(lines[:6]), "\n".join(lines[:7])))] == [
        ("starting", 0, 0), ("scheduling", 0, 0), ("writing RTL", 1, 2),
    ]  # fmt: skip
    assert (read(HLS_LOG).done, read(HLS_LOG).of) == (2, 2)


@pytest.mark.parametrize(
    "error",
    [
        "ERROR: [HLS 200-1023] Part 'xcu50-fsvh2104-2-e' is not installed.",
        "src/net.cpp:12:3: error: use of undeclared identifier 'x'",
        "src/net.cpp:12: ERROR: [HLS 200-70] Compilation errors found",
        "make: *** [Makefile:31: net.xclbin] Error 1",
        "ERROR: [v++ 60-661] v++ link run 'run_link' failed",
    ],
)
def test_errors_are_kept_and_nothing_else(error: str) -> None:
    noise = "\n".join(f"INFO: [HLS 200-10] no errors in step {n}" for n in range(30))
    assert read(f"{error}\n{noise}").complaint == [error]


def test_without_an_error_the_last_lines_stand_for_it() -> None:
    assert read("\n".join(str(n) for n in range(40))).complaint == [str(n) for n in range(28, 40)]
    assert read("").complaint == []


def test_of_many_errors_the_last_are_kept() -> None:
    log = read("\n".join(f"ERROR: [X 1-{n}] no" for n in range(20)))
    assert log.complaint == [f"ERROR: [X 1-{n}] no" for n in range(12, 20)]


def test_a_failed_cosimulation_is_a_failure_whatever_the_exit_code() -> None:
    assert not read("INFO: [COSIM 212-1000] *** C/RTL co-simulation finished: PASS ***").failed
    assert read("ERROR: [COSIM 212-4] *** C/RTL co-simulation finished: FAIL ***").failed


def test_lines_without_end_are_cut() -> None:
    assert len(read("ERROR: " + "x" * 100_000).complaint[0]) == 2000
