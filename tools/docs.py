"""Writes the parts of README.md and docs/ that are printed from the code.

    python tools/docs.py            write them
    python tools/docs.py --check    say which are out of date, and exit 1 if any

A printed part stands between `<!-- printed: NAME -->` and `<!-- end -->`; NAME is a key of `PRINTED`.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from codesign import config, errors  # noqa: E402
from codesign.compiler import show  # noqa: E402
from codesign.frontends.converters import SUPPORTED  # noqa: E402
from codesign.frontends.folding import EVALUATED, EXACT, MOVES  # noqa: E402
from codesign.frontends.keras.spelling import QUANTIZERS  # noqa: E402
from codesign.frontends.keras.table import LAYERS  # noqa: E402
from codesign.passes import pipeline  # noqa: E402
from codesign.targets import all_targets  # noqa: E402

PART = re.compile(r"(<!-- printed: ([\w -]+) -->\n).*?(<!-- end -->)", re.DOTALL)
MODEL = "models/jet_tagger/jet_tagger.onnx"
WIDTH = 116


def pages() -> list[Path]:
    """The pages that may have printed parts."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def printed(text: str) -> str:
    """`text` with every printed part made anew; KeyError for a part that no function prints."""
    return PART.sub(lambda part: part[1] + PRINTED[part[2]]() + part[3], text)


def table(heads: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> str:
    """A table in Markdown."""
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def summary(thing: object) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((thing.__doc__ or "").strip().split("\n\n")[0].split())


def operators() -> str:
    """Every operator with a converter."""
    return table(
        ("operator", "what is supported: what it becomes"),
        ((f"`{k}`", summary(f)) for k, f in SUPPORTED.items()),
    )


def keras_layers() -> str:
    """Every class of layers that is read from Keras files."""
    return table(("layer", "what is supported: what it becomes"), ((f"`{k}`", summary(f)) for k, f in LAYERS.items()))


def keras_quantizers() -> str:
    """Every quantizer of QKeras that is read."""
    return table(("quantizer", "what is supported"), ((f"`{k}`", summary(f)) for k, f in QUANTIZERS.items()))


def constant_operators() -> str:
    """Every operator that is evaluated at import, in three groups."""
    groups = (
        ("exactly, as rational numbers", set(EXACT)),
        ("exactly: they only move elements", set(MOVES)),
        ("by ONNX's reference evaluator, in the file's number types", set(EVALUATED - set(EXACT))),
    )
    return table(
        ("evaluated", "operators"),
        ((how, ", ".join(f"`{n}`" for n in sorted(names))) for how, names in groups),
    )


def layer_types() -> str:
    """The names that LayerType takes."""
    return table(
        ("type", "also called"),
        ((f"`{k}`", ", ".join(f"`{n}`" for n in v)) for k, v in config.LAYER_TYPES.items()),
    )


def refused_keys() -> str:
    """Keys of hls4ml that are refused, and the cure."""
    return table(("key", "message"), ((f"`{k}`", v) for k, v in config.REFUSED.items()))


def targets() -> str:
    """Devices and boards with what they have."""

    def row(name: str) -> tuple[object, ...]:
        t = next(t for t in all_targets() if t.name == name)
        amounts = (f"{amount:,.10g}" for amount in t.resources)
        clock = f"{t.clock_mhz:g} ({t.max_clock_mhz:g})"
        memory = "; ".join(f"{m.banks} x {m.mib_per_bank:,} MiB {m.tag or m.kind.upper()}" for m in t.memory)
        return (f"`{name}`", t.title, f"`{t.part}`", *amounts, t.slrs, memory, clock, t.source)

    heads = (
        "target",
        "what it is",
        "part",
        "LUT",
        "FF",
        "DSP",
        "BRAM36",
        "URAM",
        "SLRs",
        "memory",
        "MHz (most)",
        "source",
    )
    return table(heads, (row(t.name) for t in all_targets()))


def platforms() -> str:
    """The Vitis platforms of the cards."""
    rows = ((f"`{t.name}`", f"`{p.name}`", f"{p.tools} or later") for t in all_targets() for p in t.platforms)
    return table(("target", "platform", "Vitis"), rows)


def passes() -> str:
    """The network's passes in order, with the first paragraph of what each says of itself."""

    def row(name: str) -> tuple[object, ...]:
        module = "remove_identities" if name == "remove_relabels" else name
        found = getattr(importlib.import_module(f"codesign.passes.{module}"), module)
        again = "`remove_identities` again: " if module != name else ""
        return (f"`{name}`", again + summary(found))

    return table(("pass", "rewrite"), (row(name) for name in pipeline.NAMES))


def imports() -> str:
    """Which part of codesign/ may import which, as tests/test_layering.py has it."""
    spec = importlib.util.spec_from_file_location("test_layering", ROOT / "tests" / "test_layering.py")
    assert spec is not None and spec.loader is not None
    layering = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(layering)
    there = {path.stem for path in (ROOT / "codesign").iterdir()}
    rules = [(f"`{part}`", ", ".join(sorted(may)) or "-") for part, may in layering.MAY_IMPORT.items() if part in there]
    tops = ", ".join(f"`{part}`" for part in sorted(layering.SEES_ALL & there))
    return table(("part", "may import, besides itself and `errors`"), iter([*rules, (tops, "everything")]))


def kinds_of_errors() -> str:
    """The classes of errors.py."""
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, Exception)]
    return table(("class", "what it says"), ((f"`{c.__name__}`", summary(c)) for c in classes))


