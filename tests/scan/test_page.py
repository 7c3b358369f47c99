"""scan.html: drawn from what a scan found, safe whatever names are in it, and shown by a browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from codesign.scan.run import scan
from tests.scan.conftest import Case

HOSTILE = "def bad(outputs, labels):\n    return float((outputs.argmax(axis=1) == labels).mean())\n"


@pytest.fixture(scope="module")
def page(jets: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That of a search by layers with designs."""
    folder = tmp_path_factory.mktemp("scan")
    scan(**jets.options(metric="accuracy", bits="3,5", output=folder, method="allocate", reuse=8))
    return folder / "scan.html"


def test_a_page_has_every_picture_and_every_point(page: Path, jets: Case) -> None:
    text = page.read_text()
    for title in (
        "accuracy by width", "accuracy against bit operations", "accuracy against LUT", "Sensitivity by layer",
        "Ranges by layer", "Rounding by layer",
    ):  # fmt: skip
        assert f"<h2>{title}</h2>" in text
    assert text.count("<svg") == text.count("</svg>") == text.count('class="figure"')
    table = (page.parent / "results.csv").read_text().splitlines()
    for row in table[1:]:
        assert f"<td>{row.split(',')[0]}</td>" in text
    assert text.count('<tr class="front">') == len(list((page.parent / "configs").iterdir()))
    for site in ("dense_0.weight", "relu_1.result"):
        assert site in text


def test_a_page_needs_nothing_else_and_is_the_same_again(page: Path, jets: Case) -> None:
    text = page.read_text()
    assert "<script" not in text
    assert not re.search(r'(?:src|href)="(?!#)', text)
    assert "data:" not in text
    scan(**jets.options(metric="accuracy", bits="3,5", output=page.parent, method="allocate", reuse=8))
    again = page.read_text()
    assert again.replace("0 points evaluated", "") == re.sub(r"\d+ points evaluated", "", text)


def test_names_are_text_and_not_formulas_or_tags(jets: Case, tmp_path: Path) -> None:
    file = tmp_path / "$a^2$<b>&.py"
    file.write_text(HOSTILE)
    scan(**jets.options(metric=f"{file}:bad", goal="max", bits="4,5", output=tmp_path / "out", design=False))
    text = (tmp_path / "out" / "scan.html").read_text()
    assert "<b>&.py" not in text
    assert "against bit operations" in text


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
def test_a_browser_shows_every_picture(page: Path, tmp_path: Path) -> None:
    """The picture of the page has more than one colour in every part where a figure is."""
    shot = tmp_path / "page.png"
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1360,3000",
               f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={shot}", page.as_uri()]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    from matplotlib.image import imread

    pixels = imread(shot)[..., :3]
    blue = (abs(pixels - [0x1F / 255, 0x5F / 255, 0xBF / 255]).max(axis=2) < 0.01).sum()
    orange = (abs(pixels - [0xC2 / 255, 0x41 / 255, 0x0C / 255]).max(axis=2) < 0.01).sum()  # widths by layer
    assert blue > 500
    assert orange > 20
