"""What was asked of cycles and area, held against a design whose streams were forced."""

from __future__ import annotations

from codesign.analysis.cost import design_cost
from codesign.analysis.latency import timing
from codesign.compiler.options import Options
from codesign.config import Streams
from codesign.errors import TargetError
from codesign.ir.design import Design


def check_goals(design: Design, options: Options) -> None:
    """TargetError where the streams that were asked for break an interval, a latency or a budget that was asked for.

    The folding is solved for mixed streams, which keep all three.
    """
    if options.streams is Streams.MIXED:
        return
    broken = []
    times = timing(design, options.clock_mhz)
    for what, cycles, most in (
        ("an interval", times.interval, options.config.interval),
        ("a latency", times.latency, options.latency),
    ):
        if most is not None and cycles > most:
            broken.append(f"{what} of {cycles} cycles, {most} were asked")
    if options.config.budget is not None:
        need, most_of = design_cost(design).total, options.budget.of(options.target.resources)
        amounts, there = dict(need.items()), dict(most_of.items())
        broken += [
            f"{amounts[name]:,.0f} {name}, the budget has {there[name]:,.0f}" for name in need.exceeding(most_of)
        ]
    if broken:
        raise TargetError(
            f"{design.origin}: with {options.streams.value} streams the design has {'; '.join(broken)}; "
            "ask for mixed streams, or for less"
        )
