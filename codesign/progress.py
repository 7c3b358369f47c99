"""What long work says of how far it is, to whoever wants to show it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with (what is done, how much of it is finished, of how much): at its start, and while it goes on. What
cannot be counted is 0 of 0."""


def silent(what: str, done: int = 0, of: int = 0) -> None:
    """Nobody watches."""
