"""The templates of pages: every text from the user's file is escaped, and every page has one style."""

from __future__ import annotations

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from codesign.report.text import one_line
from codesign.resources import folder


def page_templates(name: str) -> Environment:
    """Those in the folder `name`; the filter `plain` puts a text on one line."""
    environment = Environment(
        loader=FileSystemLoader(folder("templates") / name),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["plain"] = one_line
    return environment


def style() -> str:
    """The style sheet that pages have inside."""
    return (folder("templates") / "report" / "report.css").read_text(encoding="utf-8")
