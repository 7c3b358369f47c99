"""The settings of an SPVCNN: what a checkpoint's `settings` say, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from codesign.checks import Checks
from codesign.errors import ModelError
from codesign.gpu.checkpoint import Setting
from codesign.gpu.spvcnn.voxels import Grid

PUBLISHED = (32, 32, 64, 128, 256, 256, 128, 96, 32)
"""Channels of the stem, of four stages down and of four up, as published for calorimeter clustering. (SemanticKITTI's
network has 96 in the end.)"""

KEYS = (
    "inputs", "classes", "embedding", "channels", "semantic_layers", "dropout", "nearest", "low", "resolution", "size",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """An SPVCNN on `grid`.

    `inputs` features per point; `classes` of the semantic branch, which has `semantic_layers` linear layers;
    coordinates of the instance branch's `embedding`; `channels` of the nine parts of the backbone; `dropout` in the
    two places where voxels are made of points again; `nearest`: points read their own voxel alone.
    """

    grid: Grid
    inputs: int
    classes: int
    embedding: int = 5
    channels: tuple[int, ...] = PUBLISHED
    semantic_layers: int = 4
    dropout: float = 0.3
    nearest: bool = False

    def mapping(self) -> dict[str, Setting]:
        """The settings of a checkpoint; `read` gives them back."""
        return {
            "inputs": self.inputs,
            "classes": self.classes,
            "embedding": self.embedding,
            "channels": list(self.channels),
            "semantic_layers": self.semantic_layers,
            "dropout": self.dropout,
            "nearest": self.nearest,
            "low": [float(v) for v in self.grid.low],
            "resolution": [float(v) for v in self.grid.resolution],
            "size": [int(v) for v in self.grid.size],
        }

    @classmethod
    def read(cls, settings: Mapping[str, object], where: str = "spvcnn") -> Settings:
        """The settings in a checkpoint's mapping; ModelError names the one that is missing or wrong, in `where`."""
        checks = Checks(where, ModelError)
        found = checks.mapping(dict(settings), "settings", KEYS)
        for key in KEYS:
            if key not in found:
                raise ModelError(f"{where}: the setting {key} is missing; there must be {', '.join(KEYS)}")
        numbers = {key: _list(checks, found[key], key, 3) for key in ("low", "resolution", "size")}
        x, y, z = (checks.whole(v, "size", 1, 1 << 20) for v in numbers["size"])
        channels = tuple(checks.whole(v, "channels", 1, 4096) for v in _list(checks, found["channels"], "channels", 9))
        return cls(
            Grid(_axes(checks, numbers["low"], "low", -1e12), _axes(checks, numbers["resolution"], "resolution", 1e-12),
                 (x, y, z)),
            inputs=checks.whole(found["inputs"], "inputs", 1, 1024),
            classes=checks.whole(found["classes"], "classes", 1, 1024),
            embedding=checks.whole(found["embedding"], "embedding", 1, 1024),
            channels=channels,
            semantic_layers=checks.whole(found["semantic_layers"], "semantic_layers", 1, 64),
            dropout=checks.number(found["dropout"], "dropout", 0, 0.99),
            nearest=checks.flag(found["nearest"], "nearest"),
        )  # fmt: skip


def _list(checks: Checks, found: object, place: str, length: int) -> list[object]:
    if not isinstance(found, list) or len(found) != length:
        raise checks.refuse(place, found, f"a list of {length} numbers")
    return found


def _axes(checks: Checks, found: list[object], place: str, low: float) -> tuple[float, float, float]:
    x, y, z = (checks.number(v, place, low, 1e12) for v in found)
    return x, y, z
