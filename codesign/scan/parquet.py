"""results.parquet: the table of results.csv with its types, for dataframes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from codesign.backends.swap import replace_file
from codesign.errors import ToolError
from codesign.scan.evaluate import Outcome
from codesign.scan.metrics import Metric
from codesign.scan.results import narrow_accumulators, table
from codesign.scan.space import Space

try:
    import pyarrow
    from pyarrow import parquet
except ImportError as missing:
    raise ToolError("--parquet needs pyarrow, which is missing: pip install 'codesign[scan]'") from missing

_TYPES = {
    "int": pyarrow.int64(),
    "int | None": pyarrow.int64(),
    "float": pyarrow.float64(),
    "float | None": pyarrow.float64(),
}


def write_parquet(
    folder: Path, space: Space, metric: Metric, outcomes: Sequence[Outcome], failed: Mapping[str, str]
) -> None:
    """The rows and columns of results.csv: numbers as numbers, `front` true or false, null where there is nothing."""
    figures = [pyarrow.field(f.name, _TYPES.get(str(f.type), pyarrow.string())) for f in fields(Outcome)]
    schema = pyarrow.schema([
        ("point", pyarrow.string()), ("front", pyarrow.bool_()), *(f for f in figures if f.name != "types"),
        ("failed", pyarrow.string()), *((site.key, pyarrow.string()) for site in space.sites),
        *((key, pyarrow.int64()) for key in narrow_accumulators(outcomes)),
    ])  # fmt: skip
    content = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(table(space, metric, outcomes, failed), schema), content)
    replace_file(folder / "results.parquet", content.getvalue())
