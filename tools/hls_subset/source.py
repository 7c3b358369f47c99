"""A C++ source as a tool of one generation sees it: preprocessed, parsed, with its pragmas in their places.

A parser drops the pragmas that it does not know. So the preprocessed text is parsed with each of them replaced by a
declaration, `enum { hls_pragma_7 };`, which may stand wherever a pragma may: its place in the tree is the pragma's.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from pathlib import Path

from clang.cindex import Cursor, CursorKind, Diagnostic, Index, TranslationUnit

from codesign.verification import toolchain
from tools.hls_subset.finding import Finding

STAND_INS = Path(__file__).parent / "include"
"""ap_int.h and hls_stream.h: all that a design may include besides its own headers."""
MARK = "hls_pragma_"
_LINE = re.compile(r'# (\d+) "((?:[^"\\]|\\.)*)"')
_CONSTANTS = re.compile(r"[{},;\-\dUL]+")
_RUN = re.compile(r"(-?\d+(?:U?LL)?,)(?:-?\d+(?:U?LL)?,)+")
_PRAGMA = re.compile(r"\s*#\s*pragma\s+(.*)")
_NAME = "preprocessed.cpp"
_STANDARD = ["-std=c++11", "-pedantic-errors"]


class Dialect(Enum):
    """A generation of the tools, by what it is told from."""

    VIVADO = "Vivado HLS 2019.2 to 2020.1"
    VITIS = "Vitis HLS 2020.2 and later"

    @property
    def defines(self) -> list[str]:
        return ["__SYNTHESIS__", "__VITIS_HLS__"] if self is Dialect.VITIS else ["__SYNTHESIS__"]


@dataclass(frozen=True)
class Place:
    """A line of a file as it was before preprocessing."""

    file: str
    line: int


@dataclass(frozen=True)
class Pragma:
    """The text behind `#pragma`, macros expanded."""

    number: int
    text: str
    place: Place


@dataclass(frozen=True, eq=False)
class Source:
    """A parsed source. `lines` are what was parsed, each of them from the place of the same index."""

    dialect: Dialect
    lines: list[str]
    places: list[Place | None]
    pragmas: list[Pragma]
    tree: TranslationUnit
    errors: list[Finding]

    def place(self, cursor: Cursor) -> Place:
        """Where `cursor` stands in the user's files."""
        return self._place(cursor.location.line) or Place("stand-ins", 0)

    def own(self, cursor: Cursor) -> bool:
        """Whether `cursor` is of the design, and not of the stand-ins."""
        return self._place(cursor.location.line) is not None

    @cached_property
    def declarations(self) -> list[Cursor]:
        """Everything of the design's own at namespace scope."""
        return list(self._inside(self.tree.cursor))

    @cached_property
    def variables(self) -> dict[str, Cursor]:
        """The variables among them."""
        return {c.spelling: c for c in self.declarations if c.kind is CursorKind.VAR_DECL}

    def _inside(self, parent: Cursor) -> Iterator[Cursor]:
        for cursor in parent.get_children():
            if cursor.kind in (CursorKind.NAMESPACE, CursorKind.LINKAGE_SPEC, CursorKind.UNEXPOSED_DECL):
                yield from self._inside(cursor)
            elif self.own(cursor):
                yield cursor

    def _place(self, line: int) -> Place | None:
        return self.places[line - 1] if 0 < line <= len(self.places) else None


def parse(path: Path, dialect: Dialect, root: Path, defines: Sequence[str], like: Source | None = None) -> Source:
    """`path` as the tools of `dialect` read it with these macros; files are named relative to `root`.

    Where the code is that of `like`, and only the pragmas differ, its tree is taken.
    """
    text, complaint = _preprocessed(path, dialect, root, defines)
    lines, places, pragmas = _marked(text, root)
    if like is not None and lines == like.lines and complaint is None:
        return replace(like, dialect=dialect, pragmas=pragmas)
    tree = Index.create().parse(_NAME, args=_STANDARD, unsaved_files=[(_NAME, "\n".join(lines) + "\n")])
    source = Source(dialect, lines, places, pragmas, tree, [] if complaint is None else [complaint])
    for diagnostic in tree.diagnostics:
        if diagnostic.severity >= Diagnostic.Error:
            where = source._place(diagnostic.location.line) or Place("stand-ins", 0)
            source.errors.append(Finding(where.file, where.line, "C++11", diagnostic.spelling))
    return source


def _preprocessed(path: Path, dialect: Dialect, root: Path, defines: Sequence[str]) -> tuple[str, Finding | None]:
    """(text, None), or what is wrong with it: most often a header that no tool synthesizes."""
    command = [
        toolchain.compiler(), "-E", "-std=c++11", "-nostdinc", "-isystem", str(STAND_INS),
        *(f"-D{name}" for name in (*dialect.defines, *defines)), str(path),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return done.stdout, None
    found = re.search(r"^(.*?):(\d+):\d+: (?:fatal )?error: (.*)$", done.stderr, re.MULTILINE)
    if found is None:
        return "", Finding(_name(str(path), root), 1, "include", done.stderr.strip())
    header = re.match(r"(\S+): No such file", found[3])
    allowed = " and ".join(sorted(p.name for p in STAND_INS.iterdir()))
    message = f"{header[1]} is included; expected the design's own headers, {allowed}" if header else found[3]
    return "", Finding(_name(found[1], root), int(found[2]), "include", message)


def _marked(text: str, root: Path) -> tuple[list[str], list[Place | None], list[Pragma]]:
    """Lines with a declaration for each pragma, the place that each line comes from, and the pragmas."""
    lines: list[str] = []
    places: list[Place | None] = []
    pragmas: list[Pragma] = []
    file, number, own = "", 1, False
    for line in text.splitlines():
        if marker := _LINE.match(line):
            file, number = marker[2], int(marker[1])
            own = not file.startswith("<") and STAND_INS not in Path(file).parents
            file = _name(file, root)
            continue
        place = Place(file, number) if own else None
        if (pragma := _PRAGMA.match(line)) and place is not None:
            line = f"enum {{ {MARK}{len(pragmas)} }};"
            pragmas.append(Pragma(len(pragmas), pragma[1].strip(), place))
        if _CONSTANTS.fullmatch(line):
            line = _RUN.sub(r"\1", line)  # the numbers of a memory: one stands for all, for there may be millions
        lines.append(line)
        places.append(place)
        number += 1
    return lines, places, pragmas


def _name(file: str, root: Path) -> str:
    path = Path(file).resolve()
    return str(path.relative_to(root.resolve())) if path.is_relative_to(root.resolve()) else str(path)
