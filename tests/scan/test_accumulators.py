"""A scan over accumulators below the safe width: its points, what is written of them, and what compiles to the same."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from codesign.compiler.options import Options
from codesign.config import Config
from codesign.errors import ConfigError
from codesign.frontends import model_file
from codesign.ir.layers import Product
from codesign.passes import pipeline
from codesign.passes.tune_precision import Part
from codesign.scan.run import ScanResult, scan
from codesign.scan.space import accumulators, digest, read
from tests.scan.conftest import Case


def rows(folder: Path) -> list[dict[str, str]]:
    with open(folder / "results.csv", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def found(jets: Case, tmp_path_factory: pytest.TempPathFactory) -> ScanResult:
    """6 bits, with sums of 6 to 30 bits."""
    folder = tmp_path_factory.mktemp("sums")
    return scan(**jets.options(
        metric="accuracy", bits="6", accumulators="6,8,10,30", output=folder, design=False, parquet=True
    ))  # fmt: skip


def test_each_point_is_followed_by_the_same_with_sums_that_wrap(found: ScanResult) -> None:
    safe, *narrow = found.outcomes
    assert accumulators(safe.types) == {} and safe.wrapped == 0.0
    assert [set(accumulators(o.types).values()) for o in narrow] == [{6}, {8}, {10}]  # 30 bits hold every sum
    assert [set(accumulators(o.types)) for o in narrow] == [{"dense_0", "dense_1", "dense_2"}] * 3
    assert [o.accumulator for o in narrow] == [6, 8, 10]
    assert safe.accumulator is not None and 10 < safe.accumulator < 20
    shares = [o.wrapped for o in narrow]
    assert all(s is not None for s in shares) and shares == sorted(shares, reverse=True) and shares[0] > 0.3
    errors = [o.output_error for o in (*narrow, safe)]
    assert min(errors[:-1]) > errors[-1]
    assert narrow[0].value < safe.value - 0.1


def test_the_table_says_which_accumulators_are_narrow(found: ScanResult) -> None:
    table = rows(found.folder)
    assert [r["dense_1.accumulator"] for r in table] == ["", "6", "8", "10"]
    assert [r["accumulator"] for r in table][1:] == ["6", "8", "10"]
    stored = parquet.read_table(found.folder / "results.parquet").to_pylist()
    assert [r["dense_2.accumulator"] for r in stored] == [None, 6, 8, 10]
    assert [r["wrapped"] for r in stored] == [o.wrapped for o in found.outcomes]


def test_the_configurations_compile_to_the_same_integers(found: ScanResult, jets: Case) -> None:
    of = {digest(read(o.types))[:12]: o for o in found.outcomes}
    files = sorted((found.folder / "configs").iterdir())
    assert any(accumulators(of[f.stem].types) for f in files)
    for file in files:
        outcome, options = of[file.stem], Options.of(None, None, None, Config.read(file), None, None)
        graph = model_file.read(jets.model).graph
        options.check(graph)
        network = pipeline.run(graph, options.config, options.input_types).network
        wraps = {n.name: n.layer.wrap for n in network if isinstance(n.layer, Product) and n.layer.wrap is not None}
        assert wraps == accumulators(outcome.types)
        right = network.values([jets.x])[0].astype(np.float64).argmax(axis=1) == jets.y
        assert right.mean() == outcome.value


def test_the_page_has_a_line_and_the_safe_width(found: ScanResult) -> None:
    page = (found.folder / "scan.html").read_text()
    assert "accuracy by accumulator" in page and "safe: no input overflows" in page
    assert "6, sums 8" in page


def test_safe_points_have_the_digests_that_they_had_before(found: ScanResult, jets: Case, tmp_path: Path) -> None:
    plain = scan(**jets.options(metric="accuracy", bits="6", output=tmp_path, design=False))
    assert digest(read(plain.outcomes[0].types)) == digest(read(found.outcomes[0].types))
    without = {k: v for k, v in found.outcomes[1].types.items() if not k.endswith(".accumulator")}
    assert without == plain.outcomes[0].types
    assert "dense_1.accumulator" not in rows(tmp_path)[0]


def test_a_store_from_before_goes_on(jets: Case, tmp_path: Path) -> None:
    options = jets.options(metric="accuracy", bits="5,6", output=tmp_path, design=False)
    scan(**options)
    store = sqlite3.connect(tmp_path / "scan.db")
    with store:  # as it was written before sums could wrap
        for key, text in store.execute(
            "select trial_user_attribute_id, value_json from trial_user_attributes where key = 'outcome'"
        ).fetchall():
            outcome = {k: v for k, v in json.loads(text).items() if k not in ("accumulator", "wrapped")}
            store.execute(
                "update trial_user_attributes set value_json = ? where trial_user_attribute_id = ?",
                (json.dumps(outcome), key),
            )
    store.close()

    again = scan(**options, accumulators="8")

    assert again.evaluated == 2
    assert [o.accumulator for o in again.outcomes] == [None, 8, None, 8]
    assert "accuracy by accumulator" in (tmp_path / "scan.html").read_text()
    third = scan(**options, accumulators="8..9", workers=2)
    assert third.evaluated == 2


def test_the_search_by_layers_narrows_one_product_at_a_time(jets: Case, tmp_path: Path) -> None:
    done = scan(**jets.options(
        metric="accuracy", bits="6,8", accumulators="8,40", output=tmp_path, method="layers", design=False
    ))  # fmt: skip
    sums = [s for s in done.sensitivities if s.site.part is Part.ACCUMULATOR]
    assert [(s.site.key, s.bits) for s in sums] == [(f"dense_{k}.accumulator", 8) for k in range(3)]
    assert all(accumulators(s.outcome.types) == {s.site.node: 8} for s in sums)
    assert all(s.outcome.types["dense_0.weight"].startswith("fixed<8,") for s in sums)
    with open(tmp_path / "sensitivity.csv", newline="") as stream:
        table = [r for r in csv.DictReader(stream) if r["part"] == "accumulator"]
    assert [(r["site"], r["bits"]) for r in table] == [(f"dense_{k}.accumulator", "8") for k in range(3)]
    assert "Sensitivity to accumulators" in (tmp_path / "scan.html").read_text()


def test_an_accumulator_that_the_user_states_is_not_varied(jets: Case, tmp_path: Path) -> None:
    config = {"LayerName": {"dense_1": {"AccumulatorWidth": 9}}}
    done = scan(**jets.options(
        metric="accuracy", bits="6", accumulators="8", output=tmp_path, config=config, design=False
    ))  # fmt: skip
    assert [accumulators(o.types) for o in done.outcomes] == [{}, {"dense_0": 8, "dense_2": 8}]
    assert done.outcomes[0].wrapped is not None and done.outcomes[0].wrapped > 0


def test_images_in_convolutions_wrap_too(images: Case, tmp_path: Path) -> None:
    done = scan(**images.options(metric="mae", bits="6", accumulators="7", output=tmp_path, design=False))
    assert done.outcomes[1].wrapped is not None and done.outcomes[1].wrapped > 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"accumulators": "1..8"}, r"--accumulators '1..8': from 2 to 63"),
        ({"accumulators": "eight"}, r"--accumulators 'eight': write e.g. 2..16"),
        (
            {"accumulators": "8", "method": "sample"},
            r"--search sample: accumulators stay as wide as is safe; leave out",
        ),
        ({"accumulators": "8", "method": "allocate"}, r"--search allocate: accumulators stay"),
    ],
)
def test_what_cannot_be_asked_is_refused(jets: Case, tmp_path: Path, more: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        scan(**jets.options(metric="accuracy", bits="4", output=tmp_path, design=False, **more))
