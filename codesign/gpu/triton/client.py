"""Labels of hits from a server, with the contract of the pipeline itself: the right ones, or an error that says why.

A server that is down, or dies in the middle, is reported and asked again until the client's patience ends; labelling
has no side effects, so a request may be sent twice. The next call after that starts anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

from numpy.typing import ArrayLike
from tritonclient.grpc import InferenceServerClient, InferResult
from tritonclient.utils import InferenceServerException

from codesign.errors import CodesignError
from codesign.gpu.triton.health import CHANNEL, checked_url
from codesign.gpu.triton.protocol import Hits, Labels, Refused, Served, WrongAnswer, as_hits

FIRST_WAIT, LONGEST_WAIT = 0.05, 1.0
"""Seconds between two attempts: the first, doubled each time, up to the longest."""
MOST_DEATHS = 2
_REFUSED = ("failed to connect", "DNS resolution", "not ready", "is stopping")
"""What is said where a request did not even begin."""
_SHOWN = 300
_T = TypeVar("_T")


class ServerDown(CodesignError):
    """Nothing answered at the address as long as the client waited."""


class ServerDied(ServerDown):
    """The server went away while it had a request, and was not back as long as the client waited."""


class NoAnswer(CodesignError):
    """The server did not answer within the time for a request."""


class ServerFailed(CodesignError):
    """The server answered that it failed, or that it has no such model."""


class Client:
    """A model that is served at `url`; may be shared by threads."""

    def __init__(
        self,
        url: str,
        model: str = "tracking",
        *,
        version: str = "",
        digest: str | None = None,
        timeout: float = 60.0,
        patience: float = 30.0,
        report: Callable[[str], None] = lambda said: None,
    ) -> None:
        """`timeout` seconds for an answer, `patience` seconds for a server that is not there. With a `digest` every
        answer has to be of that very model. `report` is told what happens to the connection."""
        self.url, self.model, self.version, self.digest = checked_url(url), model, version, digest
        self.timeout, self.patience = timeout, patience
        self._report = report
        self._lock = threading.Lock()
        self._channel: InferenceServerClient | None = None
        self._served: Served | None = None

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection; a later call makes a new one."""
        with self._lock:
            if self._channel is not None:
                self._channel.close()
            self._channel = self._served = None

    def labels(self, hits: ArrayLike) -> Labels:
        """(n,): the track of each hit (n, 3) in mm from 0, -1 for a hit on none, as `Pipeline.labels` has it.

        Refused for a bad event, ServerDown and ServerDied for a server that is not there or went away, NoAnswer for
        one that takes too long, ServerFailed for one that fails, WrongAnswer for what is none."""
        [found] = self.batch([hits])
        if isinstance(found, Refused):
            raise found
        return found

    def batch(self, events: Sequence[ArrayLike]) -> list[Labels | Refused]:
        """The labels of each event, or why this one has none; other errors as `labels`. The events share one request,
        or are sent side by side where the server makes the batches."""
        found: list[Labels | Refused | None] = [None] * len(events)
        good: list[tuple[int, Hits]] = []
        for i, event in enumerate(events):
            try:
                good.append((i, as_hits(event)))
            except Refused as refused:
                found[i] = refused
        if not good:
            return [refused for refused in found if refused is not None]
        served = self.served()
        groups = served.requests([hits for _, hits in good])
        if served.batch and len(groups) > 1:
            with ThreadPoolExecutor(min(served.batch, len(groups))) as pool:
                answers = list(pool.map(self._ask, groups))
        else:
            answers = [self._ask(group) for group in groups]
        for (i, _), answer in zip(good, [a for group in answers for a in group], strict=True):
            found[i] = answer
        return [answer for answer in found if answer is not None]

    def served(self) -> Served:
        """What the server says of the model; WrongAnswer where it is not the one expected."""
        return self._served or self._patiently(self._described)

    def _described(self, channel: InferenceServerClient, seconds: float) -> Served:
        known = self._served
        if known is None:
            said = channel.get_model_config(self.model, self.version, as_json=True, client_timeout=seconds)
            known = Served.read(said["config"])
            if self.digest is not None and known.digest != self.digest:
                raise WrongAnswer(f"{self.url} serves {self.model} {known.digest}, expected {self.digest}")
            with self._lock:
                if self._channel is channel:  # another thread may have lost this server meanwhile
                    self._served = known
        return known

    def _ask(self, events: Sequence[Hits]) -> list[Labels | Refused]:
        """The answer to one request."""

        def ask(channel: InferenceServerClient, seconds: float) -> tuple[Served, InferResult]:
            served = self._described(channel, seconds)  # a server that came back may serve another model
            if len(events) != 1 and not served.splits:
                raise WrongAnswer(f"{self.url}: {self.model} takes one event in a request now; ask again")
            return served, channel.infer(
                self.model, served.inputs(events), self.version, served.wanted(), client_timeout=seconds
            )

        try:
            served, result = self._patiently(ask)
        except Refused as refused:
            if len(events) == 1:
                return [refused]
            raise
        return served.labels(result, events, self.digest)

    def _patiently(self, ask: Callable[[InferenceServerClient, float], _T]) -> _T:
        """What `ask` gives, tried again while the server is not there: until it was away for as long as our patience
        lasts, or died twice under this request, which may be why it died."""
        attempts, deaths, before, ends, wait = 0, 0, "", 0.0, FIRST_WAIT
        while True:
            channel = self._connected()
            attempts += 1
            try:
                found = ask(channel, self.timeout)
            except InferenceServerException as error:
                away = self._away(error)
                if away is None:
                    raise self._error(error) from error
                self._dropped(channel)
                if not before or (away == "died" and before != "died"):  # lost now, and not still
                    ends, wait = time.monotonic() + self.patience, FIRST_WAIT
                    deaths += away == "died"
                left = ends - time.monotonic()
                lost = "went away while it had a request" if deaths else "does not answer"
                if deaths == MOST_DEATHS:
                    lost = "went away twice while it had this request, which is not sent a third time"
                if left <= 0 or deaths == MOST_DEATHS:
                    kind = ServerDied if deaths else ServerDown
                    what = f"the server at {self.url} {lost}; given up after {attempts} attempts"
                    what += "" if deaths == MOST_DEATHS else f" in {self.patience:g} s"
                    raise kind(f"{what} ({_said(error)})") from error
                if not before:
                    self._report(f"the server at {self.url} {lost}; it is asked again for up to {self.patience:g} s")
                before = away
                time.sleep(min(wait, left))
                wait = min(2 * wait, LONGEST_WAIT)
            else:
                if attempts > 1:
                    self._report(f"the server at {self.url} is back")
                return found

    def _away(self, error: InferenceServerException) -> str | None:
        """Whether the server is down or died, if it is one of these."""
        status, text = str(error.status()), str(error.message())
        if "UNAVAILABLE" in status:
            return "down" if any(words in text for words in _REFUSED) else "died"
        if "INTERNAL" in status and "is not healthy" in text:  # the process of the model, under a server that lives
            return "died"
        return None

    def _error(self, error: InferenceServerException) -> CodesignError:
        status, said = str(error.status()), _said(error)
        if "DEADLINE_EXCEEDED" in status:
            return NoAnswer(f"the server at {self.url} did not answer within {self.timeout:g} s")
        if "INVALID_ARGUMENT" in status:
            return Refused(f"{self.model}: {said}")
        if "NOT_FOUND" in status:
            return ServerFailed(f"the server at {self.url} has no model {self.model}: {said}")
        return ServerFailed(f"the server at {self.url} failed: {said}")

    def _connected(self) -> InferenceServerClient:
        with self._lock:
            if self._channel is None:
                self._channel = InferenceServerClient(self.url, channel_args=list(CHANNEL))
            return self._channel

    def _dropped(self, channel: InferenceServerClient) -> None:
        """This connection is lost, and closes itself when no thread waits for it; a newer one is kept."""
        with self._lock:
            if self._channel is channel:
                self._channel = self._served = None


def _said(error: InferenceServerException) -> str:
    """The server's own words, in one line."""
    return " ".join(str(error.message()).split())[:_SHOWN]
