"""pipeline.yaml: what the pipeline needs to know beside its networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from codesign.checks import Checks
from codesign.errors import ModelError
from codesign.gpu.tracking.features import FEATURES, Scales

FILE = "pipeline.yaml"
STAGES = ("embedding", "filter", "gnn")
"""The networks of the pipeline, in their order; each has a folder of this name."""

PUBLISHED: Scales = {"r": 1000.0, "phi": 3.141592653589793, "z": 1000.0}
"""The cylindrical coordinates, scaled as in Exa.TrkX (EPJ C 81 (2021) 876)."""
_LONGEST = 1e6
_KEYS = ("features", "radius", "max_neighbours", "filter_cut", "gnn_cut", "labelling", "min_hits", "detector")
_OPTIONAL = ("labelling",)
METHODS = ("components", "supported")
"""How edges make tracks: as connected components of all that pass the cut, or of those that others of them support."""
MOST_SUPPORT = 1e6


@dataclass(frozen=True)
class Detector:
    """The space that hits can be in, in mm: inner_r <= r <= outer_r and |z| <= half_length."""

    inner_r: float = 1.0
    outer_r: float = 1100.0
    half_length: float = 3100.0


@dataclass(frozen=True)
class PipelineSettings:
    """How the stages are joined."""

    features: Mapping[str, Scales] = field(default_factory=lambda: dict.fromkeys(STAGES, PUBLISHED))
    """By stage: the columns that its network sees."""
    radius: float = 1.0
    """Of the graph in the space of the embedding."""
    max_neighbours: int | None = 100
    """The edges of a hit in it, at most (see `radius_graph`); None: all."""
    filter_cut: float = 0.1
    """Edges whose score in the filter is at least this go on to the GNN."""
    gnn_cut: float = 0.5
    """Edges whose score in the GNN is at least this make tracks."""
    support: float | None = None
    """Of these, only edges that others of them support by at least this (see `labelling.joining`); None: all."""
    min_hits: int = 3
    """A component of fewer hits is no track."""
    detector: Detector = field(default_factory=Detector)

    @classmethod
    def read(cls, path: Path) -> PipelineSettings:
        """Those in the file; ModelError with place, what was found and what was expected."""
        checks = Checks(str(path), ModelError)
        found = checks.mapping(checks.yaml(path), "the pipeline", _KEYS)
        for key in _KEYS:
            if key not in found and key not in _OPTIONAL:
                raise ModelError(f"{path}: there is no {key}")
        most = found["max_neighbours"]
        return cls(
            features=read_features(checks, found["features"]),
            radius=checks.number(found["radius"], "radius", 1e-9, 1e9),
            max_neighbours=None if most is None else checks.whole(most, "max_neighbours", 1, 1 << 20),
            filter_cut=checks.number(found["filter_cut"], "filter_cut", 0, 1),
            gnn_cut=checks.number(found["gnn_cut"], "gnn_cut", 0, 1),
            support=read_labelling(checks, found.get("labelling", {"method": "components"})),
            min_hits=checks.whole(found["min_hits"], "min_hits", 1, 1 << 20),
            detector=read_detector(checks, found["detector"]),
        )

    def text(self) -> str:
        """As the file has it."""
        import yaml

        d = self.detector
        plain = {
            "features": {stage: dict(scales) for stage, scales in self.features.items()},
            "radius": self.radius,
            "max_neighbours": self.max_neighbours,
            "filter_cut": self.filter_cut,
            "gnn_cut": self.gnn_cut,
            "labelling": {"method": "components"}
            if self.support is None
            else {"method": "supported", "least": self.support},
            "min_hits": self.min_hits,
            "detector": {"inner_r": d.inner_r, "outer_r": d.outer_r, "half_length": d.half_length},
        }
        return yaml.safe_dump(plain, sort_keys=False)


def read_detector(checks: Checks, found: object, place: str = "detector") -> Detector:
    """The space of hits; what is not given has its default."""
    given = checks.mapping(found, place, [f.name for f in fields(Detector)])
    detector = Detector(**{k: checks.number(v, f"{place}: {k}", 1e-3, _LONGEST) for k, v in given.items()})
    if detector.inner_r >= detector.outer_r:
        raise checks.refuse(f"{place}: inner_r", detector.inner_r, f"less than the outer_r of {detector.outer_r:g}")
    return detector


def read_labelling(checks: Checks, found: object, place: str = "labelling") -> float | None:
    """The least support of an edge; None for connected components, which ask for none."""
    given = checks.mapping(found, place, ("method", "least"))
    if checks.choice(given.get("method"), f"{place}: method", METHODS) == "components":
        if "least" in given:
            raise checks.refuse(f"{place}: least", given["least"], "none where the method is components")
        return None
    if "least" not in given:
        raise checks.error(f"{checks.where}: {place}: there is no least, the least support of an edge")
    return checks.number(given["least"], f"{place}: least", 0, MOST_SUPPORT)


def read_features(checks: Checks, found: object, place: str = "features") -> dict[str, Scales]:
    """For every stage the features with their scales."""
    stages = checks.mapping(found, place, STAGES)
    read: dict[str, Scales] = {}
    for stage in STAGES:
        columns = checks.mapping(stages.get(stage), f"{place}: {stage}", tuple(FEATURES))
        if not columns:
            raise checks.refuse(f"{place}: {stage}", columns, "at least one feature with its scale")
        read[stage] = {k: checks.number(v, f"{place}: {stage}: {k}", 1e-9, 1e9) for k, v in columns.items()}
    return read
