"""The Python interface: what `codesign.compile` gives, keeps and refuses."""

import json
from pathlib import Path

import numpy as np
import pytest

import codesign
from codesign.compiler.saved import restore
from codesign.errors import ConfigError, ModelError, OutputError, TargetError
from codesign.verification.csim import Arithmetic

JETS = Path(__file__).parents[2] / "models" / "jet_tagger"
MODEL = JETS / "jet_tagger.onnx"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> codesign.Compiled:
    """The jet tagger, with both simulations."""
    return codesign.compile(MODEL, target="u50", output=tmp_path_factory.mktemp("compiled") / "jets")


def test_every_level_is_there(compiled):
    assert len(compiled.imported.inputs) == len(compiled.typed.inputs) == len(compiled.design.inputs) == 1
    assert all(not node.type.real for node in compiled.network)
    assert compiled.report.exact and compiled.report.fits
    assert compiled.target.name == "u50"
    assert {f for f in ("report.html", "report.json", "codesign.json") if (compiled.folder / f).is_file()} == {
        "report.html",
        "report.json",
        "codesign.json",
    }


def test_csim_gives_the_exact_values_of_the_model_for_real_inputs(compiled):
    x = np.load(JETS / "validation_x.npy")[:50]
    exact = compiled.imported.values([x])[0]

    found = compiled.csim(x)

    assert np.array_equal(found, exact.astype(np.float64))
    assert np.array_equal(compiled.csim(x[:4], arithmetic=Arithmetic.AP), found[:4])


def test_an_array_of_another_shape_is_refused_with_both_shapes(compiled):
    with pytest.raises(ModelError, match=r"input input: the input has shape \(15,\), the network expects \(16,\)"):
        compiled.csim(np.zeros((3, 15)))


def test_values_that_are_not_numbers_are_refused(compiled):
    with pytest.raises(ModelError, match="not numbers"):
        compiled.csim(np.full((3, 16), np.nan))


def test_without_an_output_folder_the_project_lives_as_long_as_the_object():
    compiled = codesign.compile(MODEL, csim=False)
    folder = compiled.folder
    assert (folder / "src").is_dir()

    del compiled

    assert not folder.exists()


@pytest.mark.parametrize("streams", ["mixed", "single", "array", "struct"])
def test_forced_streams_give_the_same_integers_and_the_report_compares_them(streams, tmp_path):
    compiled = codesign.compile(MODEL, reuse=8, streams=streams, output=tmp_path / "jets")

    assert compiled.report.exact, "the generated C++ in both arithmetics, too"
    kinds = {s.kind for s in compiled.report.streams if s.writer is not None and s.reader is not None}
    assert kinds == {"mixed": {"struct"}, "single": {"single", "struct"}}.get(streams, {streams})
    # Each layer's elements, one per cycle, behind the 64 x 8 products of the first: 64 elements between two layers.
    assert (compiled.report.comparison.mixed_interval, compiled.report.comparison.single_interval) == (8, 64)
    interval, latency = compiled.report.interval.cycles, compiled.report.latency.cycles
    c = compiled.report.comparison
    assert c.asked == streams
    expected = (c.single_interval, c.single_latency) if streams == "single" else (c.mixed_interval, c.mixed_latency)
    assert (interval, latency) == expected
    assert c.single_latency > c.mixed_latency
    design = restore(compiled.folder).design
    assert design.streams == compiled.design.streams, "verify builds the same"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"streams": "single", "interval": 8}, r"single streams the design has an interval of 64 cycles, 8 were asked"),
        ({"streams": "single", "latency_us": 0.5}, r"has a latency of \d+ cycles, 100 were asked"),
        (
            {"streams": "array", "budget": "lut=8000", "interval": 16},
            r"array streams the design has [\d,]+ LUT, the budget has 8,000",
        ),
    ],
)
def test_forced_streams_that_break_what_else_was_asked_are_refused(asked, message):
    codesign.show(MODEL, design=True, **{key: value for key, value in asked.items() if key != "streams"})
    with pytest.raises(TargetError, match=message + ".*; ask for mixed streams, or for less"):
        codesign.show(MODEL, design=True, **asked)


def test_the_configuration_forces_streams_and_the_command_line_wins():
    assert {s.kind for s in compile_streams({"Streams": "array"})} == {"array", "struct"}, "ports are words"
    assert {s.kind for s in compile_streams({"Streams": "array"}, "struct")} == {"struct"}


def compile_streams(config, streams=None):
    """The streams of the jet tagger."""
    return codesign.compile(MODEL, reuse=8, config=config, streams=streams, csim=False).report.streams


def test_the_reuse_factor_asked_for_is_met_or_reported(tmp_path):
    compiled = codesign.compile(MODEL, reuse=7, csim=False)

    rows = [p for p in compiled.report.processes if p.pe is not None]
    assert all(row.reuse_requested == 7 for row in rows)
    assert [row.reuse_factor for row in rows] == [8, 8, 8, 8]  # 7 divides no matrix
    assert compiled.design.interval() == max(row.interval_cycles for row in rows)


def test_a_layer_by_name_gets_its_own_reuse_factor_and_strategy():
    config = {"LayerName": {"node_linear_1": {"ReuseFactor": 4, "Strategy": "Resource"}}}

    compiled = codesign.compile(MODEL, config=config, csim=False)

    row = next(p for p in compiled.report.processes if p.name == "node_linear_1")
    assert (row.reuse_factor, row.reuse_requested, row.strategy) == (4, 4, "bram")


