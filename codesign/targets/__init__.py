"""The devices and boards that a design can be made for, one YAML file each, and what they have."""

from __future__ import annotations

import difflib
from pathlib import Path

from codesign.errors import TargetError
from codesign.targets.reading import read_target
from codesign.targets.target import FAMILIES, WORD_BITS, Link, MemoryBanks, Platform, Resources, Target

__all__ = [
    "FAMILIES",
    "WORD_BITS",
    "Link",
    "MemoryBanks",
    "Platform",
    "Resources",
    "Target",
    "all_targets",
    "load_target",
    "target_names",
]

FOLDER = Path(__file__).parent


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
        return read_target(Path(text))
    names = target_names()
    if text in names:
        return read_target(FOLDER / f"{text}.yaml")
    near = difflib.get_close_matches(text.lower(), names, n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(names)}."
    raise TargetError(f"there is no target {text!r}; {hint} A file of your own works too: --target my_board.yaml")
