"""The keys of the file, what each takes, and the names of layers that it knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Key:
    """One key of the file: the sections it may stand in, what it takes and what it means."""

    section: str
    name: str
    values: str
    meaning: str


KEYS: tuple[Key, ...] = (
    Key("top", "HLSConfig", "mapping", "may hold Model, LayerType and LayerName, as hls4ml writes them"),
    Key("top", "Model", "mapping", "what holds for every layer that says nothing else"),
    Key("top", "LayerType", "mapping of mappings", "the same for all layers of a type, e.g. Dense"),
    Key("top", "LayerName", "mapping of mappings", "the same for one layer; the most specific of the three wins"),
    Key("top", "Target", "name", "device or board, as `codesign targets` lists them; `--target` wins"),
    Key("top", "ClockMHz", "number > 0", "clock in MHz; `--clock-mhz` wins, the target's own is the default"),
    Key("top", "ClockPeriod", "number > 0", "the same in nanoseconds, as hls4ml has it"),
    Key("top", "Streams", "mixed, single, array or struct", "wires every stream alike, to compare; `--streams` wins"),
    Key("top", "Interval", "integer >= 1", "most cycles from one sample to the next; `--interval` wins"),
    Key("top", "LatencyUs", "number > 0", "most microseconds for a sample on its own; `--latency-us` wins"),
    Key("top", "Budget", "text or mapping", "what the design may take: 80% or {dsp: 3800, bram: 50%}; `--budget` wins"),
    Key(
        "top",
        "ComputeUnits",
        "integer >= 1",
        "instances of the kernel on the card, which share the budget; `--compute-units` wins",
    ),
    Key(
        "top", "Banks", "text or list", "memory banks of the inputs and outputs, in turn: HBM[0],HBM[1]; `--banks` wins"
    ),
    Key("top", "MaxBatch", "integer >= 1", "most samples of one launch of a compute unit; `--max-batch` wins"),
    Key("Model", "InputPrecision", "type", "type of inputs that the file does not quantize; else Precision holds"),
    Key("layer", "Precision", "type, or mapping", "of what the file leaves in float; its quantizers always win"),
    Key("layer", "ReuseFactor", "integer >= 1", "how often each multiplier is used per input vector"),
    Key("layer", "Strategy", "Latency, Resource or auto", "spend area for cycles, or memories and DSPs; auto chooses"),
    Key("layer", "Multiplier", "lut, dsp, packed, adders or auto", "what products are made of; auto chooses"),
    Key(
        "layer",
        "AccumulatorWidth",
        "integer 2..63",
        "most bits of the sums of products; where more are safe, sums wrap, and results change",
    ),
    Key("layer", "Rounding", "a mode of QONNX", "of results that the file leaves in float; ROUND (half to even) else"),
    Key("Precision", "default", "type", "weight, bias and result where they are not given"),
    Key("Precision", "weight", "type", "type of the weights"),
    Key("Precision", "bias", "type", "type of the bias"),
    Key("Precision", "result", "type", "type of the layer's result"),
    Key("Precision", "table", "type", "type of the entries of a softmax table"),
)
"""Every key there is. `layer` keys stand in Model and in each entry of LayerType and LayerName."""

REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "accum": (
            "accumulators are proved wide enough for every input; remove this line, or state fewer bits, in which sums "
            "wrap, as `AccumulatorWidth: 14` of the layer"
        ),
        "maximum": "widths follow from the proved ranges, so there is no maximum to give; remove this line",
        "Backend": "the vendor follows from the target; remove this line",
        "Board": "write Target, e.g. `Target: u50`",
        "IOType": "every design streams, with the lanes that the folding needs; remove this line",
        "OutputDir": "give the folder on the command line: -o",
        "Part": "write Target, a device of `codesign targets`",
        "ProjectName": "give the name on the command line: --name",
        "Activation": "name the function itself: Relu, Sigmoid, Tanh, Softmax, ...",
    }
)
"""What hls4ml users may try, and what to do instead."""

LAYER_TYPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Add": ("Sub", "Merge"),
        "ArgMax": (),
        "BatchNormalization": ("BatchNorm", "Affine", "ApplyAlpha"),
        "Clip": (),
        "Concat": (),
        "Conv": ("FloatConv", "ConvTranspose", "Conv1D", "Conv2D", "DepthwiseConv2D"),
        "Dense": ("MatMul", "Gemm"),
        "Input": ("InputLayer",),
        "LeakyRelu": ("LeakyReLU",),
        "MaxPool": ("MaxPooling1D", "MaxPooling2D", "GlobalMaxPool"),
        "MultiThreshold": (),
        "Multiply": ("Mul",),
        "Pad": ("ZeroPadding1D", "ZeroPadding2D"),
        "Quant": ("Quantize", "BipolarQuant", "Trunc", "Truncate"),
        "Relu": ("ReLU",),
        "Requantize": (),
        "Reshape": ("Flatten", "Identity"),
        "Sigmoid": (),
        "Sign": (),
        "Slice": ("Split", "Crop"),
        "Softmax": ("SoftmaxTable",),
        "SumPool": (
            "AveragePool",
            "AveragePooling1D",
            "AveragePooling2D",
            "GlobalAveragePool",
            "ReduceMean",
            "ReduceSum",
        ),
        "Tanh": ("TanH",),
        "Transpose": (),
        "Upsample": ("Expand", "Resize", "UpSampling1D", "UpSampling2D"),
    }
)
"""The names that LayerType takes, each with its synonyms (ONNX operators, layers of this compiler)."""

SYNONYMS = {other: name for name, others in LAYER_TYPES.items() for other in (name, *others)}
"""The name in LAYER_TYPES for each of them."""


def markdown() -> str:
    """The table of keys for the documentation."""
    rows = [f"| {k.section} | `{k.name}` | {k.values} | {k.meaning} |" for k in KEYS]
    return "\n".join(["| in | key | takes | meaning |", "|---|---|---|---|", *rows]) + "\n"
