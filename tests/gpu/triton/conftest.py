"""The real server, where it is installed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codesign.gpu.triton.server import VARIABLE, Server, find_server

OWN = Path(__file__).parents[3] / ".venv-triton"
"""Where `make gpu-test` installs it."""


@pytest.fixture(scope="session")
def tritonserver() -> Server:
    """A tritonserver; the test skips where there is none."""
    if VARIABLE in os.environ:
        return find_server()
    if not OWN.is_dir():
        pytest.skip(f"needs tritonserver: {OWN.name}, or the variable {VARIABLE}")
    return find_server(str(OWN))
