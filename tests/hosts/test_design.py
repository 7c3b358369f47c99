"""`design.json` is read strictly: what is wrong in it is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.hosts.conftest import Project
from tests.hosts.modules import module

host = module("codesign_host")


def test_what_the_compiler_wrote_is_read(ports: Project) -> None:
    design = host.Design.read(ports.folder / "pynq" / "design.json")
    about = json.loads((ports.folder / "kernel" / "kernel.json").read_text())
    assert (design.kernel, design.digest, design.max_samples) == ("net_kernel", about["digest"], 200)
    assert [p.name for p in design.inputs] == ["x", "mask"]
    assert design.inputs[1].shape == (2, 6) and design.inputs[1].inside == (6, 2)
    for port, of in zip(design.inputs, ports.design.inputs, strict=True):
        assert (port.low, port.high, port.size) == (of.tensor.low, of.tensor.high, of.tensor.size)
    for port, of in zip(design.outputs, ports.design.outputs, strict=True):
        codes = np.random.default_rng(0).integers(of.tensor.low, of.tensor.high + 1, (50, *of.tensor.shape))
        np.testing.assert_array_equal(port.decode(codes), of.tensor.decode_float(codes))


def changed(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda d: d.__setitem__(key, value)


def inside(where: str, key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda d: d[where][0].__setitem__(key, value)


def encoder(value: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    return inside("inputs", "encoders", [value])


LINE = {"kind": "line", "slope": "1/3", "intercept": "0/1", "low": 0, "high": 9, "rounding": "ROUND"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (changed("format", 2), "format 2, this program reads 1"),
        (changed("format", True), "format is True, expected an integer"),
        (changed("kernel", 3), "kernel is 3, expected a text"),
        (changed("max_samples", 0), "max_samples is 0, expected at least 1"),
        (changed("inputs", []), "inputs is empty"),
        (changed("inputs", {}), r"inputs is \{\}, expected a list"),
        (changed("outputs", [7]), r"outputs\[0\]: a mapping is expected"),
        (changed("word_bits", 60), r"inputs\[0\]: codes that do not fit their words"),
        (inside("inputs", "width", 64), "codes that do not fit their words"),
        (inside("inputs", "slots", 100), "codes that do not fit their words"),
        (inside("inputs", "elements", 100), "codes that do not fit their words"),
        (inside("inputs", "shape", [6, 0]), "or an empty shape"),
        (inside("inputs", "shape", [6, 2.0]), r"shape is \[6, 2.0\], expected a list of integers"),
        (inside("inputs", "signed", 1), "signed is 1, expected true or false"),
        (inside("inputs", "axes", [0, 0]), r"axes is \[0, 0\], expected each of 2 axes once"),
        (inside("inputs", "encoders", [LINE] * 3), "3 encoders or steps for 2 channels"),
        (inside("outputs", "step", ["0x1p0"] * 3), "3 encoders or steps for 2 channels"),
        (inside("outputs", "step", ["one"]), "step: invalid hexadecimal floating-point string"),
        (encoder({"kind": "table"}), "kind is 'table', expected binary, line or stairs"),
        (encoder({"kind": "binary", "frac": 0, "low": 0}), "high is None, expected an integer"),
        (encoder(LINE | {"slope": "1/0"}), "slope is '1/0', expected a fraction like 3/7"),
        (encoder(LINE | {"rounding": "NEAREST"}), "rounding is 'NEAREST', expected one of ROUND, CEIL"),
        (
            encoder({"kind": "stairs", "first": 0, "falls": False, "thresholds": ["0x2p0", "0x1p0"]}),
            "the thresholds do not ascend",
        ),
    ],
)
def test_what_is_wrong_is_named(
    change: Callable[[dict[str, Any]], None], message: str, ports: Project, tmp_path: Path
) -> None:
    found = json.loads((ports.folder / "pynq" / "design.json").read_text())
    change(found)
    path = tmp_path / "design.json"
    path.write_text(json.dumps(found))
    with pytest.raises(host.HostError, match=f"design.json.*{message}"):
        host.Design.read(path)


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(host.HostError, match=r"none\.json: the design cannot be read"):
        host.Design.read(tmp_path / "none.json")
    (tmp_path / "list.json").write_text("[1]")
    with pytest.raises(host.HostError, match=r"list\.json: a mapping is expected"):
        host.Design.read(tmp_path / "list.json")


def test_percentiles_are_of_what_was_measured() -> None:
    """Of 100 times the 99th percentile is the 99th, of fewer the largest."""
    assert "p99   99.0000 ms" in host.summary("x", [k / 1000 for k in range(1, 101)])
    line = host.summary("x", [0.003, 0.001, 0.002])
    assert "min    1.0000" in line and "median    2.0000" in line and "p99    3.0000 ms" in line
