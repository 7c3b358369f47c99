"""What a runtime takes of ONNX: operators, types, versions and rules, from its YAML file, each with its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

from codesign.checks import Checks, nearest
from codesign.errors import TargetError

FOLDER = Path(__file__).parent / "tables"
TYPES = (
    "float", "float16", "bfloat16", "double", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
    "bool", "string", "int4", "uint4", "float8e4m3fn", "float8e5m2",
)  # fmt: skip
"""Types of elements as ONNX spells them, in lower case."""
NEWEST = 1000
"""An opset that never comes: an entry without an end."""


class Level(Enum):
    """How bad a finding is."""

    REFUSED = "refused"
    """The runtime does not take the model, or gives wrong results."""
    WARNING = "warning"
    """It runs, with a cost, a condition or a result that the message names."""


class Kind(Enum):
    """What a rule looks at."""

    ATTRIBUTE = "attribute"
    """An attribute with one of some values."""
    FIXED = "fixed"
    """An input whose value depends on the data."""
    AT_MOST = "at_most"
    """An input whose constant value is larger than a limit."""
    ZERO = "zero"
    """An input whose constant value is not all zero."""
    OUTPUTS = "outputs"
    """More outputs than a number."""
    TYPE = "type"
    """Data of one of some types."""
    REPEATS = "repeats"
    """Indices that come with the data, without a reduction: they may repeat."""
    CARRIED = "carried"
    """A loop whose state changes its rank from turn to turn."""
    STATIC = "static"
    """A first input whose shape is not all numbers."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is refused or warned of, what to do about it, and where that is known from."""

    why: str
    cure: str
    source: str


@dataclass(frozen=True, slots=True)
class Support:
    """An operator that is taken: in which opsets, and with which types of its data."""

    first: int
    last: int
    types: frozenset[str]
    source: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition on nodes of one operator; the fields beside `kind` that it needs are set."""

    kind: Kind
    level: Level
    reason: Reason
    name: str = ""
    values: tuple[str, ...] = ()
    input: int = 0
    most: int = 0


@dataclass(frozen=True)
class Table:
    """What one runtime takes."""

    target: str
    title: str
    version: str
    """The version that the entries were read or tried of."""
    ir_version: int
    first_opset: int
    last_opset: int
    tensors: frozenset[str]
    domains: frozenset[str]
    functions: bool
    """Whether functions that the model brings along are taken."""
    profiles: bool
    """Whether dynamic inputs need an optimization profile."""
    float64_is_float32: bool
    falls_back: str
    """The target that takes over what this one has no kernel for; empty where none does."""
    sources: Mapping[str, str]
    operators: Mapping[str, Sequence[Support]]
    refused: Mapping[str, Reason]
    rules: Mapping[str, Sequence[Rule]]


def lint_targets() -> list[str]:
    """The names of the runtimes that there are tables of."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


@cache
def load_table(target: str) -> Table:
    """The table of a runtime; TargetError, with the nearest name, where there is none."""
    if target not in lint_targets():
        raise TargetError(f"--target {target!r} is no runtime of the linter; {nearest(target, lint_targets())}")
    return read_table(FOLDER / f"{target}.yaml")


_KEYS = (
    "title", "version", "ir_version", "opsets", "tensors", "domains", "functions", "profiles", "float64_is_float32",
    "falls_back", "sources", "operators", "refused", "rules",
)  # fmt: skip


def read_table(path: Path) -> Table:
    """The table in a file, each value checked; TargetError names the place of what is not as it should be."""
    checks = _Reader(str(path), TargetError)
    found = checks.mapping(checks.yaml(path), "the file", _KEYS)
    sources = checks.texts(found.get("sources"), "sources")
    first, last = checks.opsets(found.get("opsets"), "opsets", 1, NEWEST)
    operators: dict[str, list[Support]] = {}
    for entry in checks.items(found.get("operators"), "operators", ("names", "types", "opsets", "source")):
        support = checks.support(entry, sources, first, last)
        for name in checks.words(entry.get("names"), "operators.names"):
            operators.setdefault(name, []).append(support)
    refused: dict[str, Reason] = {}
    for entry in checks.items(found.get("refused", []), "refused", ("names", "why", "cure", "source")):
        for name in checks.words(entry.get("names"), "refused.names"):
            if name in operators or name in refused:
                raise TargetError(f"{path}: {name} stands under refused and somewhere else; one place must do")
            refused[name] = checks.reason(entry, "refused", sources)
    rules: dict[str, list[Rule]] = {}
    for entry in checks.items(found.get("rules", []), "rules", ("operators", *_RULE_KEYS)):
        rule = checks.rule(entry, sources)
        for name in checks.words(entry.get("operators"), "rules.operators"):
            if name not in operators:
                raise TargetError(f"{path}: a rule speaks of {name}, which is no operator of the table")
            rules.setdefault(name, []).append(rule)
    return Table(
        target=path.stem,
        title=checks.text(found.get("title"), "title"),
        version=checks.text(found.get("version"), "version"),
        ir_version=checks.whole(found.get("ir_version"), "ir_version", 1, NEWEST),
        first_opset=first,
        last_opset=last,
        tensors=checks.types(found.get("tensors"), "tensors"),
        domains=frozenset(checks.words(found.get("domains", []), "domains")),
        functions=checks.flag(found.get("functions"), "functions"),
        profiles=checks.flag(found.get("profiles"), "profiles"),
        float64_is_float32=checks.flag(found.get("float64_is_float32", False), "float64_is_float32"),
        falls_back=checks.text(found.get("falls_back"), "falls_back") if "falls_back" in found else "",
        sources=sources,
        operators=operators,
        refused=refused,
        rules=rules,
    )


