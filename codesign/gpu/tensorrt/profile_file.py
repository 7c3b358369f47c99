"""profile.json: the sizes that an engine was built for, for whoever feeds it."""

from __future__ import annotations

import json
from pathlib import Path

from codesign.checks import Checks
from codesign.errors import ModelError
from codesign.gpu.lint.table import TYPES
from codesign.gpu.tensorrt.profile import LARGEST, Input, Profile, Shape, Sizes

WHICH = ("min", "opt", "max")
_LARGEST_FILE = 1 << 24


def profile_text(profile: Profile) -> str:
    """The file's content."""
    values = {
        "sizes": {axis: dict(zip(WHICH, sizes)) for axis, sizes in profile.sizes.items()},
        "inputs": [
            {
                "name": one.name,
                "type": one.type,
                "axes": list(one.axes),
                **dict(zip(WHICH, (list(shape) for shape in (one.least, one.usual, one.most)))),
            }
            for one in profile.inputs
        ],
    }
    return json.dumps(values, indent=2) + "\n"


def read_profile(path: Path) -> Profile:
    """The profile that `codesign export --target tensorrt` wrote; ModelError for a file that is none, by the place."""
    checks = Checks(str(path), ModelError)
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE)
        values = json.loads(content)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: this is no profile of ours: {error}") from error
    found = checks.mapping(values, "the profile", ("sizes", "inputs"))
    sizes = {axis: _sizes(checks, axis, given) for axis, given in checks.entries(found.get("sizes"), "sizes").items()}
    inputs = found.get("inputs")
    if not isinstance(inputs, list):
        raise checks.refuse("inputs", inputs, "a list")
    return Profile(tuple(_input(checks, one) for one in inputs), sizes)


def _sizes(checks: Checks, axis: str, given: object) -> Sizes:
    found = checks.mapping(given, f"sizes: {axis}", WHICH)
    low, mid, high = (checks.whole(found.get(which), f"sizes: {axis}: {which}", 0, LARGEST) for which in WHICH)
    return low, mid, high


def _input(checks: Checks, given: object) -> Input:
    found = checks.mapping(given, "inputs", ("name", "type", "axes", *WHICH))
    name = found.get("name")
    if not isinstance(name, str):
        raise checks.refuse("inputs: name", name, "a name")
    axes = found.get("axes")
    if not isinstance(axes, list) or not all(type(axis) in (int, str) for axis in axes):
        raise checks.refuse(f"inputs: {name}: axes", axes, "a list of sizes and of names")
    low, mid, high = (_shape(checks, f"inputs: {name}: {which}", found.get(which), len(axes)) for which in WHICH)
    return Input(name, checks.choice(found.get("type"), f"inputs: {name}: type", TYPES), tuple(axes), low, mid, high)


def _shape(checks: Checks, place: str, given: object, rank: int) -> Shape:
    if not isinstance(given, list) or len(given) != rank:
        raise checks.refuse(place, given, f"{rank} sizes")
    return tuple(checks.whole(size, place, 0, LARGEST) for size in given)
