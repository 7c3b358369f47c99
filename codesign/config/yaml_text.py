"""YAML as far as a configuration needs it: plain values, within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codesign.errors import ConfigError

if TYPE_CHECKING:
    from yaml._yaml import Mark as FastMark
    from yaml.error import Mark as PlainMark

    Mark = FastMark | PlainMark

MAX_BYTES = 1 << 20
"""A larger file is not a configuration."""
MAX_DEPTH = 16
"""Nesting beyond this has no meaning here."""


def load(text: str | bytes, file: str) -> object:
    """What the YAML spells, read with the safe types only: no tags, no aliases, no key twice, no deep nesting."""
    import yaml

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            seen = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode):
                    if key.value in seen:
                        raise yaml.MarkedYAMLError(problem=f"{key.value} stands twice", problem_mark=key.start_mark)
                    seen.add(key.value)
            return super().construct_mapping(node, deep)

    try:
        depth = 0
        for event in yaml.parse(text, Loader):
            problem = None
            if isinstance(event, yaml.AliasEvent):
                problem = "aliases (*name) are not taken; write the values out"
            elif isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    problem = f"nested deeper than {MAX_DEPTH}"
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if problem:
                raise ConfigError(f"{file}: {_line(event.start_mark)}{problem}")
        return yaml.load(text, Loader)
    except yaml.MarkedYAMLError as error:
        raise ConfigError(f"{file}: {_line(error.problem_mark)}{error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError) as error:  # not text, or a number or date that is none
        raise ConfigError(f"{file}: not YAML: {str(error).splitlines()[0]}") from error


def _line(mark: Mark | None) -> str:
    return f"line {mark.line + 1}: " if mark else ""
