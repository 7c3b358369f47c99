"""The configurations that ship with the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from codesign.gpu.tracking.training.config import TrainingConfig

CONFIGS = Path(__file__).parents[3] / "benchmarks" / "configs" / "tracking"


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda p: p.stem)
def test_a_preset_is_read(path: Path) -> None:
    config = TrainingConfig.read(path)
    assert config.filter.network.inputs == 2 * len(config.features["filter"])


def test_the_published_preset_has_the_published_sizes() -> None:
    config = TrainingConfig.read(CONFIGS / "published.yaml")
    embedding, filter_, gnn = config.embedding.network, config.filter.network, config.gnn.network
    assert (embedding.inputs, embedding.hidden, embedding.outputs) == (3, (512,) * 6, 8)
    assert (filter_.inputs, filter_.hidden) == (24, (1024,) * 3)
    assert (gnn.hidden, gnn.steps) == ((128, 64), 8)
