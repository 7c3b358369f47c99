"""The kernels: under triton's interpreter equal to their references, and compiled for the cards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gpu.fast import signatures

pytestmark = pytest.mark.gpu
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("script", ["interpreted_search.py", "interpreted_networks.py", "interpreted_pipeline.py"])
def test_kernels_on_numpy_equal_their_references(script: str) -> None:
    environment = {**os.environ, "TRITON_INTERPRET": "1", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        [sys.executable, str(Path(__file__).parent / script)], env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == "equal\n"


@pytest.mark.parametrize(
    ("name", "architecture", "half"),
    [
        *((name, 90, True) for name in signatures.KERNELS),
        *((name, 75, True) for name in ("count", "fill", "hook", "sum at sources")),
        ("filter", 89, False),
        ("edge encoder", 75, False),
    ],
)
def test_kernels_compile_for_cards(
    name: str, architecture: int, half: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    code, shared = signatures.compiled(name, architecture, half)
    assert code > 0 and shared <= signatures.SHARED[architecture]
