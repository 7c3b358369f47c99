"""XML as a tree whose elements know their lines. Document types, and with them entities, are refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from codesign.errors import ReportError
from codesign.report.vendor.source import CURE, short

DEEPEST = 64
"""Levels; reports of HLS have ten."""


@dataclass
class Element:
    """An element; `line` counts from 1."""

    name: str
    line: int
    file: str
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def error(self, expected: str) -> ReportError:
        """Something is missing in it."""
        said = repr(short(self.text.strip())) if self.text.strip() else "nothing of the kind"
        return ReportError(f"{self.file}, line {self.line}: <{self.name}> has {said}, expected {expected}; {CURE}")

    def get(self, name: str) -> Element | None:
        """The first child of that name."""
        return next((child for child in self.children if child.name == name), None)

    def the(self, path: str) -> Element:
        """The element at the end of that path, `A/B`; ReportError where there is none."""
        here = self
        for name in path.split("/"):
            found = here.get(name)
            if found is None:
                raise here.error(f"<{name}> in it")
            here = found
        return here

    def all(self, name: str) -> Iterator[Element]:
        """The children of that name."""
        return (child for child in self.children if child.name == name)

    @property
    def value(self) -> str:
        """Its text without the spaces around."""
        return self.text.strip()


def read_tree(text: str, file: str) -> Element:
    """The outermost element; ReportError for what is cut, not well formed, too deep or has a document type."""
    outer = Element("", 0, file)
    open_elements = [outer]
    pieces: list[list[str]] = [[]]
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(open_elements) > DEEPEST:
            raise ReportError(f"{file}, line {parser.CurrentLineNumber}: more than {DEEPEST} levels of elements")
        element = Element(name, parser.CurrentLineNumber, file)
        open_elements[-1].children.append(element)
        open_elements.append(element)
        pieces.append([])

    def end(name: str) -> None:
        open_elements.pop().text = "".join(pieces.pop())

    def data(text: str) -> None:
        pieces[-1].append(text)

    def doctype(*_: object) -> None:
        line = parser.CurrentLineNumber
        raise ReportError(f"{file}, line {line}: a document type; reports have none, and its entities are not read")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = data, doctype
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        what = expat.errors.messages[error.code]
        raise ReportError(f"{file}, line {error.lineno}: {what}, expected the rest of the XML; {CURE}") from error
    return outer.children[0]
