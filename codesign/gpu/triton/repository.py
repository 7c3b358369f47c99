"""A model repository: for every model its config.pbtxt and the files of its first version, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codesign import resources
from codesign.backends.project import MARKER, output_folder
from codesign.errors import ConfigError, OutputError
from codesign.gpu.triton.config import Batching, Kind, ModelConfig, Port, Type, check_name
from codesign.gpu.triton.protocol import DIGEST, FEATURES, LABELS, MODEL, PROBLEMS, ROW_SPLITS

MOST_HITS = 1_000_000
"""Of one event, unless told otherwise."""


@dataclass(frozen=True)
class Serving:
    """How a model is served: under which name, where, how often side by side, and in which batches."""

    name: str = "tracking"
    kind: Kind = Kind.CPU
    instances: int = 1
    batching: Batching | None = None
    threads: int = 0
    """Of each instance's networks on the CPU; 0: as many as there are cores."""
    max_hits: int = MOST_HITS
    """Of one event: a larger one is refused."""

    def __post_init__(self) -> None:
        check_name(self.name, "the model's name")
        for what, value, low, high in (("threads", self.threads, 0, 1024), ("max_hits", self.max_hits, 1, 1 << 30)):
            if not low <= value <= high:
                raise ConfigError(f"{self.name}: {what} {value}, expected {low}..{high}")


@dataclass(frozen=True)
class Model:
    """A model of a repository: its configuration, and the files of its folder 1/ by their paths."""

    config: ModelConfig
    files: Mapping[str, bytes]

    @property
    def digest(self) -> str:
        """Of the files."""
        return digest(self.files)


def labels_model(serving: Serving, labeller: Mapping[str, bytes]) -> Model:
    """The model FEATURES to LABELS that runs as a whole in the Python backend: our model.py around `labeller.py`, which
    has `load(folder, threads, gpu)`, a function from hits to labels, and `BadEvent`, what that raises."""
    files = {"model.py": template("labels.py"), **labeller}
    total = digest(files)
    batched = serving.batching is not None
    hits = Port(FEATURES, Type.FP32, (-1, 3), ragged=batched)
    inputs = (hits,) if batched else (hits, Port(ROW_SPLITS, Type.INT64, (-1,), optional=True))
    outputs = (Port(LABELS, Type.INT64, (-1,)), Port(PROBLEMS, Type.BYTES, (-1,)), Port(MODEL, Type.BYTES, (1,)))
    told = {DIGEST: total, "files": total, "max_hits": str(serving.max_hits), "threads": str(serving.threads)}
    config = ModelConfig(
        serving.name, "python", inputs, outputs, serving.kind, serving.instances, serving.batching, parameters=told
    )
    return Model(config, files)


def write_repository(models: Sequence[Model], path: Path, *, version: str, force: bool = False) -> None:
    """The repository as the folder `path`, with what its models import in requirements.txt; the same models give the
    same bytes. OutputError where it cannot be there: `force` replaces one that was made before."""
    names = [model.config.name for model in models]
    if len(set(names)) < len(names):
        raise ConfigError(f"{path}: two models have the same name: {', '.join(names)}")
    with output_folder(path, force) as folder:
        try:
            for model in models:
                place = folder / model.config.name
                (place / "1").mkdir(parents=True)  # also for an ensemble, which has no files
                config = replace(model.config, comment=f"written by codesign {version}")
                (place / "config.pbtxt").write_text(config.text(), encoding="ascii", newline="\n")
                for name, content in sorted(model.files.items()):
                    file = place / "1" / name
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(content)
            told = {"codesign": version, "top": names[-1], "models": {m.config.name: m.digest for m in models}}
            (folder / "requirements.txt").write_bytes(template("requirements.txt"))
            (folder / MARKER).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{path}: cannot be written: {error.strerror}") from error


def template(name: str) -> bytes:
    """A file of templates/triton/."""
    return (resources.folder("templates") / "triton" / name).read_bytes()


def digest(files: Mapping[str, bytes]) -> str:
    """The sha256 over all files, as model.py computes it: of each in the order of its path, the path, the length and
    the bytes."""
    total = hashlib.sha256()
    for name, content in sorted(files.items()):
        total.update(f"{name}\0{len(content)}\0".encode() + content)
    return f"sha256:{total.hexdigest()}"
