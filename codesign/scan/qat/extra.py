"""Whether training is possible: torch and Brevitas are not installed by default."""

from __future__ import annotations

from importlib.util import find_spec

from codesign.errors import ToolError

NEEDED = ("torch", "brevitas", "onnxoptimizer")


def check_installed() -> None:
    """ToolError with what to install, where something is missing."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise ToolError(f"training needs {', '.join(missing)}: pip install 'codesign[train]'")
