"""What `codesign clustering train` is told."""

from pathlib import Path

import pytest

from codesign.errors import ConfigError
from codesign.gpu.showers.training.config import REDUCED, TrainingConfig
from codesign.gpu.spvcnn.settings import PUBLISHED, Settings

CONFIGS = Path(__file__).parents[3] / "benchmarks" / "configs" / "clustering"


def test_all_but_the_detector_has_a_default() -> None:
    config = TrainingConfig.of({"detector": "hgcal"})
    assert config.network.channels == REDUCED and config.training.epochs == 10
    assert TrainingConfig.of({"detector": "hcal", "network": {"channels": "published"}}).network.channels == PUBLISHED


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda p: p.stem)
def test_the_configurations_of_the_benchmark_are_read(path: Path) -> None:
    config = TrainingConfig.read(path)
    assert config.detector == path.stem
    assert Settings.read(config.settings().mapping()) == config.settings()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "there is no detector; expected one of hgcal, hcal"),
        (None, "the file is None, expected a mapping"),
        ({"detector": "ecal"}, "detector is 'ecal', expected one of hgcal, hcal"),
        ({"detector": "hcal", "epochs": 3}, "the file: the key 'epochs' is not known"),
        ({"detector": "hcal", "training": {"epoch": 3}}, "training: the key 'epoch' is not known; did you mean epochs"),
        ({"detector": "hcal", "training": {"epochs": 0}}, "training: epochs is 0, expected an integer in 1"),
        ({"detector": "hcal", "training": {"turned": 1}}, "training: turned is 1, expected true or false"),
        ({"detector": "hcal", "network": {"channels": "huge"}}, "network: channels 'huge' is not known"),
        ({"detector": "hcal", "network": {"channels": [8] * 8}}, "network: channels is .*, expected nine numbers"),
        ({"detector": "hcal", "network": {"resolution": "1"}}, "network: resolution is '1', expected a number"),
        ({"detector": "hcal", "loss": {"alpha": "mass"}}, "loss: alpha is 'mass', expected one of charge, energy"),
        ({"detector": "hcal", "seed": -1}, "seed is -1"),
        ({"detector": "hcal", "validation": 1}, "validation is 1, expected a number in 0.001..0.9"),
    ],
)
def test_what_is_not_understood_is_refused(data: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TrainingConfig.of(data, "c.yaml")