_RULE_KEYS = ("rule", "level", "name", "values", "input", "most", "why", "cure", "source")


class _Reader(Checks):
    """Checks the values of one table."""

    def items(self, found: object, place: str, keys: Sequence[str]) -> list[Mapping[str, object]]:
        if not isinstance(found, list):
            raise self.refuse(place, found, f"a list of mappings with the keys {', '.join(keys)}")
        return [self.mapping(item, place, keys) for item in found]

    def text(self, found: object, place: str) -> str:
        if not isinstance(found, str) or not found or len(found) > 1000:
            raise self.refuse(place, found, "a text")
        return " ".join(found.split())

    def texts(self, found: object, place: str) -> Mapping[str, str]:
        return {name: self.text(text, f"{place}.{name}") for name, text in self.entries(found, place).items()}

    def words(self, found: object, place: str) -> list[str]:
        if not isinstance(found, list) or not all(isinstance(word, str) and word for word in found):
            raise self.refuse(place, found, "a list of names")
        return [str(word) for word in found]

    def types(self, found: object, place: str) -> frozenset[str]:
        return frozenset(self.known(word, TYPES, place) for word in self.words(found, place))

    def opsets(self, found: object, place: str, first: int, last: int) -> tuple[int, int]:
        if found is None:
            return first, last
        if not isinstance(found, list) or len(found) != 2:
            raise self.refuse(place, found, "the first and the last opset, as [7, 24]")
        return self.whole(found[0], place, first, last), self.whole(found[1], place, first, last)

    def source(self, entry: Mapping[str, object], place: str, sources: Mapping[str, str]) -> str:
        return sources[self.known(entry.get("source"), list(sources), f"{place}.source")]

    def support(self, entry: Mapping[str, object], sources: Mapping[str, str], first: int, last: int) -> Support:
        first, last = self.opsets(entry.get("opsets"), "operators.opsets", first, last)
        types = self.types(entry.get("types"), "operators.types")
        return Support(first, last, types, self.source(entry, "operators", sources))

    def reason(self, entry: Mapping[str, object], place: str, sources: Mapping[str, str]) -> Reason:
        why, cure = (self.text(entry.get(key), f"{place}.{key}") for key in ("why", "cure"))
        return Reason(why, cure, self.source(entry, place, sources))

    def rule(self, entry: Mapping[str, object], sources: Mapping[str, str]) -> Rule:
        kind = Kind(self.choice(entry.get("rule"), "rules.rule", [k.value for k in Kind]))
        level = Level(self.choice(entry.get("level", "refused"), "rules.level", [v.value for v in Level]))
        needed = {Kind.ATTRIBUTE: ("name", "values"), Kind.FIXED: ("input",), Kind.AT_MOST: ("input", "most")}
        needed |= {Kind.ZERO: ("input",), Kind.OUTPUTS: ("most",), Kind.TYPE: ("values",), Kind.REPEATS: ("input",)}
        for key in ("name", "values", "input", "most"):
            if (key in entry) != (key in needed.get(kind, ())):
                raise self.refuse(f"rules.{key}", entry.get(key), f"it exactly where rule: {kind.value} needs it")
        return Rule(
            kind,
            level,
            self.reason(entry, "rules", sources),
            self.text(entry["name"], "rules.name") if "name" in entry else "",
            tuple(self.words(entry["values"], "rules.values")) if "values" in entry else (),
            self.whole(entry.get("input", 0), "rules.input", 0, 100),
            self.whole(entry.get("most", 0), "rules.most", 0, 1 << 40),
        )
