"""The generated text of a small design, file by file."""

from pathlib import Path

from codesign.backends.project import write_project
from codesign.ir.verify_design import verify_design
from codesign.verification.vectors import random_vectors
from tests.backends.small import classifier, convolutions


def test_the_project_of_a_small_design_is_as_reviewed(golden, tmp_path: Path) -> None:
    design = classifier()
    write_project(
        design,
        tmp_path,
        part="xcu50-fsvh2104-2-e",
        clock_ns=5,
        vectors=random_vectors(design, 6),
        version="0.1.0",
        digest="sha256:0123456789ab",
    )
    texts = {str(p.relative_to(tmp_path)): p.read_text() for p in tmp_path.rglob("*") if p.is_file()}
    # The library is copied as it stands.
    golden("small", {k: v for k, v in texts.items() if not k.startswith(("src/codesign/", "csim/include/"))})


def test_the_windows_of_two_convolutions_are_as_reviewed(golden, tmp_path: Path) -> None:
    design = convolutions()
    verify_design(design)
    write_project(
        design, tmp_path, part="xcu50-fsvh2104-2-e", clock_ns=5, vectors=None, version="0.1.0", digest="sha256:0"
    )
    # The rest is as for the classifier.
    paths = [tmp_path / "src" / "config.h", *sorted((tmp_path / "src" / "weights").glob("*_window_*.h"))]
    golden("windows", {path.name: path.read_text() for path in (*paths, tmp_path / "src" / "convolutions.cpp")})
