"""The files of a trained network: all of them appear, or none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codesign.backends.swap import check_new_file
from codesign.errors import OutputError


@dataclass(frozen=True)
class Places:
    """Where to write while the files are not whole."""

    model: Path
    history: Path
    plain: Path | None


@contextmanager
def whole(model: Path, plain: Path | None, force: bool) -> Iterator[Places]:
    """Places for the network, for how it was trained (`<model>.training.json`) and for the one without quantizers; what
    is there when the block ends takes the names that were asked for.

    OutputError where a file is in the way (unless `force`), or the folder cannot be written.
    """
    wanted = [model, model.with_suffix(".training.json"), *([plain] if plain is not None else [])]
    if len({p.resolve() for p in wanted}) < len(wanted):
        raise OutputError(f"{model}: two of the files have this name")
    for path in wanted:
        check_new_file(path, force)
    try:
        model.parent.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix=f".{model.stem}.", suffix=".part", dir=model.parent)
    except OSError as error:
        raise OutputError(f"{model}: the folder cannot be written: {error.strerror}") from error
    with folder as name:
        made = [Path(name) / f"{i}{path.suffix}" for i, path in enumerate(wanted)]
        yield Places(made[0], made[1], made[2] if plain is not None else None)
        try:
            for source, path in zip(made, wanted):
                path.parent.mkdir(parents=True, exist_ok=True)
                os.replace(source, path)
        except OSError as error:
            raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
