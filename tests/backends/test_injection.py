"""A hostile model cannot put code into what is generated, nor a file elsewhere."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from codesign.backends.project import write_project
from codesign.errors import IRError
from codesign.ir.design import Design, Process, Stream
from codesign.verification.vectors import random_vectors
from tests.backends.small import classifier

HOSTILE = [
    "*/ int evil; /*",
    "a\nint evil;",
    "a\r\nint evil;",
    "a\\",
    "a??/",
    "$(touch evil)",
    "${evil}",
    "`touch evil`",
    "[exec touch evil]",
    "};exec touch evil;{",
    '"; exec touch evil; "',
    "{{ evil }}",
    "{% evil %}",
    "<script>evil()</script>",
    "../../evil",
    "/tmp/evil",
    "#include <evil>",
    "|evil|[evil](evil)",
    "\x00evil",
    "evil\u2028\u202eevil",
]
SYNTAX = '*\\$`[]{}"<>|\x00\n\r'


def write(design: Design, folder: Path, **other: str) -> dict[str, str]:
    """All generated text but the library."""
    folder.mkdir(exist_ok=True)
    about = {"version": "0.1.0", "digest": "abc", **other}
    write_project(design, folder, part="xcu50", clock_ns=5, vectors=random_vectors(design, 4), **about)
    texts = {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}
    return {k: v for k, v in texts.items() if not k.startswith(("src/codesign/", "csim/include/"))}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return write(classifier("name", "name"), tmp_path_factory.mktemp("plain"), version="name", digest="name")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_origins_change_nothing_but_comments(text: str, plain: dict[str, str], tmp_path: Path) -> None:
    """The same lines as with a harmless origin, and the differing ones hold only harmless characters more."""
    design = classifier(text, text)
    for ports in (design.inputs, design.outputs):
        ports[:] = [replace(p, origin=text) for p in ports]
    found = write(design, tmp_path / "p", version=text, digest=text)
    assert sorted(found) == sorted(plain)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["p"]
    for path, expected in plain.items():
        if path == "codesign.json":
            continue  # a JSON string: json.dumps escapes it, and its reader is json.loads
        lines, wanted = found[path].split("\n"), expected.split("\n")
        assert len(lines) == len(wanted), path
        for line, want in zip(lines, wanted, strict=True):
            assert line == want or is_comment(path, want), f"{path}: {line}"
            for character in SYNTAX:
                assert line.count(character) == want.count(character), f"{path}: {line}"
    # The origin does stand there, escaped.
    assert found["src/small.cpp"] != plain["src/small.cpp"]
    assert "evil;" not in found["src/small.cpp"]


def is_comment(path: str, line: str) -> bool:
    return line.startswith(("//", "#")) or path == "README.md"


def test_hostile_origins_compile_and_run(tmp_path: Path) -> None:
    design = classifier("\n".join(HOSTILE), "*/ int evil; /*\n#error evil\n\\")
    write(design, tmp_path / "p", version='"\n#error evil', digest="*/\n#error evil")
    subprocess.run(["make", "-C", tmp_path / "p", "csim"], check=True, capture_output=True)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_refused(name: str, tmp_path: Path) -> None:
    """Names are made into identifiers when a model is read; what slips through goes no further."""
    for place in ("design", "process", "stream", "port"):
        design = classifier()
        match place:
            case "design":
                design.name = name
            case "process":
                best: Process = design.processes.pop("best")
                design.add(replace(best, name=name))
            case "stream":
                hostile: Stream = replace(design.streams.pop("scores"), name=name)
                design.add_stream(hostile)
                design.processes = {
                    k: replace(
                        p,
                        reads=tuple(name if r == "scores" else r for r in p.reads),
                        writes=tuple(name if w == "scores" else w for w in p.writes),
                    )
                    for k, p in design.processes.items()
                }
            case "port":
                design.inputs[0] = replace(design.inputs[0], name=name)
        with pytest.raises(IRError, match="is not an identifier"):
            write(design, tmp_path / "p")
        assert list((tmp_path / "p").iterdir()) == []
