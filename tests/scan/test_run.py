"""A scan as a whole: its files, and that it goes on where it stopped, however it stopped."""

from __future__ import annotations

import csv
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from pyarrow import parquet

from codesign.compiler import compile
from codesign.config import Config
from codesign.errors import ConfigError, ModelError, OutputError, ToolError
from codesign.scan import results
from codesign.scan.parquet import write_parquet
from codesign.scan.run import scan
from codesign.scan.space import digest, read
from tests.frontends.keras.files import L, save_h5, source
from tests.frontends.models import model, node
from tests.scan.conftest import Case

ROOT = Path(__file__).parents[2]


def rows(folder: Path) -> list[dict[str, str]]:
    with open(folder / "results.csv", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_grid_leaves_a_table_and_configurations_that_compile(jets: Case, tmp_path: Path) -> None:
    found = scan(**jets.options(metric="accuracy", bits="3,8", output=tmp_path, clock_mhz=100.0))
    assert found.evaluated == 2
    table = rows(tmp_path)
    assert [r["dense_1.weight"].split(",")[0] for r in table] == ["fixed<3", "fixed<8"]
    assert [float(r["value"]) for r in table] == [o.value for o in found.outcomes]
    assert [r["point"] for r in table if r["front"] == "1"] == sorted(
        (p.stem for p in (tmp_path / "configs").iterdir()), key=[r["point"] for r in table].index
    )
    best = max(table, key=lambda r: float(r["value"]))
    compiled = compile(jets.model, config=tmp_path / "configs" / f"{best['point']}.yaml", clock_mhz=100.0)
    right = compiled.csim(jets.x).argmax(axis=1) == jets.y
    assert right.mean() == float(best["value"])
    assert compiled.report.interval.cycles == int(best["interval"])


def test_a_second_scan_takes_what_is_stored_and_adds_what_is_not(jets: Case, tmp_path: Path) -> None:
    first = scan(**jets.options(metric="accuracy", bits="4..6", output=tmp_path, design=False))
    second = scan(**jets.options(metric="accuracy", bits="5..8", output=tmp_path, design=False))
    assert (first.evaluated, second.evaluated) == (3, 2)
    assert second.outcomes[:2] == first.outcomes[1:]
    assert len(rows(tmp_path)) == 5


def test_two_widths_make_a_grid_of_both(jets: Case, tmp_path: Path) -> None:
    options = jets.options(metric="auc", bits="3,5", activations="4,6", output=tmp_path, design=False)
    found = scan(**options)
    widths = [(o.types["dense_1.weight"][:8], o.types["relu_0.result"][:9]) for o in found.outcomes]
    assert widths == [(f"fixed<{w},", f"ufixed<{a},") for w in (3, 5) for a in (4, 6)]


def test_integer_bits_are_the_same_for_all_types_where_they_are_given(jets: Case, tmp_path: Path) -> None:
    found = scan(**jets.options(metric="accuracy", bits="8", integer="2,4", output=tmp_path, design=False))
    assert [set(o.types.values()) for o in found.outcomes] == [{"fixed<8,2>"}, {"fixed<8,4>"}]


def test_two_workers_find_what_one_finds(jets: Case, tmp_path: Path) -> None:
    options = jets.options(metric="accuracy", bits="3..6", design=False)
    one, two = (scan(**options, output=tmp_path / str(n), workers=n) for n in (1, 2))

    def figures(found: object) -> list[object]:
        return [(o.types, o.value, o.output_error, o.ebops) for o in found.outcomes]  # type: ignore[attr-defined]

    assert figures(one) == figures(two)


def test_a_failed_point_is_kept_and_told(jets: Case, tmp_path: Path) -> None:
    config = Config.of({"LayerName": {"relu_0": {"Precision": {"result": "fixed<60,30>"}}}})
    with pytest.raises(ModelError, match="accumulator needs"):
        scan(**jets.options(metric="accuracy", bits="4", config=config, output=tmp_path, design=False))


def test_a_metric_that_raises_midway_leaves_what_was_finished(jets: Case, tmp_path: Path) -> None:
    file = tmp_path / "metric.py"
    file.write_text(
        "calls = []\ndef f(outputs, labels):\n    calls.append(1)\n"
        "    if len(calls) == 4: raise ValueError('no more')\n    return len(calls)\n"
    )
    options = jets.options(metric=f"{file}:f", goal="max", bits="4..9", output=tmp_path / "out", design=False)
    with pytest.raises(ConfigError, match=r"metric\.py:f: it raised ValueError: no more"):
        scan(**options)
    assert len(rows(tmp_path / "out")) == 2  # the first call is the reference


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"metric": "auc"}, "metric: accuracy there, auc here"),
        ({"samples": 300}, "data: .* there, .* here; labels: "),
        ({"input_type": {"": "fixed<8,4>"}}, "input types: "),
        ({"design": True, "target": "u250"}, "designs: none there, u250 at "),
        ({"config": {"LayerName": {"dense_1": {"Precision": {"weight": "fixed<5,1>"}}}}}, "configuration: "),
    ],
)
def test_a_store_of_something_else_is_refused(jets: Case, tmp_path: Path, change: dict[str, object], said: str) -> None:
    options = jets.options(metric="accuracy", bits="4", output=tmp_path, design=False)
    scan(**options)
    before = rows(tmp_path)
    with pytest.raises(ConfigError, match=f"the scan 'net' is of something else .*{said}"):
        scan(**(options | change))
    assert rows(tmp_path) == before


