"""Load on a server and what it does to it: a closed loop of clients, each of which sends its next request when it has
the answer to the last, at every concurrency and batch of a scan."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import aio
from tritonclient.utils import InferenceServerException

from codesign.errors import ConfigError
from codesign.gpu.triton.client import Client
from codesign.gpu.triton.health import CHANNEL, checked_url
from codesign.gpu.triton.protocol import Hits, Labels, Refused, Served, WrongAnswer
from codesign.progress import Progress, silent

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
MOST_REQUESTS, MOST_SECONDS = 1_000_000, 3600.0
MOST_CONCURRENCY, MOST_BATCH = 1024, 4096
_PATIENCE = 2.0
_PAUSE = 0.05
"""Seconds that a client waits after an error, so that a server that is gone is not asked a thousand times a second."""


@dataclass(frozen=True)
class Plan:
    """The points of a scan, and how long each is measured: until so many requests or seconds, what comes first."""

    concurrency: tuple[int, ...] = (1, 2, 4, 8)
    """Clients at a time."""
    batch: tuple[int, ...] = (1,)
    """Events of a request; where the server makes the batches, requests that a client sends at a time."""
    requests: int = 200
    seconds: float = 20.0
    warm_up: int = 8
    """Requests of each client before anything is measured, at most, and for a tenth of the seconds at most."""
    timeout: float = 60.0

    def __post_init__(self) -> None:
        for what, values, most in (
            ("concurrency", self.concurrency, MOST_CONCURRENCY),
            ("batch", self.batch, MOST_BATCH),
            ("requests", (self.requests,), MOST_REQUESTS),
        ):
            if not values or any(not 1 <= value <= most for value in values):
                raise ConfigError(f"{what} is {', '.join(map(str, values)) or 'empty'}, expected numbers in 1..{most}")
        if not 0 <= self.warm_up <= MOST_REQUESTS:
            raise ConfigError(f"warm-up is {self.warm_up} requests, expected 0..{MOST_REQUESTS}")
        for what, seconds in (("seconds", self.seconds), ("timeout", self.timeout)):
            if not 0 < seconds <= MOST_SECONDS:
                raise ConfigError(f"{what} is {seconds:g}, expected more than 0 and at most {MOST_SECONDS:g}")


@dataclass(frozen=True)
class Point:
    """What was measured at one concurrency and batch."""

    concurrency: int
    batch: int
    requests: int
    """That were answered with labels for at least one event."""
    events: int
    """That have labels."""
    hits: int
    """Of these events."""
    seconds: float
    """From the first request to the last answer."""
    p50_ms: float
    """Of the time from a request to its answer; NaN where there was none."""
    p95_ms: float
    p99_ms: float
    errors: Mapping[str, int] = field(default_factory=dict)
    """How often what went wrong: refused and wrong events, requests without an answer."""

    @property
    def events_per_s(self) -> float:
        """Events that have labels, per second."""
        return self.events / self.seconds if self.seconds else 0.0


def percentile(sorted_ms: Sequence[float], q: float) -> float:
    """The least of the values that at least q percent of them do not exceed (nearest rank); NaN where there is none."""
    if not len(sorted_ms):
        return float("nan")
    return float(np.percentile(np.asarray(sorted_ms), q, method="inverted_cdf"))


def scan(
    url: str,
    events: Sequence[Hits],
    plan: Plan,
    *,
    model: str = "tracking",
    digest: str | None = None,
    expected: Sequence[Labels] | None = None,
    remote: bool = False,
    progress: Progress = silent,
) -> list[Point]:
    """Every concurrency with every batch, in this order; the events take turns. `expected` labels are compared with
    the answers. ConfigError for a server elsewhere unless it is `remote`; errors of the client where the server does
    not answer before the scan."""
    host = checked_url(url).rpartition(":")[0]
    if not remote and host not in LOOPBACK:
        raise ConfigError(f"{url} is not this machine; load is sent elsewhere only with --remote")
    if not events:
        raise ConfigError("there are no events to send")
    with Client(url, model, digest=digest, timeout=plan.timeout, patience=_PATIENCE) as client:
        served = client.served()
    if served.batch and (too_many := max(plan.batch)) > served.batch:
        raise ConfigError(f"{model}: the server makes batches of at most {served.batch} events, not of {too_many}")
    load = _Load(url, served, digest, list(events), expected, plan)
    points = []
    pairs = [(c, b) for b in plan.batch for c in plan.concurrency]
    for done, (concurrency, batch) in enumerate(pairs):
        progress("measuring the load", done, len(pairs))
        points.append(asyncio.run(load.point(concurrency, batch)))
    progress("measuring the load", len(pairs), len(pairs))
    return points


@dataclass(frozen=True)
class _Load:
    url: str
    served: Served
    digest: str | None
    events: list[Hits]
    expected: Sequence[Labels] | None
    plan: Plan

    async def point(self, concurrency: int, batch: int) -> Point:
        """One concurrency and batch, after warming up."""
        client = aio.InferenceServerClient(self.url, channel_args=list(CHANNEL))
        try:
            plan = self.plan
            warm = _Tally(plan.warm_up * concurrency, plan.seconds / 10)
            await self._clients(client, concurrency, batch, warm)
            tally = _Tally(plan.requests, plan.seconds)
            began = time.perf_counter()
            await self._clients(client, concurrency, batch, tally)
            return tally.point(concurrency, batch, time.perf_counter() - began)
        finally:
            await client.close()

    async def _clients(self, client: aio.InferenceServerClient, concurrency: int, batch: int, tally: _Tally) -> None:
        await asyncio.gather(*(self._loop(client, batch, tally) for _ in range(concurrency)))

    async def _loop(self, client: aio.InferenceServerClient, batch: int, tally: _Tally) -> None:
        """One client: a request, its answer, the next."""
        while (number := tally.next()) is not None:
            which = [(number * batch + k) % len(self.events) for k in range(batch)]
            groups = [[self.events[i] for i in which]] if self.served.splits else [[self.events[i]] for i in which]
            sent = [(self.served.inputs(group), group) for group in groups]
            wanted = self.served.wanted()
            began = time.perf_counter()
            results = await asyncio.gather(
                *(
                    client.infer(self.served.model, inputs, outputs=wanted, client_timeout=self.plan.timeout)
                    for inputs, _ in sent
                ),
                return_exceptions=True,
            )
            taken = time.perf_counter() - began
            labelled, hits, away = 0, 0, False
            for (_, group), result in zip(sent, results, strict=True):
                indices, which = which[: len(group)], which[len(group) :]
                if isinstance(result, BaseException):
                    tally.errors[_kind(result)] += len(group)
                    away = True
                    continue
                answers = self._answers(result, group, tally)
                for i, answer in zip(indices, answers):
                    if isinstance(answer, Refused):
                        tally.errors["refused"] += 1
                    elif self.expected is not None and not np.array_equal(answer, self.expected[i]):
                        tally.errors["wrong labels"] += 1
                    else:
                        labelled, hits = labelled + 1, hits + len(answer)
            if labelled:
                tally.answered(taken, labelled, hits)
            if away:
                await asyncio.sleep(_PAUSE)

    def _answers(self, result: object, group: list[Hits], tally: _Tally) -> list[NDArray[np.int64] | Refused]:
        try:
            return self.served.labels(result, group, self.digest)
        except WrongAnswer:
            tally.errors["wrong answer"] += len(group)
            return []


class _Tally:
    """The requests of one point: how many may still be sent, and what came back."""

    def __init__(self, requests: int, seconds: float) -> None:
        self.left, self.ends, self.number = requests, time.perf_counter() + seconds, 0
        self.latencies: list[float] = []
        self.events = self.hits = 0
        self.errors: Counter[str] = Counter()

    def next(self) -> int | None:
        """The number of the next request; None where there is none."""
        if self.left <= 0 or time.perf_counter() >= self.ends:
            return None
        self.left -= 1
        self.number += 1
        return self.number - 1

    def answered(self, seconds: float, events: int, hits: int) -> None:
        """A request has labels."""
        self.latencies.append(1e3 * seconds)
        self.events, self.hits = self.events + events, self.hits + hits

    def point(self, concurrency: int, batch: int, seconds: float) -> Point:
        """The figures."""
        found = sorted(self.latencies)
        p50, p95, p99 = (percentile(found, q) for q in (50, 95, 99))
        errors = dict(sorted(self.errors.items()))
        return Point(concurrency, batch, len(found), self.events, self.hits, seconds, p50, p95, p99, errors)


def _kind(error: BaseException) -> str:
    """What an error is counted as; any that no server makes is raised."""
    if isinstance(error, asyncio.CancelledError):
        return "server away"  # its connection was closed
    if not isinstance(error, InferenceServerException):
        raise error
    status = str(error.status())
    if "DEADLINE_EXCEEDED" in status:
        return "no answer in time"
    if "INVALID_ARGUMENT" in status:
        return "refused"
    return "server away" if "UNAVAILABLE" in status else "server failed"
