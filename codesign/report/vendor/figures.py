"""The figures in a cell or an element of a report: numbers, ranges, and what stands for none."""

from __future__ import annotations

import re

from codesign.report.vendor.source import Source, short
from codesign.report.vendor_report import Cycles
from codesign.targets import Resources

UNKNOWN = frozenset(("?", "undef", "NA", "N/A"))
NOTHING = frozenset(("-",))
"""What tables of areas have where nothing is used."""

_COUNT = re.compile(r"\d{1,15}")
_NUMBER = re.compile(r"[-+]?\d{1,12}(?:\.\d{1,9})?(?:[eE][-+]?\d{1,2})?")
_SHARE = re.compile(r"\s*[(\[]\s*(?:[<~]?\d{1,5}(?:\.\d{1,6})?)\s*%\s*[)\]]")


def count(source: Source, line: int, text: str, what: str) -> int:
    """A whole number of 0 or more."""
    if not _COUNT.fullmatch(text):
        raise source.error(line, f"{what} {short(text)!r}", "a whole number")
    return int(text)


def area(source: Source, line: int, text: str, what: str) -> float:
    """An amount of a resource: `12`, `-` (none), `6 (~0%)`, `4377 [  7.80%]`, `12.5`."""
    bare = _SHARE.sub("", text).strip()
    if bare in NOTHING:
        return 0
    if not re.fullmatch(r"\d{1,12}(?:\.5|\.0)?", bare):
        raise source.error(line, f"{what} {short(text)!r}", "an amount, with its percentage or without")
    return float(bare) if "." in bare else int(bare)


def number(source: Source, line: int, text: str, what: str) -> float:
    """A number, with a sign and a fraction or without."""
    if not _NUMBER.fullmatch(text):
        raise source.error(line, f"{what} {short(text)!r}", "a number")
    return float(text)


def maybe(source: Source, line: int, text: str, what: str) -> float | None:
    """A number, or None where the tool says that it has none."""
    return None if text in UNKNOWN else number(source, line, text, what)


def nanoseconds(source: Source, line: int, text: str, what: str) -> float:
    """A time with its unit, or one in ns: `5.00 ns`, `4.049`."""
    found = re.fullmatch(r"(\S+?)\s*(ns|us|ms|ps)?", text.strip())
    if found is None:
        raise source.error(line, f"{what} {short(text)!r}", "a time")
    return number(source, line, found[1], what) * {"ps": 1e-3, "us": 1e3, "ms": 1e6}.get(found[2] or "", 1.0)


def bound(source: Source, line: int, text: str, what: str) -> int | None:
    """One end of a range of cycles; None where it is not known."""
    return None if text in UNKNOWN or text in NOTHING else count(source, line, text, what)


def cycles(source: Source, line: int, low: str, high: str, what: str) -> Cycles | None:
    """A range of cycles from its two ends; None where neither is known."""
    found = Cycles(bound(source, line, low, what), bound(source, line, high, what))
    if found.low is not None and found.high is not None and found.low > found.high:
        raise source.error(line, f"{what} from {low} to {high}", "the smaller one first")
    return None if found == Cycles(None, None) else found


def span(source: Source, line: int, text: str, what: str) -> Cycles | None:
    """A range in one text: `8`, `3 ~ 101`, `undef`."""
    low, tilde, high = (part.strip() for part in text.partition("~"))
    return cycles(source, line, low, high if tilde else low, what)


def resources(source: Source, line: int, amounts: dict[str, str]) -> Resources:
    """The amounts that HLS reports have by the names of their columns; blocks of 18 Kb count as halves of 36 Kb.

    What the device has none of may be left out: URAM.
    """
    found = {name: area(source, line, text, name) for name, text in amounts.items()}
    dsp = next((found[name] for name in DSP if name in found), None)
    bram = next((found[name] for name in BRAM18 if name in found), None)
    if dsp is None or bram is None or not {"LUT", "FF"} <= set(found):
        raise source.error(line, f"amounts of {', '.join(found) or 'nothing'}", "BRAM, DSP, FF and LUT")
    return Resources(lut=found["LUT"], ff=found["FF"], dsp=dsp, bram36=bram / 2, uram=found.get("URAM", 0))


DSP = ("DSP", "DSP48E", "DSP48", "DSP58")
BRAM18 = ("BRAM_18K", "BRAM")
AREAS = (*BRAM18, *DSP, "FF", "LUT", "URAM")
"""What HLS tools call the resources."""
