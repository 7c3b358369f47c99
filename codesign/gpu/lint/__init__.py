"""A linter of ONNX files: what each runtime refuses of a model, from tables that say where they know it from."""

from codesign.gpu.lint.lint import Finding, lint, refused
from codesign.gpu.lint.table import Level, Reason, Table, lint_targets, load_table

__all__ = ["Finding", "Level", "Reason", "Table", "lint", "lint_targets", "load_table", "refused"]
