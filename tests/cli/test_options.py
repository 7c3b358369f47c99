"""How the values of shared options are read."""

import pytest

from codesign.cli.options import input_types
from codesign.errors import ConfigError


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (None, {}),
        (["fixed<16,6>"], {"": "fixed<16,6>"}),
        (["x=fixed<16,6>", "y=uint<8>"], {"x": "fixed<16,6>", "y": "uint<8>"}),
        (["a=b=int<3>"], {"a=b": "int<3>"}),
        (["uint<8>", "x=int<3>"], {"": "uint<8>", "x": "int<3>"}),
    ],
)
def test_a_type_follows_the_last_equals_sign(given: list[str] | None, found: dict[str, str]) -> None:
    assert input_types(given) == found


@pytest.mark.parametrize(("given", "what"), [(["x=int<3>", "x=int<4>"], "x is"), (["int<3>"] * 2, "a type for every")])
def test_a_type_given_twice_is_refused(given: list[str], what: str) -> None:
    with pytest.raises(ConfigError, match=f"^--input-type: {what}.* given twice$"):
        input_types(given)
