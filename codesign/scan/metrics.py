"""What a scan measures: one number for what the network gives and what is true.

- **accuracy** (higher is better): samples whose largest output is the one of their class, over all.
- **auc** (higher): the chance that a signal sample scores above a background one, ties counted half (Mann and Whitney);
  of several classes the mean of each against all others.
- **mae** (lower): the mean absolute difference.
- **iqr** (lower): the interquartile range of predicted / true: its 75th percentile less the 25th, both interpolated
  linearly.

The iqr is what calorimeter regressions are judged by: half of all showers lie within it, and tails do not matter. It is
the same for (predicted - true) / true.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ConfigError

Floats = NDArray[np.float64]
Function = Callable[[Any, Any], Any]
"""From what the network gives (n, *shape), or a list of them, and the labels (n, ...) to a number."""


@dataclass(frozen=True)
class Metric:
    """A function of outputs and labels, and which way is better."""

    name: str
    function: Function
    maximize: bool

    def __call__(self, outputs: list[Floats], labels: np.ndarray) -> float:
        """The number; ConfigError where the function raises, or where what it gives is no finite number."""
        given = outputs[0] if len(outputs) == 1 else outputs
        try:
            found = self.function(given, labels)
        except ConfigError:
            raise
        except Exception as error:  # the user's code may raise anything
            raise ConfigError(f"metric {self.name}: it raised {type(error).__name__}: {error}") from error
        try:
            value = float(found)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"metric {self.name}: it gave {found!r:.80}, which is not a number") from error
        if not math.isfinite(value):
            raise ConfigError(f"metric {self.name}: it gave {value}; a scan needs a finite number for every point")
        return value

    def better(self, one: float, other: float) -> bool:
        """Whether one value is better than another."""
        return one > other if self.maximize else one < other


def metric(spec: str, maximize: bool | None = None) -> Metric:
    """The metric of this name, or the function `fn` of the Python file in 'file.py:fn'.

    The file is run: give only one that you trust. Which way is better is known of the names; of a function it must be
    said. ConfigError where there is no such metric, file or function.
    """
    if spec in _KNOWN:
        function, better_high = _KNOWN[spec]
        if maximize is not None and maximize != better_high:
            raise ConfigError(f"metric {spec}: {'higher' if better_high else 'lower'} is better; leave the goal out")
        return Metric(spec, function, better_high)
    path, colon, name = spec.rpartition(":")
    if not colon or not path.endswith(".py"):
        raise ConfigError(f"metric {spec!r}: there is none; choose {', '.join(_KNOWN)}, or give file.py:function")
    if maximize is None:
        raise ConfigError(f"metric {spec}: say which way is better: --goal max or --goal min")
    return Metric(spec, _loaded(Path(path), name), maximize)


def _loaded(path: Path, name: str) -> Function:
    """The function `name` of the file, which is run for it."""
    if not path.is_file():
        raise ConfigError(f"metric {path}:{name}: there is no file {path}")
    spec = importlib.util.spec_from_file_location(f"codesign_metric_{path.stem}", path)
    assert spec is not None and spec.loader is not None  # of a .py file
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for their module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # the user's code may raise anything
        raise ConfigError(f"metric {path}:{name}: the file raised {type(error).__name__}: {error}") from error
    function = getattr(module, name, None)
    if not callable(function):
        there = ", ".join(n for n, v in vars(module).items() if callable(v) and not n.startswith("_")) or "none"
        raise ConfigError(f"metric {path}:{name}: the file has no function {name!r}; it has {there}")
    found: Function = function
    return found


def accuracy(outputs: Floats, labels: np.ndarray) -> float:
    """The share of samples whose largest output, the first of equal ones, is that of their class."""
    scores = _one_output("accuracy", outputs)
    if scores.shape[1] < 2:
        raise ConfigError(
            "metric accuracy: the network gives one number per sample, and where its classes part is not known; "
            "use auc, or a function of your own"
        )
    return float((scores.argmax(axis=1) == classes("accuracy", labels, scores.shape[1])).mean())


def auc(outputs: Floats, labels: np.ndarray) -> float:
    """The area under the ROC curve; of several classes the mean of each against the others."""
    scores = _one_output("auc", outputs)
    columns = scores.shape[1]
    true = classes("auc", labels, max(columns, 2))
    each = range(columns) if columns > 1 else [1]
    return float(np.mean([_area(scores[:, c if columns > 1 else 0], true == c) for c in each]))


def _area(score: Floats, positive: NDArray[np.bool_]) -> float:
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if not positives or not negatives:
        raise ConfigError("metric auc: a class has no samples, or all of them; an area needs both kinds")
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((rank[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def mae(outputs: Floats, labels: np.ndarray) -> float:
    """The mean absolute difference of outputs and labels."""
    found, true = _regression("mae", outputs, labels)
    return float(np.abs(found - true).mean())


def iqr(outputs: Floats, labels: np.ndarray) -> float:
    """The interquartile range of outputs / labels."""
    found, true = _regression("iqr", outputs, labels)
    if (true == 0).any():
        raise ConfigError("metric iqr: a label is 0, and predicted / true has no value there; use mae")
    low, high = np.percentile(found / true, [25, 75])
    return float(high - low)


def classes(name: str, labels: np.ndarray, count: int) -> NDArray[np.int64]:
    """The class of each sample: integers (n,) or (n, 1), or one-hot rows (n, count)."""
    found = np.asarray(labels)
    if found.ndim == 2 and found.shape[1] == count and count > 1:
        ones = (found == 1).sum(axis=1) == 1
        if not (ones & ((found == 0).sum(axis=1) == count - 1)).all():
            raise ConfigError(f"metric {name}: labels of shape {found.shape} are not one-hot; give the class's number")
        ones_at: NDArray[np.int64] = found.argmax(axis=1)
        return ones_at
    flat = found.reshape(len(found), -1)
    if flat.shape[1] != 1 or (flat != np.rint(flat)).any():
        raise ConfigError(
            f"metric {name}: labels of shape {found.shape} are no classes; give integers (n,), or one-hot rows "
            f"(n, {count})"
        )
    if flat.min() < 0 or flat.max() >= count:
        raise ConfigError(
            f"metric {name}: labels from {flat.min():g} to {flat.max():g}, the network has the classes 0..{count - 1}"
        )
    whole: NDArray[np.int64] = flat[:, 0].astype(np.int64)
    return whole


def _one_output(name: str, outputs: Any) -> Floats:
    """(n, classes)."""
    if isinstance(outputs, list):
        raise ConfigError(f"metric {name}: the network has {len(outputs)} outputs; use a function of your own")
    found: Floats = outputs.reshape(len(outputs), -1)
    return found


def _regression(name: str, outputs: Any, labels: np.ndarray) -> tuple[Floats, Floats]:
    found = _one_output(name, outputs)
    true = np.asarray(labels, dtype=np.float64).reshape(len(found), -1)
    if found.shape != true.shape:
        raise ConfigError(
            f"metric {name}: the network gives {found.shape[1]} numbers per sample, the labels have {true.shape[1]}"
        )
    return found, true


_KNOWN: dict[str, tuple[Function, bool]] = {
    "accuracy": (accuracy, True),
    "auc": (auc, True),
    "mae": (mae, False),
    "iqr": (iqr, False),
}
NAMES = tuple(_KNOWN)
"""The metrics that need no file."""
