"""The client gives the right labels or says why it has none, and finds a server that is back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import grpc
import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.gpu.triton.client import Client, NoAnswer, ServerDied, ServerDown, ServerFailed
from codesign.gpu.triton.config import Batching
from codesign.gpu.triton.launch import free_port
from codesign.gpu.triton.protocol import Labels, Refused, WrongAnswer
from tests.gpu.triton.stub import Answer, Stub, listening


def event(*labels: int) -> np.ndarray:
    """Hits that the stub gives these labels."""
    return np.array([[label, 1.0, 2.0] for label in labels], np.float32).reshape(-1, 3)


def shown(answers: list[Labels | Refused]) -> list[list[int] | str]:
    return [str(a) if isinstance(a, Refused) else a.tolist() for a in answers]


BAD = "tracking: hit 0 is bad"


def test_events_of_any_size_have_their_labels() -> None:
    with listening(Stub()) as (url, _), Client(url) as client:
        for labels in ((), (0,), (0, 1, -1, 0)):
            found = client.labels(event(*labels))
            assert found.dtype == np.int64 and found.tolist() == list(labels)


def test_several_events_share_a_request_and_a_bad_one_is_told_apart() -> None:
    stub = Stub()
    with listening(stub) as (url, _), Client(url) as client:
        events = [event(0, 0), event(-666), event(), np.zeros((2, 4)), event(0, 1, 2)]
        answers = shown(client.batch(events))
        assert answers[:3] == [[0, 0], BAD, []] and answers[4] == [0, 1, 2]
        assert answers[3] == "hits: found float64 of shape (2, 4), expected real numbers (n, 3): x, y, z in mm"
        assert shown(client.batch([])) == [] and shown(client.batch([np.zeros(3)]))[0].startswith("hits: found")
    assert stub.requests == [4]


def test_where_the_server_makes_the_batches_events_are_sent_side_by_side() -> None:
    stub = Stub(batching=Batching(4))
    with listening(stub) as (url, _), Client(url) as client:
        assert shown(client.batch([event(0), event(-666), event(), event(0, 1)])) == [[0], BAD, [], [0, 1]]
    assert stub.requests == [1, 1, 1, 1]


def test_a_bad_event_is_refused_with_the_servers_words() -> None:
    with listening(Stub()) as (url, _), Client(url) as client:
        with pytest.raises(Refused, match=BAD):
            client.labels(event(-666))
        with pytest.raises(Refused, match=r"found float64 of shape \(3,\)"):
            client.labels([1.0, 2.0, 3.0])
        with pytest.raises(Refused, match=r"hits: these rows are not of equal length, expected real numbers \(n, 3\)"):
            client.labels([[1.0, 2.0, 3.0], [1.0]])
        assert client.labels(event(0)).tolist() == [0]


def test_a_bad_event_is_refused_also_where_no_server_is() -> None:
    with Client(f"127.0.0.1:{free_port()}", patience=60) as client:
        with pytest.raises(Refused, match="hits: found"):
            client.labels(np.zeros((2, 4)))
        assert client.batch([]) == []


def put(name: str, array: np.ndarray) -> Callable[[Answer], None]:
    def spoil(answer: Answer) -> None:
        answer[name] = array

    return spoil


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (put("LABELS", np.zeros(2, np.int64)), r"LABELS is int64 of shape \(2,\), expected int64 of shape \(3,\)"),
        (put("LABELS", np.zeros((1, 3), np.int64)), r"of shape \(1, 3\)"),
        (put("LABELS", np.zeros(3, np.int32)), "LABELS is int32"),
        (put("LABELS", np.array([0, 1, 3])), r"labels 0\.\.3 for 3 hits, expected -1\.\.2"),
        (put("LABELS", np.array([0, -2, 0])), r"labels -2\.\.0"),
        (put("PROBLEMS", np.array([b"", b""], dtype=np.object_)), "PROBLEMS has 2 texts for 1 events"),
        (put("MODEL", np.array([b"sha256:0"], dtype=np.object_)), "is of the model sha256:0, expected sha256:"),
        (lambda answer: answer.pop("MODEL"), "the answer is of the model None"),
        (lambda answer: answer.pop("LABELS"), "LABELS is nothing"),
    ],
)  # fmt: skip
def test_an_answer_to_another_question_is_no_label(spoil: Callable[[Answer], None], message: str) -> None:
    stub = Stub(spoil=spoil)
    with (
        listening(stub) as (url, _),
        Client(url, digest=stub.model.parameters["digest"]) as client,
        pytest.raises(WrongAnswer, match=message),
    ):
        client.labels(event(0, 1, 2))


def test_a_server_with_another_model_is_found_out_before_it_is_asked() -> None:
    stub = Stub()
    with (
        listening(stub) as (url, _),
        Client(url, digest="sha256:0") as client,
        pytest.raises(WrongAnswer, match=r"serves tracking sha256:[0-9a-f]{64}, expected sha256:0"),
    ):
        client.labels(event(0))
    stub = Stub(config={"output": [{"name": "SCORES", "data_type": "TYPE_FP32", "dims": [-1]}]})
    stub.model = replace(stub.model, outputs=stub.model.outputs[1:])
    with (
        listening(stub) as (url, _),
        Client(url) as client,
        pytest.raises(WrongAnswer, match=r"its outputs are .*SCORES TYPE_FP32 \[-1\]; expected LABELS TYPE_INT64"),
    ):
        client.labels(event(0))
    assert not stub.requests


def test_a_model_of_somebody_else_takes_features_in_other_units_and_is_refused() -> None:
    stub = Stub()
    stub.model = replace(stub.model, inputs=stub.model.inputs[:1], outputs=stub.model.outputs[:1], parameters={})
    with (
        listening(stub) as (url, _),
        Client(url) as client,
        pytest.raises(
            WrongAnswer, match="tracking has no digest, so it is no model of `codesign export`, whose FEATURES"
        ),
    ):
        client.labels(event(0))
    assert not stub.requests


def test_a_model_that_takes_no_splits_is_served_one_event_at_a_time() -> None:
    stub = Stub(spoil=lambda answer: answer.pop("PROBLEMS"))  # type: ignore[arg-type,return-value]
    stub.model = replace(stub.model, inputs=stub.model.inputs[:1], outputs=stub.model.outputs[::2])
    with listening(stub) as (url, _), Client(url) as client:
        assert shown(client.batch([event(0), event(-666), event(0, 1)])) == [[0], BAD, [0, 1]]
    assert stub.requests == [1, 1, 1]


def test_a_server_that_takes_too_long() -> None:
    stub = Stub(delay=1.0)
    with (
        listening(stub) as (url, _),
        Client(url, timeout=0.2) as client,
        pytest.raises(NoAnswer, match=rf"the server at {url} did not answer within 0.2 s"),
    ):
        client.labels(event(0))
        stub.delay = 0.0
        assert client.labels(event(0)).tolist() == [0]


def test_failures_and_unknown_models_are_told() -> None:
    stub = Stub(abort=(grpc.StatusCode.INTERNAL, "out of\nmemory"))
    with listening(stub) as (url, _):
        with Client(url) as client, pytest.raises(ServerFailed, match=rf"server at {url} failed: .*out of memory"):
            client.labels(event(0))
        with (
            Client(url, "none") as client,
            pytest.raises(ServerFailed, match=r"has no model none: .*unknown model: 'none'"),
        ):
            client.labels(event(0))


def test_a_server_that_is_down_is_told_and_found_when_it_is_back() -> None:
    port, said = free_port(), list[str]()
    with Client(f"127.0.0.1:{port}", patience=0.3, report=said.append) as client:
        with pytest.raises(
            ServerDown, match=rf"127.0.0.1:{port} does not answer; given up after \d+ attempts in 0.3 s"
        ):
            client.labels(event(0))
        with listening(Stub(), port):
            assert client.labels(event(0, 1)).tolist() == [0, 1]
    assert f"the server at 127.0.0.1:{port} does not answer; it is asked again for up to 0.3 s" in said


def test_a_server_that_dies_in_the_middle_is_told_and_asked_again() -> None:
    port, said = free_port(), list[str]()
    with Client(f"127.0.0.1:{port}", patience=10, report=said.append) as client:
        slow = Stub(delay=0.5)
        answers: list[list[int]] = []
        with listening(slow, port) as (_, server):
            asked = threading.Thread(target=lambda: answers.append(client.labels(event(0, 1)).tolist()))
            asked.start()
            assert slow.busy.wait(10)
            server.stop(None).wait()
        with listening(Stub(), port):
            asked.join(10)
    assert answers == [[0, 1]]
    assert said == [
        f"the server at 127.0.0.1:{port} went away while it had a request; it is asked again for up to 10 s",
        f"the server at 127.0.0.1:{port} is back",
    ]


def test_a_server_that_died_and_stays_away() -> None:
    stub = Stub(abort=(grpc.StatusCode.UNAVAILABLE, "Socket closed"))
    with (
        listening(stub) as (url, _),
        Client(url, patience=0.2) as client,
        pytest.raises(ServerDied, match="went away while it had a request; given up"),
    ):
        client.labels(event(0))
    stub = Stub(abort=(grpc.StatusCode.INTERNAL, "Stub process 'tracking_0_0' is not healthy."))
    with (
        listening(stub) as (url, _),
        Client(url, patience=0.2) as client,
        pytest.raises(ServerDied, match="is not healthy"),
    ):
        client.labels(event(0))


def test_patience_begins_when_the_server_is_lost() -> None:
    port = free_port()
    with Client(f"127.0.0.1:{port}", patience=1.0) as client:
        slow, answers = Stub(delay=1.5), list[list[int]]()
        with listening(slow, port) as (_, server):
            asked = threading.Thread(target=lambda: answers.append(client.labels(event(0, 1)).tolist()))
            asked.start()
            assert slow.busy.wait(10)
            time.sleep(1.2)  # longer than its patience, while the server works
            server.stop(None).wait()
        with listening(Stub(), port):
            asked.join(10)
    assert answers == [[0, 1]]


def test_a_request_that_the_server_dies_of_twice_is_not_sent_again() -> None:
    """It may be what kills the server, which is started again only so often."""
    lives = [Stub(delay=10.0) for _ in range(3)]
    port, errors = free_port(), list[ServerDied]()
    with Client(f"127.0.0.1:{port}", patience=20) as client:

        def ask() -> None:
            with pytest.raises(ServerDied) as error:
                client.labels(event(0))
            errors.append(error.value)

        asked = threading.Thread(target=ask)
        asked.start()
        for life in lives[:2]:
            time.sleep(0.3)  # in which nothing answers
            with listening(life, port) as (_, server):
                assert life.busy.wait(10)
                server.stop(None)
        with listening(lives[2], port):
            asked.join(5)
            assert not asked.is_alive() and not lives[2].busy.is_set()
    assert "went away twice while it had this request, which is not sent a third time; given up after" in str(errors[0])


def test_a_server_that_is_stopping_has_not_died_of_a_request() -> None:
    stub = Stub(
        abort=(grpc.StatusCode.UNAVAILABLE, "[request id: 1] Server is stopping, scheduler for model has stopped")
    )
    with (
        listening(stub) as (url, _),
        Client(url, patience=0.2) as client,
        pytest.raises(ServerDown, match="does not answer; given up") as error,
    ):
        client.labels(event(0))
    assert not isinstance(error.value, ServerDied)


def test_a_server_that_came_back_with_another_model_is_found_out() -> None:
    port = free_port()
    first = Stub()
    with Client(f"127.0.0.1:{port}", patience=5, digest=first.model.parameters["digest"]) as client:
        with listening(first, port):
            client.labels(event(0))
        with listening(Stub(digest="sha256:1"), port), pytest.raises(WrongAnswer, match="sha256:1, expected sha256:"):
            client.labels(event(0))


def test_threads_share_a_client() -> None:
    with listening(Stub()) as (url, _), Client(url) as client:
        found: dict[int, list[int]] = {}

        def ask(n: int) -> None:
            found[n] = [len(client.labels(event(*range(n)))) for _ in range(20)]

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert found == {n: [n] * 20 for n in range(6)}


@pytest.mark.parametrize("url", ["", "localhost", "http://localhost:8001", "localhost:70000", "a b:1", "localhost:0"])
def test_an_address_is_host_and_port(url: str) -> None:
    with pytest.raises(ConfigError, match="expected host:port of gRPC"):
        Client(url)
