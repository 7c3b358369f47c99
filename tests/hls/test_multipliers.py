"""The packed product of the C++ library in both arithmetics: both products, for every code."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from codesign import resources
from codesign.backends.hls.declarations import code
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.multiplier import packed_shift
from codesign.verification import toolchain

LIBRARY = resources.folder("hls")
STAND_IN = ["-I", str(LIBRARY / "csim")]
FLAGS = {
    "native": ["-DCODESIGN_NATIVE", "-fwrapv", *STAND_IN],
    "ap": ["-I", str(toolchain.ap_include()), *STAND_IN],
}

SMALL = [Fixed(width, 0, signed) for width in (1, 2, 3, 4) for signed in (True, False)]
WIDE = [
    (Fixed(8), Fixed(8)), (Fixed(8, 0, False), Fixed(8)), (Fixed(8), Fixed(8, 0, False)),
    (Fixed(17, 0, False), Fixed(4)), (Fixed(18), Fixed(4)), (Fixed(3), Fixed(11)),
]  # fmt: skip
"""All codes of the first weight and of 256 inputs at each end, with the extremes of the second; and the reverse."""

PROGRAM = """
#include <cstdio>
#include "{library}/codesign/types.hpp"

template <class X, class W, int Shift> static int wrong(long long x, long long first, long long second) {{
    typedef codesign::sint<40> sum;
    sum::sum low, high;
    codesign::shared_slice<Shift>::template pair<sum, X, W>(typename X::type(x), typename W::type(first),
                                                      typename W::type(second), low, high);
    return (long long)low != x * first || (long long)high != x * second;
}}

template <class X, class W, int Shift>
static int every(long long xlow, long long xhigh, long long wlow, long long whigh) {{
    int count = 0;
    for (long long x = xlow; x <= xhigh; ++x)
        for (long long a = wlow; a <= whigh; ++a)
            for (long long b = wlow; b <= whigh; ++b) count += wrong<X, W, Shift>(x, a, b);
    return count;
}}

template <class X, class W, int Shift>
static int extremes(long long xlow, long long xhigh, long long wlow, long long whigh) {{
    const long long ends[] = {{wlow, wlow + 1, wlow < 0 ? -1 : 0, 0, 1, whigh - 1, whigh}};
    int count = 0;
    for (long long x = xlow; x <= xhigh; ++x) {{
        if (x == xlow + 256 && xhigh - 256 > x) x = xhigh - 256;
        for (long long a = wlow; a <= whigh; ++a)
            for (int e = 0; e < 7; ++e)
                count += wrong<X, W, Shift>(x, a, ends[e]) + wrong<X, W, Shift>(x, ends[e], a);
    }}
    return count;
}}

int main() {{
    int count = 0;
{calls}
    std::printf("%d", count);
}}
"""


@pytest.mark.parametrize("arithmetic", FLAGS)
def test_both_products_are_exact(arithmetic: str, tmp_path: Path) -> None:
    pairs = [("every", x, w) for x in SMALL for w in SMALL] + [("extremes", x, w) for x, w in WIDE]
    calls = [
        f"    count += {what}<{code(x)}, {code(w)}, {packed_shift(x, w)}>({x.low}, {x.high}, {w.low}, {w.high});"
        for what, x, w in pairs
    ]
    source, program = tmp_path / "test.cpp", tmp_path / "test"
    source.write_text(PROGRAM.format(library=LIBRARY, calls="\n".join(calls)))
    toolchain.run(["g++", "-std=c++11", "-O1", "-w", *FLAGS[arithmetic], source, "-o", program], seconds=300)
    done = subprocess.run([str(program)], capture_output=True, text=True, check=True)
    assert done.stdout == "0"
