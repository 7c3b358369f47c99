"""What executes the file of a trained network, whatever its format, for the first rung of the ladder."""

from __future__ import annotations

from pathlib import Path

from codesign.frontends.keras.execution import Execution
from codesign.frontends.model_file import is_keras
from codesign.verification.reference import Executable, Reference


def executable(path: Path) -> Executable:
    """The file as a function of batches, by other code than reads it; ModelError where it cannot be executed."""
    return Execution(path) if is_keras(path) else Reference(path)
