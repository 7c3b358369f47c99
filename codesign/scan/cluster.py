"""Points evaluated on a Dask cluster: several machines that see the same files and have this version installed."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codesign import __version__
from codesign.errors import CodesignError, ModelError, ToolError
from codesign.frontends import model_file
from codesign.scan.evaluate import Evaluator, Task, evaluated
from codesign.scan.space import Types, read, spelled
from codesign.scan.workers import Texts

try:
    from distributed import Client, as_completed
    from distributed.scheduler import KilledWorker
except ImportError as missing:
    raise ToolError(
        "--scheduler needs Dask's distributed, which is missing: pip install 'codesign[cluster]'"
    ) from missing

CONNECT_SECONDS = 10
"""Time to reach the scheduler."""
_AHEAD = 2
"""Points in flight for each thread of the cluster."""


@dataclass(frozen=True)
class Job:
    """What a scan is of, as it is sent to the workers; `files` are the digests of the files that they must find."""

    version: str
    task: Task
    wide: Mapping[str, str]
    files: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, task: Task, wide: Types) -> Job:
        """With absolute paths, as the workers run elsewhere."""
        places = {name: str(Path(getattr(task, name)).resolve()) for name in ("model", "data", "labels")}
        file, separator, function = task.metric.rpartition(":")
        metric = f"{Path(file).resolve()}:{function}" if separator else task.metric
        sent = Task(**{**vars(task), **places, "metric": metric})
        others = [places["data"], places["labels"], *([str(Path(file).resolve())] if separator else [])]
        files = ((places["model"], _model_digest(Path(places["model"]))), *((p, _digest(Path(p))) for p in others))
        return cls(__version__, sent, spelled(wide), files)


class Cluster:
    """Evaluates points on the workers of the scheduler at `address`, as `Workers` does in processes of its own.

    Raises ToolError where there is no scheduler.
    """

    def __init__(self, evaluator: Evaluator, wide: Types, address: str) -> None:
        self.evaluator, self.address = evaluator, address
        self.job = Job.of(evaluator.task, wide)
        try:
            self.client = Client(address, timeout=CONNECT_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            raise ToolError(
                f"--scheduler {address}: there is no scheduler: {str(error) or type(error).__name__}; start one with "
                "`dask scheduler`, and workers with `dask worker`"
            ) from error

    def __call__(self, points: Sequence[Texts]) -> Iterator[tuple[Texts, dict[str, Any]]]:
        """(point, what was found) as each is finished, in any order. What a worker that is lost was at is done again by
        others.

        ToolError where there is no worker, where the workers have other files or another version, and for a point
        that several workers died of.
        """
        if not points:
            return
        threads = sum(self.client.nthreads().values())
        if not threads:
            raise ToolError(
                f"--scheduler {self.address}: it has no workers; start some with `dask worker {self.address}`"
            )
        waiting = iter(points)
        running = as_completed()
        asked: dict[Any, Texts] = {}
        for types in _first(waiting, _AHEAD * threads):
            self._submit(types, asked, running)
        try:
            for future in running:
                types = asked.pop(future.key)
                found = self._result(future)
                for following in _first(waiting, 1):
                    self._submit(following, asked, running)
                yield types, found
        finally:
            self.client.cancel(running.futures.keys())

    def close(self) -> None:
        """Leaves the cluster, which goes on without us."""
        with suppress(OSError, TimeoutError):
            self.client.close(timeout=CONNECT_SECONDS)

    def _submit(self, types: Texts, asked: dict[Any, Texts], running: Any) -> None:
        future = self.client.submit(evaluate, self.job, dict(types), pure=False)
        asked[future.key] = types
        running.add(future)

    def _result(self, future: Any) -> dict[str, Any]:
        try:
            found: dict[str, Any] = future.result()
        except KilledWorker as error:
            raise ToolError(
                f"--scheduler {self.address}: {error.allowed_failures + 1} workers died of one point, killed or out of "
                "memory; what is finished is stored: start again with more memory for each"
            ) from error
        except ModuleNotFoundError as error:
            raise ToolError(
                f"--scheduler {self.address}: a worker has no {error.name}; install codesign {__version__} there"
            ) from error
        if "refused" in found:
            raise ToolError(f"--scheduler {self.address}: a worker cannot do this: {found['refused']}")
        return found["outcome"]  # type: ignore[no-any-return]


def _first(points: Iterator[Texts], count: int) -> list[Texts]:
    return [types for _, types in zip(range(count), points)]


_kept = threading.local()
"""In a worker's thread: the evaluator of the last job."""


def evaluate(job: Job, types: Texts) -> dict[str, Any]:
    """{"outcome": what `evaluated` says of a point}, or {"refused": why this worker is of no use}; runs on a worker."""
    if getattr(_kept, "job", None) != job:
        if job.version != __version__:
            return {"refused": f"it has codesign {__version__}, this is {job.version}"}
        for path, digest in job.files:
            try:
                found = (_model_digest if path == job.task.model else _digest)(Path(path))
            except (OSError, ModelError) as error:
                return {"refused": f"{path} cannot be read there: {error}; the machines must share it"}
            if found != digest:
                return {"refused": f"{path} is another file there"}
        try:
            evaluator = Evaluator(job.task)
            evaluator.refer(read(job.wide))
        except CodesignError as error:
            return {"refused": str(error)}
        _kept.job, _kept.evaluator = job, evaluator
    return {"outcome": evaluated(_kept.evaluator, types)}


def _model_digest(path: Path) -> str:
    """Of a model with the weights that lie beside it."""
    return model_file.read(path).digest


def _digest(path: Path) -> str:
    """Of a file, or of the arrays in a folder with their names."""
    if path.is_dir():
        parts = [f"{p.name} {_digest(p)}" for p in sorted(path.glob("*.npy"))]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
