"""A tool is run, watched and ended with all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from codesign.errors import OutputError, ToolError
from codesign.vendor.run import Command, run
from tests.vendor.fakes import HLS_LOG

BREEDS = """
import os, subprocess, sys, time
# a child in a session of its own, whose parent is gone: no process group leads to it
code = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
subprocess.Popen([sys.executable, "-S", "-c", code, sys.argv[1]], start_new_session=True)
stubborn = "import signal, sys, time, os; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + code
subprocess.Popen([sys.executable, "-S", "-c", stubborn, sys.argv[2]])
while not all(os.path.exists(p) and open(p).read() for p in sys.argv[1:3]): time.sleep(0.01)
print("Starting Placer Task", flush=True)
"""


def python(code: str, folder: Path, *words: str) -> Command:
    return Command((sys.executable, "-S", "-c", code, *words), folder)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(*files: Path) -> None:
    pids = [int(file.read_text()) for file in files]
    assert pids and not any(map(alive, pids))


def test_the_log_has_all_that_was_said_and_progress_follows_it(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    code = f"import sys, time\nfor line in {HLS_LOG.splitlines()!r}:\n    print(line, flush=True)\n    time.sleep(0.15)"
    log = tmp_path / "logs" / "csynth.log"
    run([python(code, tmp_path), python("import sys; sys.stderr.write('and done')", tmp_path)], log, what="csynth",
        progress=lambda *said: seen.append(said))  # fmt: skip
    text = log.read_text()
    assert text.count("$ ") == 2 and HLS_LOG.strip() in text and text.endswith("and done")
    phases = list(dict.fromkeys(what for what, _, _ in seen))
    assert phases[0] == "csynth: starting" and phases[-2:] == ["csynth: scheduling", "csynth: writing RTL"]
    assert seen[-1] == ("csynth: writing RTL", 2, 2)


def test_a_failure_shows_the_tools_errors_and_where_the_log_is(tmp_path: Path) -> None:
    code = "print('Starting Placer Task\\nERROR: [Place 30-640] too many LUTs\\nINFO: bye'); raise SystemExit(3)"
    with pytest.raises(ToolError) as error:
        run([python(code, tmp_path), python("open('second', 'w')", tmp_path)], tmp_path / "log", what="implement")
    assert str(error.value).splitlines() == [
        f"{Path(sys.executable).name} failed (exit code 3) while it was placing; it said last:",
        "  ERROR: [Place 30-640] too many LUTs",
        f"all that it said is in {tmp_path / 'log'}",
    ]
    assert not (tmp_path / "second").exists(), "what comes after a failure is not run"


def test_a_cosimulation_that_says_fail_fails(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"co-simulation finished: FAIL"):
        run([python("print('*** C/RTL co-simulation finished: FAIL ***')", tmp_path)], tmp_path / "log", what="cosim")


def test_garbage_is_kept_and_hurts_nobody(tmp_path: Path) -> None:
    code = "import os; os.write(1, bytes(range(256)) * 4000 + b'\\nERROR: \\x1b[2J\\xff\\n'); raise SystemExit(1)"
    with pytest.raises(ToolError, match="failed"):
        run([python(code, tmp_path)], tmp_path / "log", what="x")
    assert bytes(range(256)) * 4000 in (tmp_path / "log").read_bytes()


def test_at_the_time_limit_everything_that_was_started_ends(tmp_path: Path) -> None:
    code, began = BREEDS + "time.sleep(600)", time.monotonic()
    pids = tmp_path / "one", tmp_path / "two"
    with pytest.raises(ToolError, match=r"took longer than 2 s and was stopped while it was placing"):
        run([python(code, tmp_path, *map(str, pids))], tmp_path / "log", what="x", seconds=2)
    gone(*pids)
    assert time.monotonic() - began < 30


def test_a_failure_leaves_no_process_behind(tmp_path: Path) -> None:
    pids = tmp_path / "one", tmp_path / "two"
    with pytest.raises(ToolError, match=r"failed \(exit code 1\)"):
        run([python(BREEDS + "raise SystemExit(1)", tmp_path, *map(str, pids))], tmp_path / "log", what="x")
    gone(*pids)


def test_a_success_leaves_no_process_behind(tmp_path: Path) -> None:
    pids = tmp_path / "one", tmp_path / "two"
    run([python(BREEDS, tmp_path, *map(str, pids))], tmp_path / "log", what="x")
    gone(*pids)


OURS = """
import sys
from pathlib import Path
from codesign.vendor.run import Command, run
try:
    run([Command(tuple(sys.argv[2:]), Path.cwd())], Path(sys.argv[1]), what="x")
except KeyboardInterrupt:
    raise SystemExit(130)
"""


def running(tmp_path: Path) -> tuple[subprocess.Popen[bytes], tuple[Path, Path]]:
    """A process that runs a tool, and where the tool's children say who they are; all are there."""
    pids = tmp_path / "one", tmp_path / "two"
    words = [sys.executable, "-S", "-c", BREEDS + "time.sleep(600)", *map(str, pids)]
    process = subprocess.Popen(
        [sys.executable, "-c", OURS, str(tmp_path / "log"), *words],
        cwd=Path(__file__).parents[2], start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while "\nStarting Placer" not in ((tmp_path / "log").read_text() if (tmp_path / "log").exists() else ""):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    return process, pids


def test_kill_minus_9_of_us_ends_the_tool_and_its_children(tmp_path: Path) -> None:
    process, pids = running(tmp_path)
    process.kill()
    assert process.wait(timeout=60) == -signal.SIGKILL
    deadline = time.monotonic() + 30
    while any(alive(int(file.read_text())) for file in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    gone(*pids)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_to_us_ends_the_tool_and_its_children(tmp_path: Path, number: signal.Signals, code: int) -> None:
    process, pids = running(tmp_path)
    os.kill(process.pid, number)
    assert process.wait(timeout=60) == code
    gone(*pids)


def test_what_cannot_be_run_or_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"/nonexistent/vivado cannot be run: No such file"):
        run([Command(("/nonexistent/vivado",), tmp_path)], tmp_path / "log", what="x")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"log: the log cannot be written"):
        run([], tmp_path / "file" / "log", what="x")
