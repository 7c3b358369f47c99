"""faults.json and faults.html in the project folder: all that was found, and the same as pictures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import log10

from codesign import __version__
from codesign.errors import OutputError
from codesign.faults.protect import Protection
from codesign.faults.result import FaultResult, Plane
from codesign.report.pages import page_templates, style

JSON, HTML = "faults.json", "faults.html"
WIDTH, HEIGHT = 640, 220
"""Of the curve, in pixels."""


def write(result: FaultResult) -> None:
    """Writes both files: each whole or as it was."""
    texts = {JSON: json.dumps(plain(result), indent=2) + "\n", HTML: html(result)}
    parts = {name: result.folder / f".{name}.part" for name in texts}
    try:
        try:
            for name, text in texts.items():
                parts[name].write_text(text, encoding="utf-8")
            for name, part in parts.items():
                part.replace(result.folder / name)
        finally:
            for part in parts.values():
                part.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{result.folder}: {JSON} and {HTML} cannot be written: {error.strerror}") from error


def plain(result: FaultResult) -> dict[str, object]:
    """As JSON has it; a bit is named by its layer, and by the row and output of its weight."""
    return {
        "version": __version__,
        "metric": result.metric.name,
        "maximize": result.metric.maximize,
        "reference": result.reference,
        "samples": result.samples,
        "seed": result.seed,
        "bits": result.total,
        "flipped": len(result.upsets),
        "undefined": result.undefined,
        "spearman": {"output_error": result.rho_error, "loss": result.rho_loss},
        "without_weights": list(result.without),
        "layers": [
            {"name": w.node, "origin": w.origin, "type": str(w.element), "weights": int(w.codes.size), "in": w.kept_in}
            for w in result.layers
        ],
        "planes": [
            {"layer": result.layers[p.layer].node, "bit": p.bit, "flipped": p.flipped, "undefined": p.undefined}
            | {"worst": p.worst, "mean": p.mean}
            for p in result.planes
        ],
        "curve": [{"protected": p.protected, "worst": p.worst, "mean": p.mean} for p in result.curve],
        "limit": result.limit,
        "protections": [_protection(result, p) for p in result.protections],
        "upsets": [
            {"layer": result.layers[u.layer].node, "row": u.row, "output": u.output, "bit": u.bit, "rank": u.rank}
            | {"loss": u.loss, "output_error": u.error}
            for u in result.upsets
        ],
    }


def _protection(result: FaultResult, p: Protection) -> dict[str, object]:
    return {
        "criterion": p.criterion.value,
        "of": "bit planes" if p.planes else "single bits",
        "bits": p.bits,
        "planes": [[result.layers[k].node, bit] for k, bit in p.chosen],
        "worst": p.worst,
        "mean": p.mean,
        "extra_memory_bits": p.price.extra_bits,
        "voters": p.price.voters,
        "resources": dict(p.price.resources.items()),
    }


def html(result: FaultResult) -> str:
    """The text of faults.html, which needs no other file; names from the user's file are escaped."""
    environment = page_templates("faults")
    environment.filters["figure"] = figure
    most = max((w.element.width for w in result.layers), default=0)
    return environment.get_template("faults.html").render(
        result=result,
        bits=list(reversed(range(most))),
        maps=[(name, _heat(result, name, most)) for name in ("worst", "mean")],
        curves=[(name, _line(result, name)) for name in ("worst", "mean")],
        size=(WIDTH, HEIGHT),
        ticks=Ticks.of(result),
        css=style(),
    )


def figure(number: float | None) -> str:
    """A loss as tables show it."""
    return "-" if number is None else f"{number:.4g}"


@dataclass(frozen=True)
class Cell:
    """Of the heat map."""

    text: str
    colour: str


@dataclass(frozen=True)
class Ticks:
    """Places along the axes of the curve, in pixels, with what stands there."""

    losses: list[tuple[float, str]]
    bits: list[tuple[float, str]]

    @classmethod
    def of(cls, result: FaultResult) -> Ticks:
        """Quarters of the worst loss, and powers of ten of the bits."""
        top = _top(result)
        losses = [(HEIGHT * (1 - k / 4), figure(top * k / 4)) for k in range(5)]
        powers = [0, *(10**k for k in range(len(str(result.total))))]
        return cls(losses, [(round(_place(n, result.total), 1), f"{n:,}") for n in powers])


def _heat(result: FaultResult, name: str, most: int) -> list[tuple[str, list[Cell]]]:
    """(layer, a cell per bit from the highest): the more is lost, the darker."""
    planes = {(p.layer, p.bit): p for p in result.planes}
    top = max((_of(p, name) or 0.0 for p in planes.values()), default=0.0)
    found = []
    for k, weights in enumerate(result.layers):
        cells = []
        for bit in reversed(range(most)):
            plane = planes.get((k, bit))
            cells.append(Cell("", "none") if plane is None else _cell(plane, name, top))
        found.append((weights.origin, cells))
    return found


def _of(plane: Plane, name: str) -> float | None:
    return plane.worst if name == "worst" else plane.mean


def _cell(plane: Plane, name: str, top: float) -> Cell:
    value = _of(plane, name)
    text = figure(value) + (f" ({plane.undefined} undefined)" if plane.undefined else "")
    share = 0.0 if value is None or top <= 0 else max(0.0, value) / top
    return Cell(text, f"rgba(200, 40, 40, {share:.3f})")


def _top(result: FaultResult) -> float:
    return max((p.worst for p in result.curve), default=0.0)


def _line(result: FaultResult, name: str) -> str:
    """The points of the curve: protected bits on a logarithmic axis (0 at its left end), losses from 0 to the worst."""
    top = _top(result) or 1.0
    points = []
    for p in result.curve:
        loss = p.worst if name == "worst" else p.mean
        x, y = _place(p.protected, result.total), HEIGHT * (1 - min(1.0, max(0.0, loss / top)))
        points.append(f"{x:.1f},{y:.1f}")
    return " ".join(points)


def _place(bits: int, total: int) -> float:
    """Where so many bits are on their axis."""
    return WIDTH * log10(bits + 1) / log10(total + 1)
