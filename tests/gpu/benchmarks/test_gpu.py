"""The benchmark of the fast path: its checks run without a card, and say what is wrong."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.gpu
torch = pytest.importorskip("torch")
SMALL = ["--device", "cpu", "--hits", "100", "--neighbours", "4"]


def test_the_checks_pass_on_the_cpu(capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks import gpu

    assert gpu.main(SMALL) == 0
    printed = capsys.readouterr().out
    assert printed.endswith("all is right; without a card nothing is measured\n")
    assert printed.count("right: ") > 12 and "WRONG" not in printed


def test_a_pair_that_is_missing_is_seen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks import gpu

    whole = gpu.radius_graph
    monkeypatch.setattr(gpu, "radius_graph", lambda *given: whole(*given)[:, 1:])
    assert gpu.main(SMALL) == 1
    found = capsys.readouterr()
    assert "WRONG: pairs of an event, plain torch" in found.out
    assert "checks failed: nothing is measured" in found.err


@pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device is there")
def test_without_a_card_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks import gpu

    assert gpu.main([]) == 2
    assert capsys.readouterr().err.startswith("no CUDA device: torch finds none")


def test_it_imports_nothing_that_a_machine_with_torch_and_scipy_lacks() -> None:
    script = "import sys, benchmarks.gpu; print(*{m.split('.')[0] for m in sys.modules})"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"yaml", "onnx", "onnxruntime", "h5py", "rich", "jinja2", "qonnx", "typer"} & set(run.stdout.split())


def test_sizes_that_are_none_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks import gpu

    for given in (["--hits", "100,"], ["--hits", "many"], ["--repeats", "0"]):
        with pytest.raises(SystemExit, match="2"):
            gpu.main([*SMALL, *given])
        assert f"argument {given[0]}: " in capsys.readouterr().err


def test_cards_are_known_by_their_whole_name() -> None:
    from benchmarks.gpu_limits import CARDS, card

    assert card("NVIDIA A100-SXM4-80GB") is CARDS["A100-SXM4-80GB"]
    assert card("Tesla T4") is CARDS["T4"] and card("NVIDIA L4") is CARDS["L4"]
    assert card("Tesla V100-SXM2-16GB") is CARDS["V100-SXM2-16GB"]
    assert card("NVIDIA H200") is CARDS["H200"] and card("NVIDIA H200 NVL") is CARDS["H200 NVL"]
    assert card("NVIDIA L40S") is None and card("NVIDIA A100-PCIE-40GB") is None
    assert card("NVIDIA H200 MIG 1g.18gb") is None and card("NVIDIA GH200 480GB") is None


def test_the_work_of_the_published_networks() -> None:
    from benchmarks.gpu import COLUMNS, networks
    from benchmarks.gpu_limits import CARDS, work

    found = work(networks(), 1000, 10_000, 2000, 8, 2)
    assert len(COLUMNS) == 12
    assert found["embedding"].flops == 2 * 1000 * (3 * 512 + 5 * 512 * 512 + 512 * 8)
    assert found["filter"].flops == 2 * 1000 * 24 * 1024 + 10_000 * 2 * (2 * 1024**2 + 1024)
    # An edge of a step: 64 x 128 from its state and 128 x 64 behind; a node: two parts of 64 x 128, then 192 and 128.
    step = 2 * 2000 * 2 * 64 * 128 + 2 * 1000 * (2 * 64 * 128 + 192 * 128 + 128 * 64)
    ends = 2 * 1000 * (3 * 128 + 128 * 64 + 2 * 2 * 64 * 128) + 2 * 2000 * (128 * 64 + 64 * 128 + 128 * 64 + 64)
    assert found["gnn"].flops == 8 * step + ends
    limit = found["filter"].limit(CARDS["H200"], fp16=True)
    assert limit == found["filter"].flops / 989.5e12


def test_the_table_has_every_stage_with_its_limit_where_the_card_is_known() -> None:
    from benchmarks import gpu

    for name, known in (("NVIDIA T4", True), ("a card of tomorrow", False)):
        text = gpu.measure("cpu", name, "fp32", [60], 4.0, 1)
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()[4:] if line]
        assert text.startswith(name) and ("no limit is given" in text) is not known
        assert [row[3] for row in rows] == ["features", "embedding", "graph", "filter", "gnn", "labels", "all"]
        assert all(float(row[5].replace(",", "")) > 0 for row in rows)
        assert [row[9] != "" for row in rows] == [known and 0 < k < 6 for k in range(7)]
