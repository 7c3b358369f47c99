"""What a scan leaves behind: a table of all points, and for those that no other beats a configuration to compile."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from codesign.backends.swap import replace_file
from codesign.passes.tune_precision import Part
from codesign.scan.evaluate import Outcome
from codesign.scan.metrics import Metric
from codesign.scan.searches import Sensitivity
from codesign.scan.space import Site, Space, accumulators, digest, read

COLUMNS = tuple(f.name for f in fields(Outcome) if f.name != "types")
"""The figures of a point, as the columns of results.csv name them."""

Row = dict[str, object]
"""A point by the columns of the table."""


def pareto(outcomes: Sequence[Outcome], metric: Metric, cost: str = "bit_operations") -> list[Outcome]:
    """Those that no other beats in both the metric and the cost, cheapest first; of equal ones the first."""
    known = [o for o in outcomes if getattr(o, cost) is not None]
    ordered = sorted(known, key=lambda o: (getattr(o, cost), -o.value if metric.maximize else o.value))
    front: list[Outcome] = []
    for outcome in ordered:
        if not front or metric.better(outcome.value, front[-1].value):
            front.append(outcome)
    return front


def configured(outcomes: Sequence[Outcome], metric: Metric) -> list[Outcome]:
    """The front of metric and bit operations; where accumulators have fewer bits than are safe at some points, also
    that of the metric and the bits of the widest accumulator."""
    front = pareto(outcomes, metric)
    if any(accumulators(o.types) for o in outcomes):
        there = {id(o) for o in front}
        front += [o for o in pareto(outcomes, metric, "accumulator") if id(o) not in there]
    return front


def narrow_accumulators(outcomes: Sequence[Outcome]) -> list[str]:
    """The products whose accumulators have fewer bits than are safe at some point, as columns of the table."""
    return list(dict.fromkeys(f"{name}.{Part.ACCUMULATOR.value}" for o in outcomes for name in accumulators(o.types)))


def _bits(outcome: Outcome, keys: Sequence[str]) -> Row:
    """The bits of these accumulators, None where they are safe."""
    types = read(outcome.types)
    return {key: types[key].width if key in types else None for key in keys}


def uniform(outcome: Outcome, sites: Sequence[Site]) -> int | None:
    """The width that all weights and results have, if it is one."""
    types = read(outcome.types)
    found = {types[site.key].width for site in sites}
    return found.pop() if len(found) == 1 else None


def table(space: Space, metric: Metric, outcomes: Sequence[Outcome], failed: Mapping[str, str]) -> list[Row]:
    """A row per point: its figures, None where there is none, the type of each site, and the bits of accumulators that
    have fewer than are safe; last what has no network."""
    best = {id(o) for o in pareto(outcomes, metric)}
    keys, sums = [site.key for site in space.sites], narrow_accumulators(outcomes)
    rows: list[Row] = []
    for o in outcomes:
        figures = {name: getattr(o, name) for name in COLUMNS}
        head = {"point": _id(o), "front": id(o) in best}
        rows.append({**head, **figures, "failed": None, **{k: o.types[k] for k in keys}, **_bits(o, sums)})
    for key, why in failed.items():
        head = {"point": key[:12], "front": False}
        rows.append({**head, **dict.fromkeys(COLUMNS), "failed": why, **dict.fromkeys([*keys, *sums])})
    return rows


def write_results(
    folder: Path, space: Space, metric: Metric, outcomes: Sequence[Outcome], failed: Mapping[str, str]
) -> None:
    """results.csv with a row per point, and configs/ with a file for each that is `configured`."""
    rows = table(space, metric, outcomes, failed)
    write_table(folder / "results.csv", list(rows[0]) if rows else [], [list(row.values()) for row in rows])
    front = configured(outcomes, metric)
    configs = folder / "configs"
    configs.mkdir(exist_ok=True)
    wanted = {f"{_id(o)}.yaml": o for o in front}
    for name, o in wanted.items():
        data = space.config(read(o.types)).data()
        narrow = f", accumulators of at most {o.accumulator} bits" if accumulators(o.types) else ""
        head = f"# {o.value:.6g} {_comment(metric.name)}, {o.bit_operations} bit operations{narrow}\n"
        replace_file(configs / name, head + json.dumps(data, indent=2) + "\n")
    for old in configs.glob("*.yaml"):
        if old.name not in wanted and len(old.stem) == 12:
            old.unlink()  # of an earlier front


def write_sensitivities(folder: Path, rows: Sequence[Sensitivity]) -> None:
    """sensitivity.csv: what each site loses at each width."""
    heading = ["site", "layer", "part", "bits", "value", "output_error", "loss", "bit_operations", "type"]
    found = []
    for row in rows:
        o, site = row.outcome, row.site
        cells = [site.key, site.origin, site.part.value, row.bits, o.value, o.output_error, row.loss]
        found.append([*cells, o.bit_operations, o.types[site.key]])
    write_table(folder / "sensitivity.csv", heading, found)


def write_table(path: Path, heading: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A file of comma-separated values."""
    text = io.StringIO()
    written = csv.writer(text, lineterminator="\n")
    written.writerow(heading)
    for row in rows:
        written.writerow(map(_cell, row))
    replace_file(path, text.getvalue())


def _id(outcome: Outcome) -> str:
    return digest(read(outcome.types))[:12]


def _cell(value: object) -> object:
    """A text that no spreadsheet takes for a formula, on one line; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, str):
        return value
    line = " ".join(value.split())
    return f"'{line}" if line[:1] in ("=", "+", "-", "@") else line


def _comment(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
