"""What builds an engine on the machine with the card: a trtexec command, and the profile that a script reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from codesign.errors import ModelError
from codesign.gpu.tensorrt.profile import Input, Profile

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,127}", re.ASCII)


def trtexec_lines(profile: Profile, model: str, engine: str) -> list[str]:
    """The arguments that build the engine, one to a line.

    Of `trtexec --help` in TensorRT 10.5: `--stronglyTyped` keeps the types that the file has, and the shapes of the
    profile are name:axes separated by x. ModelError where an input's name cannot stand there.
    """
    shapes = {
        option: ",".join(f"{name(one.name)}:{_shape(getattr(one, which))}" for one in dynamic(profile))
        for option, which in (("minShapes", "least"), ("optShapes", "usual"), ("maxShapes", "most"))
    }
    given = [f"--{option}={text}" for option, text in shapes.items() if text]
    return ["trtexec", f"--onnx={model}", "--stronglyTyped", *given, f"--saveEngine={engine}", "--skipInference"]


def measuring_lines(engine: str, example: Mapping[str, Sequence[int]]) -> list[str]:
    """The arguments that run an engine on the example event. Random inputs, which trtexec makes without it, would be
    row numbers of rows that there are none of."""
    shapes = ",".join(f"{name(key)}:{_shape(shape)}" for key, shape in example.items())
    files = ",".join(f"{name(key)}:example/{key}.bin" for key in example)
    return ["trtexec", f"--loadEngine={engine}", f"--shapes={shapes}", f"--loadInputs={files}"]


def dynamic(profile: Profile) -> list[Input]:
    """The inputs that have a dynamic axis."""
    return [one for one in profile.inputs if any(isinstance(axis, str) for axis in one.axes)]


def name(text: str) -> str:
    """The name of an input, which a shell and trtexec take as it is."""
    if not _NAME.fullmatch(text):
        raise ModelError(
            f"input {text!r} cannot be named in a trtexec command; its name must be letters, digits, _ and ."
        )
    return text


def _shape(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape)) or "scalar"
