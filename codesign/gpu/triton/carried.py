"""The part of this package that a model needs on the server, copied whole, so that nothing need be installed there
but numpy, scipy, onnxruntime and pyyaml, and what runs there is the code that ran here."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from codesign import errors
from codesign.errors import IRError

ALLOWED = {"numpy", "scipy", "yaml", "onnxruntime"}
"""What a carried module may import, beside the standard library and each other."""

_PACKAGES = Path(errors.__file__).parents[1]


def carried(module: str) -> dict[str, bytes]:
    """The source of the module and of all that it imports of codesign when it is imported, by their paths below the
    folder that holds codesign/. IRError for one that imports a package which the server need not have."""
    found: dict[str, bytes] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        place = name.replace(".", "/") + ".py"
        if place in found:
            continue
        path = _PACKAGES / place
        if not path.is_file():
            raise IRError(f"carried: {name} is no module of codesign that is one file")
        found[place] = path.read_bytes()
        for imported in _imports(found[place], name):
            top = imported.split(".")[0]
            if top == "codesign":
                waiting.append(imported)
            elif top not in ALLOWED and top not in sys.stdlib_module_names:
                raise IRError(f"carried: {name} imports {imported}, which the server need not have")
    for place in list(found):
        for parent in list(Path(place).parents)[:-1]:
            found[f"{parent.as_posix()}/__init__.py"] = b'"""Carried to the server."""\n'
    return dict(sorted(found.items()))


def _imports(source: bytes, module: str) -> Iterator[str]:
    """What a module imports when it is imported itself: not what only its functions or type checkers do."""
    for node in ast.parse(source).body:
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(base), names=names, level=0):
                if base.split(".")[0] == "codesign" and (_PACKAGES / base.replace(".", "/")).is_dir():
                    yield from (f"{base}.{alias.name}" for alias in names)
                else:
                    yield base
            case ast.ImportFrom():
                raise IRError(f"carried: {module} has a relative import")
