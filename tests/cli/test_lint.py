"""`codesign lint`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from onnx import helper

Run = Callable[..., tuple[int, str, str]]


def _model(path: Path, operator: str, **attributes: object) -> Path:
    index = helper.make_tensor_value_info("i", onnx.TensorProto.INT64, ["e", 1])
    rows = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", 4]) for name in "xuy"]
    names = ["x", "i", "u"] if operator == "ScatterND" else ["x"]
    node = helper.make_node(operator, names, ["y"], name="sum", **attributes)
    graph = helper.make_graph([node], "g", [rows[0], index, rows[1]], [rows[2]])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)
    return path


def test_lint_prints_what_each_runtime_refuses_and_exits_with_1(run: Run, tmp_path: Path) -> None:
    code, out, errors = run("lint", _model(tmp_path / "m.onnx", "ScatterND", reduction="add"))
    assert (code, errors) == (1, "")
    for target in ("onnxruntime-cpu", "onnxruntime-cuda", "tensorrt", "tensorrt-rtx"):
        assert f"{target} (" in out
    assert sum(line.split()[:3] == ["refused", "ScatterND", "sum"] for line in out.splitlines()) == 4
    assert "--lowering pull" in out


def test_lint_exits_with_0_where_there_are_warnings_alone(run: Run, tmp_path: Path) -> None:
    path = _model(tmp_path / "m.onnx", "Relu")
    code, out, _ = run("lint", path, "--target", "tensorrt", "--target", "onnxruntime-cpu", "--sources")
    assert code == 0
    assert "need an optimization profile" in out
    assert "known from" in out
    assert "onnxruntime-cpu (onnxruntime on the CPU 1.31 to 1.32): taken as it is" in out


def test_lint_prints_json(run: Run, tmp_path: Path) -> None:
    path = _model(tmp_path / "m.onnx", "ScatterND", reduction="add")
    code, out, _ = run("lint", path, "--target", "onnxruntime-cpu", "--json")
    assert code == 1
    [found] = json.loads(out)["onnxruntime-cpu"]
    assert (found["level"], found["node"], found["operator"]) == ("refused", "sum", "ScatterND")
    assert set(found) == {"level", "node", "operator", "why", "cure", "source"}


def test_lint_refuses_files_that_are_no_models(run: Run, tmp_path: Path) -> None:
    good = _model(tmp_path / "m.onnx", "Relu").read_bytes()
    cases = {"empty": b"", "cut": good[:-9], "text": b"this is no model", "zeros": b"\0" * 100}
    for name, content in cases.items():
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(content)
        code, out, errors = run("lint", path)
        assert (code, out) == (2, ""), name
        assert errors.startswith("codesign: error: "), name
        assert f"{name}.onnx" in errors, name
    code, _, errors = run("lint", tmp_path)
    assert (code, "this is a folder" in errors) == (2, True)


def test_lint_refuses_a_file_that_is_larger_than_any_model(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "huge.onnx"
    path.touch()
    os.truncate(path, 3 << 30)  # sparse: no byte of it is stored
    code, _, errors = run("lint", path)
    assert code == 2
    assert "huge.onnx: 3,221,225,472 bytes; an ONNX file holds less than 2,147,483,648" in errors


@pytest.mark.parametrize("given", ["tensort", "../lint", ""])
def test_lint_names_the_nearest_runtime(run: Run, tmp_path: Path, given: str) -> None:
    code, _, errors = run("lint", _model(tmp_path / "m.onnx", "Relu"), "--target", given)
    assert code == 2
    assert f"--target {given!r} is no runtime of the linter; " in errors
