"""An instance's configuration as SystemVerilog parameters, of which a module takes those that it declares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from codesign import resources
from codesign.backends.instances.base import Beat, Constant, Instance, Product, Rom, Value
from codesign.backends.rtl.weights import hexadecimal
from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.base import MemoryStyle
from codesign.ir.kernels.multiplier import Multiplier, shift_of

LIBRARY = "codesign_"
"""What the names of all modules of the library begin with."""

_DECLARED = re.compile(r"\bparameter\s+(?:[a-z]\w*\s+)*(?:\[[^\]]*\]\s*)?([A-Z][A-Z0-9_]*)\s*=")


def parameters(module: str, values: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """(name, text) of those `values` that the `module` of the library declares."""
    wanted = declared(module)
    return tuple((name, text) for name, text in values.items() if name in wanted)


def values(instance: Instance, depth: int) -> dict[str, str]:
    """Every parameter of an instance with a pipeline of `depth` registers, by name; memories not included."""
    found = {name: text for member, value in instance.values() for name, text in _texts(member.upper(), value)}
    return found | {"DEPTH": str(depth)}


def memory(rom: Rom, file: str) -> dict[str, str]:
    """The parameters of a constant memory that lies in `file`, those of one bank where there are several; a single word
    also as a number, for modules to which it is a constant."""
    role, words = rom.role.upper(), rom.values[0] if rom.banks and rom.values.ndim > 1 else rom.values
    return {
        f"{role}_WORD": whole(replace(rom, values=words)) if len(words) == 1 else "'0",
        f"{role}_FILE": f'"{file}"',
        f"{role}_WORDS": str(len(words)),
        f"{role}_BITS": str(words[0].size * rom.element.width),
        f"{role}_STYLE": f'"{(rom.style or MemoryStyle.LUTRAM).value}"',
    }


def whole(rom: Rom) -> str:
    """All codes of a constant memory as one number, the first in the lowest bits."""
    word = replace(rom, values=rom.values.reshape(1, -1))
    return f"{rom.values.size * rom.element.width}'h{hexadecimal(word).strip()}"


@cache
def declared(module: str) -> frozenset[str]:
    """The parameters that a module of the library declares; IRError where there is no such module."""
    path = resources.folder("hls") / "rtl" / f"{module}.sv"
    if not path.is_file():
        raise IRError(f"rtl: there is no module {module}")
    head = path.read_text(encoding="ascii").split("\n);", 1)[0]
    return frozenset(_DECLARED.findall(head))


def _texts(name: str, value: Value) -> Iterator[tuple[str, str]]:
    match value:
        case int():  # and bool
            yield name, str(int(value))
        case Constant():
            yield name, constant(value.value)
        case Fixed():
            yield from _type(name, value)
        case Beat():
            yield from _type(name, value.element)
            yield f"{name}_LANES", str(value.lanes)
        case Product():
            yield name, f'"{value.made_of.value}"'
            yield "SHIFT", str(shift_of(value.x, value.w) if value.made_of is Multiplier.PACKED else 0)


def _type(name: str, fixed: Fixed) -> Iterator[tuple[str, str]]:
    yield f"{name}_WIDTH", str(fixed.width)
    yield f"{name}_SIGNED", str(int(fixed.signed))


def constant(value: int) -> str:
    """A signed number of 64 bits."""
    return f"-64'sd{-value}" if value < 0 else f"64'sd{value}"
