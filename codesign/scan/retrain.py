"""Networks trained with quantizers at each width, beside those that are quantized after training.

Every width starts from the same network without quantizers, which is also the one that the scan quantizes. A trained
network is compiled and judged in exact integers on the same data as every other point.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from codesign import __version__
from codesign.backends.swap import replace_file
from codesign.data import read_array, read_arrays
from codesign.errors import ConfigError
from codesign.frontends import model_file
from codesign.passes import pipeline
from codesign.progress import Progress, silent
from codesign.scan.evaluate import Evaluator, Outcome
from codesign.scan.qat.description import Description
from codesign.scan.qat.extra import check_installed

if TYPE_CHECKING:
    from codesign.scan.qat.network import Network


@dataclass(frozen=True)
class Retrained:
    """A network trained at one width, its file, and what it gives."""

    bits: int
    file: Path
    outcome: Outcome


class Retraining:
    """A description with the data to train it on. What was trained before, of the same description and data by the same
    version, is taken from `folder`.

    ConfigError for a description or data that cannot be used, ToolError where torch or Brevitas are missing.
    """

    def __init__(self, description: Path, data: Path, labels: Path, folder: Path, progress: Progress = silent) -> None:
        check_installed()
        from codesign.scan.qat.samples import Samples

        self.description = Description.read(description)
        self.folder, self.progress = folder, progress
        arrays = read_arrays(data, [(i.name, i.name) for i in self.description.inputs])
        wanted = read_array(labels, "the labels")
        self.samples = Samples.of(self.description, arrays, wanted)
        self._digest = hashlib.sha256(f"{__version__} {self.description!r}".encode())
        for x in (*arrays, wanted):
            self._digest.update(f"{x.dtype.str} {x.shape}".encode() + np.ascontiguousarray(x).tobytes())

    def plain(self) -> Path:
        """The network trained without quantizers, as ONNX."""
        file = self.folder / f"float-{self._key('float')}.onnx"
        if not file.is_file():
            from codesign.scan.qat.train import export_whole

            export_whole(self._plain, file)
        return file

    def at(self, bits: Sequence[int], evaluator: Evaluator) -> list[Retrained]:
        """The network trained at each of these widths, and what it gives on the evaluator's data."""
        found = []
        for number, width in enumerate(bits):
            self.progress("training with quantizers", number, len(bits))
            file = self.folder / f"{width}-{self._key(str(width))}.onnx"
            if not file.is_file():
                from codesign.scan.qat.train import export_whole, train

                trained = train(self.description.with_bits(width), self.samples, plain=self._plain)
                replace_file(file.with_suffix(".training.json"), trained.history())
                export_whole(trained.quantized, file)
            found.append(Retrained(width, file, judged(evaluator, file, width)))
        self.progress("training with quantizers", len(bits), len(bits))
        return found

    @cached_property
    def _plain(self) -> Network:
        """The network without quantizers; its weights are kept, for the widths that a later scan trains."""
        from codesign.scan.qat.network import Network
        from codesign.scan.qat.train import train_plain
        from codesign.scan.qat.weights import load_weights, save_weights

        file = self.folder / f"float-{self._key('float')}.npz"
        if file.is_file():
            return load_weights(Network(self.description, quantized=False), file)
        network = train_plain(self.description, self.samples, self.progress)[0]
        save_weights(network, file)
        return network

    def _key(self, what: str) -> str:
        digest = self._digest.copy()
        digest.update(what.encode())
        return digest.hexdigest()[:12]


def judged(evaluator: Evaluator, file: Path, bits: int) -> Outcome:
    """What the network in a file gives on the evaluator's data, in exact integers."""
    graph = model_file.read(file).graph
    shapes = [[n.type.shape for n in g.inputs] for g in (graph, evaluator.graph)]
    if shapes[0] != shapes[1]:
        raise ConfigError(f"--train: its inputs have the shapes {shapes[0]}, those of the model {shapes[1]}")
    passed = pipeline.run(graph, evaluator.options.config, {})
    return evaluator.judged(passed.network, {"trained with quantizers": str(bits)}, evaluator.options)


def write_retrained(folder: Path, rows: Sequence[Retrained]) -> None:
    """retrained.json: the figures of each trained network, and its file."""
    told = [{"bits": r.bits, "file": str(r.file.relative_to(folder)), **asdict(r.outcome)} for r in rows]
    replace_file(folder / "retrained.json", json.dumps(told, indent=2) + "\n")
