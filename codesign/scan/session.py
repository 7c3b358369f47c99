"""A scan under way: the points that it asks for, and which of them the store does not know yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codesign.progress import Progress, silent
from codesign.scan.evaluate import Evaluator, Outcome
from codesign.scan.search import Point
from codesign.scan.space import digest, spelled
from codesign.scan.store import Store
from codesign.scan.workers import Workers

if TYPE_CHECKING:
    from codesign.scan.cluster import Cluster


@dataclass
class Session:
    """Evaluates points that the store does not have, and keeps them there."""

    evaluator: Evaluator
    workers: Workers | Cluster
    store: Store
    progress: Progress = silent
    asked: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """Every point that was asked for, as text, by its digest."""
    evaluated: int = 0
    """How many of them were not in the store."""

    def evaluate(self, points: Sequence[Point]) -> list[Outcome | None]:
        """What is known of each point; None where it has no network."""
        self.store.refresh()
        texts = {digest(p): spelled(p) for p in points}
        self.asked |= texts
        new = [t for key, t in texts.items() if not self.store.done(key)]
        stored = len(texts) - len(new)
        said = "evaluating points" + (f", {stored} were in the store" if stored else "")
        self.progress(said, 0, len(new))
        for number, (types, found) in enumerate(self.workers(new)):
            self.store.add(types, found)
            self.evaluated += 1
            self.progress(said, number + 1, len(new))
        return [self.store.known.get(digest(p)) for p in points]
