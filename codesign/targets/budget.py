"""How much of a device a design may take, as users write it: `80%`, or `dsp=3800,bram=600,lut=50%`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from codesign.errors import ConfigError
from codesign.targets import Resources

DEFAULT_SHARE = 0.8
"""Of what is not named: above that, placing and routing fail more often than not."""

_NAMES = {"lut": "lut", "ff": "ff", "dsp": "dsp", "bram": "bram36", "bram36": "bram36", "uram": "uram"}
_SHOWN = {"lut": "lut", "ff": "ff", "dsp": "dsp", "bram36": "bram", "uram": "uram"}


@dataclass(frozen=True)
class Budget:
    """A share of all that the device has, and absolute amounts of some resources, by the fields of Resources; for
    several equal designs together, where the device is to hold more than one."""

    share: float = DEFAULT_SHARE
    amounts: Mapping[str, float] | None = None
    shares: Mapping[str, float] | None = None
    designs: int = 1

    @classmethod
    def read(cls, given: object, where: str) -> Budget:
        """The budget in a text, a number (a share) or a mapping; ConfigError, which starts with `where`, says what is
        wrong. Blocks of 36 Kb are called bram."""
        if isinstance(given, Mapping):
            entries = [(str(name), str(amount)) for name, amount in given.items()]
        else:
            parts = [part.strip() for part in str(given).split(",")]
            if len(parts) == 1 and "=" not in parts[0]:
                amount, share = _amount(parts[0], "the budget", where)
                if not share:
                    raise ConfigError(f"{where}: {parts[0]} of what? write e.g. 80% for all, or dsp={parts[0]}")
                return cls(amount)
            entries = [_entry(part, where) for part in parts]
        amounts: dict[str, float] = {}
        shares: dict[str, float] = {}
        for name, text in entries:
            key = _NAMES.get(name.strip().lower())
            if key is None:
                near = difflib.get_close_matches(name.lower(), _NAMES, n=1)
                hint = f"did you mean {near[0]}?" if near else "there are lut, ff, dsp, bram, uram"
                raise ConfigError(f"{where}: there is no resource {name[:60]!r}; {hint}")
            if key in amounts or key in shares:
                raise ConfigError(f"{where}: {name} stands twice; keep one")
            amount, share = _amount(text, name, where)
            (shares if share else amounts)[key] = amount
        return cls(amounts=amounts, shares=shares)

    def of(self, device: Resources) -> Resources:
        """What of a device one of the designs may take."""
        found = {}
        for (_, there), key in zip(device.items(), _SHOWN):
            share = (self.shares or {}).get(key, self.share)
            found[key] = (self.amounts or {}).get(key, there * share)
        return Resources(**found) * (1 / self.designs)

    def __str__(self) -> str:
        named = {**(self.amounts or {}), **(self.shares or {})}
        if not named:
            return f"{100 * self.share:.10g}%"
        shown = (
            f"{word}={100 * amount:.10g}%" if key in (self.shares or {}) else f"{word}={amount:,.10g}".replace(",", "")
            for key, word in _SHOWN.items()
            if (amount := named.get(key)) is not None
        )
        return ",".join(shown)


def _entry(part: str, where: str) -> tuple[str, str]:
    name, equals, amount = part.partition("=")
    if not equals:
        raise ConfigError(f"{where}: {part[:60]!r} says no amount; write e.g. dsp=3800")
    return name, amount


def _amount(text: str, name: str, where: str) -> tuple[float, bool]:
    """(an amount, or a share between 0 and 1; whether it is a share)."""
    found = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?)\s*(%?)", text.strip())
    if found is None:
        raise ConfigError(f"{where}: {name} is {text.strip()[:60]!r}, expected a number of 0 or more, or a percentage")
    amount = float(found[1])
    if found[2] and amount > 100:
        raise ConfigError(f"{where}: {name} is {text.strip()}; a device has no more than 100%")
    return (amount / 100, True) if found[2] else (amount, False)
