"""Published convolutional networks through the whole compiler: every rung equal, and csim on inputs of their own kind.

The same on more inputs, beside the errors of what is approximated, is `python -m benchmarks.acceptance`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import codesign
from benchmarks.networks import (
    CALO,
    CALO_8,
    CONV_UNIT,
    DIGITS,
    ESPCN,
    ESPCN_FLOAT,
    IMAGES,
    RESIDUAL,
    WAKE,
    Network,
    decided,
)
from codesign.compiler import Compiled
from codesign.ir.lazy import different, reals
from codesign.verification.csim import Arithmetic, Csim
from codesign.verification.reference import Reference

# The files state no shapes between their nodes, which qonnx remarks on.
pytestmark = pytest.mark.filterwarnings("ignore:Output shapes disagree")

RUNGS = ["integer network", "design", "csim, native integers", "csim, ap_int"]
REFERENCE = "exact meaning of the model"
TOGETHER = 16
"""Samples whose exact values are kept at once."""
OWN = {CALO_8.name: 256, CALO.name: 32, ESPCN.name: 1, ESPCN_FLOAT.name: 1, DIGITS.name: 20, WAKE.name: 10}
"""How many inputs of its own kind each network is tried with, where there are any."""
LARGE = (ESPCN, ESPCN_FLOAT)
"""Thousand million products for each sample: simulated in native integers alone."""
BINARY = (CALO_8, CONV_UNIT)
"""All scales are powers of two."""


@pytest.fixture(scope="module")
def built() -> dict[str, Compiled]:
    """Networks compiled with both simulations, each once."""
    return {}


def compiled(network: Network, built: dict[str, Compiled]) -> Compiled:
    if network.name not in built:
        built[network.name] = codesign.compile(
            network.path,
            target="u50",
            input_type=network.input_type,
            config=network.config,
            csim=network not in LARGE,
        )
    return built[network.name]


@pytest.mark.parametrize("network", IMAGES, ids=lambda n: n.name.replace(" ", "_"))
def test_every_meaning_of_a_published_convolutional_network_is_the_same(
    network: Network, shared: Path, built: dict[str, Compiled]
) -> None:
    one = compiled(network, built)

    rungs = one.report.rungs
    expected = RUNGS[:2] if network in LARGE else RUNGS
    assert [r.name for r in rungs] == ([] if network.float_throughout else [REFERENCE]) + expected
    assert [r.mismatches for r in rungs] == [0] * len(rungs)
    assert all(r.inputs >= 2 and r.values for r in rungs)
    # Where scales are no powers of two, some of the many roundings of each sample are ties of float32.
    assert network not in BINARY or not any(r.ties for r in rungs)
    assert bool(one.report.approximations) == bool(one.report.errors) == network.float_throughout

    # On inputs of its own kind the generated C++ gives the exact meaning of the file as typed.
    if network.inputs is None:
        return
    x = network.inputs(OWN[network.name])
    simulated = Csim(one.folder)(one.encode(x))
    for start in range(0, len(x), TOGETHER):
        exact = one.typed.run([x[start : start + TOGETHER]])
        for old, port, codes in zip(one.typed.outputs, one.design.outputs, simulated, strict=True):
            found = reals(port.tensor, codes[start : start + TOGETHER])
            assert not different(reals(one.typed[old.source].type, exact[old.source]), found).any()


def distance(network: Network, built: dict[str, Compiled], count: int) -> tuple[np.ndarray, np.ndarray]:
    """(float32 outputs of the file, outputs of the generated C++) on inputs of the network's own kind."""
    assert network.inputs is not None
    x = network.inputs(count)
    (reference,) = Reference(network.path)([x])
    return reference, np.asarray(compiled(network, built).csim(x)).reshape(reference.shape)


def test_the_digit_in_fixed_point_is_the_published_one(shared: Path, built: dict[str, Compiled]) -> None:
    assert DIGITS.golden is not None
    golden, one = DIGITS.golden(), compiled(DIGITS, built)
    for arithmetic in Arithmetic:
        assert decided(np.asarray(one.csim(golden.inputs, arithmetic=arithmetic))) == golden.expected
    reference, found = distance(DIGITS, built, 10)
    assert np.abs(found - reference).max() < 0.005 * np.abs(reference).max()
    assert (found.argmax(axis=1) == reference.argmax(axis=1)).all()


def test_the_visual_wake_words_in_8_bits_decide_as_in_float(shared: Path, built: dict[str, Compiled]) -> None:
    reference, found = distance(WAKE, built, 10)
    assert (found.argmax(axis=1) == reference.argmax(axis=1)).all()
    assert np.abs(found - reference).max() < 0.5


def test_the_super_resolution_in_fixed_point_gives_nearly_the_same_picture(
    shared: Path, built: dict[str, Compiled]
) -> None:
    reference, found = distance(ESPCN_FLOAT, built, 1)
    assert np.abs(found - reference).max() < 0.03 and np.abs(found - reference).mean() < 0.004


def test_the_residual_block_in_fixed_point_is_near_the_float_one(shared: Path, built: dict[str, Compiled]) -> None:
    (error,) = compiled(RESIDUAL, built).report.errors
    assert error.inputs >= 2 and error.largest < 10  # of results up to 8,000
