"""Values of a YAML file, each checked before it is used: a message names the file, the place, what was found and what
was expected."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from reprlib import Repr

from codesign.errors import CodesignError

MAX_BYTES = 1 << 20
"""A larger file is none that a person wrote."""

_SHORT = Repr()
_SHORT.maxlevel, _SHORT.maxstring = 2, 80
"""How values are shown: a few lines of YAML can stand for gigabytes of text."""


def shown(value: object) -> str:
    """The value as messages have it, short."""
    return _SHORT.repr(value)


def nearest(name: object, names: Sequence[str]) -> str:
    """A hint for a name that is none of these."""
    near = difflib.get_close_matches(str(name)[:80], names, n=1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"


@dataclass(frozen=True)
class Checks:
    """The checks of one file, `where`, that raise `error`."""

    where: str
    error: type[CodesignError]

    def yaml(self, path: Path) -> object:
        """What the file holds."""
        import yaml  # where networks are made in memory, as in benchmarks/gpu.py, it need not be installed

        try:
            with path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise self.error(f"{path}: cannot be read: {error.strerror}") from error
        if len(content) > MAX_BYTES:
            raise self.error(f"{path}: larger than {MAX_BYTES:,} bytes")
        try:
            found: object = yaml.safe_load(content.decode("utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise self.error(f"{path}: this is not YAML: {' '.join(str(error).split())}") from error
        except RecursionError as error:
            raise self.error(f"{path}: nested too deeply") from error
        return found

    def refuse(self, place: str, found: object, expected: str) -> CodesignError:
        """The error for what is at `place`."""
        return self.error(f"{self.where}: {place} is {shown(found)}, expected {expected}")

    def known(self, name: object, names: Sequence[str], place: str) -> str:
        """One of the names; the nearest is told where it is none."""
        if name not in names:
            raise self.error(f"{self.where}: {place} {shown(name)} is not known; {nearest(name, names)}")
        return str(name)

    def mapping(self, found: object, place: str, keys: Sequence[str]) -> Mapping[str, object]:
        """A mapping with no other keys than these."""
        if not isinstance(found, dict):
            raise self.refuse(place, found, f"a mapping with the keys {', '.join(keys)}")
        for name in found:
            self.known(name, keys, f"{place}: the key")
        return found

    def entries(self, found: object, place: str) -> Mapping[str, object]:
        """A mapping of names that are identifiers, with at least one."""
        if not isinstance(found, dict) or not found:
            raise self.refuse(place, found, "a mapping of names")
        for name in found:
            if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", name):
                raise self.refuse(f"{place}: a name", name, "letters, digits and _, a letter first")
        return found

    def whole(self, found: object, place: str, low: int, high: int) -> int:
        """An integer in a range."""
        if isinstance(found, bool) or not isinstance(found, int) or not low <= found <= high:
            raise self.refuse(place, found, f"an integer in {low}..{high}")
        return found

    def number(self, found: object, place: str, low: float, high: float) -> float:
        """A number in a range."""
        if isinstance(found, bool) or not isinstance(found, (int, float)) or not low <= found <= high:
            raise self.refuse(place, found, f"a number in {low:g}..{high:g}")
        return float(found)

    def choice(self, found: object, place: str, options: Sequence[str]) -> str:
        """One of some words."""
        if found not in options:
            raise self.refuse(place, found, f"one of {', '.join(options)}")
        return str(found)

    def flag(self, found: object, place: str) -> bool:
        """True or false."""
        if not isinstance(found, bool):
            raise self.refuse(place, found, "true or false")
        return found
