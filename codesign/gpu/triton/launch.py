"""Starts tritonserver on a model repository, waits until it answers, and leaves nothing running behind."""

from __future__ import annotations

import glob
import math
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

from codesign.errors import ConfigError, OutputError, ToolError
from codesign.gpu.triton.config import check_name
from codesign.gpu.triton.health import answers
from codesign.gpu.triton.server import Interpreter, Server, find_interpreter, find_server
from codesign.progress import Progress, silent
from codesign.vendor.guard import Guard
from codesign.vendor.processes import MARK, gone, marked, stop
from codesign.vendor.run import OF_MAKE, Signals

LOOPBACK = "127.0.0.1"
READY_SECONDS = 120.0
_PROTOCOLS = ("grpc", "http", "metrics")
_HOST = re.compile(r"[A-Za-z0-9_.:-]{1,253}", re.ASCII)
_EXIT_SECONDS = 5
"""What requests that are under way have when the server is asked to end."""
_LOOK = 0.1
_SHOWN = 8
_READ = 200_000
_COMPLAINT = re.compile(r"^[EF]\d{4} |: error while loading shared libraries: |^\w*Error: |^error: |\| UNAVAILABLE: ")
_HOPELESS = "error while loading shared libraries: "
"""Of the program that runs model.py, for which the server waits in vain."""
_NOISE = re.compile(r"CudaDriverHelper has not been initialized|^error: creating server: Internal - failed to load all")
"""What it says wherever there is no GPU, and what only repeats."""


@dataclass(frozen=True)
class Listening:
    """Where the server listens: port 0 is any free one, None is not at all."""

    address: str = LOOPBACK
    grpc: int = 0
    http: int | None = None
    metrics: int | None = None


@dataclass
class Running:
    """A server that was started; ends with its `with` block, whatever happens."""

    url: str
    """host:port of gRPC."""
    log: Path
    process: subprocess.Popen[bytes]
    mark: str
    guard: Guard
    """Ends it when we are killed."""
    begins: int = 0
    """The length of the log when it was started."""
    models: set[int] = field(default_factory=set)
    """The processes that run models, once all are there."""

    def __enter__(self) -> Running:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Of tritonserver itself."""
        return self.process.pid

    def ended(self) -> str | None:
        """How the server ended, or a model's process under it; None while all run."""
        code = self.process.poll()
        if code is not None:
            return f"tritonserver ended ({f'signal {-code}' if code < 0 else f'exit code {code}'})"
        if any(map(_is_gone, self.models)):
            return "the process of a model ended, and the server does not start it again"
        return None

    def settled(self) -> None:
        """From now on every process that is there has to stay."""
        self.models = set(marked(self.mark)) - {self.pid}

    def stop(self) -> None:
        """Ends the server and all that it started, and removes what they shared: asked first, then killed."""
        if self.process.poll() is None and self.ended() is None:  # without one of its models it would wait in vain
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_EXIT_SECONDS + 1)
        stop(self.process, self.mark)
        self.guard.end()


def start(
    repository: Path,
    *,
    server: Server | None = None,
    interpreter: Interpreter | None = None,
    listening: Listening | None = None,
    log: Path | None = None,
    seconds: float = READY_SECONDS,
    progress: Progress = silent,
) -> Running:
    """A server that answers for every model of the repository; to be used in a `with` block.

    By default on any free port of this machine alone, the log beside the repository's folder.
    ToolError with what the server said where it ends or is not ready within `seconds`."""
    if not 0 < seconds < math.inf:
        raise ConfigError(f"the time in seconds to load its models is {seconds:g}, expected more than 0")
    names = models(repository)
    server = server or find_server()
    interpreter = interpreter or find_interpreter(server)
    listening = chosen(listening or Listening())
    log = log or repository.resolve().parent / f"{repository.resolve().name}.log"
    mark = f"{os.getpid()}-{secrets.token_hex(8)}"
    with ExitStack() as opened, Signals() as signals, ExitStack() as undone:
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            sink = opened.enter_context(log.open("ab"))
            begins = sink.tell()
            folder = Path(tempfile.mkdtemp(prefix="codesign-triton."))
            undone.callback(shutil.rmtree, folder, ignore_errors=True)
            words = _words(repository, server, interpreter, listening, folder, mark)
            sink.write(f"$ {' '.join(words)}\n".encode("utf-8", "replace"))
            sink.flush()
        except OSError as error:
            raise OutputError(f"tritonserver cannot be started: {error.filename or log}: {error.strerror}") from error
        signals.hold()  # until what is started can be ended
        guard = undone.enter_context(Guard(mark, (glob.escape(str(folder)), f"/dev/shm/{_region(mark)}*")))
        try:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=_environment(server, interpreter) | {MARK: mark},
                start_new_session=True,  # Ctrl-C reaches us alone, and we end all of it
            )
        except OSError as error:
            raise ToolError(f"{server.program} cannot be run: {error.strerror}") from error
        running = Running(f"{listening.address}:{listening.grpc}", log, process, mark, guard, begins)
        undone.callback(running.stop)
        undone.callback(signals.hold)  # whoever is impatient waits for the few seconds of it
        signals.release()
        _wait(running, names, seconds, progress)
        running.settled()
        undone.pop_all()
    return running


def _is_gone(pid: int) -> bool:
    try:
        return gone(Path(f"/proc/{pid}"))
    except OSError:
        return True


