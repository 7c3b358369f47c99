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


def evaluate_all(
    evaluator: Evaluator, wide: Types, points: Sequence[Texts], workers: int
) -> Iterator[tuple[Texts, dict[str, Any]]]:
    """(point, what was found) as each is finished, in any order; by this process where there is one worker.

    A worker that dies is replaced and its point done again; ToolError after the third death.
    """
    if workers == 1 or len(points) < 2:
        for types in points:
            yield types, evaluated(evaluator, types)
        return
    left, deaths = list(points), 0
    while left:
        try:
            for types, found in _pooled(evaluator.task, wide, list(left), min(workers, len(left))):
                left.remove(types)
                yield types, found
        except BrokenProcessPool as error:
            deaths += 1
            if deaths == _DEATHS:
                raise ToolError(
                    f"{deaths} workers died, one after the other, killed or out of memory; what is finished is stored: "
                    "start again with fewer --workers"
                ) from error


def _pooled(task: Task, wide: Types, points: Sequence[Texts], workers: int) -> Iterator[tuple[Texts, dict[str, Any]]]:
    with _one_thread():
        pool = ProcessPoolExecutor(workers, get_context("spawn"), _start, (task, spelled(wide)))
        try:
            waiting = iter(points)
            running: dict[Future[dict[str, Any]], Texts] = {}
            while True:
                while len(running) < 2 * workers and (types := next(waiting, None)) is not None:
                    running[pool.submit(_one, dict(types))] = types
                if not running:
                    break
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    types = running.pop(future)
                    yield types, future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


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
