"""What the hosts in Python know of a design: the file `design.json` beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from codesign import resources
from codesign.backends.encoding import Binary, Encoder, Line, Stairs, encoders
from codesign.backends.kernel.sources import Argument, Kernel
from codesign.errors import IRError, OutputError
from codesign.ir.design import Design, Port

FORMAT = 1
"""Counts up when the file means something else."""

SHARED = ("codesign_host.py", "codesign_runner.py")
"""The programs that every host in Python needs."""

CARD_FOLDER = "alveo/host"
EMULATION_FOLDER = "alveo/emulation"


def write_card_host(design: Design, kernel: Kernel, units: Sequence[str], folder: Path, *, digest: str) -> None:
    """Writes the host in Python of a card, whose compute units have these names, into the project `folder`, and beside
    the emulation of the card the `pyxrt` that loads it.

    `digest` names the model. TargetError where a host could not encode an input exactly.
    """
    texts = python_host(CARD_FOLDER, "codesign_alveo.py", design, kernel, units, digest)
    stand_in = resources.folder("hls") / "device" / "pyxrt.py"
    texts[f"{EMULATION_FOLDER}/pyxrt.py"] = stand_in.read_text(encoding="ascii")
    write_texts(folder, texts)


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Writes texts by their path below `folder`; OutputError where one cannot be."""
    for path, text in sorted(texts.items()):
        place = folder / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="ascii", newline="\n")
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror}") from error


def python_host(
    folder: str, program: str, design: Design, kernel: Kernel, units: Sequence[str], digest: str
) -> dict[str, str]:
    """The host `program` and what it needs, by path in the project, in `folder`; `digest` names the model."""
    library = resources.folder("hls") / "python"
    texts = {f"{folder}/{name}": (library / name).read_text(encoding="ascii") for name in (*SHARED, program)}
    return texts | {f"{folder}/design.json": description(design, kernel, units, digest)}


def description(design: Design, kernel: Kernel, units: Sequence[str], digest: str) -> str:
    """`design.json`: what a host needs to know of `design`, printed as `kernel`, in compute units of these names.

    `digest` names the model. TargetError where a host could not encode an input exactly.
    """
    found = {
        "format": FORMAT,
        "name": kernel.sources.top,
        "model": digest,
        "kernel": kernel.name,
        "digest": kernel.digest,
        "word_bits": kernel.word_bits,
        "max_samples": kernel.max_samples,
        "status": kernel.status,
        "samples": kernel.samples,
        "units": [{"name": name} for name in units],
        "inputs": [_input(a, p) for a, p in zip(kernel.inputs, design.inputs, strict=True)],
        "outputs": [_output(a, p) for a, p in zip(kernel.outputs, design.outputs, strict=True)],
    }
    return json.dumps(found, indent=1) + "\n"


def _input(argument: Argument, port: Port) -> dict[str, object]:
    if port.layer is None:
        raise IRError(f"python_host: the input {port.name} has no encoder")
    axes = None if port.layer.axes is None else list(port.layer.axes)
    found = [encoder_text(e) for e in encoders(port.layer, argument.name)]
    return _port(argument, port, port.layer.shape) | {"axes": axes, "encoders": found}


def _output(argument: Argument, port: Port) -> dict[str, object]:
    numbers = {"step": port.tensor.step, "offset": port.tensor.offset}
    doubles = {name: [float(v).hex() for v in vector.values] for name, vector in numbers.items()}
    return _port(argument, port, port.tensor.shape) | doubles


def _port(argument: Argument, port: Port, shape: tuple[int, ...]) -> dict[str, object]:
    layout = argument.layout
    return {
        "name": argument.name,
        "shape": list(shape),
        "low": port.tensor.low,
        "high": port.tensor.high,
        "width": layout.width,
        "signed": layout.signed,
        "elements": layout.elements,
        "words": layout.words,
        "slots": layout.slots,
    }


def encoder_text(encoder: Encoder) -> dict[str, object]:
    """An encoder for JSON; doubles are written in hexadecimal, fractions as texts, both exact."""
    match encoder:
        case Binary():
            return {"kind": "binary", "frac": encoder.frac, "low": encoder.low, "high": encoder.high}
        case Line():
            return {
                "kind": "line",
                "slope": _fraction(encoder.slope),
                "intercept": _fraction(encoder.intercept),
                "low": encoder.low,
                "high": encoder.high,
                "rounding": encoder.rounding.value,
            }
        case Stairs():
            thresholds = [value.hex() for value in encoder.thresholds]
            return {"kind": "stairs", "first": encoder.first, "falls": encoder.falls, "thresholds": thresholds}


def _fraction(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"
