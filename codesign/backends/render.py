"""Templates filled with final values: names only as checked identifiers, foreign text only escaped."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import quote

import jinja2

from codesign import resources
from codesign.errors import IRError

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}", re.ASCII)
_TCL_WORD = re.compile(r"[A-Za-z0-9_./:+=-]+", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z0-9 _.,:/+=@~-]*", re.ASCII)
_BANK = re.compile(r"[A-Za-z][A-Za-z0-9_]*\[[0-9]+\]", re.ASCII)
_PLATFORM = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*", re.ASCII)
_LONGEST_COMMENT = 100


def render(template: str, **values: object) -> str:
    """The text of `template`, a path below templates/; IRError if it asks for a value that is not there."""
    try:
        return _environment().get_template(template).render(values)
    except jinja2.UndefinedError as error:
        raise IRError(f"template {template}: {error}") from error


def identifier(text: str) -> str:
    """`text` if it is a C identifier, which is then safe in C++, Tcl, make and file names; IRError otherwise."""
    if not _IDENTIFIER.fullmatch(text):
        raise IRError(f"{text!r} was to be printed as a name, and is not an identifier")
    return text


def comment(text: str) -> str:
    """`text` for a comment or a document: all but letters, digits and -_./:,+=@ ~ percent-encoded, at most 100 long.

    No language that is printed here gives the remaining characters a meaning inside a comment.
    """
    safe = quote(text, safe="/:,+=@ ")
    return safe if len(safe) <= _LONGEST_COMMENT else safe[: _LONGEST_COMMENT - 3] + "..."


def tcl(text: str) -> str:
    """`text` as one Tcl word in braces; IRError if it has characters that no part, path or number has."""
    if not _TCL_WORD.fullmatch(text):
        raise IRError(f"{text!r} was to be printed as a Tcl word")
    return "{" + text + "}"


def quoted(text: str) -> str:
    """`text` as a string literal of C: as it is where it has only letters, digits and common marks, else each of its
    UTF-8 bytes as an octal escape."""
    if _PLAIN.fullmatch(text):
        return f'"{text}"'
    return '"' + "".join(f"\\{byte:03o}" for byte in text.encode()) + '"'


def bank(text: str) -> str:
    """`text` if it is a memory bank such as HBM[0]; IRError otherwise."""
    if not _BANK.fullmatch(text):
        raise IRError(f"{text!r} was to be printed as a memory bank")
    return text


def platform(text: str) -> str:
    """`text` if it is a platform's name, which is then safe in make and the shell; IRError otherwise."""
    if not _PLATFORM.fullmatch(text):
        raise IRError(f"{text!r} was to be printed as a platform")
    return text


@cache
def _environment() -> jinja2.Environment:
    # The output is C++, Tcl and Markdown, not HTML: what comes from outside passes the filters above.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resources.folder("templates")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters.update(
        identifier=identifier, comment=comment, tcl=tcl, quoted=quoted, bank=bank, platform=platform
    )
    return environment
