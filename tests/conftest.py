"""What all tests share: Hypothesis profiles, and where the published networks and data lie."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

SHARED = Path(__file__).parents[2] / "shared"
"""Networks and data that other people published; beside the checkout, never part of it."""

SLOW_TO_DRAW = (HealthCheck.too_slow, HealthCheck.data_too_large)
settings.register_profile("ci", deadline=None, derandomize=True, database=None, suppress_health_check=SLOW_TO_DRAW)
settings.register_profile("explore", deadline=None, max_examples=1000, suppress_health_check=SLOW_TO_DRAW)
# A run is the same every time, unless `HYPOTHESIS_PROFILE=explore` looks for examples not seen before.
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of published networks and data; the test skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the folder {SHARED.name}/ beside the checkout")
    return SHARED
