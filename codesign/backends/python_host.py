"""What the hosts in Python know of a design: the file `design.json` beside them."""

from __future__ import annotations

from fractions import Fraction

from codesign.backends.encoding import Binary, Encoder, Line, Stairs


def encoder_text(encoder: Encoder) -> dict[str, object]:
    """An encoder for JSON; doubles are written in hexadecimal, fractions as texts, both exact."""
    match encoder:
        case Binary():
            return {"kind": "binary", "frac": encoder.frac, "low": encoder.low, "high": encoder.high}
        case Line():
            return {
                "kind": "line",
                "slope": _fraction(encoder.slope),
                "intercept": _fraction(encoder.intercept),
                "low": encoder.low,
                "high": encoder.high,
                "rounding": encoder.rounding.value,
            }
        case Stairs():
            thresholds = [value.hex() for value in encoder.thresholds]
            return {"kind": "stairs", "first": encoder.first, "falls": encoder.falls, "thresholds": thresholds}


def _fraction(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"
