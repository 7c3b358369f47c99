"""Events as requests to a model that is served, and its answers as labels, each checked against what was asked.

FEATURES FP32 [n, 3] in mm in, LABELS INT64 [n] out: the names, types and shapes of Exa.TrkX-as-a-service
(arXiv:2501.05520; exatrkx-service on GitHub), which however takes r / 1000, phi / pi, z / 1000, as its networks do. A
model says by the parameter `digest` that it is ours. Ours take several events in one request, with ROW_SPLITS INT64
[events + 1], the rows at which each begins and the last ends; they say in PROBLEMS what was wrong with each event, and
in MODEL which model answered. A model that batches its requests takes one event in each, as [1, n, 3], and answers
[1, n].
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tritonclient.grpc import InferInput, InferRequestedOutput, InferResult

from codesign.errors import CodesignError

FEATURES, ROW_SPLITS = "FEATURES", "ROW_SPLITS"
LABELS, PROBLEMS, MODEL = "LABELS", "PROBLEMS", "MODEL"
DIGEST = "digest"
"""The parameter of a model's configuration that tells the model."""

Hits = NDArray[np.float32]
Labels = NDArray[np.int64]


class Refused(CodesignError):
    """The server has no labels for this event, and says why."""


class WrongAnswer(CodesignError):
    """What came is no answer to what was asked, or of another model than the one expected."""


@dataclass(frozen=True)
class Served:
    """A model as its server describes it."""

    model: str
    batch: int
    """Requests of one batch; 0 where requests have no batch axis."""
    splits: bool
    """Whether a request may hold several events."""
    digest: str
    outputs: tuple[str, ...]

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Served:
        """From the configuration that the server gives as JSON; WrongAnswer for a model that labels no hits."""
        name = str(config.get("name"))
        ports = {
            what: {
                p.get("name"): (p.get("data_type"), tuple(int(d) for d in p.get("dims", ())))
                for p in config.get(what, ())
            }
            for what in ("input", "output")
        }
        for what, port, dims, kind in (("input", FEATURES, (-1, 3), "FP32"), ("output", LABELS, (-1,), "INT64")):
            if ports[what].get(port) != (f"TYPE_{kind}", dims):
                has = ", ".join(f"{k} {t} {list(d)}" for k, (t, d) in ports[what].items())
                raise WrongAnswer(f"{name}: its {what}s are {has}; expected {port} TYPE_{kind} {list(dims)}")
        told = config.get("parameters", {}).get(DIGEST, {}).get("string_value")
        if not told:
            raise WrongAnswer(
                f"{name} has no {DIGEST}, so it is no model of `codesign export`, whose {FEATURES} are x, y, z in mm"
            )
        batch = int(config.get("max_batch_size", 0))
        return cls(name, batch, ROW_SPLITS in ports["input"] and not batch, told, tuple(ports["output"]))

    def requests(self, events: Sequence[Hits]) -> list[Sequence[Hits]]:
        """The events of each request."""
        return [list(events)] if self.splits and len(events) != 1 else [[event] for event in events]

    def inputs(self, events: Sequence[Hits]) -> list[InferInput]:
        """What a request for these events holds."""
        hits = events[0] if len(events) == 1 else np.concatenate([np.zeros((0, 3), np.float32), *events])
        found = [_tensor(FEATURES, hits[None] if self.batch else hits, "FP32")]
        if len(events) != 1:
            ends = np.cumsum([0, *map(len, events)], dtype=np.int64)
            found.append(_tensor(ROW_SPLITS, ends, "INT64"))
        return found

    def wanted(self) -> list[InferRequestedOutput]:
        """The outputs that are asked for: all of ours that the model has."""
        return [InferRequestedOutput(name) for name in (LABELS, PROBLEMS, MODEL) if name in self.outputs]

    def labels(self, result: InferResult, events: Sequence[Hits], digest: str | None) -> list[Labels | Refused]:
        """For each event of the request its labels, or why there are none. WrongAnswer where the answer is none to the
        request, or is not of the model with this digest."""
        if digest is not None and (told := self._told(result)) != digest:
            raise WrongAnswer(f"{self.model}: the answer is of the model {told}, expected {digest}")
        found = self._array(result, LABELS)
        total = sum(map(len, events))
        shape = (1, total) if self.batch else (total,)
        if found is None or found.dtype != np.int64 or found.shape != shape:
            got = "nothing" if found is None else f"{found.dtype} of shape {found.shape}"
            raise WrongAnswer(f"{self.model}: {LABELS} is {got}, expected int64 of shape {shape}")
        texts = self._problems(result, len(events))
        ends = np.cumsum([len(event) for event in events])[:-1]
        return [
            Refused(f"{self.model}: {text}") if text else _checked(self.model, part)
            for part, text in zip(np.split(found.reshape(-1), ends), texts, strict=True)
        ]

    def _array(self, result: InferResult, name: str) -> NDArray[Any] | None:
        """An output; None where the answer has none of this name."""
        try:
            found: NDArray[Any] | None = result.as_numpy(name)
        except (ValueError, KeyError, struct.error) as error:
            raise WrongAnswer(f"{self.model}: {name} has fewer bytes than its shape says: {error}") from error
        return found

    def _told(self, result: InferResult) -> str | None:
        """Which model answered, as the answer itself says."""
        found = self._array(result, MODEL) if MODEL in self.outputs else None
        return None if found is None or found.size != 1 else _text(found.reshape(-1)[0])

    def _problems(self, result: InferResult, events: int) -> list[str]:
        found = self._array(result, PROBLEMS) if PROBLEMS in self.outputs else None
        if found is None:
            return [""] * events
        if found.size != events:
            raise WrongAnswer(f"{self.model}: {PROBLEMS} has {found.size} texts for {events} events")
        return [_text(text) for text in found.reshape(-1)]


def as_hits(event: ArrayLike) -> Hits:
    """An event as FEATURES; Refused for what is no (n, 3) of real numbers."""
    try:
        found = np.asarray(event)
    except ValueError as error:  # numpy's word for it: inhomogeneous
        raise Refused(
            "hits: these rows are not of equal length, expected real numbers (n, 3): x, y, z in mm"
        ) from error
    if found.ndim != 2 or found.shape[1] != 3 or found.dtype.kind not in "fiu":
        raise Refused(f"hits: found {found.dtype} of shape {found.shape}, expected real numbers (n, 3): x, y, z in mm")
    with np.errstate(over="ignore"):  # what float32 cannot hold is refused by the server
        return np.ascontiguousarray(found, np.float32)


def _checked(model: str, labels: Labels) -> Labels:
    if len(labels) and not -1 <= labels.min() <= labels.max() < len(labels):
        raise WrongAnswer(
            f"{model}: labels {labels.min()}..{labels.max()} for {len(labels)} hits, expected -1..{len(labels) - 1}"
        )
    return labels


def _tensor(name: str, array: NDArray[Any], kind: str) -> InferInput:
    found = InferInput(name, list(array.shape), kind)
    found.set_data_from_numpy(array)
    return found


def _text(found: object) -> str:
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)
