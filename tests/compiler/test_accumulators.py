"""Accumulators below the safe width: from the configuration to the SystemVerilog exact, and reported."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import codesign
from codesign.compiler.saved import restore
from codesign.errors import ConfigError, OutputError
from codesign.ir.layers import Dense
from tests.verification.networks import classifier, saved


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> codesign.Compiled:
    """A classifier whose first layer adds in 7 bits, through every rung."""
    folder = tmp_path_factory.mktemp("narrow")
    config = {"LayerName": {"fc": {"AccumulatorWidth": 7}}}
    return codesign.compile(saved(classifier(), folder), config=config, output=folder / "built", cosim=True)


def test_every_back_end_gives_sums_that_wrap(narrow):
    layer = narrow.network["fc"].layer
    assert isinstance(layer, Dense) and layer.wrap == 7 and narrow.design.processes["fc"].kernel.accumulator.width == 7
    against = [(r.name, r.mismatches) for r in narrow.report.rungs]
    assert [name for name, wrong in against if wrong] == []
    assert [name for name, _ in against][-5:] == [
        "csim, native integers", "csim, ap_int", "cosim, paced", "cosim, unthrottled", "cosim, random stalls",
    ]  # fmt: skip
    x = np.random.default_rng(0).uniform(-4, 4, (200, 4)).astype(np.float32)
    (codes,) = narrow.encode(x)
    found = narrow.network.run_codes([codes], keep=True)
    assert (layer.changed(wrap=None).evaluate(codes) != found["fc"]).any()
    assert np.array_equal(narrow.csim(x), narrow.network.values([x])[0].astype(np.float64))


def test_the_report_says_which_sums_wrap_beside_the_safe_width_and_how_far_results_are_off(narrow):
    (approximation,) = narrow.report.approximations
    safe = narrow.network["fc"].layer.bounds
    bits = max(abs(safe[0] + 1), safe[1]).bit_length() + 1
    assert approximation.where == "fc"
    assert approximation.what == f"sums wrap in an accumulator of 7 bits, where {bits} are safe"
    (error,) = narrow.report.errors
    assert error.largest > 0
    (row,) = [row for row in narrow.report.layers if row.name == "fc"]
    assert row.accumulator_bits == 7
    assert any("safe accumulators" in r.name for r in narrow.report.rungs)


def test_the_project_folder_keeps_both_networks_and_verify_compares_them(narrow, tmp_path):
    ladder = restore(narrow.folder)
    assert ladder.safe is not None and ladder.safe["fc"].layer.wrap is None
    assert (ladder.network["fc"].layer.wrap, ladder.typed["fc"].layer.wrap) == (7, None)
    climb = ladder.climb([np.random.default_rng(1).uniform(-4, 4, (50, 4)).astype(np.float32)])
    assert not any(r.mismatches for r in climb.rungs) and climb.errors[0].largest > 0


def test_a_project_without_the_safe_network_was_changed(narrow, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(narrow.folder, copy)
    (copy / "network" / "safe.txt").unlink()
    with pytest.raises(OutputError, match=r"the project folder was changed: .*safe"):
        restore(copy)


def test_a_network_whose_accumulators_are_safe_is_exact(tmp_path: Path):
    made = codesign.compile(
        saved(classifier(), tmp_path), config={"Model": {"AccumulatorWidth": 40}}, csim=False, output=tmp_path / "out"
    )
    assert made.report.approximations == () and made.report.errors == ()
    assert not (made.folder / "network" / "safe.txt").exists()


def test_a_layer_that_adds_nothing_has_no_accumulator(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"LayerName.relu.AccumulatorWidth: this layer sums no products .* fc, out$"):
        codesign.compile(saved(classifier(), tmp_path), config={"LayerName": {"relu": {"AccumulatorWidth": 9}}})
