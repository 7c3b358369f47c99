"""A Keras file on disk (.h5, .hdf5 or .keras) as its configuration and its weights. Nothing in it is executed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codesign.errors import LayerError, ModelError
from codesign.frontends.content import read_content
from codesign.frontends.keras.apart import Damaged, read_apart
from codesign.frontends.names import spelled

SUFFIXES = (".h5", ".hdf5", ".keras")
"""The files that Keras writes."""
CURE = "save the model again with model.save()"


@dataclass(frozen=True, eq=False)
class StoredWeights:
    """The arrays of one layer: by name (`kernel`) in HDF5, by number (`0`, `batchnorm/0`) in .keras files."""

    arrays: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    numbered: bool = False


@dataclass(frozen=True, eq=False)
class KerasFile:
    """The configuration of the model as the file has it, the major version of Keras, and the weights by layer."""

    origin: str
    config: Mapping[str, object]
    version: int
    weights: Mapping[str, StoredWeights]


def read(path: Path) -> KerasFile:
    """What the file `path` holds; ModelError where it is not a whole Keras model.

    Another process parses it: HDF5's library can run in circles, or crash, over a file that is damaged inside.
    """
    shown = spelled(str(path))
    folder = " (a SavedModel?); save the model as one file, model.save('m.h5')"
    data = read_content(path, folder=folder, regular="give the .h5 or .keras file", empty=CURE)
    try:
        found = read_apart(data, zipped=path.suffix.lower() == ".keras")
    except LayerError as error:
        raise ModelError(f"{shown}: {error}") from error
    except Damaged as error:
        raise ModelError(f"{shown}: damaged, or no Keras file ({spelled(str(error))}); {CURE}") from error
    weights = {layer: StoredWeights(arrays, found.numbered) for layer, arrays in found.weights.items()}
    return KerasFile(spelled(path.name), found.config, found.version, weights)