def test_a_store_of_another_model_is_refused_but_takes_it_under_another_name(
    jets: Case, images: Case, tmp_path: Path
) -> None:
    scan(**jets.options(metric="accuracy", bits="4", output=tmp_path, design=False))
    other = images.options(metric="mae", bits="4", output=tmp_path / "images", design=False)
    url = f"sqlite:///{tmp_path / 'scan.db'}"
    with pytest.raises(ConfigError, match=r"scan\.db: the scan 'net' is of something else \(model: "):
        scan(**other, store=url)
    assert scan(**other, store=url, name="images").evaluated == 1


@pytest.mark.parametrize("name", ["a?b", "a?uri=true&x", "50%41#", "with space"])
def test_the_store_lies_in_the_output_folder_whatever_that_is_called(jets: Case, tmp_path: Path, name: str) -> None:
    options = jets.options(metric="accuracy", bits="4", output=tmp_path / name, design=False, samples=50)
    assert [scan(**options).evaluated, scan(**options).evaluated] == [1, 0]
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert {"results.csv", "scan.db"} <= {p.name for p in (tmp_path / name).iterdir()}


@pytest.mark.parametrize(
    ("url", "kind", "said"),
    [
        ("nothing", ConfigError, "nothing: this is no database; give e.g. sqlite:///scan.db"),
        ("sqlite:////no/such/folder/scan.db", OutputError, "the store cannot be used: .*; give another --store"),
    ],
)
def test_a_store_that_is_none_is_refused(
    jets: Case, tmp_path: Path, url: str, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said):
        scan(**jets.options(metric="accuracy", bits="4", output=tmp_path, design=False, store=url))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"bits": "8..4"}, r"--bits '8..4': from 2 to 24, the smaller first; an empty range is no search"),
        ({"bits": "many"}, r"--bits 'many': write e.g. 2..16 or 4,6,8"),
        ({"bits": "1..4"}, r"--bits '1..4': from 2 to 24"),
        ({"activations": "99"}, r"--activations '99': from 2 to 24"),
        ({"calibration": "best"}, r"--calibration 'best': choose min-max, percentile, mse"),
        ({"percentile": 30.0}, r"--percentile 30: give more than 50, and at most 100"),
        ({"method": "magic"}, r"--search 'magic': choose grid, layers, allocate, hessian, sample"),
        ({"rounding": "down a bit"}, r"command line: --rounding: 'down a bit' is not one of ROUND, CEIL, FLOOR"),
        ({"goal": "up"}, r"--goal 'up': write max or min"),
    ],
)
def test_a_wrong_option_is_named(jets: Case, tmp_path: Path, change: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        scan(**(jets.options(metric="accuracy", bits="4", output=tmp_path) | change))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_scan_goes_on_and_loses_only_what_was_in_flight(jets: Case, tmp_path: Path, workers: int) -> None:
    slow, flag = tmp_path / "slow.py", tmp_path / "flag"
    flag.touch()
    slow.write_text(
        "import os, time\ndef f(outputs, labels):\n"
        f"    time.sleep(1.0 if os.path.exists({str(flag)!r}) else 0.0)\n"
        "    return float((outputs.argmax(axis=1) == labels).mean())\n"
    )
    words = ["-c", "from codesign.cli.main import app; app()", "scan", jets.model, "--data", jets.data]
    words += ["--labels", jets.labels, "--metric", f"{slow}:f", "--goal", "max", "--bits", "2..16", "--no-design"]
    words += ["-o", tmp_path / "out", "--workers", workers]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, *map(str, words)], env=environment, start_new_session=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    store = tmp_path / "out" / "scan.db"
    try:
        deadline = time.monotonic() + 120
        while _finished(store) < 3:
            assert process.poll() is None, "the scan ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    flag.unlink()
    kept = _finished(store)
    assert 3 <= kept < 15
    with sqlite3.connect(store) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        assert database.execute("select distinct state from trials").fetchall() == [("COMPLETE",)]
    options = jets.options(metric=f"{slow}:f", goal="max", bits="2..16", design=False)
    found = scan(**options, output=tmp_path / "out")
    assert (found.evaluated, len(found.outcomes)) == (15 - kept, 15)
    whole = scan(**options, output=tmp_path / "whole")
    assert [(o.types, o.value) for o in found.outcomes] == [(o.types, o.value) for o in whole.outcomes]


