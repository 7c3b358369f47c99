"""What is wrong with the user's files is said by file, node and cure, with exit code 2, and nothing is written."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto
from typer.testing import CliRunner

from codesign.cli.main import app
from tests.frontends.models import model, node

JETS = Path(__file__).parents[1] / "models" / "jet_tagger" / "jet_tagger.onnx"

Network = Callable[[], Any]
"""Makes a ModelProto."""


def command(*arguments: object) -> tuple[int, str]:
    """(exit code, stderr from the error on, behind the steps) of a command that is to fail: stdout stays empty, and no
    traceback is shown."""
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert "Traceback" not in result.stderr
    assert "internal error" not in result.stderr
    if result.exit_code:
        assert result.stdout == ""
    _, error, message = result.stderr.partition("codesign: error: ")
    return result.exit_code, error + message or result.stderr


def refused(place: Path, *arguments: object) -> str:
    """The message of a compilation into `place`/build that is refused and leaves `place` as it was."""
    before = contents(place)
    code, message = command("compile", *arguments, "-o", place / "build")
    assert code == 2, message
    assert contents(place) == before
    assert message.startswith("codesign: error: ")
    return message


def contents(place: Path) -> dict[str, bytes]:
    return {str(p.relative_to(place)): p.read_bytes() if p.is_file() else b"" for p in place.rglob("*")}


def saved(folder: Path, proto: Any, name: str = "net.onnx") -> Path:
    path = folder / name
    path.write_bytes(proto.SerializeToString())
    return path


# A sound network: x -> Quant -> MatMul with quantized weights -> Quant -> y.


def sound(**changed: Any) -> Any:
    """A QONNX dense layer; `changed` replaces constants: w, s (scale), z, b (of weights and activations)."""
    constants: dict[str, Any] = {
        "w": np.array([[1, -2, 3], [0, 1, -1], [2, 2, 2], [-3, 1, 0]], dtype=np.float32),
        "s": 1.0, "z": 0.0, "bits": 4.0, "xs": 0.25, "ys": 0.5, **changed,
    }  # fmt: skip
    return model(
        [
            node("Quant", ["x", "xs", "z", "bits"], "xq", "quant_x", signed=1, narrow=0, rounding_mode="ROUND"),
            node("Quant", ["w", "s", "z", "bits"], "wq", "quant_w", signed=1, narrow=0, rounding_mode="ROUND"),
            node("MatMul", ["xq", "wq"], "p", "fc1"),
            node("Quant", ["p", "ys", "z", "bits"], "y", "quant_y", signed=1, narrow=0, rounding_mode="ROUND"),
        ],
        constants,
    )


def test_the_sound_network_compiles(tmp_path: Path) -> None:
    code, message = command("compile", saved(tmp_path, sound()), "-o", tmp_path / "build", "--no-csim")
    assert code == 0, message


def weights(value: float) -> np.ndarray:
    w = np.ones((4, 3), dtype=np.float32)
    w[1, 2] = value
    return w


def float_layer() -> Any:
    return model(node("MatMul", ["x", "w"], "y", "fc1"), {"w": weights(0.3)})


def huge_products() -> Any:
    """32-bit codes times 32-bit weights."""
    w = np.full((4, 3), 2.0**30, dtype=np.float32)
    return model(
        [
            node("Quant", ["x", "one", "z", "bits"], "xq", "quant_x", signed=1, narrow=0, rounding_mode="ROUND"),
            node("Quant", ["w", "one", "z", "bits"], "wq", "quant_w", signed=1, narrow=0, rounding_mode="ROUND"),
            node("MatMul", ["xq", "wq"], "y", "fc1"),
        ],
        {"w": w, "one": 1.0, "z": 0.0, "bits": 33.0},
    )


def unsupported() -> Any:
    return model([node("Relu", ["x"], "a", "act"), node("Det", ["a"], "y", "determinant")])


def wrong_shape() -> Any:
    return sound(w=np.ones((5, 3), dtype=np.float32))


MODELS: dict[str, tuple[Network, list[str], list[str]]] = {
    # what is wrong: (the file, options, what the message says)
    "an operator that is not supported": (unsupported, [], ["net.onnx: node determinant:", "Det is not supported"]),
    "a float layer without a type": (
        float_layer,
        ["--input-type", "fixed<16,6>"],
        ["net.onnx: node fc1:", "no type", "--precision 'fixed<16,6>'", "LayerName: {fc1:"],
    ),
    "an input without a type": (
        lambda: model(
            [
                node("Quant", ["w", "s", "z", "b"], "wq", "quant_w", signed=1, narrow=0, rounding_mode="ROUND"),
                node("MatMul", ["x", "wq"], "y", "fc1"),
            ],
            {"w": weights(1), "s": 1.0, "z": 0.0, "b": 4.0},
        ),
        [],
        ["net.onnx: input x has no type", "fc1", "--input-type"],
    ),
    "weights that are not numbers": (lambda: sound(w=weights(np.nan)), [], ["net.onnx: node quant_w:", "w", "nan"]),
    "weights that are infinite": (lambda: sound(w=weights(np.inf)), [], ["net.onnx: node quant_w:", "w", "inf"]),
    "a float layer's weight is not a number": (
        lambda: model(node("MatMul", ["x", "w"], "y", "fc1"), {"w": weights(np.nan)}),
        ["--precision", "fixed<16,6>"],
        ["net.onnx: node fc1:", "w", "nan"],
    ),
    "a float layer's weight is infinite": (
        lambda: model(node("MatMul", ["x", "w"], "y", "fc1"), {"w": weights(-np.inf)}),
        ["--precision", "fixed<16,6>"],
        ["net.onnx: node fc1:", "w", "inf"],
    ),
    "a scale that is not a number": (lambda: sound(s=np.nan), [], ["net.onnx: node quant_w:", "nan"]),
    "an infinite scale": (lambda: sound(ys=np.inf), [], ["net.onnx: node quant_y:", "inf"]),
    "a scale of zero": (lambda: sound(s=0.0), [], ["net.onnx: node quant_w:", "scale", "0"]),
    "a negative scale": (lambda: sound(ys=-0.5), [], ["net.onnx: node quant_y:", "scale", "-0.5"]),
    "a shape mismatch": (wrong_shape, [], ["net.onnx: node fc1:", "4", "5"]),
    "a scale for another number of channels": (
        lambda: sound(ys=np.ones(7, dtype=np.float32)),
        [],
        ["net.onnx: node quant_y:", "7", "3"],
    ),
    "weights outside their quantizer": (lambda: sound(w=weights(100)), [], ["net.onnx: node quant_w:", "100", "7"]),
    "an accumulator beyond 63 bits": (
        huge_products,
        [],
        ["net.onnx: node fc1:", "needs 65 bits, at most 63", "use fewer bits"],
    ),
    "an input type for no input": (sound, ["--input-type", "zzz=fixed<16,6>"], ["net.onnx", "zzz", "x"]),
}


@pytest.mark.parametrize("what", MODELS)
def test_a_model_that_cannot_be_compiled_is_refused_by_file_node_and_cure(what: str, tmp_path: Path) -> None:
    network, options, words = MODELS[what]
    message = refused(tmp_path, saved(tmp_path, network()), *options, "--no-csim")
    for word in words:
        assert word in message, message


# What no operator is to blame for: the file itself.


def external(location: str) -> Any:
    """A network whose weights lie in another file."""
    proto = sound()
    (w,) = (t for t in proto.graph.initializer if t.name == "w")
    w.ClearField("raw_data")
    w.data_location = TensorProto.EXTERNAL
    w.external_data.add(key="location", value=location)
    return proto


FILES: dict[str, tuple[bytes, list[str]]] = {
    "not an ONNX file": (b"\x89PNG\r\n\x1a\n" + bytes(100), ["net.onnx: not an ONNX file", "export the network again"]),
    "a truncated file": (
        sound().SerializeToString()[:-40],
        ["net.onnx: not an ONNX file, or a truncated one", "export"],
    ),
    "an empty file": (b"", ["net.onnx: the file is empty", "export the network again"]),
    "external data that is missing": (
        external("weights.bin").SerializeToString(),
        ["net.onnx: node quant_w: tensor w", "weights.bin is missing", "put it beside the model"],
    ),
    "external data outside the folder": (
        external("../secret.bin").SerializeToString(),
        ["net.onnx: node quant_w: tensor w", "../secret.bin lies outside the model's folder", "put it beside"],
    ),
    "external data at an absolute path": (
        external("/etc/hostname").SerializeToString(),
        ["net.onnx: node quant_w: tensor w", "/etc/hostname lies outside the model's folder", "put it beside"],
    ),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_is_no_whole_model_is_refused(what: str, tmp_path: Path) -> None:
    data, words = FILES[what]
    place = tmp_path / "models"
    place.mkdir()
    (tmp_path / "secret.bin").write_bytes(bytes(48))
    (place / "net.onnx").write_bytes(data)
    message = refused(place, place / "net.onnx", "--no-csim")
    for word in words:
        assert word in message, message


def test_a_file_that_does_not_exist_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "none.onnx: cannot be read (No such file or directory); check the path" in refused(
        tmp_path, tmp_path / "none.onnx"
    )
    assert f"{tmp_path}: this is a folder; give the .onnx file in it" in refused(tmp_path, tmp_path)


# What was asked for.


def test_a_target_that_does_not_exist_is_refused_with_the_nearest(tmp_path: Path) -> None:
    assert "there is no target 'u51'; did you mean u50" in refused(tmp_path, JETS, "--target", "u51")


def test_a_network_that_cannot_fit_says_what_it_needs_and_what_there_is(tmp_path: Path) -> None:
    message = refused(tmp_path, JETS, "--target", "arty-a7", "--reuse", "1", "--no-csim")
    assert re.search(r"needs [\d,]+ \w+ \(the budget has [\d,]+\)", message), message
    assert "jet_tagger.onnx" in message and "arty-a7" in message
    reuse = re.search(r"try reuse_factor >= (\d+)", message)
    assert reuse is not None, message
    cured, errors = command(
        "compile", JETS, "--target", "arty-a7", "--reuse", reuse[1], "--no-csim", "-o", tmp_path / "build"
    )
    assert cured == 0, errors


def wide_layer() -> Any:
    """A dense layer of 128 x 128 16-bit weights."""
    w = np.random.default_rng(0).integers(-(2**15), 2**15, (128, 128)).astype(np.float32)
    return model(
        [
            node("Quant", ["w", "s", "z", "b"], "wq", "quant_w", signed=1, narrow=0, rounding_mode="ROUND"),
            node("MatMul", ["x", "wq"], "y", "fc1"),
        ],
        {"w": w, "s": 1.0, "z": 0.0, "b": 16.0},
        x=(1, 128),
    )


def test_a_layer_that_cannot_fit_alone_is_named(tmp_path: Path) -> None:
    options = ["--input-type", "int<16>", "--target", "arty-a7", "--reuse", "1", "--no-csim"]
    message = refused(tmp_path, saved(tmp_path, wide_layer()), *options)
    assert message.startswith("codesign: error: net.onnx: node fc1: needs ")
    assert re.search(r"needs [\d,]+ \w+ \(the budget has [\d,]+\).* at reuse \d+; try reuse_factor >= \d+", message)


CONFIGS: dict[str, tuple[str, list[str]]] = {
    "a list": ("- Model\n- LayerName\n", ["my.yaml: ", "is not a mapping"]),
    "a number": ("42\n", ["my.yaml: 42 is not a mapping"]),
    "broken YAML": ("Model: {Precision: [\n", ["my.yaml: line 2: "]),
    "binary": ("\x00\x01\x02", ["my.yaml"]),
    "an unknown key": (
        "Model: {ReuseFactr: 4}\n",
        ["my.yaml", "Model.ReuseFactr: unknown key; did you mean ReuseFactor?"],
    ),
    "a layer that does not exist": (
        "LayerName: {node_liner_1: {ReuseFactor: 2}}\n",
        ["my.yaml", "LayerName.node_liner_1: no such layer", "did you mean node_linear_1?"],
    ),
    "a type that is none": (
        "Model: {Precision: float32}\n",
        ["my.yaml", "Precision", "'float32' is not a type", "fixed<16,6>"],
    ),
    "a reuse factor below 1": ("Model: {ReuseFactor: 0}\n", ["my.yaml", "ReuseFactor", "0"]),
    "a Python object": ("Model: !!python/object/apply:os.system ['touch evil']\n", ["my.yaml"]),
}


@pytest.mark.parametrize("what", CONFIGS)
def test_a_configuration_that_is_wrong_is_refused(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, words = CONFIGS[what]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.yaml").write_text(text)
    message = refused(tmp_path, JETS, "--config", tmp_path / "my.yaml", "--no-csim")
    for word in words:
        assert word in message, message


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--input-type", "float"], "'float' is not a type; write e.g. fixed<16,6>"),
        (["--precision", "fixed<99,6>"], "the width must be 1..63 bits"),
        (["--clock-mhz", "0"], "MHz"),
        (["--clock-mhz", "nan"], "MHz"),
        (["--name", "../../evil"], "'../../evil' cannot be the name of a design"),
    ],
)
def test_an_option_that_is_wrong_is_refused(options: list[str], word: str, tmp_path: Path) -> None:
    assert word in refused(tmp_path, JETS, *options, "--no-csim")


# The machine.


@pytest.mark.parametrize("how", ["CXX", "PATH"])
def test_without_a_compiler_nothing_is_written_and_the_message_says_what_to_install(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(how, str(tmp_path / "nonexistent"))
    if how == "PATH":
        monkeypatch.delenv("CXX", raising=False)
    message = refused(tmp_path, JETS)
    wanted = "g++ was not found; install it" if how == "PATH" else "which the variable CXX names, was not found"
    assert wanted in message


def test_a_compiler_that_fails_is_shown_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken++"
    broken.write_text("#!/bin/sh\necho 'fatal error: out of luck' >&2\nexit 4\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CXX", str(broken))
    message = refused(tmp_path, JETS)
    assert "broken++ failed (exit code 4)" in message and "out of luck" in message


# The output folder.


def occupied(place: Path, kind: str) -> Path:
    """Something of the user's at the place where the project would go."""
    build = place / "build"
    if kind == "file":
        build.write_text("thesis")
    elif kind == "link":
        (place / "elsewhere").mkdir()
        (place / "elsewhere" / "thesis.tex").write_text("years of work")
        build.symlink_to(place / "elsewhere")
    else:
        build.mkdir()
        (build / "thesis.tex").write_text("years of work")
        if kind == "folder with a file of our name":
            (build / "codesign.json").write_text("{}")
    return build


