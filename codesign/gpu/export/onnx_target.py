"""`codesign export --target onnx`: a model that stock runtimes take, what it is, and how exact it is."""

from __future__ import annotations

import json
from pathlib import Path

from codesign.backends.project import MARKER, output_folder
from codesign.backends.render import render
from codesign.gpu.export.calibration import read_calibration
from codesign.gpu.export.exported import Exported, Options, digests, exported, write, write_model
from codesign.gpu.export.source import read_source
from codesign.progress import Progress, silent


def write_onnx(
    source: Path,
    output: Path,
    options: Options,
    *,
    version: str,
    force: bool = False,
    progress: Progress = silent,
) -> dict[str, Exported]:
    """Writes the folder `output` for a checkpoint or a pipeline, whole or not at all; the models by their stage, by the
    empty name where there is one.

    Each model has model.onnx, network.txt and README.md, in a folder of its stage; codesign.json names every file with
    its digest, and what was measured. The same source and options give the same bytes.
    """
    found = read_source(source)
    events = read_calibration(options.calibration, found, options.precision)
    models = {}
    with output_folder(output, force) as folder:
        for stage, graph in found.networks.items():
            progress(f"exporting {stage or graph.name}", 0, 0)
            models[stage] = one = exported(
                graph, options, str(source / stage), found.checkpoints.get(stage), events.get(stage)
            )
            write_model(one, folder / stage)
            values = {"x": one, "version": version, "digest": found.digest}
            write(folder / stage / "README.md", render("gpu/onnx/README.md.j2", **values).encode())
        told = {
            "codesign": version,
            "top": found.name,
            "target": "onnx",
            "source": found.digest,
            "options": {name: getattr(options, name) for name in ("lowering", "edges", "precision", "maps")},
            "networks": {stage or one.graph.name: one.manifest() for stage, one in models.items()},
            "files": digests(folder),
        }
        write(folder / MARKER, (json.dumps(told, indent=2) + "\n").encode())
    return models
