"""The pragmas that a design may hold, and what each may say, for each generation of the tools.

UG902 (Vivado HLS, 2019.2 and 2020.1) and UG1399 (Vitis HLS, 2020.2 and later), chapter "HLS Pragmas". Where a later
edition also takes another spelling (`type=complete`, `mode=axis`), only the one that every edition takes is listed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from tools.hls_subset.source import Dialect


class Region(Enum):
    """What the block that a pragma stands in belongs to."""

    FUNCTION = "the body of a function"
    LOOP = "the body of a loop"
    BLOCK = "a block of a function"


Check = Callable[[str], str | None]
"""What is expected instead of a value, or None where the value is allowed."""


def name(text: str) -> str | None:
    return None if re.fullmatch(r"[A-Za-z_]\w*", text) else "a name"


def at_least(least: int, most: int | None = None) -> Check:
    """A plain decimal number: neither generation evaluates constants of a template in a pragma."""

    def check(text: str) -> str | None:
        right = re.fullmatch(r"0|[1-9]\d*", text) and int(text) >= least and (most is None or int(text) <= most)
        return None if right else f"a number from {least}" + ("" if most is None else f" to {most}")

    return check


def one_of(*words: str) -> Check:
    return lambda text: None if text in words else " or ".join(words)


@dataclass(frozen=True)
class Rule:
    """What one pragma may say.

    `words` are the groups of plain words, of which at most one each may stand, and must where it is `needed`; `keys`
    are the arguments `key=value`, of which those in `required` must stand.
    """

    regions: tuple[Region, ...]
    keys: Mapping[str, Check] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    words: tuple[tuple[str, ...], ...] = ()
    needed: bool = False


@dataclass(frozen=True)
class Parsed:
    """A pragma taken apart: upper-case `name`, plain words and arguments."""

    name: str
    words: tuple[str, ...]
    keys: Mapping[str, str]


_FUNCTION = (Region.FUNCTION,)
_LOOP = (Region.LOOP,)
_FUNCTION_OR_LOOP = (Region.FUNCTION, Region.LOOP)
_ANYWHERE = tuple(Region)
_ARRAY = Rule(
    _ANYWHERE,
    {"variable": name, "factor": at_least(2), "dim": at_least(0)},
    ("variable",),
    (("complete", "cyclic", "block"),),
    needed=True,
)
_COMMON = {
    "INLINE": Rule(_FUNCTION, words=(("off",),)),
    "PIPELINE": Rule(_FUNCTION_OR_LOOP, {"II": at_least(1)}, ("II",)),
    "UNROLL": Rule(_LOOP, {"factor": at_least(2)}),
    "DATAFLOW": Rule(_FUNCTION_OR_LOOP),
    "LOOP_TRIPCOUNT": Rule(_LOOP, {"min": at_least(0), "max": at_least(1), "avg": at_least(0)}, ("max",)),
    "LOOP_FLATTEN": Rule(_LOOP, words=(("off",),)),
    "ARRAY_PARTITION": _ARRAY,
    "ARRAY_RESHAPE": _ARRAY,
    "STREAM": Rule(_ANYWHERE, {"variable": name, "depth": at_least(1)}, ("variable", "depth")),
    "DEPENDENCE": Rule(
        _ANYWHERE, {"variable": name}, ("variable",), (("inter", "intra"), ("false", "true")), needed=True
    ),
}
_ROM = ("ROM_1P_LUTRAM", "ROM_1P_BRAM", "ROM_nP_LUTRAM", "ROM_nP_BRAM")
_FIFO = ("FIFO_SRL", "FIFO_BRAM")
_MULTIPLIER = ("Mul_LUT", "MulnS", "DSP48")
_ONLY = {
    Dialect.VIVADO: {
        "RESOURCE": Rule(
            _ANYWHERE,
            {"variable": name, "core": one_of(*_ROM, *_FIFO, *_MULTIPLIER)},
            ("variable", "core"),
        ),
    },
    Dialect.VITIS: {
        "BIND_STORAGE": Rule(
            _ANYWHERE,
            {
                "variable": name,
                "type": one_of("rom_1p", "rom_np", "fifo"),
                "impl": one_of("lutram", "bram", "srl"),
            },
            ("variable", "type", "impl"),
        ),
        "BIND_OP": Rule(
            _ANYWHERE,
            {"variable": name, "op": one_of("mul"), "impl": one_of("fabric", "dsp")},
            ("variable", "op", "impl"),
        ),
    },
}
_BURST = at_least(2, 256)  # beats of an AXI4 burst
_INTERFACES = {
    "axis": Rule(_FUNCTION, {"port": name}, ("port",)),
    "ap_ctrl_hs": Rule(_FUNCTION, {"port": one_of("return")}, ("port",)),
    "ap_ctrl_none": Rule(_FUNCTION, {"port": one_of("return")}, ("port",)),
    "ap_ctrl_chain": Rule(_FUNCTION, {"port": one_of("return")}, ("port",)),
    "s_axilite": Rule(_FUNCTION, {"port": name, "bundle": name}, ("port",)),
    "m_axi": Rule(
        _FUNCTION,
        {
            "port": name, "bundle": name, "offset": one_of("slave"), "depth": at_least(1), "latency": at_least(0),
            "max_read_burst_length": _BURST, "max_write_burst_length": _BURST,
            "num_read_outstanding": at_least(1, 256), "num_write_outstanding": at_least(1, 256),
        },
        ("port", "offset", "bundle"),
    ),
}  # fmt: skip


def split(text: str) -> Parsed | None:
    """`HLS NAME word key=value` taken apart; None for a pragma of another program."""
    words = re.sub(r"\s*=\s*", "=", text).split()
    if not words or words[0].upper() != "HLS":
        return None
    if len(words) == 1:
        return Parsed("", (), {})
    arguments = words[2:]
    plain = tuple(w for w in arguments if "=" not in w)
    return Parsed(words[1].upper(), plain, dict(w.split("=", 1) for w in arguments if "=" in w))


def rule_of(pragma: Parsed, dialect: Dialect) -> Rule | str:
    """The rule for a pragma, or what is wrong with its name."""
    listed = {**_COMMON, **_ONLY[dialect]}
    if pragma.name == "INTERFACE":
        mode = pragma.words[0] if pragma.words else ""
        if mode in _INTERFACES:
            return _INTERFACES[mode]
        return f"INTERFACE {mode or 'without a mode'}; expected {', '.join(_INTERFACES)} as its first word"
    if pragma.name in listed:
        return listed[pragma.name]
    other = next((d for d in Dialect if pragma.name in _ONLY[d]), None)
    if other is not None:
        return f"{pragma.name} is a pragma of {other.value}, not of {dialect.value}"
    return f"{pragma.name or 'a pragma without a name'} is not on the list: {', '.join(sorted([*listed, 'INTERFACE']))}"


def complaints(pragma: Parsed, rule: Rule) -> list[str]:
    """What is wrong with the arguments of a pragma."""
    found = []
    words = pragma.words[1:] if pragma.name == "INTERFACE" else pragma.words
    known = [word for group in rule.words for word in group]
    found += [f"{pragma.name} {word}: expected " + _expected(rule) for word in words if word not in known]
    for group in rule.words:
        count = sum(word in group for word in words)
        if count > 1 or (rule.needed and count == 0):
            found.append(f"{pragma.name} with {count or 'none'} of {', '.join(group)}; expected one")
    for key, value in pragma.keys.items():
        if key not in rule.keys:
            found.append(f"{pragma.name} {key}={value}: expected " + _expected(rule))
        elif (wanted := rule.keys[key](value)) is not None:
            found.append(f"{pragma.name} {key}={value}: expected {wanted}")
    found += [f"{pragma.name} without {key}=" for key in rule.required if key not in pragma.keys]
    if pragma.name in ("ARRAY_PARTITION", "ARRAY_RESHAPE"):
        if ("complete" in words) == ("factor" in pragma.keys):
            found.append(f"{pragma.name}: factor= goes with cyclic and block, and only with them")
    return found


def _expected(rule: Rule) -> str:
    known = [*(word for group in rule.words for word in group), *(f"{key}=" for key in rule.keys)]
    return f"one of {', '.join(known)}" if known else "no argument"
