"""A network with three inputs of different rates and two outputs, from the file to C++ and through `verify`.

An image is modulated (gamma * x + beta) by what a set of tracks and some scalars say of its event.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import codesign
from codesign.errors import ModelError
from codesign.ir.kernels import Join, Repeat, Times
from codesign.verification.csim import Arithmetic
from tests.frontends.models import model, node

CHANNELS = 3
SHAPES = {"x": (2, 5, 4), "tracks": (7, 3), "scalars": (2,)}
"""Channels, height, width; tracks, features; numbers."""


def modulated() -> Any:
    rng = np.random.default_rng(5)
    constants: dict[str, Any] = {
        "step": 0.25, "zero": 0.0, "bits": 4.0, "one": 1.0, "tracks_axis": np.array([1]), "pixels": np.array([2, 3]),
        "w": (rng.integers(-3, 4, (CHANNELS, 2, 2, 1)) / 4).astype(np.float32),
        "phi": (rng.integers(-3, 4, (3, 4)) / 4).astype(np.float32),
        "rho": (rng.integers(-3, 4, (6, 2 * CHANNELS)) / 4).astype(np.float32),
        "begin": np.array([0]), "middle": np.array([CHANNELS]), "end": np.array([2 * CHANNELS]), "axis": np.array([1]),
    }  # fmt: skip

    def quant(x: str, y: str) -> Any:
        given = [x, "step", "zero", "bits"]
        return node("Quant", given, y, f"quant_{y}", signed=1, narrow=0, rounding_mode="ROUND")

    nodes = [
        quant("x", "xq"), quant("tracks", "tq"), quant("scalars", "sq"),
        node("MatMul", ["tq", "phi"], "t1", "phi"), node("Relu", ["t1"], "t2", "relu"), quant("t2", "t3"),
        node("ReduceSum", ["t3", "tracks_axis"], "t4", "set", keepdims=0), quant("t4", "t5"),
        node("Concat", ["sq", "t5"], "c", "event", axis=1),
        node("MatMul", ["c", "rho"], "g1", "rho"), quant("g1", "g"),
        node("Slice", ["g", "begin", "middle", "axis"], "ga", "gamma"),
        node("Slice", ["g", "middle", "end", "axis"], "be", "beta"),
        node("Unsqueeze", ["ga", "pixels"], "gu", "gamma_pixels"),
        node("Unsqueeze", ["be", "pixels"], "bu", "beta_pixels"),
        node("Add", ["gu", "one"], "g2", "gamma_one"),
        node("Conv", ["xq", "w"], "k1", "conv"), quant("k1", "k"),
        node("Mul", ["k", "g2"], "m", "scaled"), node("Add", ["m", "bu"], "a", "shifted"), quant("a", "image"),
        node("ReduceMean", ["image"], "mean", "mean", axes=[2, 3], keepdims=0),
    ]  # fmt: skip
    more = {name: (1, *SHAPES[name]) for name in ("tracks", "scalars")}
    return model(nodes, constants, (1, *SHAPES["x"]), ("image", "mean"), more_inputs=more)


def events(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    return [rng.normal(size=(count, *shape)).astype(np.float32).astype(np.float64) for shape in SHAPES.values()]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> codesign.Compiled:
    """Compiled with both simulations."""
    folder = tmp_path_factory.mktemp("modulated")
    onnx.save(modulated(), folder / "modulated.onnx")
    return codesign.compile(folder / "modulated.onnx", target="u50", output=folder / "build")


def test_every_rung_is_exact_and_the_vectors_are_kept_beside_the_image(compiled: codesign.Compiled) -> None:
    assert compiled.report.exact, compiled.report.rungs
    kernels = {p.name: p.kernel for p in compiled.design}
    assert isinstance(kernels["scaled"], Times) and isinstance(kernels["shifted"], Join)
    assert kernels["scaled"].repeats == kernels["shifted"].repeats == 4 * 4
    assert not any(isinstance(kernel, Repeat) for kernel in kernels.values())


def test_the_generated_code_gives_the_exact_values_of_both_outputs(compiled: codesign.Compiled) -> None:
    x = events(20)
    wanted = compiled.imported.values(x)
    for arithmetic in Arithmetic:
        found = compiled.csim(*x, arithmetic=arithmetic)
        assert isinstance(found, list)
        for ours, exact in zip(found, wanted, strict=True):
            assert np.array_equal(ours.reshape(exact.shape), exact.astype(np.float64))


@pytest.mark.parametrize("kind", ["npz", "folder"])
def test_verify_takes_an_array_for_each_input(compiled: codesign.Compiled, tmp_path: Path, kind: str) -> None:
    arrays = dict(zip(SHAPES, events(12), strict=True))
    if kind == "npz":
        np.savez(tmp_path / "events.npz", **arrays)
    else:
        (tmp_path / "events").mkdir()
        for name, x in arrays.items():
            np.save(tmp_path / "events" / f"{name}.npy", x)
    data = tmp_path / ("events.npz" if kind == "npz" else "events")
    found = codesign.verify(compiled.folder, data=data, inputs=10)
    assert found.exact and {rung.inputs for rung in found.rungs} == {10}


def test_data_that_lacks_an_input_is_refused_by_its_name(compiled: codesign.Compiled, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", events(3)[0])
    with pytest.raises(ModelError, match=r"there is no tracks\.npy for input tracks, only x\.npy"):
        codesign.verify(compiled.folder, data=tmp_path)
    with pytest.raises(
        ModelError, match=r"the network has the inputs x, tracks, scalars; give an \.npz .* or a folder"
    ):
        codesign.verify(compiled.folder, data=tmp_path / "x.npy")
    np.savez(tmp_path / "events.npz", x=events(3)[0])
    with pytest.raises(ModelError, match="there is no array for input tracks, only x"):
        codesign.verify(compiled.folder, data=tmp_path / "events.npz")
    (tmp_path / "x.npy").unlink()
    np.savez(tmp_path / "inner.npz", x=events(3)[0])
    (tmp_path / "inner.npz").rename(tmp_path / "x.npy")
    with pytest.raises(ModelError, match=r"x\.npy: this is an \.npz"):
        codesign.verify(compiled.folder, data=tmp_path)
    with pytest.raises(ModelError, match=r"3 input arrays|1 input arrays were given"):
        compiled.csim(events(3)[0])
