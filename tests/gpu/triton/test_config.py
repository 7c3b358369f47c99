"""What Triton is told of a model is what its own messages read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as pb

from codesign.errors import ConfigError
from codesign.gpu.triton.config import Batching, Kind, ModelConfig, Port, Step, Type

HITS = Port("FEATURES", Type.FP32, (-1, 3))
LABELS = Port("LABELS", Type.INT64, (-1,))
PLAIN = ModelConfig("tracking", "python", (HITS,), (LABELS,))
BATCHED = ModelConfig(
    "batched",
    "onnxruntime",
    (replace(HITS, ragged=True), Port("T", Type.BYTES, (1,), optional=True)),
    (LABELS, Port("P", Type.FP16, (2, -1))),
    Kind.GPU,
    3,
    Batching(8, 250),
    tensorrt=True,
    parameters={"digest": "sha256:12", 'a "key"\\': "a 'value' {}"},
    comment="written by codesign\n}",
)
CHAIN = ModelConfig(
    "chain", "ensemble", (HITS,), (LABELS,),
    steps=(Step("a", {"x": "FEATURES"}, {"y": "points"}), Step("b", {"p": "points", "h": "FEATURES"}, {"l": "LABELS"})),
)  # fmt: skip


def read(config: ModelConfig) -> pb.ModelConfig:
    return text_format.Parse(config.text(), pb.ModelConfig())


def ports(found: pb.ModelConfig) -> list[tuple[object, ...]]:
    return [(p.name, pb.DataType.Name(p.data_type), tuple(p.dims)) for p in (*found.input, *found.output)]


def test_a_model_without_batches() -> None:
    found = read(PLAIN)
    assert (found.name, found.backend, found.platform, found.max_batch_size) == ("tracking", "python", "", 0)
    assert ports(found) == [("FEATURES", "TYPE_FP32", (-1, 3)), ("LABELS", "TYPE_INT64", (-1,))]
    assert not found.HasField("dynamic_batching") and not found.input[0].allow_ragged_batch
    [group] = found.instance_group
    assert (group.count, group.kind) == (1, pb.ModelInstanceGroup.KIND_CPU)


def test_a_model_with_batches_and_texts_of_all_kinds() -> None:
    found = read(BATCHED)
    assert found.max_batch_size == 8 and found.dynamic_batching.max_queue_delay_microseconds == 250
    assert [(p.allow_ragged_batch, p.optional) for p in found.input] == [(True, False), (False, True)]
    assert ports(found)[1:] == [
        ("T", "TYPE_STRING", (1,)),
        ("LABELS", "TYPE_INT64", (-1,)),
        ("P", "TYPE_FP16", (2, -1)),
    ]
    [accelerator] = found.optimization.execution_accelerators.gpu_execution_accelerator
    assert accelerator.name == "tensorrt"
    [group] = found.instance_group
    assert (group.count, group.kind) == (3, pb.ModelInstanceGroup.KIND_GPU)
    assert {k: v.string_value for k, v in found.parameters.items()} == dict(BATCHED.parameters)


def test_an_ensemble() -> None:
    found = read(CHAIN)
    assert found.platform == "ensemble" and found.backend == "" and not found.instance_group
    steps = [
        (s.model_name, s.model_version, dict(s.input_map), dict(s.output_map)) for s in found.ensemble_scheduling.step
    ]
    assert steps == [
        ("a", -1, {"x": "FEATURES"}, {"y": "points"}),
        ("b", -1, {"p": "points", "h": "FEATURES"}, {"l": "LABELS"}),
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "../up"}, r"model's name '\.\./up' is none"),
        ({"name": 'a"\nbackend: "x'}, "is none: letters"),
        ({"backend": "shell"}, "backend 'shell' is none of ours"),
        ({"inputs": ()}, "at least one input"),
        ({"inputs": (HITS, HITS)}, "two inputs have the same name"),
        ({"outputs": (Port("a b", Type.FP32, (1,)),)}, "the output 'a b' is none"),
        ({"inputs": (Port("x", Type.FP32, (0, 3)),)}, r"input x has the dims \(0, 3\)"),
        ({"inputs": (Port("x", Type.FP32, ()),)}, r"input x has the dims \(\)"),
        ({"inputs": (replace(HITS, ragged=True),)}, "no ragged batches without batches"),
        ({"instances": 0}, "instances: 0, expected 1..256"),
        ({"batching": Batching(0)}, "events per batch: 0, expected 1..4096"),
        ({"batching": Batching(1, -1)}, "microseconds to wait: -1"),
        ({"parameters": {"k": "line\nbreak"}}, "characters that are not printed"),
        ({"tensorrt": True}, "not by python on the cpu"),
        ({"steps": (Step("a", {}, {}),)}, "an ensemble has steps, and nothing else has"),
    ],
)  # fmt: skip
def test_what_cannot_be_served_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        replace(PLAIN, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((Step("a", {"x": "nothing"}, {"y": "LABELS"}),), "a reads nothing, which no step before writes"),
        ((Step("a", {"x": "FEATURES"}, {"y": "FEATURES"}),), "a writes FEATURES, which is there already"),
        ((Step("a", {"x": "FEATURES"}, {"y": "t", "z": "t"}),), "a writes t, which is there already"),
        ((Step("a", {"x": "FEATURES"}, {"y": "t"}),), "no step writes the output LABELS"),
    ],
)
def test_an_ensemble_whose_tensors_do_not_meet_is_refused(steps: tuple[Step, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        replace(CHAIN, steps=steps)
