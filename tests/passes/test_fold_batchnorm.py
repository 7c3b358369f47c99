"""Batch norms become affines, exactly."""

from fractions import Fraction

from codesign.ir.layers import Affine, BatchNorm
from codesign.passes.fold_batchnorm import fold_batchnorm
from tests.passes.given import codes, network, text, vector


def test_a_batch_norm_becomes_one_scale_and_offset_per_channel():
    norm = BatchNorm(vector([2, -1]), vector([1, 0]), vector([3, 0]), vector([15, 3]), Fraction(1))
    graph = network(norm, x=codes("int<4>"))

    fold_batchnorm(graph)

    assert text(graph)[1:] == [
        'a = Affine(x, scale=Vector("1/2", "-1/2"), offset=Vector("-1/2", "0"))'
        "  # 2 int<4> scale [1/2, ... 2] offset [-1/2, ... 2]"
    ]


def test_an_irrational_root_is_taken_to_256_bits():
    graph = network(BatchNorm(vector(1), vector(0), vector(0), vector(2), Fraction(0)), x=codes("int<4>"))

    fold_batchnorm(graph)

    layer = graph["a"].layer
    assert isinstance(layer, Affine)
    assert abs(layer.scale[0] ** 2 * 2 - 1) < Fraction(1, 1 << 250)


def test_other_layers_stay():
    graph = network(Affine(vector(2)), x=codes("int<4>"))
    before = text(graph)

    fold_batchnorm(graph)

    assert text(graph) == before
