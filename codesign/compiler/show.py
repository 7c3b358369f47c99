"""`show`: the network after any pass, or the design, as text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from codesign.compiler.compile import designed
from codesign.compiler.options import ConfigSource, Options
from codesign.errors import ConfigError
from codesign.frontends.model_file import read
from codesign.ir.text import design_text, to_text
from codesign.passes import pipeline


def show(
    model: str | Path,
    *,
    after: str | None = None,
    design: bool = False,
    target: str | None = None,
    input_type: str | Mapping[str, str] | None = None,
    precision: str | None = None,
    config: ConfigSource = None,
    reuse: int | None = None,
    clock_mhz: float | None = None,
    streams: str | None = None,
    interval: int | None = None,
    latency_us: float | None = None,
    budget: str | Mapping[str, float | str] | None = None,
) -> str:
    """The text of the network as imported (`after` = 'import'), after a pass, or after all of them; or the design's."""
    options = Options.of(target, input_type, precision, config, reuse, clock_mhz, streams, interval, latency_us, budget)
    if after not in (None, "import", *pipeline.NAMES):
        raise ConfigError(f"there is no pass {after!r}; there are import, {', '.join(pipeline.NAMES)}")
    imported = read(Path(model)).graph
    options.check(imported)
    if after == "import" and not design:
        return to_text(imported)[0]
    passed = pipeline.run(imported, options.config, options.input_types, after=None if design else after)
    return design_text(designed(passed.network, options)[1]) if design else to_text(passed.network)[0]
