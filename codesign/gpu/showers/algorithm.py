"""What ways to cluster without training have in common."""

from __future__ import annotations

from codesign.gpu.showers.condensation import Labels
from codesign.gpu.showers.detectors import Detector
from codesign.gpu.showers.event import ShowerEvent
from codesign.gpu.showers.selection import Selection


class Algorithm(Selection):
    """Grows clusters, and keeps those that have what a particle has."""

    def grown(self, detector: Detector, event: ShowerEvent) -> Labels:
        """(n,) all clusters, whatever they have, and `NONE`."""
        raise NotImplementedError

    def clusters(self, detector: Detector, event: ShowerEvent) -> Labels:
        """(n,) clusters from 0, and `NONE`; the ones of more energy first."""
        return self.selected(self.grown(detector, event), event)
