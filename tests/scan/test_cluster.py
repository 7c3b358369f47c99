"""Scans on a real Dask cluster of several processes, one of which is killed on the way."""

from __future__ import annotations

import os
import shutil
import signal
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from distributed import Client, LocalCluster

from codesign.errors import ConfigError, ToolError
from codesign.scan.calibrate import SAMPLES, calibrate
from codesign.scan.cluster import Job, evaluate
from codesign.scan.evaluate import Evaluator, Task
from codesign.scan.run import ScanResult, scan
from codesign.scan.space import Types
from tests.scan.conftest import Case


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Two workers, processes of one thread each, that are started again when they die."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, protocol="tcp", silence_logs=50
        ) as found:
            yield found


def figures(found: ScanResult) -> list[object]:
    return [(o.types, o.value, o.output_error, o.ebops) for o in found.outcomes]


def test_a_cluster_finds_what_this_machine_finds(jets: Case, cluster: LocalCluster, tmp_path: Path) -> None:
    options = jets.options(metric="accuracy", bits="3..6", design=False)
    alone = scan(**options, output=tmp_path / "alone")
    shared = scan(**options, output=tmp_path / "shared", scheduler=cluster.scheduler_address)
    assert figures(shared) == figures(alone)
    assert (shared.evaluated, len(shared.stored)) == (4, 4)


def test_a_killed_worker_costs_nothing_but_time(jets: Case, cluster: LocalCluster, tmp_path: Path) -> None:
    options = jets.options(metric="accuracy", bits="2..12", design=False)
    killed: list[int] = []

    def kill_one(what: str, done: int, of: int) -> None:
        if what.startswith("evaluating") and done == 3 and not killed:
            with Client(cluster.scheduler_address) as client:
                pids = client.run(os.getpid)
            killed.append(next(iter(pids.values())))
            os.kill(killed[0], signal.SIGKILL)

    shared = scan(**options, output=tmp_path / "s", scheduler=cluster.scheduler_address, progress=kill_one)
    alone = scan(**options, output=tmp_path / "alone")
    assert killed
    assert figures(shared) == figures(alone)
    again = scan(**options, output=tmp_path / "s", scheduler=cluster.scheduler_address)
    assert again.evaluated == 0


def test_a_scheduler_that_is_not_there_is_told(jets: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codesign.scan.cluster.CONNECT_SECONDS", 1)
    with pytest.raises(ToolError, match=r"--scheduler tcp://127\.0\.0\.1:9: there is no scheduler: .*dask scheduler"):
        scan(**jets.options(metric="accuracy", bits="4", output=tmp_path, scheduler="tcp://127.0.0.1:9"))
    with pytest.raises(ConfigError, match="give one of the two"):
        scan(**jets.options(metric="accuracy", bits="4", output=tmp_path, workers=2, scheduler="tcp://127.0.0.1:9"))


def test_a_cluster_without_workers_is_told(jets: Case, tmp_path: Path) -> None:
    with (
        LocalCluster(n_workers=0, processes=True, dashboard_address=None, silence_logs=50) as empty,
        pytest.raises(ToolError, match="it has no workers; start some with `dask worker tcp://"),
    ):
        scan(**jets.options(metric="accuracy", bits="4", output=tmp_path, scheduler=empty.scheduler_address))


@pytest.fixture
def job(jets: Case, tmp_path: Path) -> tuple[Job, Types]:
    """A job on files of its own, and a point."""
    copies = [shutil.copy(path, tmp_path) for path in (jets.model, jets.data, jets.labels)]
    task = Task(*map(str, copies), metric="accuracy", design=False)
    evaluator = Evaluator(task)
    wide = calibrate(evaluator.space, [x[:SAMPLES] for x in evaluator.data]).wide
    return Job.of(task, wide), wide


def test_a_worker_refuses_what_it_would_not_do_alike(job: tuple[Job, Types], tmp_path: Path) -> None:
    sent, point = job
    texts = {site: str(fixed) for site, fixed in point.items()}
    assert "outcome" in evaluate(sent, texts)
    other = evaluate(replace(sent, version="0.0"), texts)
    assert "it has codesign" in other["refused"]
    assert "this is 0.0" in other["refused"]
    (tmp_path / "y.npy").write_bytes((tmp_path / "y.npy").read_bytes()[:-1] + b"\7")
    changed = replace(sent, wide=dict(sent.wide))  # equal: what the worker keeps is not asked again
    assert "outcome" in evaluate(changed, texts)
    fresh = replace(sent, wide={})
    assert evaluate(fresh, texts)["refused"] == f"{tmp_path / 'y.npy'} is another file there"
    (tmp_path / "x.npy").unlink()
    assert "x.npy cannot be read there" in evaluate(fresh, texts)["refused"]
    (tmp_path / "net.onnx").unlink()
    assert "net.onnx cannot be read there" in evaluate(fresh, texts)["refused"]
