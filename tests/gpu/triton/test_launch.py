"""A server that does not come up says why, and leaves no process behind. (What comes up is in test_served.)"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from codesign.errors import ConfigError, ToolError
from codesign.gpu.triton.launch import Listening, chosen, complaints, free_port, models, start
from codesign.gpu.triton.server import Server
from codesign.vendor.processes import gone

FAILS = """#!{python} -S
import sys
print('I1122 18:22:07.673068 1 grpc_server.cc:2558] "Started"')
print('E1122 18:23:03.3 1 server.cc:241] "CudaDriverHelper has not been initialized."')
print('E1122 18:23:03.4 1 model_lifecycle.cc:642] "failed to load tracking: ImportError: No module named scipy"')
print('| tracking | 1 | UNAVAILABLE: Internal: ModuleNotFoundError |')
sys.exit(1)
"""
HANGS = """#!{python} -S
import os, subprocess, sys, time
code = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
subprocess.Popen([sys.executable, "-S", "-c", code, {file!r}], start_new_session=True)
print(" ".join(sys.argv[1:]), flush=True)
time.sleep(600)
"""


def server(tmp_path: Path, text: str, **values: object) -> Server:
    program = tmp_path / "tritonserver"
    program.write_text(text.format(python=sys.executable, **values))
    program.chmod(0o755)
    return Server(program)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "repository" / "tracking" / "1").mkdir(parents=True)
    (tmp_path / "repository" / "tracking" / "config.pbtxt").write_text("")
    return tmp_path / "repository"


def test_why_it_did_not_start_is_told(tmp_path: Path, repository: Path) -> None:
    with pytest.raises(ToolError) as error:
        start(repository, server=server(tmp_path, FAILS))
    first, *said, last = str(error.value).splitlines()
    assert first == "tritonserver ended (exit code 1) while it was starting; it said:"
    assert "No module named scipy" in said[0] and "UNAVAILABLE" in said[1] and len(said) == 2
    assert last == f"all that it said is in {tmp_path / 'repository.log'}"


def test_one_that_never_answers_is_ended_with_its_children(tmp_path: Path, repository: Path) -> None:
    child = tmp_path / "child"
    log = tmp_path / "logs" / "server.log"
    with pytest.raises(ToolError, match="tritonserver was not ready within 1 s"):
        start(repository, server=server(tmp_path, HANGS, file=str(child)), log=log, seconds=1.0)
    assert not alive(child)
    words = log.read_text().splitlines()[1]
    assert f"--model-repository {repository}" in words and "--grpc-address 127.0.0.1" in words
    assert "--allow-http false" in words and "--allow-metrics false" in words


def alive(child: Path) -> bool:
    """Whether the process whose number is in the file runs."""
    try:
        return not gone(Path("/proc") / child.read_text())
    except OSError:
        return False


STARTS = """
import sys
from pathlib import Path
from codesign.gpu.triton.launch import start
from codesign.gpu.triton.server import Server
start(Path(sys.argv[1]), server=Server(Path(sys.argv[2])))
"""


def test_one_that_was_started_ends_with_us_also_by_kill_minus_9(tmp_path: Path, repository: Path) -> None:
    child, temporary = tmp_path / "child", tmp_path / "temporary"
    temporary.mkdir()
    program = server(tmp_path, HANGS, file=str(child)).program
    with subprocess.Popen(
        [sys.executable, "-c", STARTS, str(repository), str(program)],
        cwd=Path(__file__).parents[3], env={**os.environ, "TMPDIR": str(temporary)},
    ) as starts:  # fmt: skip
        ends = time.monotonic() + 30
        while not (child.exists() and child.read_text()) and time.monotonic() < ends:
            time.sleep(0.02)
        assert alive(child) and len(list(temporary.iterdir())) == 1
        starts.kill()
    while (alive(child) or list(temporary.iterdir())) and time.monotonic() < ends:
        time.sleep(0.02)
    assert not alive(child) and not list(temporary.iterdir())


def test_a_backend_without_its_libpython_is_told_before_the_time_is_up(tmp_path: Path, repository: Path) -> None:
    missing = "stub: error while loading shared libraries: libpython3.11.so.1.0: no file"
    text = HANGS.replace("time.sleep(600)\n", f"print({missing!r}, flush=True)\ntime.sleep(600)\n")
    began = time.monotonic()
    with pytest.raises(
        ToolError, match=r"the Python backend cannot run models; it said:\n.*libpython3\.11\.so\.1\.0: no file"
    ):
        start(repository, server=server(tmp_path, text, file=str(tmp_path / "child")))
    assert time.monotonic() - began < 60


def test_progress_is_told(tmp_path: Path, repository: Path) -> None:
    said: list[tuple[str, int, int]] = []
    with pytest.raises(ToolError):
        start(repository, server=server(tmp_path, FAILS), progress=lambda *now: said.append(now))
    assert said[0] == ("starting tritonserver with tracking", 0, 1)


def test_a_port_that_is_taken_is_refused_before_anything_starts(repository: Path, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(
            ConfigError, match=rf"--http-port {port}: 127.0.0.1:{port} cannot be listened on: Address already"
        ):
            start(repository, server=Server(tmp_path / "none"), listening=Listening(http=port))


def test_an_address_that_is_none_of_ours_is_refused(repository: Path, tmp_path: Path) -> None:
    for address in ("192.0.2.1", "no.such.host.invalid", "::1"):
        with pytest.raises(ConfigError, match=rf"--grpc-port 0: {address}:0 cannot be listened on"):
            start(repository, server=Server(tmp_path / "none"), listening=Listening(address))


@pytest.mark.parametrize("address", ["", "no host", "\u00e9", "\udcff", "x" * 300])
def test_an_address_that_is_no_host_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match=r"--address '.*' is no host, such as 127\.0\.0\.1"):
        chosen(Listening(address))


def test_two_ports_are_never_the_same(tmp_path: Path) -> None:
    port = free_port()
    with pytest.raises(ConfigError, match=rf"--metrics-port {port}: 127.0.0.1:{port} cannot be listened on: Address"):
        chosen(Listening(grpc=port, metrics=port))
    for _ in range(20):
        found = chosen(Listening(http=0, metrics=0))
        assert len({found.grpc, found.http, found.metrics, 0, None}) == 5
    assert chosen(Listening(grpc=port)) == Listening(grpc=port)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_time_to_load_is_a_time(repository: Path, tmp_path: Path, seconds: float) -> None:
    with pytest.raises(ConfigError, match="the time in seconds to load its models is"):
        start(repository, server=Server(tmp_path / "none"), seconds=seconds)


def test_a_folder_without_models_is_no_repository(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"this is no model repository: no folder in it has a config.pbtxt; `codesign export"
    ):
        models(tmp_path)
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "config.pbtxt").write_text("")
    with pytest.raises(ConfigError, match=r"the model 'a b' is none"):
        models(tmp_path)


def test_a_log_without_complaints_shows_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"line {i}\n" for i in range(20)) + "\x1b[2J\n")
    assert complaints(log)[-2:] == ["line 19", "\x1b[2J"] and len(complaints(log)) == 8
    old = log.stat().st_size
    log.write_text(log.read_text() + "x" * 300_000 + "\nE1122 bad\n")
    assert complaints(log) == complaints(log, old) == ["E1122 bad"]
    assert complaints(log, log.stat().st_size) == []
