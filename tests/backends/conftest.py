"""`--update-golden` rewrites the golden files instead of comparing with them: review the diff like code."""

from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files of generated text")


@pytest.fixture
def golden(request: pytest.FixtureRequest):
    """compares a dict of texts by path with the folder golden/<name>, or rewrites that."""

    def compare(name: str, texts: dict[str, str]) -> None:
        folder = GOLDEN / name
        if request.config.getoption("--update-golden", default=False):
            for old in [p for p in folder.rglob("*") if p.is_file()]:
                old.unlink()
            for path, text in texts.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(text)
        found = {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}
        assert sorted(found) == sorted(texts)
        for path, text in texts.items():
            assert text == found[path], f"{path} differs; see the diff after pytest tests/backends --update-golden"

    return compare
