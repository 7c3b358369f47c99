"""Whether what the `gpu` extra brings is there: torch, scipy and matplotlib are not installed by default."""

from __future__ import annotations

from importlib.util import find_spec

from codesign.errors import ToolError


def check_installed(*needed: str) -> None:
    """ToolError with what to install, where one of the packages is missing."""
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise ToolError(f"this needs {', '.join(missing)}: pip install 'codesign[gpu]'")
