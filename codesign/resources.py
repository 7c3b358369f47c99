"""Where the files that ship with the package are: templates, the HLS library, targets, our own models."""

from importlib import resources as importlib_resources
from pathlib import Path

from codesign.errors import IRError


def folder(name: str) -> Path:
    """The folder `name` (templates, hls, models, targets) in the wheel or, in a checkout, at its root."""
    package = Path(str(importlib_resources.files("codesign")))
    for place in (package / "_data" / name, package.parent / name, package / name):
        if place.is_dir():
            return place
    raise IRError(f"resources: the folder {name} is missing from this installation")