def models(repository: Path) -> list[str]:
    """The names of the models in a repository; ConfigError where it is none."""
    try:
        found = sorted(p.parent.name for p in repository.glob("*/config.pbtxt"))
    except OSError as error:
        raise ConfigError(f"{repository}: cannot be read: {error.strerror}") from error
    if not found:
        raise ConfigError(
            f"{repository}: this is no model repository: no folder in it has a config.pbtxt; "
            "`codesign export --target triton` makes one"
        )
    return [check_name(name, f"{repository}: the model") for name in found]


def complaints(log: Path, begins: int = 0) -> list[str]:
    """The lines of a server's log, from a byte on, that say what is wrong, the last few, or its last lines where none
    does."""
    with log.open("rb") as file:
        file.seek(max(begins, file.seek(0, os.SEEK_END) - _READ))
        lines = file.read(_READ).decode("utf-8", "replace").splitlines()
    said = [line.strip()[:400] for line in lines if line.strip()]
    wrong = [line for line in said if _COMPLAINT.search(line) and not _NOISE.search(line)]
    return (wrong or said)[-_SHOWN:]


def _backends(server: Server, interpreter: Interpreter, folder: Path) -> Path:
    """A folder below `folder` with the Python backend and the stub of the interpreter's version beside it, as the
    server looks for them."""
    assert server.backend is not None
    place = folder / "backends" / "python"
    place.mkdir(parents=True)
    for part in sorted(server.backend.iterdir()):
        (place / part.name).symlink_to(part)
    stub = place / "triton_python_backend_stub"
    stub.unlink(missing_ok=True)
    shutil.copyfile(server.stub(interpreter.version), stub)
    stub.chmod(0o755)
    return place.parent


def chosen(listening: Listening) -> Listening:
    """With ports where any will do; ConfigError for one that another program has, and for two that are the same."""
    if not _HOST.fullmatch(listening.address):
        raise ConfigError(f"--address {listening.address[:300]!r} is no host, such as 127.0.0.1")
    ports = {name: port for name in _PROTOCOLS if (port := getattr(listening, name)) is not None}
    with ExitStack() as held:  # all at once, the given ones first, so that none is chosen twice
        for name in sorted(ports, key=lambda name: ports[name] == 0):
            ports[name] = held.enter_context(_held(listening.address, ports[name], f"--{name}-port")).getsockname()[1]
    return replace(listening, **ports)


def free_port(address: str = LOOPBACK) -> int:
    """A port that nobody listens on at this moment."""
    return chosen(Listening(address)).grpc


def _held(address: str, port: int, option: str) -> socket.socket:
    """A socket that listens, as long as it is open."""
    probe = socket.socket()
    try:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does it
        probe.bind((address, port))
        probe.listen()
    except OSError as error:
        probe.close()
        raise ConfigError(f"{option} {port}: {address}:{port} cannot be listened on: {error.strerror}") from error
    return probe


def _words(repository: Path, server: Server, interpreter: Interpreter, listening: Listening, folder: Path,
           mark: str) -> list[str]:  # fmt: skip
    words = [str(server.program), "--model-repository", str(repository.resolve()), "--disable-auto-complete-config"]
    words += ["--exit-timeout-secs", str(_EXIT_SECONDS)]
    words += ["--backend-config", f"python,shm-region-prefix-name={_region(mark)}"]
    if server.backend is not None:
        words += ["--backend-directory", str(_backends(server, interpreter, folder))]
    words += ["--grpc-address", listening.address, "--grpc-port", str(listening.grpc)]
    words += ["--allow-http", "false" if listening.http is None else "true"]
    if listening.http is not None:
        words += ["--http-address", listening.address, "--http-port", str(listening.http)]
    words += ["--allow-metrics", "false" if listening.metrics is None else "true"]
    if listening.metrics is not None:
        words += ["--metrics-address", listening.address, "--metrics-port", str(listening.metrics)]
    return words


def _environment(server: Server, interpreter: Interpreter) -> dict[str, str]:
    """Ours, but the packages of the interpreter alone, and no files written beside the models."""
    left_out = {*OF_MAKE, "PYTHONPATH", "PYTHONHOME"}
    env = {name: value for name, value in os.environ.items() if name not in left_out}
    if server.backend is not None:
        folders = [*map(str, server.libraries), str(interpreter.library), env.get("LD_LIBRARY_PATH", "")]
        env["LD_LIBRARY_PATH"] = os.pathsep.join(folder for folder in folders if folder)
        env["PATH"] = os.pathsep.join((str(interpreter.program.parent), env.get("PATH", os.defpath)))
    return env | {"PYTHONDONTWRITEBYTECODE": "1"}


def _wait(running: Running, names: list[str], seconds: float, progress: Progress) -> None:
    """Until every model answers."""
    ends = time.monotonic() + seconds
    what = f"starting tritonserver with {', '.join(names)}"
    while True:
        ready = answers(running.url, names)
        progress(what, ready, len(names))
        if ready == len(names):
            return
        if (how := running.ended()) is not None:
            raise ToolError(f"{how} while it was starting{said(running)}")
        if any(_HOPELESS in line for line in complaints(running.log, running.begins)):
            raise ToolError(f"the Python backend cannot run models{said(running)}")
        if time.monotonic() > ends:
            raise ToolError(f"tritonserver was not ready within {seconds:g} s{said(running)}")
        time.sleep(_LOOK)


def said(running: Running) -> str:
    """The end of a message: what the server complained of, and where all that it said is."""
    lines = "\n".join(f"  {line}" for line in complaints(running.log, running.begins))
    return f"; it said:\n{lines}\nall that it said is in {running.log}"


def _region(mark: str) -> str:
    return f"codesign_{mark}_"
