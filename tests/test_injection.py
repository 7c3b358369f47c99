"""A hostile model, configuration or target puts no code into what is generated, and no file outside its folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from typer.testing import CliRunner

from codesign.cli.main import app
from codesign.targets import FOLDER
from tests.frontends.models import model, node

JETS = Path(__file__).parents[1] / "models" / "jet_tagger" / "jet_tagger.onnx"

HOSTILE = [
    '"; rm -rf evil; touch evil; "',
    "'; touch evil; '",
    "*/ int evil = evil(); /*",
    "a\n#error evil\n",
    "a\r\n#include </evil>\r\n",
    "a\\",
    "a??/",
    "$(touch evil)",
    "$(shell touch evil)",
    "${evil}",
    "`touch evil`",
    "[exec touch evil]",
    "};exec touch evil;{",
    "{{ evil }}{% evil %}",
    "<script>evil()</script>",
    "</text></svg><img src=x onerror=evil()>",
    "--><svg onload=evil()>",
    "../../evil",
    "/tmp/../evil",
    "C:\\evil",
    "%n%s%n evil",
    "\x1b]0;evil\x07\x1b[2J",
    "evil\u202elive\u2028\u2066",
    "evil" * 20_000,
    "int",
    "",
]
"""Spellings of names; whatever they would run makes a file `evil`, or ends the build."""


def hostile(names: Sequence[str]) -> Any:
    """x -> Quant -> MatMul -> Relu -> Quant -> MatMul -> y, every name, text and domain taken from `names` in turn."""
    k = iter(range(10**6))

    def name(kind: str) -> str:
        # An ONNX graph needs tensors of different names, and so do the spellings that are the same.
        return f"{names[next(k) % len(names)]}{kind}"

    x, y = name("x"), name("y")
    t = {key: name(key) for key in ("xq", "wq", "a", "r", "q", "vq", "w", "v", "s", "z", "b")}
    quant = {"signed": 1, "narrow": 0, "rounding_mode": "ROUND"}
    rest = (t["s"], t["z"], t["b"])
    random = np.random.default_rng(0)
    proto = model(
        [
            node("Quant", [x, *rest], t["xq"], name("n0"), **quant),
            node("Quant", [t["w"], *rest], t["wq"], name("n1"), **quant),
            node("MatMul", [t["xq"], t["wq"]], t["a"], name("n2")),
            node("Relu", [t["a"]], t["r"], name("n3")),
            node("Quant", [t["r"], *rest], t["q"], name("n4"), **quant),
            node("Quant", [t["v"], *rest], t["vq"], name("n5"), **quant),
            node("MatMul", [t["q"], t["vq"]], y, name("n6")),
        ],
        {
            t["w"]: random.integers(-8, 8, (4, 5)).astype(np.float32),
            t["v"]: random.integers(-8, 8, (5, 3)).astype(np.float32),
            t["s"]: 1.0, t["z"]: 0.0, t["b"]: 4.0,
        },
        outputs=(y,),
    )  # fmt: skip
    proto.graph.input[0].name = x
    proto.graph.name = proto.producer_name = proto.doc_string = proto.graph.doc_string = names[0]
    proto.metadata_props.add(key=names[0], value=names[0])
    return proto


def run(place: Path, *arguments: object) -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of a command in the folder `place`."""
    before = Path.cwd()
    os.chdir(place)
    try:
        result = CliRunner().invoke(app, [str(a) for a in arguments])
    finally:
        os.chdir(before)
    assert "\x1b" not in result.stdout + result.stderr and "\u202e" not in result.stdout + result.stderr
    return result.exit_code, result.stdout, result.stderr


def texts(build: Path) -> dict[str, str]:
    """Every generated text that a tool runs or a browser shows."""
    kinds = (".cpp", ".h", ".hpp", ".sv", ".v", ".xdc", ".tcl", ".cfg", ".html", ".md", ".dat", ".hex")
    found = {str(p.relative_to(build)): p for p in build.rglob("*") if p.suffix in kinds or p.name == "Makefile"}
    return {name: path.read_text() for name, path in found.items()}


class Shape(HTMLParser):
    """The elements of a page and the names of their attributes, without any text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, ...]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, *(key for key, _ in attrs)))


def assert_harmless(build: Path, name: str, plain: dict[str, str]) -> None:
    """`name` stands nowhere as it is but in the page, which has the same elements as for a harmless name."""
    found = texts(build)
    page = found.pop("report.html")
    assert Shape(page).elements == Shape(plain["report.html"]).elements
    for file, text in found.items():
        if re.search(r"[^A-Za-z0-9_./:,+=@ ~-]", name):  # those have no meaning in any comment
            assert name not in text, file
        assert text.isascii() and not re.search(r"[\x00-\x08\x0b-\x1f]", text), file
        assert not [line for line in text.splitlines() if line.endswith(("\\", "??/")) and "define" not in line], file
    # Files are called after layers, by identifiers.
    assert all(re.fullmatch(r"([A-Za-z][A-Za-z0-9_]*/)*[A-Za-z][A-Za-z0-9_]*(\.[a-z]+)?", file) for file in found)
    assert len(found) == len(plain) - 1


def top(build: Path) -> str:
    name = json.loads((build / "codesign.json").read_text())["top"]
    assert isinstance(name, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", name)
    return name


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a harmless file becomes."""
    place = tmp_path_factory.mktemp("plain")
    (place / "net.onnx").write_bytes(hostile(["tensor"]).SerializeToString())
    code, _, errors = run(place, "compile", "net.onnx", "-o", "build", "--no-csim")
    assert code == 0, errors
    return texts(place / "build")


