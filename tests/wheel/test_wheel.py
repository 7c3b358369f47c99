"""The wheel, installed outside the checkout, is all that the demo needs."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, folder: Path) -> str:
    """The output of a command that must succeed, run where the checkout is out of sight."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([str(part) for part in command], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, folder=folder)
    [file] = folder.glob("*.whl")
    return file


def test_the_wheel_carries_the_templates_the_headers_and_the_jet_tagger(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder in ("templates", "hls"):
        files = [path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file()]
        files = [path for path in files if "__pycache__" not in path.parts]
        assert files
        missing = [str(path) for path in files if f"codesign/_data/{path}" not in names]
        assert not missing
    assert "codesign/_data/models/jet_tagger/jet_tagger.onnx" in names
    assert "codesign/_data/models/jet_tagger/config.yaml" in names
    for folder in ("targets", "gpu/lint/tables"):
        assert any(name.startswith(f"codesign/{folder}/") and name.endswith(".yaml") for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_installed_wheel_runs_the_demo(wheel: Path, tmp_path: Path) -> None:
    # Dependencies come from the environment of this test, through a .pth file; codesign comes from the wheel,
    # whose folder stands first. No network is needed.
    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(run(python, "-c", where, folder=tmp_path).strip())
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", site, wheel]
    run(*install, folder=tmp_path)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")

    where = "import codesign, pathlib; print(pathlib.Path(codesign.__file__).parent)"
    package = Path(run(python, "-c", where, folder=tmp_path).strip())
    assert package == site / "codesign"
    model = package / "_data" / "models" / "jet_tagger" / "jet_tagger.onnx"
    entry = "from codesign.cli.main import app; app()"  # what the `codesign` script runs
    output = run(python, "-c", entry, "compile", model, "--target", "u50", "-o", "build", folder=tmp_path)
    assert "report" in output
    assert (tmp_path / "build" / "report.html").is_file()
    assert (tmp_path / "build" / "report.json").is_file()
