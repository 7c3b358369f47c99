"""Join and Times as instances of join.hpp and times.hpp: two streams, or a stream and a vector that is kept."""

from __future__ import annotations

from dataclasses import dataclass

from codesign.backends.instances.base import Beat, Constant, Instance
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.combine import Join, Times


@dataclass(frozen=True, eq=False)
class JoinInstance(Instance):
    """z = left * x + right * y."""

    function = "join"
    header = "join.hpp"

    beats: int
    positions: int
    folds: int
    x: Beat
    y: Beat
    z: Beat
    left: Constant
    right: Constant
    left_code: Fixed
    right_code: Fixed


@dataclass(frozen=True, eq=False)
class JoinHeldInstance(JoinInstance):
    """The same, y kept."""

    function = "join_held"


@dataclass(frozen=True, eq=False)
class TimesInstance(JoinInstance):
    """z = (left * x + left_addend) * (right * y + right_addend); `u` and `v` hold the two factors."""

    function = "times"
    header = "times.hpp"

    u: Fixed
    v: Fixed
    left_addend: Constant
    right_addend: Constant


@dataclass(frozen=True, eq=False)
class TimesHeldInstance(TimesInstance):
    """The same, y kept."""

    function = "times_held"


def join(name: str, kernel: Join) -> JoinInstance:
    """The instance of a weighted sum."""
    build = JoinInstance if kernel.repeats == 1 else JoinHeldInstance
    return build(
        roms=(),
        beats=kernel.beats,
        positions=kernel.repeats,
        folds=kernel.beats // kernel.repeats,
        x=Beat(kernel.x, kernel.lanes),
        y=Beat(kernel.y, kernel.lanes),
        z=Beat(kernel.z, kernel.lanes),
        left=Constant(kernel.left),
        right=Constant(kernel.right),
        left_code=Fixed.covering(kernel.left, kernel.left),
        right_code=Fixed.covering(kernel.right, kernel.right),
    )


def times(name: str, kernel: Times) -> TimesInstance:
    """The instance of a product of two streams."""
    (q, p), (s, r) = kernel.left, kernel.right
    u, v = kernel.factors
    build = TimesInstance if kernel.repeats == 1 else TimesHeldInstance
    return build(
        roms=(),
        beats=kernel.beats,
        positions=kernel.repeats,
        folds=kernel.beats // kernel.repeats,
        x=Beat(kernel.x, kernel.lanes),
        y=Beat(kernel.y, kernel.lanes),
        z=Beat(kernel.z, kernel.lanes),
        left=Constant(q),
        right=Constant(s),
        left_code=Fixed.covering(q, q),
        right_code=Fixed.covering(s, s),
        u=u,
        v=v,
        left_addend=Constant(p),
        right_addend=Constant(r),
    )