def lines_of(after: str | None, *names: str, design: bool = False) -> Callable[[], str]:
    """The lines of `codesign show` about these nodes, streams or processes, broken to fit a page."""

    def part() -> str:
        option = " --design" if design else f" --after {after}" if after else ""
        text = network(after, design)
        found = [line for line in text.splitlines() if re.match(rf"(\w+ )?({'|'.join(names)})( =|:| ->)", line)]
        assert len(found) == len(names), (option, names, [line.split()[0] for line in text.splitlines()])
        wrapped = "\n".join(textwrap.fill(line, WIDTH, subsequent_indent="    ") for line in found)
        return f"```\n$ codesign show {MODEL}{option}\n...\n{wrapped}\n...\n```\n"

    return part


@cache
def network(after: str | None, design: bool) -> str:
    """The jet tagger's network or design as text."""
    return show(ROOT / MODEL, after=after, design=design)


def session() -> str:
    """What a compilation of the jet tagger and a verification print, g++ included."""
    commands = (
        f"compile {MODEL} --target u50 -o build/jet_tagger",
        "verify build/jet_tagger --data models/jet_tagger/validation_x.npy --inputs 100",
    )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "models").symlink_to(ROOT / "models")
        shown = "".join(f"$ codesign {command}\n{output(command.split(), Path(folder))}\n" for command in commands)
    return f"```\n{shown.rstrip()}\n```\n"


def output(arguments: list[str], folder: Path) -> str:
    """What the command line prints in this folder; CalledProcessError if it fails."""
    program = "import sys; sys.argv[0] = 'codesign'; from codesign.cli.main import app; app()"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder, env=environment, stdout=subprocess.PIPE, encoding="utf-8", check=True,
    )  # fmt: skip
    return "\n".join(line.rstrip() for line in done.stdout.splitlines() if line.strip()) + "\n"


PRINTED: dict[str, Callable[[], str]] = {
    "operators": operators,
    "constant operators": constant_operators,
    "keras layers": keras_layers,
    "keras quantizers": keras_quantizers,
    "configuration keys": config.markdown,
    "layer types": layer_types,
    "refused keys": refused_keys,
    "targets": targets,
    "platforms": platforms,
    "passes": passes,
    "imports": imports,
    "errors": kinds_of_errors,
    "session": session,
    "show import": lines_of("import", "net_input", "node_symbolic", "node_linear", "node_linear_bias", "node_relu",
                            "node_symbolic_3"),
    "show absorb_quantizers": lines_of("absorb_quantizers", "net_input"),
    "show fuse_bias": lines_of("fuse_bias", "node_linear", "node_linear_1", "node_linear_1_bias"),
    "show requantize": lines_of("requantize", "node_symbolic_3", "node_symbolic_6"),
    "show accumulator_width": lines_of("accumulator_width", "node_linear", "node_linear_3"),
    "show design": lines_of(None, "node_linear_out", "node_linear", "node_symbolic_3", design=True),
}  # fmt: skip


def main(arguments: list[str]) -> int:
    """Writes or checks all pages; the exit code."""
    stale = 0
    for page in pages():
        text = page.read_text(encoding="utf-8")
        new = printed(text)
        if new == text:
            continue
        stale += 1
        if "--check" in arguments:
            sys.stdout.write(f"{page.relative_to(ROOT)} is not what the code prints; run `python tools/docs.py`\n")
        else:
            page.write_text(new, encoding="utf-8")
            sys.stdout.write(f"{page.relative_to(ROOT)}\n")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
