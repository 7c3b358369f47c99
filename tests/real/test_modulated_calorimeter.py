"""The energy regression that modulates its images by tracks and scalars (FiLM): three inputs, from the file to C++."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from codesign import resources
from codesign.backends.kernel.sources import kernel, write_kernel
from codesign.backends.project import write_project
from codesign.config import Config
from codesign.frontends.qonnx import load
from codesign.ir.design import Design
from codesign.ir.graph import Graph
from codesign.ir.kernels import Join, Repeat, Times
from codesign.ir.layers import Input, Transpose
from codesign.ir.tensor import Array, as_codes
from codesign.passes import pipeline
from codesign.passes.builder import Fold, is_product
from codesign.passes.products import foldings
from codesign.verification.kernel import KernelCsim
from tests.backends.alveo.projects import compiled, linked, objects, written, xclbin

EVENTS = 3
BLOCKS = 5
"""Each modulated by a gamma and a beta per channel."""


def events(network: Graph, shared: Path, count: int = EVENTS) -> list[np.ndarray]:
    found = np.load(shared / "data" / "deepcalo" / "synthetic_events.npz")
    return [found[node.origin][:count].astype(np.float64) for node in network.inputs]


@pytest.fixture(scope="module")
def passed(shared: Path) -> pipeline.Passed:
    """The network after all passes."""
    return pipeline.run(load(shared / "models" / "deepcalo" / "deepcalo_full_synthetic.onnx"), Config(), {})


@pytest.fixture(scope="module")
def design(passed: pipeline.Passed) -> Design:
    """With some 100 multipliers for each product."""
    folds: dict[str, Fold] = {}
    for node in passed.network:
        if is_product(node.layer):
            folds[node.name] = min(foldings(node), key=lambda f: (abs(f.pe * f.simd - 100), f.pe))
    return pipeline.build_design(passed.network, folds, {}, 200)


def codes(network: Graph, x: list[np.ndarray]) -> list[Array]:
    found = []
    for node, values in zip(network.inputs, x, strict=True):
        assert isinstance(node.layer, Input)
        found.append(as_codes(node.layer.encode(values)))
    return found


def test_its_integers_are_the_numbers_of_the_file(passed: pipeline.Passed, shared: Path) -> None:
    assert passed.exact and not any(isinstance(n.layer, Transpose) for n in passed.network)
    x = events(passed.network, shared)
    (ours,), (exact,) = passed.network.values(x), passed.typed.values(x)
    assert ours.tolist() == exact.tolist() and len(set(ours.ravel().tolist())) == EVENTS


def test_gamma_and_beta_are_kept_beside_each_image(design: Design) -> None:
    kernels = [p.kernel for p in design]
    for kind in (Times, Join):
        kept = [k.repeats for k in kernels if isinstance(k, kind)]
        assert kept == [56 * 55, 28 * 27, 14 * 13, 7 * 6, 3 * 3]
    assert sum(isinstance(k, Repeat) for k in kernels) == 1  # the image's own
    assert [port.name for port in design.inputs] == ["image", "scalars", "tracks"]


@pytest.mark.slow
def test_the_generated_code_gives_the_same_integers(
    passed: pipeline.Passed, design: Design, shared: Path, tmp_path: Path
) -> None:
    """Through the memory ports of the kernel, which holds the same processes: three inputs, packed, in one batch and
    one by one."""
    given = codes(passed.network, events(passed.network, shared))
    (output,) = passed.network.outputs
    expected = as_codes(passed.network.run_codes(given)[output.source])
    assert design.evaluate(given)[0].tolist() == expected.tolist()
    printed = write_project(design, tmp_path, part="x", clock_ns=5, vectors=None, version="0", digest="0")
    write_kernel(kernel(design, printed, 512), tmp_path, version="0", digest="0")
    csim = KernelCsim(tmp_path)
    assert [m.name for m in csim.memories if m.reads] == ["image", "scalars", "tracks"]
    assert csim(given)[0].tolist() == expected.reshape(EVENTS, -1).tolist()
    for n in range(EVENTS):
        assert csim([c[n : n + 1] for c in given])[0].tolist() == expected[n : n + 1].reshape(1, -1).tolist()


def test_numbers_go_through_the_host_and_two_compute_units(
    passed: pipeline.Passed, design: Design, shared: Path, tmp_path: Path
) -> None:
    """From .npy files to a .npy file, with the device in the host's process; five events, so one unit has one more."""
    given = [x.astype(np.float32) for x in events(passed.network, shared, 5)]
    project = written(design, tmp_path / "project", units=2, max_batch=4, samples=1)
    host, library = project / "alveo" / "host", resources.folder("hls") / "device"
    parts = [compiled(host / name, host, library) for name in ("accelerator.cpp", "main.cpp")]
    program = linked([*parts, *objects(tmp_path)], host / "host")
    arguments: list[str | Path] = ["--xclbin", xclbin(project), "--output", "y.npy"]
    for port, x in zip(design.inputs, given, strict=True):
        np.save(tmp_path / f"{port.name}.npy", x)
        arguments += ["--input", f"{port.name}={port.name}.npy"]
    done = subprocess.run([program, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr, done
    (expected,) = passed.typed.values(given)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), expected.astype(np.float64))
