"""The benchmark of the exported SPVCNN, on a small network and cloud."""

import pytest

pytestmark = pytest.mark.gpu

SMALL = ["--points", "200", "--scale", "8", "--repeat", "1", "--threads", "1"]


def test_every_export_is_as_near_to_pytorch_as_the_benchmark_asks(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    from benchmarks.spvcnn_export import EXPORTS, MAPS, main

    assert main(SMALL) == 0
    printed = capsys.readouterr().out
    assert "points in " in printed and "threads: 1\n" in printed
    assert all(f"| {name} " in printed for name in (*EXPORTS, MAPS))


def test_an_export_that_is_off_fails_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    from benchmarks import spvcnn_export

    monkeypatch.setattr(spvcnn_export, "CLOSE", 0.0)
    assert spvcnn_export.main(SMALL) == 1
