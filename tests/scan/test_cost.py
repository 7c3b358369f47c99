"""Bit operations by their definition."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codesign.config import Config
from codesign.frontends import qonnx
from codesign.ir.layers import Product
from codesign.scan.calibrate import calibrate
from codesign.scan.cost import bits, enclosed
from codesign.scan.search import Binary, point
from codesign.scan.space import Space
from tests.scan.conftest import Case


def test_the_example_of_the_paper_counts_four_bits() -> None:
    assert enclosed(np.array([0b001011000, 0, 1, -8, 5])).tolist() == [4, 0, 1, 1, 3]


@given(st.integers(-(2**40), 2**40))
def test_enclosed_bits_are_what_is_left_of_the_binary_text_without_zeros_at_its_ends(weight: int) -> None:
    assert enclosed(np.array([weight]))[0] == len(f"{abs(weight):b}".strip("0"))


def test_every_multiplication_of_a_sample_counts(images: Case) -> None:
    space = Space.of(qonnx.load(images.model), Config(), {})
    binary = Binary(calibrate(space, [images.x]))
    network = space.passed(point(space, binary, lambda s: 5)).network
    operations = effective = 0
    for node in network:
        if isinstance(node.layer, Product):
            x = network[node.inputs[0]].type
            for weight in node.layer.weights.ravel().tolist():
                times = node.type.size // node.type.channels
                operations += times * 5 * x.type.width
                effective += times * len(f"{abs(weight):b}".strip("0")) * x.type.width
    found = bits(network)
    assert (found.bit_operations, found.ebops) == (operations, effective)
    assert found.weight_bits == 5 * (72 + 180 + 60)
    assert operations == 25 * (8 * 6 * 72 + 4 * 3 * 180 + 60)