@pytest.mark.parametrize("name", HOSTILE, ids=lambda n: n[:12].encode("unicode_escape").decode())
def test_a_model_of_hostile_names_becomes_harmless_text(name: str, plain: dict[str, str], tmp_path: Path) -> None:
    place = tmp_path / "work"
    place.mkdir()
    file = re.sub(r"[/\x00]", "_", name)[:100] + ".onnx"
    (place / file).write_bytes(hostile([name]).SerializeToString())

    code, _, errors = run(place, "compile", "--name", "net", "-o", "build", "--no-csim", "--", file)

    assert code == 0, errors
    assert_harmless(place / "build", name, plain)
    assert sorted(p.name for p in place.iterdir()) == sorted([file, "build"])
    assert [p.name for p in tmp_path.iterdir()] == ["work"]
    assert {p.name for p in (place / "build").iterdir()} == {
        "Makefile", "README.md", "alveo", "codesign.json", "cosim", "csim", "hls_config.cfg", "hls_free_running.cfg",
        "ip_example.tcl", "kernel", "model", "network", "report.html",
        "report.json", "rtl", "src", "tb", "vitis_hls.tcl", "vivado_hls.tcl",
    }  # fmt: skip


@pytest.mark.parametrize(
    "file", ["$(touch evil).onnx", "a b;touch evil.onnx", "'\"`touch evil`.onnx", "[exec touch evil].onnx"]
)
def test_the_name_of_the_file_becomes_the_designs_only_as_an_identifier(file: str, tmp_path: Path) -> None:
    (tmp_path / file).write_bytes(hostile(["t"]).SerializeToString())
    code, _, errors = run(tmp_path, "compile", file, "-o", "build", "--no-csim")
    assert code == 0, errors
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", top(tmp_path / "build"))
    assert not [f for f, text in texts(tmp_path / "build").items() if file in text and f != "report.html"]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([file, "build"])


STUBS = """
foreach command {open_project set_top add_files open_solution set_part create_clock csim_design csynth_design \\
                 cosim_design export_design config_array_partition} {
    proc $command {args} [list puts "called $command"]
}
rename exec {}
rename open {}
rename exit leave
proc exit {args} {leave 0}
set ::argv {csim csynth cosim export}
source [lindex $::script 0]
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of all hostile names at once, in a folder with a hostile name, compiled with both simulations."""
    place = tmp_path_factory.mktemp("built") / "work"
    place.mkdir()
    (place / "$(touch evil) net.onnx").write_bytes(hostile(HOSTILE).SerializeToString())
    code, _, errors = run(place, "compile", "$(touch evil) net.onnx", "-o", "out $(touch evil);'")
    assert code == 0, errors
    return place / "out $(touch evil);'"


def nothing_beside(build: Path) -> None:
    assert {p.name for p in build.parent.iterdir()} == {build.name, "$(touch evil) net.onnx"}
    assert [p.name for p in build.parent.parent.iterdir()] == ["work"]
    assert not [p for p in build.rglob("*") if p.name == "evil"]


def test_all_rungs_agree_on_a_hostile_model(built: Path) -> None:
    code, out, errors = run(built.parent, "verify", built.name, "--inputs", "20")
    assert code == 0, errors
    assert "csim, ap_int" in out
    nothing_beside(built)


