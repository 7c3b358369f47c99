"""Training with Brevitas, export as QONNX, and the way back through the compiler."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.jet_tagger.generate import jets

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """A tagger of 16-8-8-5 after a few steps of training, and the file it was exported to."""
    torch = pytest.importorskip("torch", reason="needs the `train` extra")
    pytest.importorskip("brevitas", reason="needs the `train` extra")
    from models.jet_tagger.train import export, network, train

    torch.manual_seed(1)
    model = network(hidden=(8, 8))
    train(model, *jets(3000, seed=11), epochs=6, batch=100)
    file = tmp_path_factory.mktemp("tagger") / "tagger.onnx"
    export(model, file)
    return model, file


def test_qonnx_executes_the_export_as_brevitas_does(tagger: tuple[Any, Path]) -> None:
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx

    from models.jet_tagger.train import logits

    model, file = tagger
    exported = ModelWrapper(str(file))
    x, _ = jets(100, seed=12)
    [output] = [value.name for value in exported.graph.output]
    executed = [execute_onnx(exported, {"input": row[None]})[output][0] for row in x]
    np.testing.assert_allclose(executed, logits(model, x), rtol=1e-4, atol=1e-5)


def test_the_export_is_one_file_without_paths_of_this_machine(tagger: tuple[Any, Path]) -> None:
    _, file = tagger
    assert list(file.parent.iterdir()) == [file]
    assert b"site-packages" not in file.read_bytes()


def test_training_learns_from_the_jets(tagger: tuple[Any, Path]) -> None:
    from models.jet_tagger.train import logits

    x, y = jets(2000, seed=13)
    assert (logits(tagger[0], x).argmax(axis=1) == y).mean() > 0.4


def test_the_generated_cpp_of_a_trained_network_computes_what_brevitas_does(tagger: tuple[Any, Path]) -> None:
    import codesign
    from models.jet_tagger.train import logits

    model, file = tagger
    compiled = codesign.compile(file, target="u50")
    x, _ = jets(1000, seed=14)
    # Brevitas computes in float32, so that a sum within float error of a rounding tie may go the other way there:
    # one code of one activation, in a jet here and there. Any other difference would show in most jets.
    difference = np.abs(compiled.csim(x) - logits(model, x)).max(axis=1)
    assert np.count_nonzero(difference > 1e-5 * np.abs(logits(model, x)).max()) <= 3
    assert difference.max() < 0.1
