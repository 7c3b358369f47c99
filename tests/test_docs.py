"""The documentation is what the code prints, its links lead somewhere, and its examples run."""

import doctest
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import typer

from codesign.analysis.thresholds import exact_steps
from codesign.backends.hls.sources import sources
from codesign.cli.main import app
from codesign.config import Config
from codesign.frontends import qonnx
from codesign.ir.layers import Elementwise, SoftmaxTable
from codesign.passes import pipeline
from codesign.passes.fold import choose_folding
from codesign.scan.qat.description import Description
from codesign.targets import load_target

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLE = re.compile(r"<!-- example: (\w+)(?: ([\w./]+))?(?:: (.+?))? -->\n```\w+\n(.*?)```", re.DOTALL)


def name(page: Path) -> str:
    return page.name


def printer() -> ModuleType:
    """tools/docs.py as a module."""
    spec = importlib.util.spec_from_file_location("docs_printer", ROOT / "tools" / "docs.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_holds_what_the_code_prints(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert printer().printed(text) == text, "run `python tools/docs.py`"


def test_every_printed_part_stands_on_a_page() -> None:
    there = {part[2] for page in PAGES for part in printer().PART.finditer(page.read_text(encoding="utf-8"))}
    assert there == set(printer().PRINTED)


def test_a_printed_part_that_changed_is_made_anew() -> None:
    stale = "above\n<!-- printed: layer types -->\nold\n<!-- end -->\nbelow\n"
    assert printer().printed(stale) == stale.replace("old\n", printer().layer_types())


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.exists(), f"{page.name}: {link}"
        assert not anchor or anchor in headings(place), f"{page.name}: {link}"


def headings(page: Path) -> set[str]:
    """The anchors of a page."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in found}


def commands(text: str) -> list[list[str]]:
    """The words behind `codesign` in indented blocks, fences and code spans."""
    blocks = re.findall(r"```(?:sh)?\n(.*?)```|((?:^    .*\n)+)|`([^`\n]+)`", text, re.MULTILINE | re.DOTALL)
    found = []
    for block in ("".join(b) for b in blocks):
        joined = re.sub(r"\n {8,}", " ", block)  # a command may go on on the next line
        for line in joined.splitlines():
            if match := re.match(r"\s*\$?\s*codesign ([^:]*)$", line):
                found.append(match[1].replace("[", " ").replace("]", " ").split())
    return found


def test_every_command_shown_exists_with_its_options() -> None:
    group: Any = typer.main.get_command(app)
    every = {
        f"{name} {own}".strip(): c
        for name, command in group.commands.items()
        for own, c in getattr(command, "commands", {"": command}).items()  # of a group, or the command itself
    }
    known = {name: {o for p in c.params for o in (*p.opts, *p.secondary_opts)} for name, c in every.items()}
    known[""] = {o for p in group.params for o in p.opts} | {"--help", "-h"}  # which typer itself adds
    shown = [words for page in PAGES for words in commands(page.read_text(encoding="utf-8"))]
    assert {"compile", "verify", "show", "targets"} <= {words[0] for words in shown}
    for words in shown:
        if len(words) == 1 and hasattr(group.commands.get(words[0]), "commands"):
            continue  # the name of a group
        command = next((name for name in (" ".join(words[:2]), words[0]) if name in known), "")
        assert command or words[0].startswith("-"), words
        for word in words:
            if word.startswith("-"):
                assert word.split("=")[0] in known[command], words


def test_the_make_commands_of_the_readme_come_first_and_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"^(\w[\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert re.findall(r"^    (\S+)", text, re.MULTILINE)[:2] == ["make", "make"]
    assert {"demo", "test"} <= set(re.findall(r"^    make (\S+)", text, re.MULTILINE)) <= set(targets)


def test_the_python_session_of_the_readme_gives_what_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    [session] = re.findall(r"```pycon\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL
    test = doctest.DocTestParser().get_doctest(session, {}, "README.md", "README.md", 0)
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=flags).run(test, out=said.append)
    assert result.failed == 0 and result.attempted > 5, "".join(said)


def test_the_worked_example_has_the_numbers_of_the_jet_tagger() -> None:
    page = " ".join((ROOT / "docs" / "how-a-number-travels.md").read_text(encoding="utf-8").split())
    imported = qonnx.load(ROOT / "models" / "jet_tagger" / "jet_tagger.onnx")
    fused = pipeline.run(imported, Config(), {}, after="fuse_bias").network
    done = pipeline.run(imported, Config(), {}).network
    names = ("node_linear_bias", "node_relu", "node_symbolic_3")
    chain = [n.layer for n in map(fused.__getitem__, names) if isinstance(n.layer, Elementwise)]
    steps = exact_steps(chain, fused["node_linear"].type, fused["node_symbolic_3"].type)
    first, second, third, *_, last = steps.levels[0].tolist()
    assert f"reaches 1 at code {first}, 2 at {second}, 3 at {third}, up to 63 at {last}" in page
    f = done["node_symbolic_3"].layer.function  # type: ignore[attr-defined]
    [m], [n], s = f.multiplier, f.addend, f.shift
    assert f"(x * {m} + {n}) >> {s}, clipped to {f.low}..{f.high}" in page
    assert f"{first - 1} * {m} + {n} = {(first - 1) * m + n}, less than 2^{s} = {1 << s}" in page
    assert f"The code {first} gives {first * m + n}" in page
    bias, x = fused["node_linear_1_bias"].layer.offset[0], fused["node_linear_1"].type  # type: ignore[attr-defined]
    assert f"the first bias is {float(bias / x.step[0]):.9g} steps" in page
    assert f"{done['node_linear'].layer.bias[0]} steps for the first output" in page  # type: ignore[attr-defined]
    low = (done["node_linear_3"].type.low, imported["node_linear_3"].type.low)
    assert "({} instead of {})".format(*low) in page
    assert (
        f"a = {fused['node_linear'].type.step} and that" in page and f"q = {done['node_symbolic_3'].type.step}," in page
    )


def test_the_c_plus_plus_of_the_worked_example_is_what_is_generated() -> None:
    page = (ROOT / "docs" / "how-a-number-travels.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"```cpp\n(.*?)```", page, re.DOTALL)
    network = pipeline.run(qonnx.load(ROOT / "models" / "jet_tagger" / "jet_tagger.onnx"), Config(), {}).network
    design = pipeline.build_design(network, choose_folding(network, load_target("u50")), {}, 200)
    config = sources(design).files("", "")["src/config.h"]
    parts = shown.split("    ...\n")
    assert len(parts) == 2 and all(part in config for part in parts)


def test_the_tie_of_the_worked_example_is_one() -> None:
    scale = np.float32(0.1)
    exact = Fraction(3, 4) / Fraction(float(scale))
    assert f"{float(exact):.9g}" == "7.49999989"
    assert (round(exact), int(np.rint(np.float32(0.75) / scale))) == (7, 8)


@pytest.mark.parametrize(("fraction", "channels"), [(4, 2), (6, 20), (8, 5), (16, 5)])
@pytest.mark.parametrize("step", [Fraction(1, 8), Fraction(1, 64), Fraction(3, 7)])
def test_the_error_of_a_softmax_table_is_within_the_bound_shown(fraction: int, channels: int, step: Fraction) -> None:
    finer = fraction + 2
    table = SoftmaxTable.build(step, finer, fraction, 4096)
    codes = np.random.default_rng(0).integers(-60, 61, (2000, channels))
    codes[:1000] //= 12  # near each other, and far apart
    powers = np.exp((codes - codes.max(axis=1, keepdims=True)) * float(step))
    error = np.abs(table.evaluate(codes) / 2**fraction - powers / powers.sum(axis=1, keepdims=True)).max()
    assert 0 < error <= (channels - 1) * 2.0 ** -(finer + 1) + 2.0**-fraction


def test_the_yaml_examples_are_configurations_and_targets(tmp_path: Path) -> None:
    blocks = {page: re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL) for page in PAGES}
    assert len(blocks[ROOT / "docs" / "configuration.md"]) == 7
    for text in blocks.pop(ROOT / "docs" / "configuration.md"):
        assert Config.parse(text) != Config()
    [board] = blocks.pop(ROOT / "docs" / "targets.md")
    (tmp_path / "mine.yaml").write_text(board)
    assert load_target(tmp_path / "mine.yaml").resources == load_target("u50").resources
    [network] = blocks.pop(ROOT / "docs" / "training.md")
    (tmp_path / "network.yaml").write_text(network)
    assert [layer.units for layer in Description.read(tmp_path / "network.yaml").layers] == [64, 32, 5]
    assert not any(blocks.values())


def test_the_layer_that_the_guide_adds_compiles_and_is_exact(tmp_path: Path) -> None:
    for folder in ("codesign", "hls", "templates", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    text = (ROOT / "docs" / "adding-a-layer.md").read_text(encoding="utf-8")
    script = ""
    for kind, path, anchor, code in EXAMPLE.findall(text):
        if kind == "run":
            script = code
        else:
            apply(tmp_path / path, kind, anchor, code)
    assert text.count("<!-- example:") == len(EXAMPLE.findall(text)) and script
    check = "from tests.strategies import networks, typed_networks\nfrom codesign.ir.layers import ALL, GlobalMax\n"
    (tmp_path / "guide.py").write_text(
        f"{script}\n{check}assert GlobalMax in ALL and networks() and typed_networks()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "guide.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def apply(place: Path, kind: str, anchor: str, code: str) -> None:
    """One block of the guide: a new file, text at its end, or lines before, after or instead of one."""
    if kind == "new":
        assert not place.exists(), place
        place.write_text(code, encoding="utf-8")
        return
    lines = place.read_text(encoding="utf-8").splitlines(keepends=True)
    if kind == "append":
        lines.append(f"\n\n{code}")
    else:
        [at] = [i for i, line in enumerate(lines) if line.strip().startswith(anchor)]
        assert kind in ("before", "after", "replace")
        lines[at : at + 1] = {"before": [code, lines[at]], "after": [lines[at], code], "replace": [code]}[kind]
    place.write_text("".join(lines), encoding="utf-8")
