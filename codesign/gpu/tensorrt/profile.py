"""The sizes that an engine is built for: each dynamic axis of the inputs by name, at least, usually and at most."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from codesign.checks import nearest
from codesign.errors import ConfigError, ModelError
from codesign.report.text import one_line

LARGEST = (1 << 31) - 1
"""Elements along an axis: what 32 bits count."""

Shape = tuple[int, ...]
Sizes = tuple[int, int, int]
"""At least, usually, at most."""
Given = Mapping[str, int]
"""Sizes by the name of an axis, as an option has them."""


@dataclass(frozen=True, slots=True)
class Input:
    """An input of the engine: the name and the shapes of the least, the usual and the largest event."""

    name: str
    type: str
    axes: tuple[str | int, ...]
    """A number, or the name of a dynamic axis."""
    least: Shape
    usual: Shape
    most: Shape


@dataclass(frozen=True, slots=True)
class Profile:
    """An optimization profile: the inputs, and the sizes that their dynamic axes were given."""

    inputs: tuple[Input, ...]
    sizes: Mapping[str, Sizes]

    def check(self, shapes: Mapping[str, Sequence[int]]) -> None:
        """ModelError where arrays of these shapes, by input, are none that the engine can be given: it names the input,
        the axis, the size and the limit."""
        for one in self.inputs:
            shape = shapes.get(one.name)
            if shape is None:
                raise ModelError(f"there is no array for the input {one.name}, only {', '.join(shapes) or 'none'}")
            if len(shape) != len(one.axes):
                expected = " x ".join(map(str, one.axes))
                raise ModelError(f"input {one.name}: the shape is {tuple(shape)}, expected {expected}")
            for size, axis, low, high in zip(shape, one.axes, one.least, one.most):
                if isinstance(axis, int) and size != axis:
                    raise ModelError(f"input {one.name}: {size} where the model has {axis}")
                if not low <= size <= high:
                    raise ModelError(
                        f"input {one.name}: {size:,} {axis}, the engine's profile is for {low:,} to {high:,}; "
                        f"build one for more (--max {axis}=...), or split the event"
                    )


def sizes_of(option: str, text: str | None) -> dict[str, int]:
    """`nodes=1000,edges=5000` as numbers by name; ConfigError, which names the option, for anything else."""
    found: dict[str, int] = {}
    for part in (text or "").split(",") if text else []:
        match = re.fullmatch(r"\s*([A-Za-z_][A-Za-z0-9_.]{0,63})\s*=\s*([0-9]{1,10})\s*", part, re.ASCII)
        if match is None or int(match[2]) > LARGEST:
            shown = one_line(part, 80)
            raise ConfigError(f"{option}: {shown!r} is no size; write it like {option} nodes=20000,edges=200000")
        if match[1] in found:
            raise ConfigError(f"{option}: {match[1]} is given twice")
        found[match[1]] = int(match[2])
    return found


def dynamic_axes(model: Any) -> list[str]:
    """The names of the dynamic axes of a model's inputs, each once, in the order of the inputs."""
    names = [axis for _, _, axes in _inputs(model) for axis in axes if isinstance(axis, str)]
    return list(dict.fromkeys(names))


def check_names(names: Sequence[str], least: Given, usual: Given, most: Given) -> None:
    """ConfigError where a size is given for what is none of the axes `names`."""
    for option, given in (("--min", least), ("--opt", usual), ("--max", most)):
        for name in given:
            if name not in names:
                there = nearest(name, names) if names else "the model has none"
                raise ConfigError(f"{option}: {name} is no dynamic axis of the model; {there}")


def chosen(name: str, least: Given, usual: Given, most: Given, default: Sizes | None = None) -> Sizes:
    """The sizes of an axis: those that were given, and what is missing from `default`.

    Where there is none, what is usual is the most unless it is given, and the least is 1. ConfigError for an axis
    without a largest size, and for sizes that do not rise.
    """
    high = most.get(name, max(default[2], usual.get(name, 0)) if default else usual.get(name))
    if high is None:
        raise ConfigError(f"--max: how many {name} are there at most? Give --max {name}=...")
    mid = usual.get(name, min(default[1], high) if default else high)
    low = least.get(name, min(default[0] if default else 1, mid))
    if not 0 <= low <= mid <= high or high == 0:
        raise ConfigError(f"{name}: --min {low:,}, --opt {mid:,} and --max {high:,} do not rise")
    return low, mid, high


def profile(model: Any, sizes: Mapping[str, Sizes]) -> Profile:
    """The profile of an ONNX model whose dynamic axes have these sizes."""
    inputs = []
    for name, kind, axes in _inputs(model):
        low, mid, high = (tuple(a if isinstance(a, int) else sizes[a][n] for a in axes) for n in range(3))
        inputs.append(Input(name, kind, axes, low, mid, high))
    return Profile(tuple(inputs), {axis: sizes[axis] for axis in dynamic_axes(model)})


def _inputs(model: Any) -> list[tuple[str, str, tuple[str | int, ...]]]:
    """(name, type, axes) of each input that is no constant; ModelError where an axis has neither a size nor a name."""
    from codesign.gpu.lint.tensors import type_name

    constants = {tensor.name for tensor in model.graph.initializer}
    found = []
    for value in model.graph.input:
        if value.name in constants:
            continue
        tensor = value.type.tensor_type
        axes: list[str | int] = []
        for number, axis in enumerate(tensor.shape.dim):
            if axis.HasField("dim_value"):
                axes.append(axis.dim_value)
            elif axis.dim_param:
                axes.append(axis.dim_param)
            else:
                shown = one_line(value.name, 80)
                raise ModelError(f"input {shown}: axis {number} has neither a size nor a name; name it in the export")
        found.append((value.name, type_name(tensor.elem_type), tuple(axes)))
    return found
