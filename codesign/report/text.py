"""Text from a model's file, made harmless for a terminal."""

from __future__ import annotations

import unicodedata


def printable(text: object, longest: int | None = None) -> str:
    """`text` with what could steer a terminal (control and direction characters, lone surrogates) spelled out as
    \\x1b and the like; line breaks stay. At most `longest` characters, the middle left out."""
    out = "".join(c if c == "\n" or _harmless(c) else c.encode("unicode_escape").decode("ascii") for c in str(text))
    if longest is None or len(out) <= longest:
        return out
    head = (longest - 1) * 2 // 3
    return f"{out[:head]}…{out[len(out) - (longest - 1 - head) :]}"


def one_line(text: object, longest: int | None = None) -> str:
    """The same without line breaks, for a cell of a table."""
    return printable(str(text).replace("\n", "\\n"), longest)


def counted(n: int, what: str) -> str:
    """`1 cycle`, `2 cycles`."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _harmless(character: str) -> bool:
    # Cc control, Cf format (direction marks, zero width), Cs surrogate, Zl and Zp line and paragraph separators
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
