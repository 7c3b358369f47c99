"""What is printed for the host: the design's header and the emulated xclbin; names that would break out of them."""

from dataclasses import replace
from pathlib import Path

from codesign.ir.layers import Input, Quantize
from codesign.ir.vector import Vector
from codesign.verification import toolchain
from tests.backends.alveo.projects import encoded, written
from tests.backends.small import classifier

PRINTED = ("alveo/host/design.h", "alveo/host/Makefile", "alveo/emulation/xclbin.cpp")


def test_the_printed_host(golden, tmp_path: Path) -> None:
    design = encoded(classifier())
    (port,) = design.inputs
    scaled = Quantize(-8, 7, Vector.of([0.25, 0.3, 0.5, 0.1]))
    layer = Input(scaled.result(port.tensor), (scaled,))
    design.inputs[0] = replace(port, tensor=layer.tensor, layer=layer)
    project = written(design, tmp_path, units=2)
    golden("host", {path: (project / path).read_text() for path in PRINTED})


def test_names_of_the_users_file_do_not_break_out_of_the_header(tmp_path: Path) -> None:
    design = encoded(classifier(origin='"; int x; //\n.onnx'))
    (port,) = design.inputs
    design.inputs[0] = replace(port, origin='a"b\\\n*/ #define kernel ??/ \u00fc')
    project = written(design, tmp_path)
    text = (project / "alveo" / "host" / "design.h").read_text()
    assert '"' + "".join(f"\\{byte:03o}" for byte in design.inputs[0].origin.encode()) + '"' in text
    source = tmp_path / "check.cpp"
    source.write_text('#include "alveo/host/design.h"\nstatic_assert(sizeof(codesign::design::inputs) > 0, "");\n')
    toolchain.run([toolchain.compiler(), "-std=c++14", "-Wall", "-Werror", "-fsyntax-only", source], seconds=60)


def test_two_runs_print_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        written(encoded(classifier()), tmp_path / name)
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one" / "alveo").rglob("*") if p.is_file())
    assert len(files) > 15
    for path in files:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes()
