"""From events to a folder: the trained network with the thresholds that do best on what was kept for validation."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from codesign.gpu.showers.clustering import Thresholds, TrainedClustering
from codesign.gpu.showers.event import ShowerEvent
from codesign.gpu.showers.panoptic import Quality
from codesign.gpu.showers.runner import Runner
from codesign.gpu.showers.training.config import TrainingConfig
from codesign.gpu.showers.training.loop import Fitted, train
from codesign.gpu.showers.tuning import tuned_thresholds
from codesign.gpu.spvcnn.model import parameters, to_checkpoint
from codesign.progress import Progress, silent

HISTORY = "training.json"


@dataclass(frozen=True, eq=False)
class Trained:
    """The network, how it was fitted, and what it reaches on the events for validation."""

    clustering: TrainedClustering
    config: TrainingConfig
    fitted: Fitted
    quality: Quality
    parameters: int

    def write(self, folder: Path) -> None:
        """Into a folder that is empty: the network, its thresholds, and training.json."""
        self.clustering.write(folder)
        history = {
            "config": asdict(self.config),
            "parameters": self.parameters,
            "best_epoch": self.fitted.best_epoch + 1,
            "training": self.fitted.training,
            "validation": self.fitted.validation,
            "parts": self.fitted.parts,
            "validation_pq": self.quality.pq,
        }
        (folder / HISTORY).write_text(json.dumps(history, indent=2) + "\n", encoding="utf-8")


def train_clustering(config: TrainingConfig, events: list[ShowerEvent], progress: Progress = silent) -> Trained:
    """Trains, and finds thresholds on the events that were kept for validation."""
    model, fitted, held = train(config, events, progress)
    made = TrainedClustering(config.detector, Thresholds(), to_checkpoint(model))
    runner = Runner(made, torch.get_num_threads())
    progress("thresholds", 0, 0)
    thresholds, quality = tuned_thresholds([(runner.predicted(e), e) for e in held])
    return Trained(replace(made, thresholds=thresholds), config, fitted, quality, parameters(model))
