"""Metrics by hand, and what is refused by its message."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.scan.metrics import metric

SCORES = np.array([[0.1, 0.9], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7]])


def test_accuracy_counts_classes_and_one_hot_rows_alike() -> None:
    labels = np.array([1, 0, 1, 1])
    assert metric("accuracy")([SCORES], labels) == 0.75
    assert metric("accuracy")([SCORES], np.eye(2)[labels]) == 0.75


def test_auc_counts_ties_half() -> None:
    score = np.array([[0.1], [0.5], [0.5], [0.9]])
    assert metric("auc")([score], np.array([0, 0, 1, 1])) == pytest.approx(3.5 / 4)


def test_auc_of_classes_is_the_mean_of_each_against_the_others() -> None:
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(50, 3)), rng.integers(0, 3, 50)
    pairs = []
    for c in range(3):
        signal, rest = scores[labels == c, c], scores[labels != c, c]
        pairs.append((signal[:, None] > rest[None]).mean())
    assert metric("auc")([scores], labels) == pytest.approx(np.mean(pairs))


def test_mae_and_iqr_of_a_regression() -> None:
    true = np.array([10.0, 20.0, 40.0, 50.0, 100.0])
    found = np.array([[9.0], [20.0], [44.0], [50.0], [300.0]])
    assert metric("mae")([found], true) == pytest.approx((1 + 0 + 4 + 0 + 200) / 5)
    # Ratios 0.9, 1, 1, 1.1, 3: the quartiles of five numbers are the second and the fourth.
    assert metric("iqr")([found], true) == pytest.approx(0.1)


def test_each_knows_which_way_is_better() -> None:
    assert [metric(n).maximize for n in ("accuracy", "auc", "mae", "iqr")] == [True, True, False, False]
    assert metric("mae").better(1.0, 2.0)
    assert metric("auc").better(2.0, 1.0)


def test_a_function_of_a_file_is_called_with_outputs_and_labels(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import numpy as np\ndef worst(found, true):\n    return np.abs(found[:, 0] - true).max()\n")
    found = metric(f"{file}:worst", maximize=False)
    assert found([np.array([[1.0], [5.0]])], np.array([2.0, 2.0])) == 3.0
    assert not found.maximize


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def f(o, l): return float('nan')", "metric .*:f: it gave nan; a scan needs a finite number"),
        ("def f(o, l): raise KeyError('jets')", "metric .*:f: it raised KeyError: 'jets'"),
        ("def f(o, l): return 'good'", "metric .*:f: it gave 'good', which is not a number"),
        ("def g(o, l): return 1.0", "metric .*:f: the file has no function 'f'; it has g"),
        ("import nothing_of_this_name", "metric .*:f: the file raised ModuleNotFoundError"),
    ],
)
def test_a_bad_function_is_named_with_what_it_did(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "bad.py"
    file.write_text(text + "\n")
    with pytest.raises(ConfigError, match=message):
        metric(f"{file}:f", True)([SCORES], np.array([1, 0, 1, 1]))


@pytest.mark.parametrize(
    ("spec", "maximize", "message"),
    [
        ("f1", None, "metric 'f1': there is none; choose accuracy, auc, mae, iqr, or give file.py:function"),
        ("missing.py:f", True, "metric missing.py:f: there is no file missing.py"),
        ("mine.py:f", None, "metric mine.py:f: say which way is better: --goal max or --goal min"),
        ("mae", True, "metric mae: lower is better; leave the goal out"),
    ],
)
def test_a_metric_that_does_not_exist_is_refused(spec: str, maximize: bool | None, message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        metric(spec, maximize)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("name", "outputs", "labels", "message"),
    [
        ("accuracy", SCORES, np.array([0, 1, 2, 1]), "labels from 0 to 2, the network has the classes 0..1"),
        ("accuracy", SCORES, np.array([0.5, 1, 0, 1]), r"labels of shape \(4,\) are no classes; give integers"),
        ("accuracy", SCORES, np.full((4, 2), 0.5), r"labels of shape \(4, 2\) are not one-hot"),
        ("accuracy", SCORES[:, :1], np.array([0, 1, 1, 1]), "one number per sample, .* use auc"),
        ("auc", SCORES[:, :1], np.ones(4), "a class has no samples"),
        ("mae", SCORES, np.ones(4), "the network gives 2 numbers per sample, the labels have 1"),
        ("iqr", SCORES[:, :1], np.array([1.0, 0, 1, 1]), "a label is 0"),
    ],
)
def test_labels_that_do_not_fit_are_refused(name: str, outputs: np.ndarray, labels: np.ndarray, message: str) -> None:
    with pytest.raises(ConfigError, match=f"metric {name}: .*{message}"):
        metric(name)([outputs], labels)


def test_several_outputs_need_a_function_of_ones_own() -> None:
    with pytest.raises(ConfigError, match="metric auc: the network has 2 outputs; use a function of your own"):
        metric("auc")([SCORES, SCORES], np.array([1, 0, 1, 1]))
