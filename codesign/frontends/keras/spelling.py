"""How files spell quantizers: a mapping of class and configuration, or a text such as quantized_relu(6,0)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from codesign.errors import LayerError
from codesign.frontends.keras.fields import Fields
from codesign.frontends.keras.quantizers.base import Quantizer
from codesign.frontends.keras.quantizers.fixed import quantized_bits
from codesign.frontends.keras.quantizers.powers import quantized_po2, quantized_relu_po2
from codesign.frontends.keras.quantizers.relu import quantized_relu
from codesign.frontends.keras.quantizers.signs import binary, ternary
from codesign.frontends.keras.quantizers.squashed import quantized_sigmoid, quantized_tanh
from codesign.frontends.names import spelled

QUANTIZERS: Mapping[str, Callable[[Fields], Quantizer]] = {
    "binary": binary,
    "quantized_bits": quantized_bits,
    "quantized_po2": quantized_po2,
    "quantized_relu": quantized_relu,
    "quantized_relu_po2": quantized_relu_po2,
    "quantized_sigmoid": quantized_sigmoid,
    "quantized_tanh": quantized_tanh,
    "stochastic_binary": binary,
    "stochastic_ternary": ternary,
    "ternary": ternary,
}
"""The reader of each quantizer. The first line of its docstring says what is supported. The stochastic ones draw
numbers in training only; in inference they are binary and ternary."""

_PARAMETERS: Mapping[str, str] = {
    "binary": "use_01 alpha use_stochastic_rounding",
    "quantized_bits": "bits integer symmetric keep_negative alpha use_stochastic_rounding scale_axis qnoise_factor",
    "quantized_po2": "bits max_value use_stochastic_rounding quadratic_approximation log2_rounding qnoise_factor",
    "quantized_relu": "bits integer use_sigmoid negative_slope use_stochastic_rounding relu_upper_bound "
    "is_quantized_clip qnoise_factor",
    "quantized_relu_po2": "bits max_value negative_slope use_stochastic_rounding quadratic_approximation "
    "log2_rounding qnoise_factor",
    "quantized_sigmoid": "bits symmetric use_real_sigmoid use_stochastic_rounding",
    "quantized_tanh": "bits use_stochastic_rounding symmetric use_real_tanh",
    "stochastic_binary": "alpha temperature use_real_sigmoid",
    "stochastic_ternary": "alpha threshold temperature use_real_sigmoid number_of_unrolls",
    "ternary": "alpha threshold use_stochastic_rounding number_of_unrolls",
}
"""The parameters of QKeras 0.9's quantizers in the order in which a text may give them without names."""

_REFUSED = {
    "bernoulli": "it draws random numbers also in inference",
    "quantized_ulaw": "its logarithm has no exact codes",
    "quantized_hswish": "it is not monotone, and its product has no exact codes",
}
"""Quantizers of QKeras that are not read, and why."""


def quantizer(stated: object) -> Quantizer | None:
    """The quantizer that a file states; None for none. LayerError where it is not supported."""
    if stated is None:
        return None
    name = class_of(stated)
    if name in _REFUSED:
        raise LayerError(f"the quantizer {name} is not supported: {_REFUSED[name]}")
    _, entries = named(stated)
    if name not in QUANTIZERS:
        raise LayerError(f"{spelled(name)} is no quantizer of QKeras; there are {', '.join(QUANTIZERS)}")
    fields = Fields(name, entries)
    if fields.flag("use_stochastic_rounding", False):
        raise LayerError(f"{name} with use_stochastic_rounding draws random numbers; set it to False and save again")
    if fields.single("qnoise_factor", 1.0) != 1:
        fields.fail("qnoise_factor", fields.other("qnoise_factor"), "1: others mix values that are not quantized")
    try:
        found = QUANTIZERS[name](fields)
    except LayerError as error:
        raise LayerError(f"{name}: {error}") from error
    if fields.unread():
        raise LayerError(f"{name} has the unknown parameter {spelled(fields.unread()[0])}; QKeras 0.9 has none such")
    return found


def is_quantizer(stated: object) -> bool:
    """Whether the text or mapping names a quantizer of QKeras, supported or not."""
    return class_of(stated) in {*QUANTIZERS, *_REFUSED}


def class_of(stated: object) -> str:
    """The class that a text or mapping names; nothing where it names none."""
    if isinstance(stated, str):
        return stated.split("(")[0]
    name = stated.get("class_name") if isinstance(stated, Mapping) else None
    if isinstance(stated, Mapping) and name == "function":  # one that Keras does not know, by its name
        name = stated.get("config")
    return name if isinstance(name, str) else ""


def named(stated: object) -> tuple[str, Mapping[str, object]]:
    """(class, parameters) of a mapping or a text."""
    if isinstance(stated, str):
        return _parsed(stated)
    if isinstance(stated, Mapping):
        name, config = class_of(stated), stated.get("config")
        if name and (config in (None, name) or isinstance(config, Mapping)):
            return name, config if isinstance(config, Mapping) else {}
    raise LayerError(f"{spelled(repr(stated))} names no quantizer; save the model again with model.save()")


def _parsed(text: str) -> tuple[str, Mapping[str, object]]:
    """As QKeras reads it: a text with parentheses inside parentheses has no parameters, whatever it says."""
    parts = text.split("(")
    name = parts[0]
    if len(parts) != 2:
        return name, {}
    inside = parts[1].partition(")")
    if not inside[1]:
        raise LayerError(f"{spelled(text)} lacks a closing parenthesis")
    order = _PARAMETERS.get(name, "").split()
    entries: dict[str, object] = {}
    items = [item.strip() for item in inside[0].split(",")] if inside[0].strip() else []
    for k, item in enumerate(items):
        key, equals, value = (side.strip() for side in item.partition("="))
        if not equals:
            if k >= len(order) or any("=" in earlier for earlier in items[:k]):
                raise LayerError(f"{spelled(text)}: {spelled(item)} belongs to no parameter of {spelled(name)}")
            key, value = order[k], item
        entries[key] = _value(value, text)
    return name, entries


def _value(token: str, text: str) -> object:
    """A number, True, False or a text in quotes."""
    if token in ("True", "False"):
        return token == "True"
    if re.fullmatch(r"[+-]?\d{1,18}", token):
        return int(token)
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", token[:64]):
        return float(token)
    if len(token) >= 2 and token[0] == token[-1] and token[0] in "'\"":
        return token[1:-1]
    raise LayerError(
        f"{spelled(text)}: {spelled(token)} is no number, True, False or text in quotes, and QKeras does not take it "
        "for what it says"
    )


def ignored(stated: object) -> str | None:
    """What a text says in vain: parameters within parentheses within parentheses; None where it says nothing so."""
    if isinstance(stated, str) and stated.count("(") > 1:
        return f"QKeras reads {spelled(stated)} as {spelled(stated.split('(')[0])}(), with the default parameters"
    return None