def test_the_testbench_of_a_hostile_model_runs_and_runs_nothing_else(built: Path) -> None:
    done = subprocess.run(["make", "csim"], cwd=built, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "samples agree" in done.stdout
    subprocess.run(["make", "clean"], cwd=built, check=True, capture_output=True)
    nothing_beside(built)


@pytest.mark.parametrize("script", ["vivado_hls.tcl", "vitis_hls.tcl"])
def test_the_scripts_of_a_hostile_model_call_only_the_vendors_commands(
    script: str, built: Path, tmp_path: Path
) -> None:
    tclsh = shutil.which("tclsh")
    if tclsh is None:
        pytest.skip("needs tclsh")
    (tmp_path / "stubs.tcl").write_text(f"set ::script {script}\n{STUBS}")
    done = subprocess.run([tclsh, tmp_path / "stubs.tcl"], cwd=built, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    called = done.stdout.splitlines()
    assert set(called) <= {f"called {c}" for c in (
        "open_project", "set_top", "add_files", "open_solution", "set_part", "create_clock", "csim_design",
        "csynth_design", "cosim_design", "export_design", "config_array_partition",
    )}  # fmt: skip
    assert {"called set_top", "called csynth_design", "called export_design"} <= set(called)
    nothing_beside(built)


# What is refused is also only text.


def test_messages_show_a_hostile_name_as_text(tmp_path: Path) -> None:
    name = "\x1b[2J\u202e<b>$(touch evil)\n"
    (tmp_path / "net.onnx").write_bytes(
        model([node("Relu", ["x"], "a", "n"), node("Det", ["a"], "y", name)]).SerializeToString()
    )
    code, out, errors = run(tmp_path, "compile", "net.onnx", "-o", "build")
    assert (code, out) == (2, "")
    assert "\\x1b[2J\\u202e<b>$(touch evil)\\n" in errors
    assert [p.name for p in tmp_path.iterdir()] == ["net.onnx"]


def test_external_data_reads_nothing_outside_through_a_link(tmp_path: Path) -> None:
    secret = tmp_path / "secret.bin"
    secret.write_bytes(np.zeros(20, dtype=np.float32).tobytes())
    place = tmp_path / "models"
    place.mkdir()
    (place / "w.bin").symlink_to(secret)
    proto = hostile(["t"])
    (w,) = (t for t in proto.graph.initializer if t.name == "tw")
    w.ClearField("raw_data")
    w.data_location = onnx.TensorProto.EXTERNAL
    w.external_data.add(key="location", value="w.bin")
    (place / "net.onnx").write_bytes(proto.SerializeToString())
    code, _, errors = run(place, "compile", "net.onnx", "-o", "build", "--no-csim")
    assert code == 2
    assert "outside the model's folder" in errors


LETTERS = "abcdefghijkl"
BOMB = "a: &a [x, x]\n" + "".join(f"{c}: &{c} [{', '.join([f'*{before}'] * 8)}]\n" for before, c in pairwise(LETTERS))
"""A few hundred bytes that stand for 2 * 8^11 texts."""

LISTED_BOMB = "part:\n" + "".join(f"- {line.partition(': ')[2]}\n" for line in BOMB.splitlines())
"""The same as the value of a key that a target has."""

EVIL_YAML = {
    "a Python call": "Model: !!python/object/apply:os.system ['touch evil']\n",
    "a Python name": "!!python/name:os.system\n",
    "a Python module": "Model: {Precision: !!python/object/new:os.system [touch evil]}\n",
    "a tag of its own": "Model: !evil {Precision: 'fixed<16,6>'}\n",
    "a hostile key": "\"$(touch evil)\\e[2J\\u202e\": 1\n",
    "a hostile layer": "LayerName: {\"'; touch evil; '\": {ReuseFactor: 2}}\n",
    "a hostile type": "Model: {Precision: 'fixed<16,6>; } int evil() {'}\n",
    "a hostile target": "Target: '../../$(touch evil)'\n",
    "a bomb": BOMB,
    "deep": "[" * 5000,
    "long": "Model: {Precision: '" + "x" * (1 << 21) + "'}\n",
}  # fmt: skip


@pytest.mark.parametrize("what", EVIL_YAML)
def test_a_hostile_configuration_is_refused_as_text(what: str, tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text(EVIL_YAML[what])
    code, out, errors = run(tmp_path, "compile", JETS, "--config", "my.yaml", "-o", "build", "--no-csim")
    assert (code, out) == (2, ""), errors
    assert errors.splitlines()[-1].startswith("codesign: error: ") and len(errors) < 2000
    assert [p.name for p in tmp_path.iterdir()] == ["my.yaml"]


@pytest.mark.parametrize(
    "part", ["xcu50}; exec touch evil; {", "xcu50\n[exec touch evil]", "$(touch evil)", '"', "-evil", "xcu50 evil"]
)
def test_a_target_of_the_users_own_cannot_inject_its_part(part: str, tmp_path: Path) -> None:

    text = (FOLDER / "u50.yaml").read_text()
    changed = re.sub(r"^part:.*$", lambda _: f"part: {json.dumps(part)}", text, flags=re.M)
    assert changed != text
    (tmp_path / "mine.yaml").write_text(changed)
    code, out, errors = run(tmp_path, "compile", JETS, "--target", "mine.yaml", "-o", "build", "--no-csim")
    assert (code, out) == (2, ""), errors
    assert "part" in errors or "device" in errors
    assert [p.name for p in tmp_path.iterdir()] == ["mine.yaml"]


@pytest.mark.parametrize(
    "text", [BOMB, LISTED_BOMB, "part: {x: " * 2000, "[" * 5000, "!!python/object/apply:os.system ['touch evil']"]
)
def test_a_hostile_target_file_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    code, out, errors = run(tmp_path, "compile", JETS, "--target", "mine.yaml", "-o", "build", "--no-csim")
    assert (code, out) == (2, ""), errors
    assert errors.startswith("codesign: error: mine.yaml: ") and len(errors) < 2000
    assert [p.name for p in tmp_path.iterdir()] == ["mine.yaml"]
