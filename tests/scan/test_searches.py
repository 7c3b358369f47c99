"""Searches that give each layer widths of its own."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.scan.run import scan
from codesign.scan.search import varied
from codesign.scan.space import read
from tests.scan.conftest import Case


def test_each_site_is_tried_at_each_width_while_others_keep_the_most(jets: Case, tmp_path: Path) -> None:
    options = jets.options(metric="accuracy", bits="3,9", output=tmp_path, design=False, method="layers")
    found = scan(**options)
    sites = varied(found.space)
    assert [s.site for s in found.sensitivities] == sites
    assert found.evaluated == len(sites) + 1
    for row in found.sensitivities:
        widths = {s.key: read(row.outcome.types)[s.key].width for s in sites}
        assert widths == {s.key: 3 if s == row.site else 9 for s in sites}
        assert row.loss == pytest.approx(row.outcome.output_error**2 - found.outcomes[0].output_error ** 2)
    with open(tmp_path / "sensitivity.csv", newline="") as stream:
        table = list(csv.DictReader(stream))
    assert [float(r["output_error"]) for r in table] == [s.outcome.output_error for s in found.sensitivities]
    assert [r["site"] for r in table] == [s.key for s in sites]


def test_mixed_widths_come_nearer_than_uniform_ones_of_the_same_budget(jets: Case, tmp_path: Path) -> None:
    options = jets.options(metric="accuracy", bits="2..8", calibration="mse", output=tmp_path, design=False)
    found = scan(**options, method="allocate")
    assert [m.bits for m in found.mixed] == list(range(2, 9))
    for m in found.mixed:
        assert m.uniform is not None
        assert m.outcome.bit_operations <= m.budget
        assert m.uniform.bit_operations <= m.budget
    for m in found.mixed[1:-1]:
        assert m.uniform is not None
        assert m.outcome.output_error < m.uniform.output_error


def test_a_budget_of_ones_own_gives_one_allocation(jets: Case, tmp_path: Path) -> None:
    options = jets.options(metric="accuracy", bits="2..6", output=tmp_path, design=False, method="allocate")
    found = scan(**options, bit_operations="15000")
    [mixed] = found.mixed
    assert mixed.uniform is None
    assert mixed.outcome.bit_operations <= 15000
    again = scan(**options, bit_operations="15000")
    assert again.evaluated == 0
    assert again.mixed == found.mixed
    with pytest.raises(ConfigError, match="--bit-operations 10: no allocation takes so few; the nearest, 2 bits"):
        scan(**options, bit_operations="10")


def test_sampling_evaluates_so_many_new_points_and_goes_on_from_those_that_are_known(
    jets: Case, tmp_path: Path
) -> None:
    options = jets.options(metric="accuracy", bits="2..6", output=tmp_path, design=False)
    scan(**options)
    first = scan(**options, method="sample", trials=6, objective="ebops,weight_bits")
    second = scan(**options, method="sample", trials=4, objective="ebops,weight_bits")
    assert (first.evaluated, second.evaluated) == (6, 4)
    assert len(second.stored) == 5 + 6 + 4
    types = [tuple(o.types.items()) for o in second.stored]
    assert len(set(types)) == len(types)
    widths = {read(o.types)[s.key].width for o in second.stored for s in varied(second.space)}
    assert widths <= set(range(2, 7))


def test_the_same_seed_samples_the_same_points(jets: Case, tmp_path: Path) -> None:
    options = jets.options(metric="accuracy", bits="2..6", design=False, method="sample", trials=5)
    one, two = (scan(**options, seed=3, output=tmp_path / n) for n in ("a", "b"))
    other = scan(**options, seed=4, output=tmp_path / "c")
    assert [o.types for o in one.outcomes] == [o.types for o in two.outcomes]
    assert [o.types for o in one.outcomes] != [o.types for o in other.outcomes]


def test_sampling_ends_where_there_is_nothing_new(images: Case, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", images.x)
    options = images.options(metric="mae", bits="5", output=tmp_path, design=False, method="sample", trials=3)
    assert scan(**options).evaluated == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"method": "sample", "objective": "speed"}, "--objective 'speed': choose one or more of bit_operations"),
        ({"method": "sample", "objective": "lut,lut"}, "--objective 'lut,lut': .* each once"),
        ({"method": "allocate", "bit_operations": "1.5"}, "--bit-operations '1.5': write whole numbers"),
        ({"method": "layers", "activations": "4"}, "--search layers: it gives each layer widths of its own; leave out"),
    ],
)
def test_a_wrong_option_is_named(jets: Case, tmp_path: Path, change: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        scan(**(jets.options(metric="accuracy", bits="4", output=tmp_path) | change))
