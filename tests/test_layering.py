"""Imports inside codesign/ point one way; this file is that rule."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "codesign"

# What each part of codesign/ may import from the other parts; itself and `errors` always.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "config": {"ir"},  # a precision is a Fixed
    "progress": set(),
    "checks": set(),
    "data": set(),
    "resources": set(),
    "targets": {"checks"},
    "ir": set(),
    "analysis": {"ir", "targets"},
    "frontends": {"ir", "config"},
    "passes": {"ir", "analysis", "config", "progress", "targets"},
    "backends": {"ir", "resources", "config", "targets"},
    "verification": {"ir", "backends", "progress"},
    "synthesis": {"ir", "analysis", "backends", "progress", "targets"},
    "vendor": {"progress"},
    "report": {"ir", "analysis", "config", "resources", "targets"},
    "gpu": {"ir", "checks", "data", "progress", "resources", "report", "targets", "backends", "vendor"},
}
# The top: the command line, and what `import codesign` gives.
SEES_ALL = {"cli", "__init__", "__main__", "api", "compiler", "scan", "faults"}

# Third parties that only some modules may import.
ONNX = {"onnx", "qonnx", "onnxruntime"}
ONNX_IMPORTERS = (
    "codesign.frontends",
    "codesign.backends.onnx",
    "codesign.verification",
    "codesign.scan.qat.export",
    "codesign.gpu",
)
IR_IMPORTS = set(sys.stdlib_module_names) | {"numpy", "codesign"}


def violations(module: str, source: str, is_package: bool = False) -> list[str]:
    """Every import of `source` that the rules forbid to the module of this dotted name."""
    part = part_of(module)
    if part not in MAY_IMPORT and part not in SEES_ALL:
        return [f"{module}: `{part}` has no row in the table of tests/test_layering.py"]
    found = []
    for line, name in imports(module, source, is_package):
        if name.split(".")[0] == "codesign":
            target = part_of(name)
            if part not in SEES_ALL and target not in MAY_IMPORT[part] | {part, "errors"}:
                found.append(f"{module}:{line}: {part} may not import {target} ({name})")
        elif name.split(".")[0] in ONNX and not within(module, ONNX_IMPORTERS):
            found.append(f"{module}:{line}: only {', '.join(ONNX_IMPORTERS)} may import {name}")
        elif part == "ir" and name.split(".")[0] not in IR_IMPORTS:
            found.append(f"{module}:{line}: ir imports numpy and the standard library only, not {name}")
    return found


def imports(module: str, source: str, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of each import, wherever it stands in the source; relative ones resolved."""
    parents = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=base, names=names, level=level):
                prefix = parents[: len(parents) - level + 1] if level else []
                origin = ".".join(prefix + ([base] if base else []))
                # `from codesign import ir` imports a part; `from codesign.ir import Graph` names its origin.
                for alias in names:
                    yield node.lineno, f"{origin}.{alias.name}" if origin == "codesign" else origin


def part_of(module: str) -> str:
    """The part a module belongs to: its first name below codesign, or `__init__` for names of codesign."""
    below = module.split(".")[1:]
    if not below:
        return "__init__"
    known = below[0] in MAY_IMPORT or below[0] in SEES_ALL
    exists = (PACKAGE / below[0]).is_dir() or (PACKAGE / f"{below[0]}.py").is_file()
    return below[0] if known or exists else "__init__"


def within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def modules() -> list[tuple[str, Path]]:
    """(dotted name, path) of every module under codesign/."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found.append((".".join(parts[:-1] if parts[-1] == "__init__" else parts), path))
    return found


def test_every_module_imports_only_what_its_layer_may() -> None:
    found = [
        violation
        for name, path in modules()
        for violation in violations(name, path.read_text(), path.name == "__init__.py")
    ]
    assert not found, "\n".join(found)


def test_the_rule_reads_the_modules_there_are() -> None:
    names = [name for name, _ in modules()]
    assert "codesign.ir.graph" in names
    assert "codesign.cli.main" in names


@pytest.mark.parametrize(
    ("module", "source", "message"),
    [
        ("codesign.ir.graph", "from codesign.passes import pipeline", "ir may not import passes"),
        ("codesign.ir.graph", "from codesign import analysis", "ir may not import analysis"),
        ("codesign.ir.graph", "from ..frontends.qonnx import read", "ir may not import frontends"),
        ("codesign.ir.graph", "def f():\n    import codesign.cli.main", "ir may not import cli"),
        ("codesign.ir.graph", "import networkx as nx", "not networkx"),
        ("codesign.backends.hls", "from codesign.analysis.cost import cost", "may not import analysis"),
        ("codesign.analysis.cost", "from codesign import compile", "analysis may not import __init__"),
        ("codesign.passes.lower", "import onnx.numpy_helper", "may import onnx.numpy_helper"),
        ("codesign.backends.hls.project", "from qonnx.core import onnx_exec", "may import qonnx.core"),
        ("codesign.novelty.thing", "import os", "has no row"),
    ],
)
def test_a_forbidden_import_is_caught(
    module: str, source: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "novelty").mkdir()
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    [violation] = violations(module, source)
    assert message in violation


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("codesign.ir.layers.dense", "from ..tensor import Tensor\nfrom codesign.errors import IRError"),
        ("codesign.frontends.qonnx", "import onnx\nfrom codesign.ir.graph import Graph"),
        ("codesign.backends.onnx", "import onnx"),
        ("codesign.cli.main", "from codesign import api, compile\nimport codesign.scan.search"),
        ("codesign.verification.golden", "from qonnx.core.onnx_exec import execute_onnx"),
    ],
)
def test_an_allowed_import_passes(module: str, source: str) -> None:
    assert violations(module, source) == []
