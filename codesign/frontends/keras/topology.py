"""The layers of a Sequential or Functional model in the order of computation, each with what it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from codesign.errors import LayerError
from codesign.frontends.names import spelled

Entries = Mapping[str, object]


@dataclass(frozen=True)
class Tensor:
    """The result of call number `call` of the layer called `layer`."""

    layer: str
    call: int = 0


@dataclass(frozen=True, eq=False)
class Call:
    """The layer `name` of class `kind`, with its configuration, applied to `inputs`."""

    name: str
    kind: str
    config: Entries
    inputs: tuple[Tensor, ...]
    number: int = 0
    built: object = None
    """The shape that the layer was built for, where the file says."""


@dataclass(frozen=True, eq=False)
class Topology:
    """Calls in order, the input layers first; `inputs` and `outputs` in the order of the model."""

    calls: tuple[Call, ...]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


def topology(model: Entries) -> Topology:
    """What the configuration of a model describes; LayerError where it is none."""
    kind, config = model.get("class_name"), model.get("config")
    if kind == "Sequential":
        config = {"layers": config} if isinstance(config, list) else config  # Keras 1
    if not isinstance(config, Mapping) or kind not in ("Sequential", "Functional", "Model"):
        raise LayerError(
            f"the model is a {spelled(str(kind))}; only Sequential and Functional models say how their layers are "
            "connected: build it from those"
        )
    layers = [_layer(entry) for entry in _list(config, "layers")]
    if len({name for name, *_ in layers}) < len(layers):
        raise LayerError("two of its layers have one name; give each its own")
    return _sequential(config, layers) if kind == "Sequential" else _functional(config, layers)


Layer = tuple[str, str, Entries, Entries]
"""Name, class, configuration, and the entry that holds them."""


def _layer(entry: object) -> Layer:
    config = entry.get("config") if isinstance(entry, Mapping) else None
    kind = entry.get("class_name") if isinstance(entry, Mapping) else None
    if not isinstance(entry, Mapping) or not isinstance(config, Mapping) or not isinstance(kind, str):
        raise LayerError("one of its layers has no class_name and config; save the model again with model.save()")
    name = config.get("name", entry.get("name"))
    if not isinstance(name, str) or not name:
        raise LayerError(f"a layer of class {spelled(kind)} has no name; save the model again with model.save()")
    return name, kind, config, entry


def _built(entry: Entries) -> object:
    build = entry.get("build_config")
    return build.get("input_shape") if isinstance(build, Mapping) else None


def _sequential(config: Entries, layers: list[Layer]) -> Topology:
    """One layer behind the other; where no InputLayer stands first, the first layer or the model says the shape."""
    if not layers:
        raise LayerError("it has no layers")
    calls: list[Call] = []
    if layers[0][1] != "InputLayer":
        shape = layers[0][2].get("batch_input_shape") or config.get("build_input_shape") or _built(layers[0][3])
        if shape is None:
            raise LayerError("it does not say the shape of its input; put an Input(shape=...) first")
        taken = {name for name, *_ in layers}
        name = next(n for n in ("input", *(f"input_{k}" for k in range(len(layers) + 1))) if n not in taken)
        calls.append(Call(name, "InputLayer", {"batch_input_shape": shape, "name": name}, ()))
    for name, kind, entries, entry in layers:
        inputs = (Tensor(calls[-1].name),) if calls else ()
        calls.append(Call(name, kind, entries, inputs, built=_built(entry)))
    return Topology(tuple(calls), (Tensor(calls[0].name),), (Tensor(calls[-1].name),))


def _functional(config: Entries, layers: list[Layer]) -> Topology:
    calls = []
    for name, kind, entries, entry in layers:
        nodes = _list(entry, "inbound_nodes")
        if kind == "InputLayer":
            calls.append(Call(name, kind, entries, ()))
        for number, node in enumerate(nodes if kind != "InputLayer" else []):
            try:
                inputs = tuple(_inputs(node))
            except LayerError as error:
                raise LayerError(f"layer {spelled(name)}: {error}") from error
            calls.append(Call(name, kind, entries, inputs, number, _built(entry)))
    ends = [tuple(_tensors(config.get(key), key)) for key in ("input_layers", "output_layers")]
    if len(set(ends[0])) < len(ends[0]) or set(ends[0]) != {Tensor(c.name) for c in calls if c.kind == "InputLayer"}:
        raise LayerError("its input_layers are not those of class InputLayer; save the model again with model.save()")
    return Topology(tuple(_ordered(calls, ends[1])), *ends)


def _list(entries: Entries, key: str) -> list[object]:
    found = entries.get(key)
    if not isinstance(found, list):
        raise LayerError(f"its configuration has no list of {key}; save the model again with model.save()")
    return found


def _inputs(node: object) -> Iterator[Tensor]:
    """What a call reads: Keras 2 writes [[layer, call, tensor, arguments], ...], Keras 3 args and kwargs."""
    if isinstance(node, Mapping):
        given = node.get("kwargs")
        arguments = dict(given) if isinstance(given, Mapping) else {}
        yield from _keras_tensors(node.get("args"))
    elif isinstance(node, list):
        arguments = {}
        for item in node:
            if not isinstance(item, list) or len(item) not in (3, 4):
                raise LayerError("what it reads is not stated as [layer, call, tensor]; save the model again")
            yield _tensor(item[:3])
            if len(item) == 4 and isinstance(item[3], Mapping):
                arguments |= item[3]
    else:
        raise LayerError("its configuration does not say what it reads; save the model again with model.save()")
    for key, value in arguments.items():
        if value is not None and not (key in ("training", "mask") and value is False):
            raise LayerError(
                f"it is called with {spelled(key)}={spelled(repr(value))}, whose meaning is not supported; call it "
                "with its inputs alone"
            )


def _keras_tensors(args: object) -> Iterator[Tensor]:
    for item in args if isinstance(args, list) else [args]:
        if isinstance(item, list):
            yield from _keras_tensors(item)
        elif isinstance(item, Mapping) and item.get("class_name") == "__keras_tensor__":
            config = item.get("config")
            yield _tensor(config.get("keras_history") if isinstance(config, Mapping) else None)
        else:
            raise LayerError(f"it reads {spelled(repr(item))}, which is no result of a layer; rebuild it from layers")


def _tensors(stated: object, key: str) -> Iterator[Tensor]:
    """The ends of the model: [[layer, call, tensor], ...], or one alone."""
    if not isinstance(stated, list) or not stated:
        raise LayerError(f"its configuration has no {key}; save the model again with model.save()")
    for item in [stated] if isinstance(stated[0], str) else stated:
        yield _tensor(item)


def _tensor(item: object) -> Tensor:
    match item:
        case [str(layer), int(call), 0] if call >= 0:
            return Tensor(layer, call)
        case [str(layer), int(), int(index)]:
            raise LayerError(
                f"result {index} of layer {spelled(layer)} is read; only layers of one result are supported"
            )
    raise LayerError(f"{spelled(repr(item))} names no result of a layer; save the model again with model.save()")


def _ordered(calls: list[Call], wanted: tuple[Tensor, ...]) -> Iterator[Call]:
    """The calls that the outputs need, each behind those it reads; the input layers all, in their order, first."""
    by_tensor = {Tensor(c.name, c.number): c for c in calls}
    done = {Tensor(c.name, c.number) for c in calls if c.kind == "InputLayer"}
    yield from (c for c in calls if c.kind == "InputLayer")
    open_: set[Tensor] = set()
    stack = list(reversed(wanted))
    while stack:
        tensor = stack[-1]
        if tensor in done:
            stack.pop()
            continue
        if tensor not in by_tensor:
            raise LayerError(f"it has no call {tensor.call} of a layer {spelled(tensor.layer)}; save the model again")
        missing = [t for t in by_tensor[tensor].inputs if t not in done]
        if not missing:
            done.add(tensor)
            yield by_tensor[stack.pop()]
        elif tensor in open_:
            raise LayerError(f"layer {spelled(tensor.layer)} reads its own result; loops are not supported")
        else:
            open_.add(tensor)
            stack += reversed(missing)
