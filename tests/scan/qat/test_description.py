"""Networks described in YAML: what they mean, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from codesign.errors import ConfigError
from codesign.scan.qat.description import Description
from codesign.scan.qat.layers import Conv, Dense

TEXT = """
Bits: {weights: 6, activations: 5}
Inputs:
  image: {shape: [3, 8, 9], bits: 7}
Layers:
  a: {kind: conv, filters: 4, kernel: [3, 5], weight_bits: 3}
  p: {kind: max_pool, size: 2}
  flat: {kind: flatten}
  e: {kind: dense, units: 2, activation: none, norm: false, prune: 0.5}
Training: {loss: mae, epochs: 3, schedule: cyclical, patience: 2, seed: 7}
"""


def test_a_file_says_layers_bits_and_training(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(TEXT)
    found = Description.read(file)
    assert found.shapes == {"image": (3, 8, 9), "a": (4, 8, 9), "p": (4, 4, 4), "flat": (64,), "e": (2,)}
    assert found.layers[0] == Conv("a", ("image",), weight_bits=3, filters=4, kernel=(3, 5))
    assert found.layers[3] == Dense("e", ("flat",), activation="none", norm=False, prune=0.5, units=2)
    assert (found.weight_bits, found.activation_bits, found.inputs[0].bits) == (6, 5, 7)
    training = found.training
    assert (training.loss, training.epochs, training.schedule, training.patience, training.seed) == (
        "mae", 3, "cyclical", 2, 7
    )  # fmt: skip


def test_bits_asked_for_win_over_those_of_the_file() -> None:
    found = Description.of(layers(a={"kind": "dense", "units": 4, "weight_bits": 3}, b=LAST))
    assert [layer.weight_bits for layer in found.with_bits(6).layers] == [None, None]
    changed = found.with_bits(6, {"b": 4})
    assert changed.weight_bits == changed.activation_bits == 6
    assert [layer.weight_bits for layer in changed.layers] == [None, 4]
    assert found.with_bits(seed=5).training.seed == 5
    with pytest.raises(ConfigError, match="bits: layer 'c' is not known; there are a, b"):
        found.with_bits(layers={"c": 4})
    with pytest.raises(ConfigError, match=r"bits: the bits is 40, expected an integer in 2\.\.16"):
        found.with_bits(40)


LAST = {"kind": "dense", "units": 1, "activation": "none", "norm": False}


def layers(**given: Any) -> dict[str, Any]:
    return {"Inputs": {"x": {"shape": [4]}}, "Layers": given}


IMAGE = {"Inputs": {"x": {"shape": [2, 4, 5]}}}

REFUSED: list[tuple[Any, str]] = [
    ([], r"description: the file is \[\], expected a mapping with the keys Bits, Inputs, Layers, Training"),
    ({"Layer": {}}, "the key 'Layer' is not known; did you mean Layers?"),
    ({"Inputs": {}, "Layers": {}}, "Inputs is {}, expected a mapping of names"),
    (layers(), "Layers is {}, expected a mapping of names"),
    (layers(**{"../a": LAST}), "Layers: a name is '../a', expected letters, digits and _"),
    (layers(x=LAST), "Layers: x: there are two of this name"),
    (layers(a={"units": 3}), "Layers: a: kind is None, expected one of add, concat, conv"),
    (layers(a={"kind": "dense", "unit": 3}), "Layers: a: the key 'unit' is not known; did you mean units?"),
    (layers(a={"kind": "dense", "units": 0}), r"Layers: a: units is 0, expected an integer in 1\.\.65536"),
    (layers(a={"kind": "dense", "units": True}), "Layers: a: units is True, expected an integer"),
    (layers(a=LAST | {"from": "y"}), "Layers: a: from 'y' is not known; there are x"),
    (layers(a=LAST | {"from": []}), r"Layers: a: from is \[\], expected a name or a list of names: x"),
    (layers(a=LAST | {"prune": 1.5}), r"Layers: a: prune is 1.5, expected a number in 0\.\.0.99"),
    (layers(a=LAST | {"weight_bits": 1}), r"Layers: a: weight_bits is 1, expected an integer in 2\.\.16"),
    (layers(a={"kind": "conv", "filters": 2}), "Layers: a: its source has the shape 4, expected channels x height"),
    (layers(a=LAST, b=LAST | {"from": "x"}), "description: a: nothing takes it; the last layer alone is the output"),
    (layers(a={"kind": "add", "from": ["x"]}), "Layers: a: its sources have the shapes 4, expected two or more"),
    (
        IMAGE | {"Layers": {"a": LAST}},
        "Layers: a: its source has the shape 2 x 4 x 5, expected a vector; put a flatten",
    ),
    (
        IMAGE | {"Layers": {"a": {"kind": "conv", "filters": 1, "kernel": 6, "padding": "valid"}}},
        "Layers: a: a kernel of 6 x 6 is larger than its image of 4 x 5",
    ),
    (IMAGE | {"Layers": {"a": {"kind": "max_pool", "size": 5}}}, "a pool of 5 x 5 is larger than its image of 4 x 5"),
    (
        {"Inputs": {"x": {"shape": [4]}, "y": {"shape": [4]}}, "Layers": {"a": LAST}},
        "Layers: a: from is None, expected a name or a list of names: x, y",
    ),
    (layers(a=LAST) | {"Training": {"loss": "huber"}}, "Training: loss is 'huber', expected one of cross_entropy"),
    (layers(a=LAST) | {"Bits": "six"}, "Bits is 'six', expected a mapping with the keys weights, activations"),
    ({"Inputs": {"x": {"shape": [0]}}, "Layers": {"a": LAST}}, "Inputs: x: shape is 0, expected an integer"),
]


@pytest.mark.parametrize(("data", "message"), REFUSED, ids=[m[:40] for _, m in REFUSED])
def test_what_describes_no_network_is_refused_by_its_place(data: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Description.of(data)


def test_files_that_are_no_yaml_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        Description.read(file)
    for content, message in (
        (b"a: [", "this is not YAML"),
        (b"\xff\xfe\x00", "this is not YAML"),
        (b"[" * 5000, "nested too deeply|this is not YAML"),
        (b"#" * (1 << 21), "larger than"),
    ):
        file.write_bytes(content)
        with pytest.raises(ConfigError, match=message):
            Description.read(file)
