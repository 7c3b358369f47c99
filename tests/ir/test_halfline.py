"""Half-lines: membership, pull-back through an affine map, and their first integer."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from codesign.ir.halfline import HalfLine

QUARTERS = st.integers(-20, 20).map(lambda n: Fraction(n, 4))
LINES = st.builds(HalfLine, QUARTERS, st.booleans(), st.booleans())


@given(LINES, st.integers(-30, 30).map(lambda n: Fraction(n, 4)))
def test_a_half_line_holds_what_its_definition_says(line: HalfLine, x: Fraction) -> None:
    strict = x > line.at if line.up else x < line.at
    assert (x in line) == (strict or (line.closed and x == line.at))


@given(LINES, st.one_of(QUARTERS, st.just(Fraction(0))), QUARTERS, QUARTERS)
def test_the_affine_pull_back_holds_exactly_what_maps_into_the_line(
    line: HalfLine, scale: Fraction, offset: Fraction, x: Fraction
) -> None:
    pulled = line.affine(scale, offset)
    points = {x}
    if isinstance(pulled, HalfLine):
        points |= {pulled.at, pulled.at + Fraction(1, 10**20), pulled.at - Fraction(1, 10**20)}
    for point in points:
        inside = pulled if isinstance(pulled, bool) else point in pulled
        assert inside == (point * scale + offset in line)


@given(LINES)
def test_the_first_integer_is_the_smallest_inside_or_above(line: HalfLine) -> None:
    first = line.first_integer()
    if line.up:
        assert first in line and first - 1 not in line
    else:
        assert first not in line and first - 1 in line
