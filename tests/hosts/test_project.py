"""A project for a card, as `compile` writes it, built and run by what is in it: make, g++ and the host in Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import codesign
from codesign import resources


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> codesign.Compiled:
    """The jet tagger on a U50, two compute units, each with buffers for 500 samples."""
    model = resources.folder("models") / "jet_tagger" / "jet_tagger.onnx"
    place = tmp_path_factory.mktemp("card") / "build"
    return codesign.compile(model, target="u50", output=place, compute_units=2, max_batch=500, csim=False)


def host(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": "../emulation", "PATH": os.environ["PATH"]}
    command = [sys.executable, "codesign_alveo.py", "../emulation/jet_tagger.xclbin", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_project_runs_from_its_own_folder(compiled: codesign.Compiled, tmp_path: Path) -> None:
    place = compiled.folder / "alveo" / "host"
    subprocess.run(["make", "-s", "../emulation/jet_tagger.xclbin"], cwd=place, check=True)
    x = np.random.default_rng(0).normal(size=(600, 16)).astype(np.float32) * 4
    np.save(tmp_path / "x.npy", x)
    given = ["--input", str(tmp_path / "x.npy"), "--output", str(tmp_path / "y.npy"), "--repeat", "1"]
    for batch in ("1", "5", "100", "500"):
        done = host(place, "--check", "../../tb/vectors", *given, "--batch", batch)
        assert done.returncode == 0, done.stderr
        assert "16 vectors agree" in done.stdout
        design = compiled.design
        [codes] = design.evaluate(design.encode([x]))
        np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), design.outputs[0].tensor.decode_float(codes))
    done = host(place, *given, "--batch", "501")
    assert done.returncode == 1
    assert "error: a batch of 501 samples; the kernel takes 1 to 500 (`--max-batch`" in done.stderr


def test_the_host_knows_the_kernel_that_was_printed(compiled: codesign.Compiled) -> None:
    found = json.loads((compiled.folder / "alveo" / "host" / "design.json").read_text())
    kernel = json.loads((compiled.folder / "kernel" / "kernel.json").read_text())
    for key in ("kernel", "digest", "word_bits", "max_samples"):
        assert found[key] == kernel[key]
    connectivity = (compiled.folder / "alveo" / "connectivity.cfg").read_text()
    names = [unit["name"] for unit in found["units"]]
    assert names == ["jet_tagger_kernel_1", "jet_tagger_kernel_2"]
    assert all(name in connectivity for name in names)
