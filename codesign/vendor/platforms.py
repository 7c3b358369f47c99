"""The Vitis platform that a card's binary is linked for: where v++ looks for one, and whether it is there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from codesign.errors import ConfigError, OutputError, ToolError
from codesign.vendor.tools import Found

INSTALLED = "/opt/xilinx/platforms"
"""Where the packages of AMD put the platforms of its cards."""


def check_platform(makefile: Path, vitis: Found, asked: str | None) -> str:
    """The platform that was asked for, by name or by the path of its .xpfm, or else the one of the Makefile.

    ToolError where it is not installed: where v++ looks, and what to install or to set.
    """
    if asked is not None:
        return _path(asked) if "/" in asked or asked.endswith(".xpfm") else _name(asked, vitis, "--platform")
    found = re.search(r"^PLATFORM \?= *([A-Za-z][A-Za-z0-9_.-]*)$", makefile.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise OutputError(f"{makefile}: there is no line `PLATFORM ?= <name>`; make the folder anew")
    return _name(found[1], vitis, str(makefile))


def _path(asked: str) -> str:
    if not asked.endswith(".xpfm") or not Path(asked).is_file():
        raise ConfigError(f"--platform {asked}: there is no such .xpfm file")
    if re.search(r"[^A-Za-z0-9_./+-]", path := str(Path(asked).absolute())):
        raise ConfigError(f"--platform {path}: make takes no path with blanks or signs; link to it from another place")
    return path


def _name(name: str, vitis: Found, source: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]*", name):
        raise ConfigError(
            f"{source}: {name!r} is not the name of a platform, such as xilinx_u50_gen3x16_xdma_5_202210_1"
        )
    places = list(dict.fromkeys(_places(vitis)))
    for place in places:
        for folder in (place, place / name):
            if (folder / f"{name}.xpfm").is_file():
                return name
    there = sorted({found.stem for place in places for found in (*place.glob("*.xpfm"), *place.glob("*/*.xpfm"))})
    which = f"there are {', '.join(there)}" if there else "there is none"
    raise ToolError(
        f"the platform {name} is not installed: {which} in {', '.join(map(str, places))}\n"
        "install its development package (with the other downloads of the card), name the folder that has it in "
        "PLATFORM_REPO_PATHS, or give --platform with another name or the path of an .xpfm file"
    )


def _places(vitis: Found) -> Iterator[Path]:
    """Where v++ looks (UG1393, --platform)."""
    for word in os.environ.get("PLATFORM_REPO_PATHS", "").split(os.pathsep):
        if word:
            yield Path(word)
    yield Path(INSTALLED)
    root = vitis.programs[0].parents[1]
    yield from (root / "platforms", root / "base_platforms")
