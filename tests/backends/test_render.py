"""What is printed: checked names, escaped text, no value forgotten."""

import re
from pathlib import Path

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign import resources
from codesign.backends.names import RESERVED, Names
from codesign.backends.render import comment, identifier, quoted, render, tcl
from codesign.errors import IRError


@pytest.mark.parametrize("name", ["x", "_x", "dense_1", "A" * 255])
def test_identifiers_pass(name: str) -> None:
    assert identifier(name) == name


@pytest.mark.parametrize(
    "name", ["", "1x", "a b", "a-b", "a\n", "a;b", "a*/", "x[exec ls]", "$x", "${x}", "é", "x'", 'x"', "a\\", "A" * 256]
)
def test_anything_else_is_refused(name: str) -> None:
    with pytest.raises(IRError, match="is not an identifier"):
        identifier(name)


@given(st.text())
def test_a_comment_cannot_end_or_continue_its_line(text: str) -> None:
    safe = comment(text)
    assert re.fullmatch(r"[A-Za-z0-9_./:,+=@ %~-]{0,100}", safe)


def test_a_comment_keeps_what_names_are_made_of() -> None:
    assert comment("model/dense_1/MatMul:0, node 3") == "model/dense_1/MatMul:0, node 3"
    assert comment("a*/b\n\\") == "a%2A/b%0A%5C"


@pytest.mark.parametrize("word", ["", "a b", "a}", "{a", "[exit]", "$a", 'a"', "a;b", "a\n", "a\\"])
def test_a_tcl_word_is_plain(word: str) -> None:
    with pytest.raises(IRError, match="as a Tcl word"):
        tcl(word)


@pytest.mark.parametrize("text", ["HBM[0]", 'a"b\\c', "%d ??/ \n\0", "\u00fc/Gemm_0"])
def test_a_string_of_c_is_what_was_quoted(text: str) -> None:
    found = quoted(text)
    assert found.isascii() and "\n" not in found
    pieces = re.findall(r"\\[0-7]{3}|[^\\\"?]", found[1:-1])
    assert f'"{"".join(pieces)}"' == found
    assert bytes(int(p[1:], 8) if len(p) > 1 else ord(p) for p in pieces).decode() == text


def test_a_value_that_is_not_there_is_our_mistake() -> None:
    with pytest.raises(IRError, match=r"template hls/Makefile.j2: 's' is undefined"):
        render("hls/Makefile.j2", version="0", digest="0")


def test_names_are_given_once() -> None:
    names = Names()
    assert [names.unique(n) for n in ("a", "a", "a_2", "int", "a")] == ["a", "a_2", "a_2_2", "int_2", "a_3"]


def test_reserved_words_are_changed() -> None:
    names = Names()
    for word in RESERVED:
        assert names.unique(word) not in RESERVED


def test_templates_only_print() -> None:
    """No arithmetic, and everything from outside passes a filter."""
    for path in sorted(Path(resources.folder("templates") / "hls").rglob("*.j2")):
        for expression in re.findall(r"\{\{(.*?)\}\}", path.read_text()):
            assert not re.search(r"[-+*]|//|\*\*", re.sub(r'"[^"]*"|s\.inputs \+ s\.outputs', "", expression)), (
                path.name
            )
            if re.search(r"\b(name|top|origin|version|digest|config|beat)\b", expression.split("|")[0]):
                assert re.search(r"\| (identifier|comment|tcl)\b", expression) or expression.strip() == "name", (
                    f"{path.name}: {expression}"
                )


def test_templates_compile() -> None:
    folder = resources.folder("templates") / "hls"
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(folder))
    environment.filters.update(identifier=identifier, comment=comment, tcl=tcl)
    assert len(list(folder.rglob("*.j2"))) >= 11
    for path in folder.rglob("*.j2"):
        environment.get_template(str(path.relative_to(folder)))
