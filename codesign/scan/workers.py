"""Points evaluated by several processes of this machine, each with the model and the data in memory and one thread."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

from codesign.errors import ToolError
from codesign.scan.evaluate import Evaluator, Task, evaluated
from codesign.scan.space import Types, read, spelled

Texts = Mapping[str, str]
"""A point as text."""
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_DEATHS = 3
"""Workers that may die before a scan gives up: a point that kills one would kill the next."""


class Workers:
    """Evaluates points: in this process where there is one worker, else in a pool that lives until `close`."""

    def __init__(self, evaluator: Evaluator, wide: Types, count: int) -> None:
        self.evaluator, self.count = evaluator, count
        self._wide = spelled(wide)
        self._pool: ProcessPoolExecutor | None = None

    def __call__(self, points: Sequence[Texts]) -> Iterator[tuple[Texts, dict[str, Any]]]:
        """(point, what was found) as each is finished, in any order.

        A worker that dies is replaced and its points done again; ToolError after the third death.
        """
        if self.count == 1 or (len(points) < 2 and self._pool is None):
            for types in points:
                yield types, evaluated(self.evaluator, types)
            return
        left, deaths = list(points), 0
        while left:
            try:
                for types, found in self._finished(list(left)):
                    left.remove(types)
                    yield types, found
            except BrokenProcessPool as error:
                self.close()
                deaths += 1
                if deaths == _DEATHS:
                    raise ToolError(
                        f"{deaths} workers died, one after the other, killed or out of memory; what is finished is "
                        "stored: start again with fewer --workers"
                    ) from error

    def close(self) -> None:
        """Ends the processes, after what they are at."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _finished(self, points: Sequence[Texts]) -> Iterator[tuple[Texts, dict[str, Any]]]:
        if self._pool is None:
            task = (self.evaluator.task, self._wide)
            self._pool = ProcessPoolExecutor(self.count, get_context("spawn"), _start, task)
        pool, waiting = self._pool, iter(points)
        running: dict[Future[dict[str, Any]], Texts] = {}
        with _one_thread():
            while True:
                while len(running) < 2 * self.count and (types := next(waiting, None)) is not None:
                    running[pool.submit(_one, dict(types))] = types
                if not running:
                    return
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    types = running.pop(future)
                    yield types, future.result()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Processes that start meanwhile compute with one thread each; numpy reads this when it is loaded."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


_evaluator: Evaluator | None = None
"""What a worker keeps."""


def _start(task: Task, wide: Texts) -> None:
    global _evaluator
    _evaluator = Evaluator(task)
    _evaluator.refer(read(wide))


def _one(types: Texts) -> dict[str, Any]:
    assert _evaluator is not None
    return evaluated(_evaluator, types)
