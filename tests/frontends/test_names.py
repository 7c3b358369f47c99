"""Names become identifiers that every generated language takes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.frontends.names import LONGEST, LONGEST_ORIGIN, Names, identifier, spelled

SAFE = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*")


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("MatMul_0", "MatMul", "MatMul_0"),
        ("/1/linear1/Gemm", "Gemm", "Gemm_1_linear1_Gemm"),
        ("dense_1.weight", "Gemm", "dense_1_weight"),
        ("74", "MatMul", "MatMul_74"),
        ("inp.1", "net", "inp_1"),
        ("__x__y", "Relu", "x_y"),
        ("", "Relu", "Relu"),
        ("++", "", "node"),
        ("while", "Loop", "node_while"),
        ("Signal", "Relu", "Relu_Signal"),
        ("input", "net", "net_input"),
        ("größe", "Relu", "gr_e"),
        ("*/ #include <x>", "Relu", "include_x"),
        ('x"; system("rm -rf /"); //', "Relu", "x_system_rm_rf"),
        ("../../etc/passwd", "Relu", "etc_passwd"),
        ("a\nb\0c", "Relu", "a_b_c"),
    ],
)
def test_identifiers(text: str, kind: str, name: str) -> None:
    assert identifier(text, kind) == name


@given(st.lists(st.text(max_size=80), max_size=20), st.text(max_size=10))
def test_names_are_safe_distinct_and_short(texts: list[str], kind: str) -> None:
    names = Names()
    found = [names.unique(t, kind) for t in texts]
    assert all(SAFE.fullmatch(n) and n.isascii() and len(n) <= LONGEST for n in found)
    assert len({n.lower() for n in found}) == len(found)


@pytest.mark.parametrize(
    "word", ["int", "class", "wire", "logic", "entity", "downto", "main", "std", "asm", "NULL", "Begin", "eof"]
)
def test_words_of_the_generated_languages_are_not_names(word: str) -> None:
    assert identifier(word, "Relu") == f"Relu_{word}"


def test_taken_names_are_numbered_whatever_their_case() -> None:
    names = Names()
    assert [names.unique(t) for t in ("fc", "FC", "fc", "fc_2", "f.c")] == ["fc", "FC_2", "fc_3", "fc_2_2", "f_c"]


def test_long_names_are_cut_and_still_differ() -> None:
    names = Names()
    found = [names.unique("a" * 10_000_000 + tail) for tail in "xyz"]
    assert found == ["a" * LONGEST, "a" * (LONGEST - 2) + "_2", "a" * (LONGEST - 2) + "_3"]


def test_the_spelling_for_messages_keeps_what_can_be_printed() -> None:
    assert spelled("größe /1/fc") == "größe /1/fc"
    assert spelled("a\nb\x1b[31m\0") == "a\\nb\\x1b[31m\\x00"
    assert len(spelled("a" * 10_000_000)) < LONGEST_ORIGIN + 40
    assert spelled("a" * 10_000_000).endswith("... (10000000 characters)")
