"""evaluation.json and evaluation.html: how well a pipeline finds tracks, as numbers and as pictures."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from matplotlib.axes import Axes

from codesign.errors import OutputError
from codesign.gpu.tracking.evaluation import ETA_BINS, PT_BINS, Disturbed, Evaluation
from codesign.gpu.tracking.figures import Fraction, Mean
from codesign.gpu.tracking.metrics import TrackMetrics
from codesign.report.measurements import Card, Page, Table
from codesign.report.plots import BLUE, GREY, ORANGE, Drawn, svg

JSON, HTML = "evaluation.json", "evaluation.html"
_SIZE = (6.2, 3.6)
_TRACKS = {
    "technical_efficiency": "technical efficiency",
    "physics_efficiency": "physics efficiency",
    "purity": "purity",
    "duplicates": "duplicates",
    "fakes": "fakes",
    "hit_purity": "hit purity",
    "score": "TrackML score",
}


def write_evaluation(found: Evaluation, folder: Path, pipeline: str, events: str) -> None:
    """Writes both files into the folder, which is made; each whole or as it was."""
    texts = {JSON: json.dumps(plain(found), indent=2) + "\n", HTML: page(found, pipeline, events).html()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            partial = folder / f".{name}.{os.getpid()}.part"
            try:
                partial.write_text(text, encoding="utf-8")
                os.replace(partial, folder / name)
            finally:
                partial.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: {JSON} and {HTML} cannot be written: {error.strerror}") from error


def plain(found: Evaluation) -> dict[str, object]:
    """As JSON has it: a fraction with how many of how many it is and its error, what is not defined as null."""
    return {
        "events": found.events,
        "hits": found.hits,
        "min_hits": found.min_hits,
        "tracks": _plain_tracks(found.tracks),
        "tracks_above_500_mev": _plain_tracks(found.fast),
        "edges": {
            stage: {name: _plain(value) for name, value in vars(edges).items()} for stage, edges in found.edges.items()
        },
        "efficiency_by_pt": _plain_bins(PT_BINS, found.by_pt),
        "efficiency_by_eta": _plain_bins(ETA_BINS, found.by_eta),
        "noise": [_plain_disturbed(d) for d in found.noise],
        "misalignment_mm": [_plain_disturbed(d) for d in found.misalignment],
        "seconds": dict(found.seconds),
    }


def page(found: Evaluation, pipeline: str, events: str) -> Page:
    """The page: cards of the tracks, pictures, and tables of everything."""
    tracks, fast = found.tracks, found.fast
    wanted = f"of particles and tracks of at least {found.min_hits} hits, by double majority"
    return Page(
        title=f"Tracks found by {pipeline}",
        remark=f"On events whose truth is known: {wanted}.",
        facts=[("events", f"{found.events:,} of {events}"), ("hits", f"{found.hits:,}")],
        cards=[
            Card("efficiency above 500 MeV", str(fast.technical_efficiency), _of(fast.technical_efficiency), "good"),
            Card("efficiency", str(tracks.technical_efficiency), _of(tracks.technical_efficiency)),
            Card("purity", str(tracks.purity), f"of {tracks.purity.all:,} tracks"),
            Card("time", f"{1e3 * sum(found.seconds.values()):,.0f} ms", "per event, all stages"),
        ],
        pictures=list(_pictures(found)),
        tables=list(_tables(found)),
    )


def _pictures(found: Evaluation) -> Iterator[Drawn]:
    yield Drawn("Efficiency against pt", "technical efficiency with its error", _binned(found.by_pt, PT_BINS, "pt"))
    yield Drawn("Efficiency against eta", "technical efficiency with its error", _binned(found.by_eta, ETA_BINS, "eta"))
    for rows, title, words, name in (
        (found.noise, "With more noise", "noise hits added, as a fraction of the hits", "noise"),
        (found.misalignment, "With modules elsewhere", "deviation of the modules' places in mm", "misalignment"),
    ):
        if rows:
            start = Disturbed(0.0, found.tracks, found.fast)
            yield Drawn(title, "at 0 the events as they are", _fall([start, *rows], words, name))
    yield Drawn("Time by stage", "milliseconds per event", _times(found))


def _binned(values: Sequence[Fraction], bins: Sequence[float], name: str) -> str:
    middle = [(low + high) / 2 for low, high in pairwise(bins)]
    half = [(high - low) / 2 for low, high in pairwise(bins)]
    kept = [k for k, value in enumerate(values) if value.all]

    def draw(axes: Axes) -> None:
        axes.errorbar(
            [middle[k] for k in kept], [values[k].value for k in kept],
            xerr=[half[k] for k in kept], yerr=[values[k].error for k in kept],
            fmt="o", ms=3.5, lw=1, color=BLUE,
        )  # fmt: skip
        axes.set_ylim(0, 1.05)
        axes.set_ylabel("technical efficiency")
        axes.set_xlabel("pt in GeV" if name == "pt" else "pseudorapidity")
        if name == "pt":
            axes.set_xscale("log")
            axes.set_xticks([0.1, 0.2, 0.5, 1, 2, 5, 10, 20], ["0.1", "0.2", "0.5", "1", "2", "5", "10", "20"])
            axes.minorticks_off()

    return svg(draw, _SIZE, f"by_{name}")


def _fall(rows: Sequence[Disturbed], words: str, name: str) -> str:
    def draw(axes: Axes) -> None:
        amounts = [d.amount for d in rows]
        for values, label, colour in (
            ([d.fast.technical_efficiency for d in rows], "efficiency above 500 MeV", BLUE),
            ([d.tracks.technical_efficiency for d in rows], "efficiency", ORANGE),
            ([d.tracks.purity for d in rows], "purity", GREY),
        ):
            heights, errors = [v.value for v in values], [v.error for v in values]
            axes.errorbar(amounts, heights, yerr=errors, fmt="o-", ms=3.5, lw=1, color=colour, label=label)
        axes.set_ylim(0, 1.05)
        axes.set_xlabel(words)
        axes.legend(frameon=False, fontsize=8.5)

    return svg(draw, _SIZE, name)


def _times(found: Evaluation) -> str:
    def draw(axes: Axes) -> None:
        stages = list(found.seconds)
        axes.barh(stages, [1e3 * s for s in found.seconds.values()], 0.6, color=BLUE)
        axes.invert_yaxis()
        axes.set_xlabel("ms per event")

    return svg(draw, _SIZE, "times")


def _tables(found: Evaluation) -> Iterator[Table]:
    rows = [
        [words, _shown(getattr(found.tracks, name)), _shown(getattr(found.fast, name))]
        for name, words in _TRACKS.items()
    ]
    remark = "the TrackML score and the tracks' own figures are of all particles in both columns"
    yield Table("Tracks", remark, ["", "all particles", "above 500 MeV"], rows)
    heading = ["stage", "edges per event", "efficiency", "purity", "same particle", "weighted purity"]
    yield Table(
        "Edges by stage",
        "efficiency and purity are of edges between consecutive hits of a particle",
        heading,
        [
            [stage, f"{e.purity.all / found.events:,.0f}", str(e.efficiency), str(e.purity), str(e.same_particle),
             f"{100 * e.weighted_purity.value:.1f} %"]
            for stage, e in found.edges.items()
        ],
    )  # fmt: skip
    for disturbed, title, unit in (
        (found.noise, "With more noise", "added, of the hits"),
        (found.misalignment, "With modules elsewhere", "deviation in mm"),
    ):
        if disturbed:
            yield Table(
                title,
                "",
                [unit, "efficiency above 500 MeV", "efficiency", "purity"],
                [
                    [
                        f"{d.amount:g}",
                        *map(str, (d.fast.technical_efficiency, d.tracks.technical_efficiency, d.tracks.purity)),
                    ]
                    for d in disturbed
                ],
            )
    yield Table("Time", "per event", ["stage", "ms"], [[s, f"{1e3 * t:.2f}"] for s, t in found.seconds.items()])


def _of(value: Fraction) -> str:
    return f"{value.passed:,} of {value.all:,} particles"


def _shown(value: Fraction | Mean) -> str:
    if isinstance(value, Fraction):
        return str(value)
    return f"{value.value:.4f} ± {value.error:.4f}" if value.count > 1 else f"{value.value:.4f}"


def _plain(value: Fraction | Mean) -> dict[str, float | int | None]:
    found = {"value": _number(value.value), "error": _number(value.error)}
    if isinstance(value, Fraction):
        return {**found, "passed": value.passed, "of": value.all}
    return {**found, "count": value.count}


def _number(value: float) -> float | None:
    return value if value == value else None


def _plain_tracks(found: TrackMetrics) -> dict[str, object]:
    return {name: _plain(getattr(found, name)) for name in _TRACKS}


def _plain_bins(bins: Sequence[float], values: Sequence[Fraction]) -> list[dict[str, object]]:
    return [{"low": low, "high": high, **_plain(value)} for (low, high), value in zip(pairwise(bins), values)]


def _plain_disturbed(found: Disturbed) -> dict[str, object]:
    return {
        "amount": found.amount,
        "tracks": _plain_tracks(found.tracks),
        "tracks_above_500_mev": _plain_tracks(found.fast),
    }
