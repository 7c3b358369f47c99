"""Text from a model's file, made harmless for a terminal."""

from __future__ import annotations

import re
import unicodedata

from codesign.report.model import Solved


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


def spaced(text: str) -> str:
    """Thin spaces instead of the commas between thousands."""
    return re.sub(r"(?<=\d),(?=\d{3})", "\u202f", text)


def counted(n: int, what: str) -> str:
    """`1 cycle`, `2 cycles`."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def significant(number: float) -> float:
    """Four digits of it: the rest is not known."""
    return float(f"{number:.4g}")


def solved_line(solved: Solved) -> str:
    """What was asked of the folding, and how near to the best that is."""
    asked = [f"interval ≤ {solved.interval_asked:,}"] if solved.interval_asked else []
    asked += [f"latency ≤ {solved.latency_asked:,}"] if solved.latency_asked else []
    bound = "" if solved.interval_bound is None else f"none below {solved.interval_bound:,} cycles fits; "
    goal = ", ".join(asked) or "the smallest interval"
    return f"{goal} within {solved.budget}; {bound}at most {solved.price_gap:g} % above the lowest price"


def _harmless(character: str) -> bool:
    # Cc control, Cf format (direction marks, zero width), Cs surrogate, Zl and Zp line and paragraph separators
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
