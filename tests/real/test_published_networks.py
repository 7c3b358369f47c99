"""Published networks through the whole compiler: every rung of the ladder equal, golden vectors met.

The same on 1,000 inputs, beside the errors of what is approximated, is `python -m benchmarks.acceptance`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import codesign
from benchmarks.networks import DENSE, JETS, SEEDS, SPECTRA, Network, decided
from codesign.compiler import Compiled
from codesign.ir.layers import Input
from codesign.ir.tensor import as_codes
from codesign.verification.csim import Arithmetic
from codesign.verification.inputs import random_inputs
from codesign.verification.reference import Reference

# The files state a shape of batch 0 or none between their nodes, which qonnx remarks on.
pytestmark = pytest.mark.filterwarnings("ignore:Output shapes disagree")

INPUTS = 16
"""Random ones, and as many of the network's own kind; exact rational arithmetic takes milliseconds for each."""
MANY = 300
"""Where only integers are compared."""

RUNGS = ["integer network", "design", "csim, native integers", "csim, ap_int"]
REFERENCE = "exact meaning of the model"


def compiled(network: Network, folder: Path | None = None, csim: bool = False) -> Compiled:
    """The network with the options that a user would give, in `folder` or one that lives as long as the result."""
    return codesign.compile(
        network.path, target="u50", output=folder, input_type=network.input_type, config=network.config, csim=csim
    )


def given(network: Network, of: Compiled, count: int) -> np.ndarray:
    """Random inputs, those of the network's own kind, and the golden ones."""
    (node,) = of.network.inputs
    assert isinstance(node.layer, Input)
    found = [*random_inputs([node.layer], count)]
    found += [] if network.inputs is None else [network.inputs(count).reshape(count, *node.type.shape)]
    found += [] if network.golden is None else [network.golden().inputs.reshape(-1, *node.type.shape)]
    return np.concatenate(found)


@pytest.mark.parametrize("network", DENSE, ids=lambda n: n.name.replace(" ", "_"))
def test_every_meaning_of_a_published_network_is_the_same(network: Network, shared: Path, tmp_path: Path) -> None:
    one = compiled(network, tmp_path / "build")
    x = given(network, one, INPUTS)
    np.save(tmp_path / "x.npy", x)

    rungs = codesign.verify(tmp_path / "build", data=tmp_path / "x.npy", cosim=False).rungs

    approximated = network in (SEEDS, SPECTRA)
    assert [r.name for r in rungs] == ([] if approximated else [REFERENCE]) + RUNGS
    assert [r.mismatches for r in rungs] == [0] * len(rungs)
    assert {r.inputs for r in rungs if r.name != REFERENCE} == {len(x)}
    # float32 may fall to either side of a threshold; each such sample was shown to lie next to one
    assert all(r.ties <= len(x) // 20 for r in rungs)
    if network.golden is not None:
        golden = network.golden()
        images = golden.inputs.reshape(-1, *x.shape[1:])
        for arithmetic in Arithmetic:
            assert decided(np.asarray(one.csim(images, arithmetic=arithmetic))) == golden.expected

    # Many more, where nothing is slow.
    codes = one.design.encode([given(network, one, MANY)])
    expected = one.network.run_codes(codes)
    found = one.csim(given(network, one, MANY))
    (output,) = one.network.outputs
    assert np.array_equal(
        np.asarray(found), one.network[output.source].type.decode_float(as_codes(expected[output.source]))
    )


def distance(network: Network, count: int) -> tuple[Compiled, np.ndarray, np.ndarray, np.ndarray]:
    """(compiled, inputs, float32 outputs of the file, outputs of the generated C++)."""
    one = compiled(network)
    assert network.inputs is not None
    x = network.inputs(count)
    (reference,) = Reference(network.path)([x])
    return one, x, reference, np.asarray(one.csim(x)).reshape(reference.shape)


def test_the_jet_taggers_softmax_is_within_its_tables_error(shared: Path) -> None:
    one, _, reference, found = distance(JETS, 100)
    # The logits are rounded to steps of 1/256, half of which on each of two changes a probability by at most
    # p (1 - p) / 256 < 1/1024; the tables add some 2^-16.
    assert np.abs(found - reference).max() < 2**-10 + 2**-14
    assert (found.argmax(axis=1) == reference.argmax(axis=1)).all()
    assert any("softmax by a table" in a.what for a in one.report.approximations)


def test_the_seed_classifier_in_fixed_point_decides_as_in_float(shared: Path) -> None:
    one, _, reference, found = distance(SEEDS, 200)
    assert np.abs(found - reference).max() < 0.02
    assert np.array_equal(found > 0.5, reference > 0.5)
    assert one.report.approximations and not one.report.rungs[0].against.startswith("qonnx")


def test_the_autoencoder_in_fixed_point_gives_the_same_anomaly_score(shared: Path) -> None:
    _, x, reference, found = distance(SPECTRA, 50)
    exact, ours = ((reference - x) ** 2).mean(axis=1), ((found - x) ** 2).mean(axis=1)
    assert np.abs(ours - exact).max() < 0.005 * exact.max()
