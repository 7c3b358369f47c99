"""A server that is kept running: started again where it or one of its models dies, until somebody ends it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from codesign.errors import ToolError
from codesign.gpu.triton.launch import READY_SECONDS, Listening, Running, chosen, said, start
from codesign.gpu.triton.server import Interpreter, Server
from codesign.progress import Progress, silent
from codesign.vendor.run import Signals

_LOOK = 0.2


def supervise(
    repository: Path,
    *,
    server: Server,
    interpreter: Interpreter,
    listening: Listening,
    log: Path,
    restarts: int = 3,
    seconds: float = READY_SECONDS,
    report: Callable[[str], None] = lambda told: None,
    ready: Callable[[Running], None] = lambda running: None,
    progress: Progress = silent,
) -> None:
    """Returns when Ctrl-C ends it; nothing is left running, also after SIGTERM, which raises `Stopped`.

    `ready` is called whenever the server answers. ToolError where it died once more than it may be started again, or
    does not come up."""
    listening = chosen(listening)
    left = restarts
    with Signals() as signals:
        try:
            while True:
                with start(repository, server=server, interpreter=interpreter, listening=listening, log=log,
                           seconds=seconds, progress=progress) as running:  # fmt: skip
                    try:
                        ready(running)
                        while (how := running.ended()) is None:
                            time.sleep(_LOOK)
                    finally:
                        signals.hold()  # whoever is impatient waits for the few seconds of it
                signals.release()
                if left == 0:
                    raise ToolError(f"{how}, and was started again {restarts} times before{said(running)}")
                left -= 1
                report(f"{how}; it is started again ({restarts - left} of {restarts} times)")
        except KeyboardInterrupt:
            report("ended")
