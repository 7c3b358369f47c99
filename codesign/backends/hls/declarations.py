"""The members of an instance's configuration as C++ declarations."""

from __future__ import annotations

from codesign.backends.instances.base import Beat, Constant, Instance, Product, Value
from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.multiplier import Multiplier, one_slice, shift_of


def members(instance: Instance) -> tuple[str, ...]:
    """All of them, in their order."""
    return tuple(declaration(name, value) for name, value in instance.values())


def declaration(name: str, value: Value) -> str:
    """The C++ declaration of one member."""
    match value:
        case bool():
            return f"static const bool {name} = {str(value).lower()};"
        case int():
            if not 0 <= value < 1 << 31:
                raise IRError(f"hls: {name} = {value} does not fit an int")
            return f"static const int {name} = {value};"
        case Constant():
            return f"static const long long {name} = {value.value}LL;"
        case Fixed():
            return f"typedef {code(value)} {name};"
        case Beat():
            return f"typedef {beat(value)} {name};"
        case Product():
            return f"typedef {multiplier(value)} {name};"
        case _:
            raise IRError(f"hls: {name} = {value!r} cannot be printed")


def code(fixed: Fixed) -> str:
    """The C++ type of a code."""
    if not 1 <= fixed.width <= 64:
        raise IRError(f"hls: a code of {fixed.width} bits; 64 is the most")
    return f"codesign::{'sint' if fixed.signed else 'uint'}<{fixed.width}>"


def beat(value: Beat) -> str:
    """The C++ type of a beat."""
    return f"codesign::beat<{code(value.element)}, {value.lanes}>"


def multiplier(value: Product) -> str:
    """The C++ type of a multiplier."""
    match value.made_of:
        case Multiplier.LUT:
            return "codesign::fabric"
        case Multiplier.DSP:
            return "codesign::slice" if one_slice(value.x, value.w) else "codesign::slices"
        case Multiplier.PACKED:
            return f"codesign::shared_slice<{shift_of(value.x, value.w)}>"
        case Multiplier.ADDERS:
            raise IRError("hls: an adder graph has no multipliers")
