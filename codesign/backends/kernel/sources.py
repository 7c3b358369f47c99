"""The memory-mapped kernel of a design: a master for each port, a batch of samples per start.

It reads and writes memory as `MemoryLayout` says, and is the same for an Alveo card and for a Zynq.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from codesign.backends.hls.sources import PortText, Sources
from codesign.backends.memory import VERSION, MemoryLayout
from codesign.backends.names import Names
from codesign.backends.render import render
from codesign.errors import OutputError
from codesign.ir.design import Design, Port

FOLDER = "kernel"
"""The kernel's place in the project folder."""

DESCRIPTION = f"{FOLDER}/kernel.json"
"""What the kernel is, for programs."""

STATUS_WORDS = 6
"""Words of 32 bits that every start writes: four of the digest, the version of the layout, the most samples."""

MOST_SAMPLES = (1 << 31) - 1
"""What the scalar argument holds; the kernel counts the beats and words of a batch in the same type."""

BURST_WORDS = 64
"""Words of a burst, where 4096 bytes hold as many: bursts do not cross that boundary (AXI4, A3.4.1). Eight under way
wait in 512 words, which is the least that block RAM is deep at its full width."""

STATUS_BURST = 16


@dataclass(frozen=True)
class Argument:
    """A memory argument of the kernel: the port it stands for, how its codes lie, and the names of what serves it."""

    name: str
    port: PortText
    layout: MemoryLayout
    reads: bool
    """Whether the kernel reads this memory; else it writes it."""
    number: int
    """Counts the masters."""
    config: str
    mover: str
    """The process that moves words."""
    packer: str
    """The process that packs beats into words, or takes them out."""
    words: str
    beats: str

    @property
    def burst(self) -> int:
        """Words per burst."""
        return min(BURST_WORDS, 4096 * 8 // self.layout.word_bits)

    @property
    def function(self) -> str:
        """The template of the packing process."""
        if self.layout.words > 1:
            return "gather" if self.reads else "scatter"
        return "unpack" if self.reads else "pack"

    def byte_count(self, samples: int) -> int:
        """Bytes of a buffer for so many samples."""
        return self.layout.byte_count(samples * self.port.size)

    def counted(self) -> int:
        """The most samples for which nothing that the kernel counts exceeds an int."""
        per_sample = self.port.beats * self.layout.words
        return (MOST_SAMPLES - self.layout.beats) // per_sample


@dataclass(frozen=True)
class Kernel:
    """The kernel as its templates and the hosts see it; arguments in the order of the C function."""

    name: str
    sources: Sources
    inputs: tuple[Argument, ...]
    outputs: tuple[Argument, ...]
    status: str
    samples: str
    compute: str
    sample: str
    """Counts the samples of a batch."""
    report: str
    word_bits: int
    max_samples: int
    digest: str = "0" * 32
    """128 bits in hexadecimal."""

    @property
    def memories(self) -> tuple[Argument, ...]:
        """Inputs, then outputs; the status and the number of samples follow them."""
        return (*self.inputs, *self.outputs)

    @property
    def buffer_bram36(self) -> float:
        """Block RAM of the masters: the bursts under way are 512 words, which a block of 36 Kb holds 72 bits wide
        (UG573, UG473); those of the status are half a block."""
        return sum(-(-a.layout.word_bits // 72) for a in self.memories) + 0.5

    @property
    def layout_version(self) -> int:
        """What the kernel says of the layout that it was printed for."""
        return VERSION

    @property
    def status_number(self) -> int:
        """The number of the status's master."""
        return len(self.memories)

    @property
    def status_burst(self) -> int:
        """Words per burst of the status."""
        return STATUS_BURST

    @property
    def status_words(self) -> tuple[int, ...]:
        """The words that every start writes."""
        words = tuple(int(self.digest[i : i + 8], 16) for i in range(0, 32, 8))
        return (*words, VERSION, self.max_samples)

    def files(self, version: str, digest: str) -> dict[str, str]:
        """The C++ by path in the project; `digest` names the model."""
        values = {"k": self, "s": self.sources, "version": version, "digest": digest}
        return {
            f"{FOLDER}/{self.name}.h": render("kernel/kernel.h.j2", **values),
            f"{FOLDER}/{self.name}.cpp": render("kernel/kernel.cpp.j2", **values),
            "csim/kernel.cpp": render("kernel/run.cpp.j2", **values),
        }


def kernel(design: Design, sources: Sources, word_bits: int) -> Kernel:
    """The kernel of `design`, printed as `sources`, for memories of `word_bits`. It has no digest yet, and takes as
    many samples as it can count.

    TargetError where a word does not hold a code.
    """
    names = Names(_taken(sources))
    name = names.unique(f"{sources.top}_kernel")
    arguments = tuple(_arguments(design, sources, word_bits, names))
    return Kernel(
        name=name,
        sources=sources,
        inputs=tuple(a for a in arguments if a.reads),
        outputs=tuple(a for a in arguments if not a.reads),
        status=names.unique("status"),
        samples=names.unique("samples"),
        compute=names.unique("compute"),
        sample=names.unique("n"),
        report=names.unique("report_status"),
        word_bits=word_bits,
        max_samples=min(a.counted() for a in arguments),
    )


def write_kernel(kernel: Kernel, folder: Path, *, version: str, digest: str) -> Kernel:
    """Writes `kernel/` into the project `folder`, which holds the design already; gives the kernel with the digest of
    the design.

    `digest` names the model. The same arguments give the same bytes.
    """
    texts = {
        f"src/{path.relative_to(folder / 'src').as_posix()}": path.read_text(encoding="ascii")
        for path in sorted((folder / "src").rglob("*"))
        if path.is_file()
    }
    hardware = texts | {p: t for p, t in kernel.files(version, digest).items() if p.startswith(FOLDER)}
    kernel = replace(kernel, digest=design_digest(hardware))
    written = kernel.files(version, digest) | {DESCRIPTION: description(kernel)}
    for path, text in sorted(written.items()):
        place = folder / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="ascii", newline="\n")
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror}") from error
    return kernel


def design_digest(texts: Mapping[str, str]) -> str:
    """The first 128 bits, in hexadecimal, of a SHA-256 over printed hardware by path."""
    found = hashlib.sha256()
    for path, text in sorted(texts.items()):
        for part in (path, text):
            data = part.encode()
            found.update(len(data).to_bytes(8, "little") + data)
    return found.hexdigest()[:32]


def description(kernel: Kernel) -> str:
    """The kernel for programs: its arguments in their order, and how the codes of each lie in memory."""
    memories = [
        {
            "name": a.name,
            "kind": "read" if a.reads else "written",
            "origin": a.port.origin,
            "elements": a.port.size,
            "width": a.layout.width,
            "signed": a.layout.signed,
            "lanes": a.layout.lanes,
            "beats": a.layout.beats,
            "words": a.layout.words,
            "slots": a.layout.slots,
        }
        for a in kernel.memories
    ]
    found = {
        "kernel": kernel.name,
        "digest": kernel.digest,
        "layout": VERSION,
        "word_bits": kernel.word_bits,
        "max_samples": kernel.max_samples,
        "memories": memories,
        "status": {"name": kernel.status, "words": STATUS_WORDS},
        "samples": {"name": kernel.samples},
    }
    return json.dumps(found, indent=2) + "\n"


def _arguments(design: Design, sources: Sources, word_bits: int, names: Names) -> Iterator[Argument]:
    inputs = [(text, port, True) for text, port in zip(sources.inputs, design.inputs, strict=True)]
    outputs = [(text, port, False) for text, port in zip(sources.outputs, design.outputs, strict=True)]
    for number, (text, port, reads) in enumerate(inputs + outputs):
        yield _argument(design, text, port, reads, number, word_bits, names)


def _argument(
    design: Design, text: PortText, port: Port, reads: bool, number: int, word_bits: int, names: Names
) -> Argument:
    name = text.stream.name
    return Argument(
        name=name,
        port=text,
        layout=MemoryLayout.of(design.streams[port.stream], word_bits),
        reads=reads,
        number=number,
        config=names.unique(f"{name}_memory"),
        mover=names.unique(f"load_{name}" if reads else f"store_{name}"),
        packer=names.unique(f"unpack_{name}" if reads else f"pack_{name}"),
        words=names.unique(f"{name}_words"),
        beats=names.unique(f"{name}_beats"),
    )


def _taken(s: Sources) -> Iterator[str]:
    """Every name that the design's own C++ has given."""
    yield s.top
    for stream in (*s.streams, *(p.stream for p in (*s.inputs, *s.outputs))):
        yield from (stream.name, stream.beat)
    for process in s.processes:
        yield from (process.name, process.config, *(rom.name for rom in process.roms))
    yield from (statements.name for statements in s.statements)
