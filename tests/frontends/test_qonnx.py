"""The importer as a whole: names, the table of operators, hostile files, and our own jet tagger."""

import re
import string
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from codesign.errors import ModelError
from codesign.frontends.names import LONGEST
from codesign.frontends.qonnx import SUPPORTED, load, load_model
from codesign.ir.graph import Graph
from tests.frontends.models import executed, imported, layers, model, node

JET_TAGGER = Path(__file__).parents[2] / "models" / "jet_tagger"
SAFE = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*")


def names(graph: Graph) -> list[str]:
    return [graph.name, *(n.name for n in graph), *(o.name for o in graph.outputs)]


@pytest.mark.parametrize("kind", sorted(SUPPORTED))
def test_every_operator_says_in_one_line_what_it_becomes(kind: str) -> None:
    first = (SUPPORTED[kind].__doc__ or "").splitlines()[0]
    assert first.endswith(".") and ": " in first
    assert first[0] in string.ascii_letters + string.digits + "+-"


HOSTILE = [
    '"; system("rm -rf /"); //',
    "a\nb\r\n#include </etc/passwd>",
    "*/ int main() { /*",
    "../../../../tmp/evil",
    "$(touch /tmp/evil) `touch /tmp/evil`",
    "[exec touch /tmp/evil]; {x}",
    "</script><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "%s%n\0\x1b[2J",
    "\u202eevil\u2028",
    "n" * 1_000_000,
    "endmodule",
    "",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_do_not_survive(text: str) -> None:
    tensor = text or "t"
    proto = model(
        [
            node("MatMul", ["x", "w"], tensor, text),
            node("Relu", [tensor], "y", text),
            node("Neg", ["y"], text + "z", text),
        ],
        {"w": np.ones((4, 2), np.float32)},
        outputs=(text + "z", "y"),
    )
    proto.graph.input[0].name = proto.graph.node[0].input[0] = text + "x"
    graph = load_model(proto, f"{text}.onnx")
    assert all(SAFE.fullmatch(n) and len(n) <= LONGEST for n in names(graph))
    assert len({n.lower() for n in names(graph)[1:]}) == len(graph) + 2
    origins = [graph.origin, *(n.origin for n in graph), *(o.origin for o in graph.outputs)]
    assert all(o.isprintable() and len(o) < 300 for o in origins)


@pytest.mark.parametrize("text", HOSTILE)
def test_messages_about_hostile_names_are_short_and_printable(text: str) -> None:
    with pytest.raises(ModelError) as caught:
        load_model(model(node("Conv", ["x"], name=text, domain=text)), f"{text}.onnx")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1500


def test_names_of_the_file_are_kept_where_they_are_identifiers() -> None:
    graph = imported(model([node("Relu", ["x"], "a", "act_0"), node("Neg", ["a"], name="/head/Neg")]))
    assert [(n.name, n.origin) for n in graph] == [("x", "x"), ("act_0", "act_0"), ("head_Neg", "/head/Neg")]
    assert [(o.name, o.origin) for o in graph.outputs] == [("y", "y")]
    assert (graph.name, graph.origin) == ("test", "test.onnx")


def test_operators_without_a_name_are_called_by_what_they_give() -> None:
    graph = imported(model([node("Relu", ["x"], "74", ""), node("Neg", ["74"], name="")]))
    assert [(n.name, n.origin) for n in graph if n.inputs] == [("Relu_74", "Relu of 74"), ("Neg_y", "Neg of y")]
    with pytest.raises(ModelError, match=r"test\.onnx: node Conv of y: "):
        imported(model(node("Conv", ["x"], name="")))


def test_the_jet_tagger_loads() -> None:
    graph = load(JET_TAGGER / "jet_tagger.onnx")
    assert graph.origin == "jet_tagger.onnx"
    hidden = ["Quantize", "Dense", "Affine", "Relu"]
    assert layers(graph) == [*hidden * 3, "Quantize", "Dense", "Affine"]
    assert [n.type.shape for n in graph if type(n.layer).__name__ == "Dense"] == [(64,), (32,), (32,), (5,)]


def test_the_jet_tagger_means_what_qonnx_computes() -> None:
    x = np.load(JET_TAGGER / "validation_x.npy")[:8].astype(np.float32)
    graph = load(JET_TAGGER / "jet_tagger.onnx")
    ours = graph.values([x.astype(np.float64)])[0].astype(float)
    proto = onnx.load(str(JET_TAGGER / "jet_tagger.onnx"))
    # The file fixes the batch to 1.
    reference = np.concatenate([executed(proto, sample[None])[0] for sample in x])
    step = float(graph[graph.outputs[0].source].type.step[0])
    assert np.abs(ours - reference).max() < step


def test_a_model_loads_twice_to_the_same_network() -> None:
    def described(graph: Graph) -> list[Any]:
        return [(n.name, n.inputs, str(n.type), n.origin) for n in graph]

    path = JET_TAGGER / "jet_tagger.onnx"
    assert described(load(path)) == described(load(path))
