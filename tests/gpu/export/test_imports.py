"""An export needs no PyTorch."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_building_and_writing_a_network_does_not_import_torch() -> None:
    script = (
        "import sys\n"
        "from codesign.gpu.export.model import to_onnx\n"
        "from codesign.gpu.networks import network\n"
        "from tests.gpu.checkpoints import interaction\n"
        "to_onnx(network(interaction()))\n"
        "print(sorted({'torch', 'scipy'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
