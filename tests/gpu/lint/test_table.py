"""The op tables: they are read whole, and a damaged one is refused by the place that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from codesign.errors import TargetError
from codesign.gpu.lint import lint_targets, load_table
from codesign.gpu.lint.table import FOLDER, read_table


def test_there_is_a_table_of_each_runtime() -> None:
    assert lint_targets() == ["onnxruntime-cpu", "onnxruntime-cuda", "tensorrt", "tensorrt-rtx"]


@pytest.mark.parametrize("target", lint_targets())
def test_every_entry_says_where_it_is_known_from(target: str) -> None:
    table = load_table(target)
    known = set(table.sources.values())
    entries = [entry for several in table.operators.values() for entry in several]
    assert {e.source for e in entries} <= known
    assert {r.source for r in table.refused.values()} <= known
    assert {r.reason.source for several in table.rules.values() for r in several} <= known
    used = {e.source for e in entries} | {r.source for r in table.refused.values()}
    assert used | {r.reason.source for several in table.rules.values() for r in several} == known


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("types: [bool]", "types: [bit]", r"operators.types 'bit' is not known; there are float, float16"),
        ("opsets: [9, 24]", "opsets: [9]", r"opsets is \[9\], expected the first and the last opset"),
        ("ir_version: 14", "ir_version: many", r"ir_version is 'many', expected an integer"),
        ("source: tried", "source: hearsay", r"operators.source 'hearsay' is not known"),
        ("rule: at_most", "rule: at_least", r"rules.rule is 'at_least', expected one of attribute"),
        ("most: 3840", "name: most", r"rules\.\w+ is .*, expected it exactly where rule: at_most needs it"),
        ("refused:", "spurned:", r"the file: the key 'spurned' is not known; there are title"),
        ("names: [NonZero]", "names: [Relu]", r"Relu stands under refused and somewhere else"),
        ("operators: [EyeLike]", "operators: [Relu6]", r"a rule speaks of Relu6, which is no operator of the table"),
        ("functions: true", "functions: perhaps", r"functions is 'perhaps', expected true or false"),
        ("level: warning", "level: dire", r"rules.level is 'dire', expected one of refused, warning"),
        ("title: TensorRT-RTX", "title: 7", r"title is 7, expected a text"),
        ("domains: []", "domains: none", r"domains is 'none', expected a list of names"),
        ("operators:\n", "operators: 3\nmore:\n", r"the key 'more' is not known"),
    ],
)
def test_a_damaged_table_is_refused(before: str, after: str, message: str, tmp_path: Path) -> None:
    text = (FOLDER / "tensorrt-rtx.yaml").read_text()
    assert before in text
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace(before, after, 1))
    with pytest.raises(TargetError, match=message):
        read_table(path)
