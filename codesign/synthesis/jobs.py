"""The jobs of a design: an instance of each process and FIFO alone, without any name of the design."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from codesign.backends.rtl.top import ProcessText, Rtl, StreamText, library
from codesign.backends.rtl.weights import hexadecimal
from codesign.errors import IRError
from codesign.synthesis.job import GENERATED, JOB, MEMORY, Job
from codesign.synthesis.script import Family

_WORD = re.compile(r"\b[A-Za-z_]\w*\b")
_COMMENT = re.compile(r"//.*$", re.MULTILINE)
_BEHIND = re.compile(r"(_\d{5})?\.hex$")
_MONITORS = {"go", "starved", "blocked"}
"""Outputs that only a simulation looks at: left open here, so that nothing is made for them."""


def fifo_job(stream: StreamText, family: Family) -> Job:
    """The FIFO of a stream."""
    parameters = (("WIDTH", str(stream.width)), ("DEPTH", str(stream.depth)), ("STYLE", f'"{stream.style}"'))
    ports = [*_ports("in", stream.width, "input"), *_ports("out", stream.width, "output")]
    names = [name for name, _ in ports]
    connections = [(name, name) for name in ("clk", "rst", *names)]
    wrapper = _wrapper("codesign_fifo", parameters, [text for _, text in ports], connections)
    return Job({f"{JOB}.sv": wrapper}, _used([wrapper], library()), family, slices=False)


def process_job(rtl: Rtl, process: ProcessText, family: Family, slices: bool) -> Job:
    """The instance of a process; `slices` says whether its products are made of DSP slices."""
    streams = {s.stream: s for s in rtl.streams}
    renamed: dict[str, str] = {}
    ports: list[str] = []
    for letter, stream_names, direction in (("r", process.reads, "input"), ("w", process.writes, "output")):
        for i, name in enumerate(stream_names):
            text = streams[name]
            side = text.read if direction == "input" else text.write
            found = _ports(f"{letter}{i}", text.width, direction)
            ports += [declaration for _, declaration in found]
            renamed |= zip((side.data, side.valid, side.ready), (port for port, _ in found))
    connections = [
        (port, "" if port in _MONITORS else _replaced(text, {**renamed, "clk": "clk", "rst": "rst"}))
        for port, text in process.connections
    ]
    stems = list(dict.fromkeys(_stem(path) for path in process.files))
    roms = {path: path.replace(_stem(path), f"{MEMORY}{stems.index(_stem(path))}") for path in process.files}
    parameters = tuple((name, _file(text, stems)) for name, text in process.parameters)
    wrapper = _wrapper(process.module, parameters, ports, connections)
    generated = _used([wrapper], {f"{name}.sv": text for name, text in rtl.generated.items()})
    own = _numbered({f"{JOB}.sv": wrapper, **generated})
    memories = {new: hexadecimal(rtl.weights[path]) for path, new in roms.items()}
    return Job(own | memories, _used(own.values(), library()), family, slices)


def _ports(prefix: str, width: int, direction: str) -> list[tuple[str, str]]:
    """(name, declaration) of the signals of one end of a stream; `input` is the end that is read."""
    back = "output" if direction == "input" else "input"
    data, valid, ready = (f"{prefix}_{kind}" for kind in ("data", "valid", "ready"))
    return [
        (data, f"{direction} logic [{width - 1}:0] {data}"),
        (valid, f"{direction} logic {valid}"),
        (ready, f"{back} logic {ready}"),
    ]


def _wrapper(
    module: str, parameters: tuple[tuple[str, str], ...], ports: list[str], connections: list[tuple[str, str]]
) -> str:
    head = ",\n".join(f"    {port}" for port in ("input logic clk", "input logic rst", *ports))
    values = ",\n".join(f"      .{name}({text})" for name, text in parameters)
    wires = ",\n".join(f"      .{port}({text})" for port, text in connections)
    return f"module {JOB} (\n{head}\n);\n  {module} #(\n{values}\n  ) instance_0 (\n{wires}\n  );\nendmodule\n"


def _used(texts: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """Those modules of `known` (text by file name) that the texts are made of, without comments."""
    found: dict[str, str] = {}
    waiting = list(texts)
    while waiting:
        for word in sorted(set(_WORD.findall(waiting.pop()))):
            file = f"{word}.sv"
            if file in known and file not in found:
                found[file] = _COMMENT.sub("", known[file])
                waiting.append(found[file])
    return found


def _numbered(files: Mapping[str, str]) -> dict[str, str]:
    """The files, of which those behind the first are called by their number."""
    names = {file.removesuffix(".sv"): f"{GENERATED}{i}" for i, file in enumerate(list(files)[1:])}

    def changed(text: str) -> str:
        return _WORD.sub(lambda word: names.get(word[0], word[0]), text)

    return {changed(file): changed(text) for file, text in files.items()}


def _replaced(text: str, names: Mapping[str, str]) -> str:
    """A connection with the signals of the design called by their place."""
    for word in _WORD.findall(text):
        if word not in names:
            raise IRError(f"synthesis: the connection {text} names {word}, which is no signal of a stream")
    return _WORD.sub(lambda word: names[word[0]], text)


def _stem(path: str) -> str:
    """The path of a memory without what stands behind its name: the ending, and the number of a bank."""
    return _BEHIND.sub("", path)


def _file(text: str, stems: Sequence[str]) -> str:
    """A parameter, with a memory of the design called by its number."""
    path = text.strip('"')
    stem = _stem(path)
    return f'"{MEMORY}{stems.index(stem)}{path.removeprefix(stem)}"' if stem in stems else text
