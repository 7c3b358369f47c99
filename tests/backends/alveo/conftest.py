"""The parts of an emulated host that do not depend on the design, compiled once."""

from pathlib import Path

import pytest

from codesign import resources
from tests.backends.alveo.projects import compiled, objects


@pytest.fixture(scope="session")
def device(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Object files of the in-process device."""
    return objects(tmp_path_factory.mktemp("device"))


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The object file of the command-line runner."""
    folder = tmp_path_factory.mktemp("runner")
    return compiled(resources.folder("hls") / "host" / "main.cpp", folder, resources.folder("hls") / "device")
