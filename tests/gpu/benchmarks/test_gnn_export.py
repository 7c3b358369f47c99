"""The benchmark of the exported interaction network, on a small graph."""

import pytest

pytestmark = pytest.mark.gpu
pytest.importorskip("torch")


def test_every_export_is_as_near_to_pytorch_as_the_benchmark_asks(capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks.gnn_export import EXPORTS, main

    assert main(["--nodes", "60", "--edges", "500", "--steps", "3", "--hidden", "16", "8", "--repeat", "1"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("60 nodes, 500 edges, 3 steps of [16, 8], 1 threads\n")
    assert all(f"| {name} " in printed for name in EXPORTS)


def test_an_export_that_is_off_fails_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import gnn_export

    monkeypatch.setattr(gnn_export, "CLOSE", 0.0)
    assert gnn_export.main(["--nodes", "60", "--edges", "500", "--hidden", "16", "8", "--repeat", "1"]) == 1
