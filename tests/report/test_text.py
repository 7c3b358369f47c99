"""Text from a file is harmless on a terminal."""

import pytest

from codesign.report.text import one_line, printable, significant


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("a\rb\x07\x7f\x9b", "a\\rb\\x07\\x7f\\x9b"),
        ("left\u202eright\u2066", "left\\u202eright\\u2066"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("file\udcff.onnx", "file\\udcff.onnx"),
        ("line\u2028line", "line\\u2028line"),
        ("[bold red]markup", "[bold red]markup"),
        ("plain é 日本 −1", "plain é 日本 −1"),
    ],
)
def test_what_steers_a_terminal_is_spelled_out(hostile: str, shown: str) -> None:
    assert printable(hostile) == shown


def test_line_breaks_stay_unless_one_line_is_wanted() -> None:
    assert printable("a\nb") == "a\nb"
    assert one_line("a\nb") == "a\\nb"


@pytest.mark.parametrize("longest", [2, 3, 10, 25])
def test_a_long_text_loses_its_middle(longest: int) -> None:
    text = "abcdefghijklmnopqrstuvwxyz"
    short = printable(text, longest)
    head, _, tail = short.partition("…")
    assert len(short) == longest
    assert text.startswith(head) and text.endswith(tail)


def test_a_text_that_fits_is_left_whole() -> None:
    assert printable("abc", 3) == "abc"


def test_four_digits_are_significant() -> None:
    found = [significant(x) for x in (0, 1, 9886.4, 49267, 5425492.3, 0.123456)]
    assert found == [0, 1, 9886, 49270, 5425000, 0.1235]
