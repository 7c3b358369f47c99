"""The jet tagger from a .npy file to a .npy file, through host, in-process device and printed kernel."""

import subprocess
from pathlib import Path

import numpy as np

import codesign
from codesign import resources
from tests.backends.alveo.projects import compiled, linked, xclbin


def test_jets_get_the_values_of_the_network_in_every_batch(device: list[Path], runner: Path, tmp_path: Path) -> None:
    """On three compute units, which no batch fills evenly."""
    folder = resources.folder("models") / "jet_tagger"
    project = tmp_path / "project"
    asked = {"compute_units": 3, "max_batch": 40, "csim": False}
    network = codesign.compile(folder / "jet_tagger.onnx", target="u50", output=project, **asked)
    host = project / "alveo" / "host"
    accelerator = compiled(host / "accelerator.cpp", host, resources.folder("hls") / "device")
    program, binary = linked([accelerator, runner, *device], host / "host"), xclbin(project)
    jets = np.load(folder / "validation_x.npy")[:100]
    (expected,) = network.typed.values([jets])
    for batch in (1, 5, 100):
        x = jets[: 7 * batch]
        np.save(tmp_path / "x.npy", x)
        arguments = ["--xclbin", binary, "--input", "x.npy", "--output", "y.npy", "--batch", str(batch)]
        done = subprocess.run([program, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and not done.stderr, done
        found = np.load(tmp_path / "y.npy")
        np.testing.assert_array_equal(found, expected[: len(x)].astype(np.float64))