def _finished(store: Path) -> int:
    """Whole trials in the store, as another program sees them."""
    if not store.exists():
        return 0
    try:
        with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
            return int(database.execute("select count(*) from trials").fetchone()[0])
    except sqlite3.OperationalError:  # its tables are being made
        return 0


def test_a_dead_worker_is_replaced_and_its_point_done_again(
    jets: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag = tmp_path / "died"
    file = tmp_path / "metric.py"
    file.write_text(
        "import os, signal\nfrom multiprocessing import parent_process\ndef f(outputs, labels):\n"
        f"    if parent_process() is not None and not os.path.exists({str(flag)!r}):\n"
        f"        open({str(flag)!r}, 'w').close()\n        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return float((outputs.argmax(axis=1) == labels).mean())\n"
    )
    options = jets.options(metric=f"{file}:f", goal="max", bits="3..6", design=False)
    found = scan(**options, output=tmp_path / "out", workers=2)
    assert flag.exists()
    plain = scan(**jets.options(metric="accuracy", bits="3..6", design=False), output=tmp_path / "plain")
    assert [o.value for o in found.outcomes] == [o.value for o in plain.outcomes]


def test_points_of_the_jet_tagger_on_real_jets_are_evaluated(shared: Path, tmp_path: Path) -> None:
    """The constituents of published jets go through a float network with untrained weights, in integers."""
    x = np.load(shared / "data" / "l1jets_constituents" / "x_test_8const.npy")[:200].reshape(200, -1)
    y = np.load(shared / "data" / "l1jets_constituents" / "y_test_8const.npy")[:200]
    rng = np.random.default_rng(0)
    constants = {"w0": rng.normal(0, 0.2, (x.shape[1], 16)), "w1": rng.normal(0, 0.3, (16, y.shape[1]))}
    nodes = [
        node("MatMul", ["x", "w0"], "a", "a"),
        node("Relu", ["a"], "b", "b"),
        node("MatMul", ["b", "w1"], "y", "c"),
    ]
    proto = model(nodes, {k: v.astype(np.float32) for k, v in constants.items()}, x=(1, x.shape[1]))
    onnx.save(proto, tmp_path / "net.onnx")
    np.save(tmp_path / "x.npy", x.astype(np.float32))
    np.save(tmp_path / "y.npy", y)
    found = scan(tmp_path / "net.onnx", data=tmp_path / "x.npy", labels=tmp_path / "y.npy", metric="accuracy",
                 bits="4,12", design=False, output=tmp_path / "out")  # fmt: skip
    floats = np.maximum(x @ constants["w0"].astype(np.float32), 0) @ constants["w1"].astype(np.float32)
    expected = (floats.argmax(axis=1) == y.argmax(axis=1)).mean()
    assert found.reference == pytest.approx(expected, abs=0.011)
    assert found.outcomes[1].output_error < 0.05 < found.outcomes[0].output_error


def test_the_identity_is_of_contents_not_of_paths(jets: Case, tmp_path: Path) -> None:
    for name in ("net.onnx", "x.npy", "y.npy"):
        (tmp_path / name).write_bytes((jets.model.parent / name).read_bytes())
    options = {"metric": "accuracy", "bits": "4", "output": tmp_path / "out", "design": False}
    scan(**jets.options(**options))
    moved = scan(tmp_path / "net.onnx", data=tmp_path / "x.npy", labels=tmp_path / "y.npy", **options)  # type: ignore[arg-type]
    assert moved.evaluated == 0


def test_a_keras_file_is_scanned_like_any_other(jets: Case, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    weights = {"kernel": rng.normal(0, 0.3, (16, 5)).astype(np.float32), "bias": np.zeros(5, np.float32)}
    dense = L("Dense", "dense", {"units": 5, "activation": "linear", "use_bias": True}, ["x"], weights)
    file = save_h5(tmp_path / "net.h5", [source([16]), dense])
    found = scan(
        **jets.options(metric="accuracy", bits="3,12", output=tmp_path / "out", design=False) | {"model": file}
    )
    expected = (jets.x @ weights["kernel"]).argmax(axis=1) == jets.y
    assert found.reference == expected.mean()
    assert len(found.outcomes) == 2


def test_a_parquet_table_has_the_values_of_the_csv_with_their_types(jets: Case, tmp_path: Path) -> None:
    found = scan(**jets.options(metric="accuracy", bits="2,16", budget="lut=900,dsp=0", output=tmp_path, parquet=True))
    assert [o.refused is None for o in found.outcomes] == [True, False]
    written = parquet.read_table(tmp_path / "results.parquet")
    assert [r["refused"] for r in written.to_pylist()] == [o.refused for o in found.outcomes]
    all_ = found.space, found.metric, found.stored, {"0" * 64: "=no network"}
    results.write_results(tmp_path, *all_)
    write_parquet(tmp_path, *all_)
    written = parquet.read_table(tmp_path / "results.parquet")
    table = rows(tmp_path)
    assert written.column_names == list(table[0])
    kinds = {name: str(written.schema.field(name).type) for name in written.column_names}
    assert {kinds[n] for n in ("bit_operations", "ebops", "interval", "latency")} == {"int64"}
    assert {kinds[n] for n in ("value", "output_error", "lut", "dsp", "excess", "seconds")} == {"double"}
    assert kinds["front"] == "bool"
    assert {kinds[n] for n in ("point", "refused", "failed", "dense_0.weight")} == {"string"}
    for typed, text in zip(written.to_pylist(), table, strict=True):
        for name, value in typed.items():
            match value:
                case None:
                    assert text[name] == ""
                case bool() | int():
                    assert int(text[name]) == value
                case float():
                    assert float(text[name]) == value
                case str():
                    assert text[name] == (f"'{value}" if value.startswith("=") else value)


def test_a_parquet_table_without_pyarrow_is_refused_at_once(
    jets: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "codesign.scan.parquet", raising=False)
    with pytest.raises(ToolError, match=r"^--parquet needs pyarrow, which is missing: pip install 'codesign\[scan\]'$"):
        scan(**jets.options(metric="accuracy", bits="4", output=tmp_path / "out", parquet=True))
    assert not (tmp_path / "out").exists()


def test_where_no_point_meets_the_budget_the_nearest_is_named_with_what_it_misses(jets: Case, tmp_path: Path) -> None:
    found = scan(**jets.options(metric="accuracy", bits="4,8", budget="lut=100,dsp=0", output=tmp_path))
    four, eight = found.outcomes
    assert four.excess is not None and eight.excess is not None
    assert 1 < four.excess < eight.excess
    assert found.nearest is four
    needed = re.search(r"it needs ([\d,]+) LUT \(the budget has 100\)", four.refused or "")
    assert needed is not None
    assert four.excess == pytest.approx(int(needed[1].replace(",", "")) / 100, rel=0.01)  # the message rounds
    page = (tmp_path / "scan.html").read_text()
    assert f"<strong>{four.excess:.3g} times too much</strong>" in page
    assert f"is the nearest, {digest(read(four.types))[:12]}, 4 bits" in page
    again = scan(**jets.options(metric="accuracy", bits="4", budget="lut=100,dsp=0", output=tmp_path))
    assert again.nearest == four  # also what is stored


def test_a_point_that_meets_the_budget_leaves_no_nearest(jets: Case, tmp_path: Path) -> None:
    found = scan(**jets.options(metric="accuracy", bits="2,16", budget="lut=900,dsp=0", output=tmp_path))
    assert [o.refused is None for o in found.outcomes] == [True, False]
    assert found.nearest is None
