"""A float32 model whose products are of int8 codes: quantizers and their inverses around them (QDQ)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx

from codesign.errors import ModelError

Feeds = Mapping[str, np.ndarray]


def in_int8(model: onnx.ModelProto, calibration: Sequence[Feeds]) -> onnx.ModelProto:
    """The model with QuantizeLinear and DequantizeLinear in front of its products, by onnxruntime's quantizer.

    Codes are symmetric (zero point 0), as TensorRT wants them: weights have a scale for each output channel, what they
    multiply has one scale, by the largest value that `calibration` (all inputs of the model, for some events) brings
    there. Sums stay float32, and so do products of the model's inputs: the features of a hit have no common scale.
    ModelError where there is no product to quantize, or nothing to calibrate with.
    """
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    products = _products(model)
    if not products:
        raise ModelError("int8: the network has no product behind its first layer; use --precision fp16 or fp32")
    if not calibration or any(not array.size for feeds in calibration for array in feeds.values()):
        raise ModelError("int8: an event with at least one row in each input is needed to find the scales")
    with TemporaryDirectory() as folder, _quiet():
        file = Path(folder) / "int8.onnx"
        quantize_static(
            model,
            str(file),
            _Reader(calibration),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
            nodes_to_quantize=products,
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={
                "ActivationSymmetric": True,
                "WeightSymmetric": True,
                "OpTypesToExcludeOutputQuantization": ["MatMul"],
            },
        )
        quantized = onnx.load(file)
    del quantized.metadata_props[:]
    quantized.metadata_props.extend(model.metadata_props)
    onnx.checker.check_model(quantized, full_check=True)
    return quantized


class _Reader:
    """Events in the form that the quantizer asks for them: one at a time, then None."""

    def __init__(self, calibration: Sequence[Feeds]) -> None:
        self.left: Iterator[Feeds] = iter(calibration)

    def get_next(self) -> dict[str, np.ndarray] | None:
        found = next(self.left, None)
        return None if found is None else dict(found)


def _products(model: onnx.ModelProto) -> list[str]:
    """The names of the products of constant weights with what is not an input of the model."""
    constants = {tensor.name for tensor in model.graph.initializer}
    given = {value.name for value in model.graph.input}
    return [
        node.name
        for node in model.graph.node
        if node.op_type == "MatMul" and node.input[1] in constants and node.input[0] not in given
    ]


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the quantizer's advice to optimize the model first, which is done."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
