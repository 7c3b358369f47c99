"""Each layer of Keras and QKeras as a numpy formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce

import numpy as np

from codesign.frontends.keras.execution.layer import Executed
from codesign.frontends.keras.execution.quantizers import Floats, softmax
from codesign.frontends.keras.execution.windows import images, padded, two, windows


def _dense(n: Executed) -> Floats:
    w, b = n.with_bias("kernel")
    assert w is not None
    return n.finished(n.x @ n.quantized("kernel_quantizer", w), b)


def _time_distributed(n: Executed) -> Floats:
    inner = n.config["layer"]
    assert isinstance(inner, Mapping)
    return EXECUTED[inner["class_name"]](Executed(inner["config"], n.stored, n.xs, n.version, "layer"))


def _convolved(n: Executed, axes: int, w: Floats, groups: int) -> Floats:
    size = tuple(w.shape[:-2])
    w = w if axes == 2 else w[None]
    stride, gaps = two(n.pair("strides", 1, axes)), two(n.pair("dilation_rate", 1, axes))
    seen = windows(padded(n, images(n.x, axes), two(size), stride, gaps, 0.0), two(size), stride, gaps)
    inputs, outputs = w.shape[2], w.shape[3] // groups
    parts = [
        np.einsum(
            "nhwcij,ijco->nhwo", seen[:, :, :, g * inputs : (g + 1) * inputs], w[..., g * outputs : (g + 1) * outputs]
        )
        for g in range(groups)
    ]
    y = np.concatenate(parts, axis=-1)
    return y if axes == 2 else y[:, 0]


def _conv(axes: int) -> Callable[[Executed], Floats]:
    def run(n: Executed) -> Floats:
        w, b = n.with_bias("kernel")
        assert w is not None
        return n.finished(_convolved(n, axes, n.quantized("kernel_quantizer", w), n.whole("groups", 1)), b)

    return run


def _depthwise(n: Executed, w: Floats) -> Floats:
    channels, multiplier = w.shape[2:]
    return _convolved(n, 2, w.reshape(*w.shape[:2], 1, channels * multiplier), channels)


def _depthwise_conv2d(n: Executed) -> Floats:
    w, b = n.with_bias("depthwise_kernel")
    assert w is not None
    return n.finished(_depthwise(n, n.quantized("depthwise_quantizer", w)), b)


def _separable_conv2d(n: Executed) -> Floats:
    first, second, b = n.with_bias("depthwise_kernel", "pointwise_kernel")
    assert first is not None and second is not None
    y = _depthwise(n, n.quantized("depthwise_quantizer", first))
    return n.finished(y @ n.quantized("pointwise_quantizer", second)[0, 0], b)


def _folded(n: Executed, w: np.ndarray, b: np.ndarray | None, depthwise: bool) -> tuple[np.ndarray, np.ndarray]:
    names = ["gamma"] * bool(n.get("scale", True)) + ["beta", "moving_mean", "moving_variance"]
    found = dict(zip(names, n.weights(*names, part="batchnorm"), strict=True))
    inv = 1 / np.sqrt((found["moving_variance"] + np.float32(n.real("epsilon", 1e-3))).astype(np.float64))
    inv = inv.astype(np.float32) * found.get("gamma", np.float32(1))
    bias = inv * ((np.float32(0) if b is None else b) - found["moving_mean"]) + found["beta"]
    return (inv.reshape(w.shape[2:]) if depthwise else inv) * w, bias


def _conv2d_batchnorm(n: Executed) -> Floats:
    w, b = n.with_bias("kernel")
    assert w is not None
    w, b = _folded(n, w, b, depthwise=False)
    return n.finished(_convolved(n, 2, n.quantized("kernel_quantizer", w), 1), b)


def _depthwise_conv2d_batchnorm(n: Executed) -> Floats:
    w, b = n.with_bias("depthwise_kernel")
    assert w is not None
    w, b = _folded(n, w, b, depthwise=True)
    return n.finished(_depthwise(n, n.quantized("depthwise_quantizer", w)), b)


def _batch_normalization(n: Executed) -> Floats:
    names = ["gamma"] * bool(n.get("scale", True)) + ["beta"] * bool(n.get("center", True))
    names += ["moving_mean", "moving_variance"]
    found = dict(zip(names, n.weights(*names), strict=True))
    keys = {"gamma": True, "beta": False, "moving_mean": False, "moving_variance": True}
    q = {k: n.quantized(f"{k.removeprefix('moving_')}_quantizer", v, keys[k]) for k, v in found.items()}
    y = (n.x - q["moving_mean"]) / np.sqrt(q["moving_variance"] + n.real("epsilon", 1e-3))
    return np.asarray(y * q.get("gamma", np.float64(1)) + q.get("beta", np.float64(0)))


def _max_pool(axes: int) -> Callable[[Executed], Floats]:
    return lambda n: _pooled(n, axes, -np.inf, lambda seen: seen.max(axis=(-2, -1)))


def _average_pool(axes: int) -> Callable[[Executed], Floats]:
    return lambda n: _pooled(n, axes, np.nan, lambda seen: np.nanmean(seen, axis=(-2, -1)))


def _pooled(n: Executed, axes: int, fill: float, pool: Callable[[Floats], Floats]) -> Floats:
    size = n.pair("pool_size", 2, axes)
    stride = two(n.pair("strides", list(size), axes))
    y = pool(windows(padded(n, images(n.x, axes), two(size), stride, (1, 1), fill), two(size), stride, (1, 1)))
    return y if axes == 2 else y[:, 0]


def _whole(axes: int, pool: Callable[..., Floats]) -> Callable[[Executed], Floats]:
    return lambda n: pool(n.x, axis=tuple(range(1, axes + 1)), keepdims=bool(n.get("keepdims", False)))


def _quantized_average(n: Executed, y: Floats, area: float) -> Floats:
    if n.config.get("average_quantizer") is not None:
        y = y * area * n.quantized("average_quantizer", np.array([1.0 / area]), kernel=False)
    return n.activated(y)


def _leaky_relu(n: Executed) -> Floats:
    return np.where(n.x >= 0, n.x, n.real("alpha" if "alpha" in n.config else "negative_slope", 0.3) * n.x)


def _relu_layer(n: Executed) -> Floats:
    y = np.where(n.x >= 0, n.x, n.real("negative_slope", 0.0) * n.x)
    return y if n.config.get("max_value") is None else np.minimum(y, n.real("max_value", 0.0))


def _sides(n: Executed, key: str, axes: int) -> list[tuple[int, int]]:
    stated = n.get(key, 1)
    if isinstance(stated, int):
        return [(stated, stated)] * axes
    assert isinstance(stated, list)
    rows = [stated] if axes == 1 else stated
    return [(r, r) if isinstance(r, int) else (r[0], r[-1]) for r in rows]


def _cropping(axes: int) -> Callable[[Executed], Floats]:
    def run(n: Executed) -> Floats:
        ends = zip(_sides(n, "cropping", axes), n.x.shape[1:], strict=False)
        return n.x[(slice(None), *(slice(a, length - b) for (a, b), length in ends))]

    return run


def _zero_padding(axes: int) -> Callable[[Executed], Floats]:
    return lambda n: np.pad(n.x, [(0, 0), *_sides(n, "padding", axes), (0, 0)])


def _up_sampling(axes: int) -> Callable[[Executed], Floats]:
    return lambda n: reduce(lambda y, k: y.repeat(n.pair("size", 2, axes)[k], axis=k + 1), range(axes), n.x)


def _permute(n: Executed) -> Floats:
    return n.x.transpose(0, *n.pair("dims", (), 1))


def _same(n: Executed) -> Floats:
    return n.x


EXECUTED: Mapping[str, Callable[[Executed], Floats]] = {
    "Activation": lambda n: n.activated(n.x, qkeras=False),
    "ActivityRegularization": _same,
    "Add": lambda n: sum(n.xs[1:], n.xs[0]),
    "AlphaDropout": _same,
    "Average": lambda n: sum(n.xs[1:], n.xs[0]) / len(n.xs),
    "AveragePooling1D": _average_pool(1),
    "AveragePooling2D": _average_pool(2),
    "BatchNormalization": _batch_normalization,
    "Concatenate": lambda n: np.concatenate(n.xs, axis=n.whole("axis", -1)),
    "Conv1D": _conv(1),
    "Conv2D": _conv(2),
    "Cropping1D": _cropping(1),
    "Cropping2D": _cropping(2),
    "Dense": _dense,
    "DepthwiseConv2D": _depthwise_conv2d,
    "Dropout": _same,
    "Flatten": lambda n: n.x.reshape(len(n.x), -1),
    "GaussianDropout": _same,
    "GaussianNoise": _same,
    "GlobalAveragePooling1D": _whole(1, np.mean),
    "GlobalAveragePooling2D": _whole(2, np.mean),
    "GlobalMaxPooling1D": _whole(1, np.max),
    "GlobalMaxPooling2D": _whole(2, np.max),
    "LeakyReLU": _leaky_relu,
    "MaxPooling1D": _max_pool(1),
    "MaxPooling2D": _max_pool(2),
    "Multiply": lambda n: reduce(np.multiply, n.xs),
    "Permute": _permute,
    "QActivation": lambda n: n.activated(n.x),
    "QAveragePooling2D": lambda n: _quantized_average(
        n, _average_pool(2)(n), float(np.prod(n.pair("pool_size", 2, 2)))
    ),
    "QBatchNormalization": _batch_normalization,
    "QConv1D": _conv(1),
    "QConv2D": _conv(2),
    "QConv2DBatchnorm": _conv2d_batchnorm,
    "QDense": _dense,
    "QDepthwiseConv2D": _depthwise_conv2d,
    "QDepthwiseConv2DBatchnorm": _depthwise_conv2d_batchnorm,
    "QGlobalAveragePooling2D": lambda n: _quantized_average(
        n, _whole(2, np.mean)(n), float(n.x.shape[1] * n.x.shape[2])
    ),
    "QSeparableConv2D": _separable_conv2d,
    "ReLU": _relu_layer,
    "RepeatVector": lambda n: n.x[:, None].repeat(n.whole("n", 1), axis=1),
    "Reshape": lambda n: n.x.reshape(len(n.x), *n.pair("target_shape", (), 1)),
    "SeparableConv2D": _separable_conv2d,
    "Softmax": lambda n: softmax(n.x),
    "SpatialDropout1D": _same,
    "SpatialDropout2D": _same,
    "Subtract": lambda n: n.xs[0] - n.xs[1],
    "TimeDistributed": _time_distributed,
    "UpSampling1D": _up_sampling(1),
    "UpSampling2D": _up_sampling(2),
    "ZeroPadding1D": _zero_padding(1),
    "ZeroPadding2D": _zero_padding(2),
}
"""Each class of layers as a function of its inputs: those of the table of the reader."""
