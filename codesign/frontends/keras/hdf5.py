"""What an HDF5 file holds, read as plain numbers and texts: no links out of the file, no data stored beside it."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import h5py
import numpy as np
from numpy.typing import NDArray

from codesign.errors import LayerError
from codesign.frontends.constants import LARGEST
from codesign.frontends.keras.container import CURE
from codesign.frontends.names import spelled


def child(group: h5py.Group, name: str) -> h5py.Group | h5py.Dataset:
    """What lies under the path `name` in the group; LayerError where it is missing or lies in another file."""
    found: h5py.Group | h5py.Dataset = group
    for part in name.split("/"):
        if not isinstance(found, h5py.Group) or not part or part == ".":
            raise LayerError(f"the file has no {spelled(name)}; {CURE}")
        link = found.get(part, getlink=True)
        if link is None:
            raise LayerError(f"the file has no {spelled(name)}; {CURE}")
        if not isinstance(link, h5py.HardLink):
            raise LayerError(f"{spelled(name)} is a link to another place, which is not followed; {CURE}")
        found = found[part]
    return found


def subgroup(group: h5py.Group, name: str) -> h5py.Group:
    """The group under this path."""
    found = child(group, name)
    if not isinstance(found, h5py.Group):
        raise LayerError(f"{spelled(name)} must be a group; {CURE}")
    return found


def array(group: h5py.Group, name: str) -> NDArray[np.generic]:
    """The numbers of the dataset under this path; LayerError for texts, NaN, infinities, and data outside the file."""
    found = child(group, name)
    shown = spelled(name)
    if not isinstance(found, h5py.Dataset) or found.shape is None:
        raise LayerError(f"{shown} must be an array; {CURE}")
    if found.external is not None or found.is_virtual:
        raise LayerError(f"{shown} takes its data from other files, which are not read; {CURE}")
    if found.dtype.kind not in "fiu":
        raise LayerError(f"{shown} holds {found.dtype}, expected numbers; {CURE}")
    if prod(found.shape) > LARGEST:
        raise LayerError(f"{shown} of shape {found.shape} is beyond {LARGEST} elements")
    values: NDArray[np.generic] = np.asarray(found[()])
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise LayerError(f"{shown} holds numbers that are not finite; train the network again without NaN")
    return values


def text(attributes: Mapping[str, object], name: str) -> str | None:
    """A text attribute, whether it is stored as text or as bytes; None where there is none."""
    found = attributes.get(name)
    if found is None or isinstance(found, str):
        return found
    if isinstance(found, (bytes, np.bytes_)):
        try:
            return bytes(found).decode("utf-8")
        except UnicodeDecodeError:
            pass
    raise LayerError(f"its attribute {name} is no text; {CURE}")


def texts(attributes: Mapping[str, object], name: str) -> list[str]:
    """A list of texts, which Keras splits over `name0`, `name1`, ... where it is long."""
    keys = [name] if name in attributes else []
    while f"{name}{len(keys)}" in attributes:
        keys.append(f"{name}{len(keys)}")
    if not keys:
        raise LayerError(f"its attribute {name} is missing; {CURE}")
    found = []
    for key in keys:
        for item in np.asarray(attributes[key]).ravel().tolist():
            found.append(text({key: item}, key) or "")
    return found
