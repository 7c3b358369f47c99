"""The programs of hls/python as modules: they are copied to other machines, and no part of the package."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

from codesign import resources


def module(name: str, folder: str = "python") -> ModuleType:
    """hls/<folder>/<name>.py, imported once under its own name, as its neighbours import it."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, resources.folder("hls") / folder / f"{name}.py")
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]
