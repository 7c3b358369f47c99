"""Labels over gRPC from a real tritonserver, which neither bad events nor its own death makes wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from codesign.errors import ToolError
from codesign.gpu.triton.client import Client, NoAnswer, ServerDown, WrongAnswer
from codesign.gpu.triton.config import Batching
from codesign.gpu.triton.launch import Listening, Running, start
from codesign.gpu.triton.load import Plan, scan
from codesign.gpu.triton.protocol import Refused
from codesign.gpu.triton.repository import Model, Serving, labels_model, write_repository
from codesign.gpu.triton.server import Server
from tests.gpu.triton import rule
from tests.gpu.triton.conftest import OWN

pytestmark = pytest.mark.gpu

RULE = {"labeller.py": Path(rule.__file__).read_bytes()}
PLAIN = labels_model(Serving("tracking", max_hits=3000), RULE)
BATCHED = labels_model(Serving("batched", batching=Batching(8, 50_000)), RULE)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("served") / "repository"
    write_repository([PLAIN, BATCHED], path, version="1")
    return path


@pytest.fixture(scope="module")
def running(repository: Path, tritonserver: Server) -> Iterator[Running]:
    with start(repository, server=tritonserver) as server:
        yield server


def events(seed: int, *sizes: int) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.uniform(0, 5000, (n, 3)).astype(np.float32) for n in sizes]


def told(y: float, z: float = 0.0) -> np.ndarray:
    """An event that makes the rule raise (666 what it may, 667 what it may not), or wait for z ms (668)."""
    return np.array([[0, y, z], [1, 0, 0]], np.float32)


def expected(event: np.ndarray) -> list[int]:
    return rule.label(event).tolist() if len(event) else []


NAN = np.array([[0, 1, 2], [3, np.nan, 5]], np.float32)
BAD = {
    "hit 1 has the coordinates [3.0, nan, 5.0]; leave such hits out": NAN,
    "hit 0 is the number of the beast": told(666),
    "the model failed: RuntimeError: out of memory": told(667),
}


@pytest.mark.parametrize("model", [PLAIN, BATCHED])
def test_labels_are_those_of_local_inference(running: Running, model: Model) -> None:
    with Client(running.url, model.config.name, digest=model.digest) as client:
        for event in events(1, 0, 1, 2, 300, 2000):
            assert client.labels(event).tolist() == expected(event)
        several = events(2, 5, 0, 1, 100, 30)
        answers = client.batch(several)
        assert [a.tolist() for a in answers if not isinstance(a, Refused)] == [expected(e) for e in several]


@pytest.mark.parametrize("model", [PLAIN, BATCHED])
def test_bad_events_are_refused_and_their_batch_mates_are_labelled(running: Running, model: Model) -> None:
    name = model.config.name
    with Client(running.url, name) as client:
        good = events(3, 4, 50, 7)
        mixed = [good[0], NAN, good[1], *list(BAD.values())[1:], good[2]]
        answers = client.batch(mixed)
        for event, answer in zip(mixed, answers, strict=True):
            if any(event is bad for bad in BAD.values()):
                assert isinstance(answer, Refused)
            else:
                assert not isinstance(answer, Refused) and answer.tolist() == expected(event)
        assert [str(a) for a in answers if isinstance(a, Refused)] == [f"{name}: {why}" for why in BAD]
        for why, event in BAD.items():
            with pytest.raises(Refused) as refused:
                client.labels(event)
            assert str(refused.value) == f"{name}: {why}"


def test_an_event_over_the_limit_is_refused(running: Running) -> None:
    with (
        Client(running.url) as client,
        pytest.raises(Refused, match="an event of 3001 hits; this model takes at most 3000"),
    ):
        client.labels(events(4, 3001)[0])


def test_wrong_shapes_and_splits_are_refused_by_the_server(running: Running) -> None:
    from tritonclient.grpc import InferenceServerClient, InferInput, InferRequestedOutput
    from tritonclient.utils import InferenceServerException

    def ask(hits: np.ndarray, splits: list[int] | None = None, outputs: tuple[str, ...] = ("LABELS",)) -> str:
        inputs = [InferInput("FEATURES", list(hits.shape), "FP32")]
        inputs[0].set_data_from_numpy(hits)
        if splits is not None:
            inputs.append(InferInput("ROW_SPLITS", [len(splits)], "INT64"))
            inputs[1].set_data_from_numpy(np.array(splits, np.int64))
        client = InferenceServerClient(running.url)
        try:
            found = client.infer("tracking", inputs, outputs=[InferRequestedOutput(name) for name in outputs])
            return str(found.as_numpy("LABELS").tolist())
        except InferenceServerException as error:
            return str(error.message())
        finally:
            client.close()

    hits = np.zeros((4, 3), np.float32)
    assert ask(hits) == "[0, 0, 0, 0]" and ask(hits, [0, 2, 2, 4]) == "[0, 0, 0, 0]" and ask(hits[:0], [0]) == "[]"
    assert "unexpected shape for input 'FEATURES'" in ask(np.zeros((4, 4), np.float32))
    for splits in ([], [0], [1, 4], [0, 5], [0, 3, 2, 4], [0, -(2**63), 4]):
        assert "ROW_SPLITS is [" in ask(hits, splits), splits
    hits[2] = np.nan
    assert ask(hits, [0, 2, 4]).startswith("event 1: hit 0 has the coordinates")
    assert ask(hits, [0, 2, 4], ("LABELS", "PROBLEMS")) == "[0, 0, -1, -1]"


def test_requests_are_batched_by_the_server(running: Running) -> None:
    with Client(running.url, "batched") as client:
        client.batch(events(5, *range(2, 26)))
    from tritonclient.grpc import InferenceServerClient

    stats = InferenceServerClient(running.url).get_inference_statistics("batched", as_json=True)["model_stats"][0]
    assert int(stats["execution_count"]) < int(stats["inference_count"])
    assert max(int(b["batch_size"]) for b in stats["batch_stats"]) > 1


def test_many_clients_at_once(running: Running) -> None:
    several = events(6, *range(1, 61))

    def ask(part: int) -> bool:
        with Client(running.url, ("tracking", "batched")[part % 2]) as client:
            return all(client.labels(e).tolist() == expected(e) for e in several[part::6])

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(ask, range(6)))


@pytest.mark.parametrize("model", [PLAIN, BATCHED])
def test_load_is_answered_with_the_right_labels(running: Running, model: Model) -> None:
    several = events(9, *range(2, 12))
    plan = Plan((1, 4), (1, 3), requests=20, seconds=10, warm_up=2)
    labels = [rule.label(event) for event in several]
    points = scan(running.url, several, plan, model=model.config.name, digest=model.digest, expected=labels)
    assert [(p.requests, p.events, p.errors) for p in points] == [(20, 20 * b, {}) for b in (1, 1, 3, 3)]


def test_an_answer_that_takes_too_long_is_given_up(running: Running) -> None:
    with Client(running.url, timeout=0.3) as client:
        with pytest.raises(NoAnswer, match=r"did not answer within 0\.3 s"):
            client.labels(told(668, 600))
        client.timeout = 10
        assert client.labels(told(0)).tolist() == [0, 0]


def test_the_server_is_killed_and_comes_back(repository: Path, tritonserver: Server, tmp_path: Path) -> None:
    said: list[str] = []
    event = events(7, 40)[0]
    with start(repository, server=tritonserver, log=tmp_path / "first.log") as first:
        address, port = first.url.split(":")
        client = Client(first.url, digest=PLAIN.digest, patience=20, timeout=20, report=said.append)
        assert client.labels(event).tolist() == expected(event)
        answers: list[list[int]] = []
        asked = threading.Thread(target=lambda: answers.append(client.labels(told(668, 500)).tolist()))
        asked.start()
        ends = time.monotonic() + 10
        while b"waiting" not in first.log.read_bytes() and time.monotonic() < ends:
            time.sleep(0.01)
        os.kill(first.pid, signal.SIGKILL)
        first.process.wait(10)
        assert first.ended() == "tritonserver ended (signal 9)"
        with (
            Client(first.url, patience=0.3) as other,
            pytest.raises(ServerDown, match="does not answer; given up after"),
        ):
            other.labels(event)
    with start(repository, server=tritonserver, listening=Listening(address, int(port)), log=tmp_path / "second.log"):
        asked.join(20)
        assert answers == [[0, 0]]
        assert client.labels(event).tolist() == expected(event)
        with (
            Client(f"{address}:{port}", digest="sha256:0") as wrong,
            pytest.raises(WrongAnswer, match="expected sha256:0"),
        ):
            wrong.labels(event)
    client.close()
    lost = f"the server at {first.url} went away while it had a request; it is asked again for up to 20 s"
    assert said == [lost, f"the server at {first.url} is back"]


def test_a_model_whose_process_dies_is_noticed_and_nothing_is_left(
    repository: Path, tritonserver: Server, tmp_path: Path
) -> None:
    with start(repository, server=tritonserver, log=tmp_path / "log") as server:
        assert server.ended() is None
        links = Path((tmp_path / "log").read_text().split("--backend-directory ")[1].split()[0])
        assert links.is_dir()
        models = sorted(server.models)
        assert len(models) == 2 and list(Path("/dev/shm").glob(f"codesign_{server.mark}_*"))
        os.kill(models[0], signal.SIGKILL)
        ends = time.monotonic() + 5
        while server.ended() is None and time.monotonic() < ends:
            time.sleep(0.05)
        assert server.ended() == "the process of a model ended, and the server does not start it again"
    assert not any(Path(f"/proc/{pid}").exists() for pid in (server.pid, *models))
    assert not list(Path("/dev/shm").glob(f"codesign_{server.mark}_*")) and not links.parent.exists()


def test_a_model_whose_files_were_changed_does_not_load(repository: Path, tritonserver: Server, tmp_path: Path) -> None:
    changed = tmp_path / "repository"
    write_repository([PLAIN], changed, version="1")
    with (changed / "tracking" / "1" / "labeller.py").open("a") as file:
        file.write("\n")
    with pytest.raises(ToolError, match=r"its files have the digest sha256:.*, config.pbtxt says sha256:"):
        start(changed, server=tritonserver)


@contextmanager
def serve(repository: Path, tmp_path: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """The command, which has to be ended."""
    own = os.environ.get("CODESIGN_TRITON", str(OWN))
    code = "from codesign.cli.main import app; app()"
    command = [sys.executable, "-c", code, "triton", "serve", str(repository), "--server", own, "--grpc-port", "0"]
    with subprocess.Popen(
        [*command, "--log", str(tmp_path / "log"), *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()  # it ends what it started


def answered(process: subprocess.Popen[str]) -> str:
    """The address, when the server answers."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("serving"):
            assert line.startswith("serving batched, tracking at 127.0.0.1:")
            return line.split()[4]
    raise AssertionError("it ended before it answered")


