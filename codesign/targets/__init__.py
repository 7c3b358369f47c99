"""The devices and boards that a design can be made for, one YAML file each, and what they have."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from reprlib import Repr

import yaml

from codesign.errors import TargetError

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Resources:
    """What a device has, or a design needs; half a block of BRAM is one of 18 Kb."""

    lut: float = 0
    ff: float = 0
    dsp: float = 0
    bram36: float = 0
    uram: float = 0

    @property
    def bram18(self) -> float:
        """The same block RAM counted in halves, as HLS reports do."""
        return 2 * self.bram36

    def __add__(self, other: Resources) -> Resources:
        return Resources(*(a + b for a, b in zip(self, other)))

    def __mul__(self, factor: float) -> Resources:
        return Resources(*(a * factor for a in self))

    def __iter__(self) -> Iterator[float]:
        return iter((self.lut, self.ff, self.dsp, self.bram36, self.uram))

    def items(self) -> list[tuple[str, float]]:
        """(name as engineers write it, amount)."""
        return list(zip(("LUT", "FF", "DSP", "BRAM36", "URAM"), self))

    def exceeding(self, limit: Resources) -> list[str]:
        """The names of those of which there is more than in `limit`."""
        return [name for (name, need), (_, most) in zip(self.items(), limit.items()) if need > most]


@dataclass(frozen=True, slots=True)
class MemoryBanks:
    """`banks` equal memories beside the logic."""

    kind: str
    banks: int
    mib_per_bank: int


@dataclass(frozen=True, slots=True)
class Target:
    """A device or board. `source` names the documents that the figures come from.

    `clock_mhz` is the default; above `max_clock_mhz` we do not expect generated designs to close timing.
    """

    name: str
    title: str
    part: str
    family: str
    source: str
    resources: Resources
    slrs: int
    clock_mhz: float
    max_clock_mhz: float
    resources_per_slr: Resources | None = None
    memory: tuple[MemoryBanks, ...] = ()

    @property
    def dsp_operands(self) -> tuple[int, int]:
        """Signed widths of the multiplier in a DSP slice: DSP48E2 (UG579) or DSP48E1 (UG479)."""
        return (27, 18) if "ultrascale" in self.family else (25, 18)


FAMILIES = ("ultrascale+", "zynq-ultrascale+", "7-series", "zynq-7000")


def target_names() -> list[str]:
    """The names of the targets that come with the package."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def all_targets() -> list[Target]:
    """Every target that comes with the package, by name."""
    return [load_target(name) for name in target_names()]


def load_target(name_or_path: str | Path) -> Target:
    """The target of that name, or of the user's own file (a path that ends in .yaml or .yml).

    Raises TargetError for an unknown name, with the nearest ones, and for a file that does not describe a target.
    """
    text = str(name_or_path)
    if text.endswith((".yaml", ".yml")):
        return _read(Path(text))
    names = target_names()
    if text in names:
        return _read(FOLDER / f"{text}.yaml")
    near = difflib.get_close_matches(text.lower(), names, n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(names)}."
    raise TargetError(f"there is no target {text!r}; {hint} A file of your own works too: --target my_board.yaml")


def _read(path: Path) -> Target:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise TargetError(f"{path}: the target cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise TargetError(f"{path}: this is not YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise TargetError(f"{path}: this is nested too deeply to describe a target") from error
    reader = _Reader(str(path))
    values = reader.mapping(data, "the file", [f.name for f in fields(Target) if f.name != "name"])
    per_slr = values.get("resources_per_slr")
    return Target(
        name=reader.word(path.stem, "the file name", r"[A-Za-z0-9][A-Za-z0-9_.+-]*"),
        title=reader.word(values.get("title", path.stem), "title", r"[^\n]{1,120}"),
        part=reader.word(values.get("part"), "part", r"[A-Za-z0-9-]+"),
        family=reader.choice(values.get("family"), "family", FAMILIES),
        source=reader.word(values.get("source", "the user"), "source", r"[^\n]{1,400}"),
        resources=reader.resources(values.get("resources"), "resources"),
        slrs=int(reader.number(values.get("slrs", 1), "slrs", 1, 16)),
        clock_mhz=reader.number(values.get("clock_mhz"), "clock_mhz", 1, 2000),
        max_clock_mhz=reader.number(values.get("max_clock_mhz", values.get("clock_mhz")), "max_clock_mhz", 1, 2000),
        resources_per_slr=None if per_slr is None else reader.resources(per_slr, "resources_per_slr"),
        memory=reader.memory(values.get("memory", [])),
    )


_SHORT = Repr()
_SHORT.maxlevel, _SHORT.maxstring = 2, 80
"""How values are shown: a few lines of YAML can stand for gigabytes of text."""


@dataclass(frozen=True)
class _Reader:
    """Checks the values of one file; each message names the file, the key, what was found and what was expected."""

    path: str

    def refuse(self, key: str, found: object, expected: str) -> TargetError:
        return TargetError(f"{self.path}: {key} is {_SHORT.repr(found)}, expected {expected}")

    def mapping(self, found: object, key: str, known: list[str]) -> Mapping[str, object]:
        if not isinstance(found, dict):
            raise self.refuse(key, found, f"a mapping with the keys {', '.join(known)}")
        for name in found:
            if name not in known:
                near = difflib.get_close_matches(str(name)[:80], known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
                raise TargetError(f"{self.path}: {key} has an unknown key {_SHORT.repr(name)}; {hint}")
        return found

    def word(self, found: object, key: str, pattern: str) -> str:
        if not isinstance(found, str) or not re.fullmatch(pattern, found):
            raise self.refuse(key, found, f"a text like {pattern}")
        return found

    def choice(self, found: object, key: str, options: tuple[str, ...]) -> str:
        if found not in options:
            raise self.refuse(key, found, f"one of {', '.join(options)}")
        return str(found)

    def number(self, found: object, key: str, low: float, high: float) -> float:
        if isinstance(found, bool) or not isinstance(found, (int, float)) or not low <= found <= high:
            raise self.refuse(key, found, f"a number in {low}..{high}")
        return found

    def resources(self, found: object, key: str) -> Resources:
        names = [f.name for f in fields(Resources)]
        amounts = self.mapping(found, key, names)
        return Resources(*(self.number(amounts.get(name), f"{key}.{name}", 0, 1e8) for name in names))

    def memory(self, found: object) -> tuple[MemoryBanks, ...]:
        if not isinstance(found, list):
            raise self.refuse("memory", found, "a list of {kind, banks, mib_per_bank}")
        banks = []
        for item in found:
            values = self.mapping(item, "memory", [f.name for f in fields(MemoryBanks)])
            banks.append(
                MemoryBanks(
                    self.word(values.get("kind"), "memory.kind", r"[a-z0-9]+"),
                    int(self.number(values.get("banks"), "memory.banks", 1, 1024)),
                    int(self.number(values.get("mib_per_bank"), "memory.mib_per_bank", 1, 1 << 24)),
                )
            )
        return tuple(banks)
