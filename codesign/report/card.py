"""How a design sits on its card, and what launches of batches take there."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from codesign.analysis.launch import Launch, Pace, Traffic, launch
from codesign.targets import Link

BATCHES = (1, 5, 100, 1000)
"""Samples of the launches that a report shows."""


@dataclass(frozen=True)
class Card:
    """The link to the host, and what the kernel moves through it."""

    link: Link
    ports: tuple[Traffic, ...]
    compute_units: int = 1
    batches: tuple[int, ...] = BATCHES

    def launches(self, pace: Pace, bound: Pace, clock_mhz: float) -> tuple[Launch, ...]:
        """One of each batch, for a design of this pace with these lower bounds."""
        return tuple(launch(self.ports, pace, bound, clock_mhz, self.link, n, self.compute_units) for n in self.batches)


def as_json(card: Card, launches: tuple[Launch, ...], source: str) -> dict[str, object]:
    """The part of report.json; `source` says how the cycles of the kernel are known."""
    return asdict(card) | {"source": source, "launches": [_rounded(one) for one in launches]}


def _rounded(one: Launch) -> dict[str, object]:
    follows = {
        "transfer_us": one.transfer_us,
        "end_to_end_us": one.end_to_end_us,
        "bound_us": one.bound_us,
        "per_second": one.per_second,
    }
    return {
        name: round(value, 4) if isinstance(value, float) else value for name, value in (asdict(one) | follows).items()
    }
