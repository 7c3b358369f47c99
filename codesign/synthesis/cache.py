"""What was synthesized before, kept by its content in a folder of the user's."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from codesign.synthesis.cells import Area
from codesign.synthesis.job import Outcome, Synthesized
from codesign.synthesis.yosys import Limits, Over
from codesign.targets import Resources

VERSION = 1
"""Counts up when what an entry says changes its meaning."""


def folder() -> Path:
    """`codesign/synthesis` in the user's cache folder (XDG_CACHE_HOME, or ~/.cache)."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(given) if given and Path(given).is_absolute() else Path.home() / ".cache"
    return root / "codesign" / "synthesis"


class Cache:
    """Outcomes by key, a file each. What cannot be read or written is as if it were not there."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def get(self, key: str, limits: Limits) -> Outcome | None:
        """What was kept under `key`. A run that went over its limits is known only where those now are no larger."""
        try:
            entry = json.loads(self._file(key).read_text(encoding="utf-8"))
            if entry["version"] != VERSION:
                return None
            if entry["area"] is None:
                tried = Limits(float(entry["limits"]["seconds"]), int(entry["limits"]["megabytes"]))
                enough = limits.seconds > tried.seconds or limits.megabytes > tried.megabytes
                return None if enough else Over(str(entry["over"]))
            return Synthesized(_area(entry["area"]), float(entry["seconds"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def put(self, key: str, outcome: Outcome, limits: Limits) -> None:
        """Keeps it; the file appears whole or not at all, as several processes may write the same."""
        entry: dict[str, object] = {"version": VERSION, "area": None}
        if isinstance(outcome, Synthesized):
            entry |= {"area": asdict(outcome.area), "seconds": outcome.seconds}
        else:
            entry |= {"over": outcome.limit, "limits": asdict(limits)}
        place = self._file(key)
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            handle, partial = tempfile.mkstemp(suffix=".part", dir=place.parent)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(entry, file, sort_keys=True)
                os.replace(partial, place)
            finally:
                Path(partial).unlink(missing_ok=True)

    def _file(self, key: str) -> Path:
        return self._place / key[:2] / f"{key}.json"


def _area(data: dict[str, object]) -> Area:
    resources, memory, carry = data["resources"], data["memory_lut"], data["carry4"]
    if not isinstance(resources, dict) or not isinstance(memory, int) or not isinstance(carry, int):
        raise ValueError("this is no area")
    return Area(Resources(**{name: float(amount) for name, amount in resources.items()}), memory, carry)
