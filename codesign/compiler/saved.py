"""What a project folder keeps of the compiler's own view, so that `verify` climbs the same ladder later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from codesign.compiler.executing import executable
from codesign.config import Strategy, Streams
from codesign.errors import IRError, ModelError, OutputError
from codesign.ir.kernels import Multiplier
from codesign.ir.layers import Product
from codesign.ir.text import design_text, load, save
from codesign.passes.builder import Fold
from codesign.passes.fifo_depth import fifos
from codesign.passes.fold import Folding
from codesign.passes.pipeline import build_design
from codesign.verification.climb import Ladder

FOLDER = "network"
_CHOICES = "choices.json"


def keep(
    ladder: Ladder,
    folder: Path,
    folding: Folding,
    strategies: Mapping[str, Strategy],
    clock_mhz: float,
    streams: Streams,
) -> None:
    """Writes the networks as text with their weights beside, the design as text, and what was chosen."""
    place = folder / FOLDER
    place.mkdir()
    save(ladder.typed, place / "typed")
    save(ladder.network, place / "network")
    if ladder.safe is not None:
        save(ladder.safe, place / "safe")
    (place / "design.txt").write_text(design_text(ladder.design), encoding="utf-8")
    choices = {
        "clock_mhz": clock_mhz,
        "exact": ladder.exact,
        "fifos": fifos(ladder.design),
        "folding": {name: _plain(fold) for name, fold in folding.folds.items()},
        "model": None if ladder.model is None else ladder.model.name,
        "pace": folding.pace,
        "streams": streams.value,
        "strategies": {name: strategy.value for name, strategy in strategies.items()},
    }
    (place / _CHOICES).write_text(json.dumps(choices, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def restore(folder: Path) -> Ladder:
    """The ladder that `keep` wrote into the project `folder`; OutputError where it is none or was changed."""
    place = folder / FOLDER
    try:
        choices = json.loads((place / _CHOICES).read_text(encoding="utf-8"))
        folding = {name: _fold(fold) for name, fold in choices["folding"].items()}
        strategies = {name: Strategy(text) for name, text in choices["strategies"].items()}
        streams = Streams(choices["streams"])
        depths = {name: (int(d), None if m is None else int(m)) for name, (d, m) in choices["fifos"].items()}
        clock, exact, pace = float(choices["clock_mhz"]), bool(choices["exact"]), int(choices["pace"])
        model = None if choices["model"] is None else folder / "model" / Path(choices["model"]).name
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise OutputError(
            f"{folder}: this is no complete project folder ({place / _CHOICES} cannot be used: {error}); "
            f"make one with `codesign compile`"
        ) from error
    try:
        typed, network = load(place / "typed"), load(place / "network")
        wraps = any(isinstance(node.layer, Product) and node.layer.wrap is not None for node in network)
        safe = load(place / "safe") if wraps else None
    except ModelError as error:
        raise OutputError(f"{folder}: the project folder was changed: {error}; compile it again") from error
    try:
        design = build_design(network, folding, strategies, clock, streams, pace, depths)
    except IRError as error:
        raise OutputError(f"{folder}: the project folder was changed: {error}; compile it again") from error
    return Ladder(typed, network, design, exact, model, folder, executable, safe)


def _plain(fold: Fold) -> dict[str, object]:
    return asdict(fold) | {"multiplier": None if fold.multiplier is None else fold.multiplier.value}


def _fold(plain: Mapping[str, object]) -> Fold:
    """The inverse; raises what a dataclass and an Enum do where it is none."""
    found = Fold(**plain)  # type: ignore[arg-type]
    return found if found.multiplier is None else replace(found, multiplier=Multiplier(found.multiplier))
