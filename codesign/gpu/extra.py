"""Whether what the `gpu` extra brings is there: torch, scipy and matplotlib are not installed by default."""

from __future__ import annotations

from importlib.util import find_spec

from codesign.errors import ToolError


def check_installed(*needed: str) -> None:
    """ToolError with what to install, where one of the packages is missing."""
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise ToolError(f"this needs {', '.join(missing)}: pip install 'codesign[gpu]'")


def ready_to_train(threads: int | None) -> None:
    """ToolError where torch or scipy is missing; torch takes so many threads from now on, or as many as it likes."""
    check_installed("torch", "scipy")
    if threads is not None:
        import torch

        torch.set_num_threads(threads)