def children(process: int) -> list[int]:
    """What the process started: tritonserver the processes of its models."""
    found = Path(f"/proc/{process}/task").glob("*/children")
    return sorted({int(pid) for path in found for pid in path.read_text().split()})


def server_of(command: subprocess.Popen[str]) -> int:
    """The tritonserver that the command started, beside its guard."""
    [found] = (pid for pid in children(command.pid) if Path(f"/proc/{pid}/comm").read_text() == "tritonserver\n")
    return found


def test_the_command_starts_a_dead_server_again_and_ends_it_by_ctrl_c(
    repository: Path, tritonserver: Server, tmp_path: Path
) -> None:
    event = events(8, 30)[0]
    with serve(repository, tmp_path, "--restarts", "2") as process:
        url = answered(process)
        with Client(url, patience=20) as client:
            assert client.labels(event).tolist() == expected(event)
            first = server_of(process)
            os.kill(first, signal.SIGKILL)
            assert answered(process) == url, "the server is back at the same address"
            assert client.labels(event).tolist() == expected(event)
            second = server_of(process)
            os.kill(children(second)[0], signal.SIGKILL)
            assert answered(process) == url, "and where a model died, which the server hides"
            assert client.labels(event).tolist() == expected(event)
        third = server_of(process)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=30)
        assert process.returncode == 0 and said == "tritonserver: ended\n"
    assert not any(Path(f"/proc/{pid}").exists() for pid in (first, second, third))


def test_kill_minus_9_of_the_command_ends_the_server(repository: Path, tritonserver: Server, tmp_path: Path) -> None:
    with serve(repository, tmp_path) as process:
        url = answered(process)
        server = server_of(process)
        pids, regions = [server, *children(server)], list(Path("/dev/shm").glob(f"codesign_{process.pid}-*"))
        assert len(pids) == 3 and regions
        process.kill()
    ends = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in pids) or any(map(Path.exists, regions)):
        assert time.monotonic() < ends
        time.sleep(0.05)
    with Client(url, patience=0.1) as client, pytest.raises(ServerDown):
        client.labels(events(8, 3)[0])


def test_the_command_gives_up_when_the_server_dies_too_often(
    repository: Path, tritonserver: Server, tmp_path: Path
) -> None:
    with serve(repository, tmp_path, "--restarts", "0") as process:
        answered(process)
        os.kill(server_of(process), signal.SIGKILL)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "error: tritonserver ended (signal 9), and was started again 0 times before; it said:" in said