def test_an_input_type_puts_the_models_quantizer_into_hardware():
    compiled = codesign.compile(MODEL, input_type="fixed<16,6>", csim=False)

    assert str(compiled.design.inputs[0].tensor.type) == "fixed<16,6>"
    assert compiled.report.exact


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"target": "u51"}, TargetError, "u51.*u50"),
        ({"clock_mhz": 5000}, TargetError, "a clock of 5000 MHz was asked"),
        ({"clock_mhz": float("nan")}, TargetError, "clock"),
        ({"input_type": "fixed<6"}, ConfigError, "is not a type"),
        ({"input_type": {"inptu": "int<8>"}}, ConfigError, "there is no input 'inptu'; did you mean input"),
        ({"precision": "float"}, ConfigError, "is not a type"),
        ({"config": {"LayerName": {"node_linaer": {"ReuseFactor": 2}}}}, ConfigError, "node_linear"),
        ({"reuse": 0}, ConfigError, "not an integer >= 1"),
        ({"name": "a b"}, ModelError, "cannot be the name of a design"),
    ],
)
def test_what_cannot_be_asked_is_refused(arguments, error, message, tmp_path):
    with pytest.raises(error, match=message):
        codesign.compile(MODEL, output=tmp_path / "out", csim=False, **arguments)

    assert list(tmp_path.iterdir()) == []


def test_the_same_ladder_is_restored_from_the_folder(compiled):
    ladder = restore(compiled.folder)

    codes = compiled.encode(np.load(JETS / "validation_x.npy")[:20])
    assert np.array_equal(ladder.design.evaluate(codes)[0], compiled.design.evaluate(codes)[0])
    assert ladder.exact
    assert ladder.design.streams == compiled.design.streams
    pipelines = {name: p.pipeline for name, p in compiled.design.processes.items()}
    assert {name: p.pipeline for name, p in ladder.design.processes.items()} == pipelines


@pytest.mark.parametrize("depths", [{}, {"other": [2, 2]}, None])
def test_depths_of_another_design_are_noticed(compiled, tmp_path, depths):
    import shutil

    folder = tmp_path / "changed"
    shutil.copytree(compiled.folder, folder)
    place = folder / "network" / "choices.json"
    choices = json.loads(place.read_text())
    none = {name: [0, 0] for name in choices["fifos"]}
    place.write_text(json.dumps(choices | {"fifos": none if depths is None else depths}))

    with pytest.raises(
        OutputError, match="the project folder was changed: fifo_depth: the depths are those of another"
    ):
        codesign.verify(folder, inputs=1)


def test_a_changed_network_is_noticed(compiled, tmp_path):
    import shutil

    folder = tmp_path / "changed"
    shutil.copytree(compiled.folder, folder)
    with np.load(folder / "network" / "network.npz") as file:
        arrays = {k: file[k] for k in file.files}
    first = next(k for k, v in arrays.items() if v.dtype.kind == "i")
    arrays[first] = arrays[first] + 1
    np.savez(folder / "network" / "network.npz", **arrays)

    with pytest.raises(OutputError, match="the project folder was changed"):
        codesign.verify(folder, inputs=1)


def test_generated_code_that_was_changed_is_found_by_verify(compiled, tmp_path):
    import shutil

    folder = tmp_path / "edited"
    shutil.copytree(compiled.folder, folder)
    header = folder / "src" / "codesign" / "adder_graph.hpp"
    right, wrong = "+ (sum(b) << right)", "+ (sum(b) << right) + sum(1)"
    assert right in header.read_text()
    header.write_text(header.read_text().replace(right, wrong))

    rungs = codesign.verify(folder, inputs=5, cosim=False).rungs

    assert [r.exact for r in rungs if r.name.startswith("csim")] == [False, False]
    assert all(r.exact for r in rungs if not r.name.startswith("csim"))


def test_choices_are_kept_as_plain_json(compiled):
    choices = json.loads((compiled.folder / "network" / "choices.json").read_text())

    assert choices["exact"] is True
    assert set(choices["folding"]) == {"node_linear", "node_linear_1", "node_linear_2", "node_linear_3"}


def test_show_prints_the_network_after_any_pass_and_the_design():
    imported = codesign.show(MODEL, after="import")
    design = codesign.show(MODEL, design=True)

    assert "Quantize(net_input" in imported
    assert "Requantize(" in codesign.show(MODEL)
    assert "MatVec" in design
    with pytest.raises(ConfigError, match="there is no pass 'fuse'; there are import, type_inputs"):
        codesign.show(MODEL, after="fuse")


def test_the_text_and_the_time_of_each_pass_are_kept_on_request(tmp_path):
    codesign.compile(MODEL, output=tmp_path / "out", csim=False, dump_passes=True)

    dumped = tmp_path / "out" / "passes"
    seconds = json.loads((dumped / "seconds.json").read_text())
    assert [p.stem[3:] for p in sorted(dumped.glob("*.txt"))] == list(seconds)
    assert all(s >= 0 for s in seconds.values())


def test_a_file_that_qonnx_cannot_execute_is_compiled_with_a_note(tmp_path, monkeypatch):
    def fails(*_):
        raise ModelError("jet_tagger.onnx: qonnx cannot execute the file: no")

    monkeypatch.setattr("codesign.verification.climb.Reference.__call__", fails)

    compiled = codesign.compile(MODEL, output=tmp_path / "out", csim=False)

    assert compiled.report.notes == (
        "not compared with the user's file: jet_tagger.onnx: qonnx cannot execute the file: no",
    )
    assert [r.against for r in compiled.report.rungs] == ["exact meaning of the model", "integer network"]