@pytest.mark.parametrize("force", [[], ["--force"]])
@pytest.mark.parametrize("kind", ["folder", "folder with a file of our name", "file", "link"])
def test_what_is_not_ours_is_never_replaced(kind: str, force: list[str], tmp_path: Path) -> None:
    build = occupied(tmp_path, kind)
    message = refused(tmp_path, JETS, *force, "--no-csim")
    assert str(build) in message
    assert "choose another" in message


def test_a_project_is_replaced_only_with_force_and_only_by_a_whole_one(tmp_path: Path) -> None:
    build = tmp_path / "build"
    assert command("compile", JETS, "-o", build, "--no-csim")[0] == 0
    assert "give --force to replace it" in refused(tmp_path, JETS, "--no-csim")
    refused(tmp_path, saved(tmp_path, float_layer()), "--force", "--no-csim")  # the old one stays whole

    code, message = command("compile", saved(tmp_path, sound()), "-o", build, "--force", "--no-csim")
    assert code == 0, message
    assert json.loads((build / "report.json").read_text())["model"] == "net.onnx"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["build", "net.onnx"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    code, message = command("compile", JETS, "-o", tmp_path / "locked" / "build", "--no-csim")
    assert code == 2
    assert str(tmp_path / "locked" / "build") in message


def test_an_output_below_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    code, message = command("compile", JETS, "-o", tmp_path / "file" / "build", "--no-csim")
    assert code == 2
    assert f"{tmp_path / 'file' / 'build'}: the folder cannot be made" in message
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]


# `verify` and `show`.


def test_verify_refuses_what_is_no_project_and_data_that_does_not_fit(tmp_path: Path) -> None:
    code, message = command("verify", tmp_path)
    assert code == 2 and "no complete project folder" in message and "codesign compile" in message

    build = tmp_path / "build"
    assert command("compile", JETS, "-o", build, "--no-csim")[0] == 0
    for name, x, word in (
        ("shape.npy", np.zeros((3, 7)), "(7,)"),
        ("nan.npy", np.full((3, 16), np.nan), "NaN"),
        ("empty.npy", np.zeros((0, 16)), "no samples"),
        ("text.npy", np.array(["a", "b"]), "real numbers"),
    ):
        np.save(tmp_path / name, x)
        code, message = command("verify", build, "--data", tmp_path / name)
        assert (code, word in message) == (2, True), message
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    code, message = command("verify", build, "--data", tmp_path / "objects.npy")
    assert code == 2 and "objects.npy: the data cannot be read" in message


def test_show_refuses_the_same_files(tmp_path: Path) -> None:
    code, message = command("show", saved(tmp_path, unsupported()))
    assert code == 2 and "node determinant: the operator Det is not supported" in message
