"""Loops that nobody knows the turns of."""

from tests.tools.planted.source import code

COUNTED = "expected a for loop with a bound"
CONSTANT = "is known only while it runs; expected a constant, or samples of the top function and what it makes"

LOOPS = {
    "while": code("void f(int n) {\n    while (n > 0) --n;\n}", f"2: loops: while; {COUNTED}"),
    "do": code("void f(int n) {\n    do --n; while (n > 0);\n}", f"2: loops: do; {COUNTED}"),
    "goto": code("void f() {\nagain:\n    goto again;\n}", f"3: loops: goto; {COUNTED}"),
    "for ever": code(
        "void f() {\n    for (;;) {\n    }\n}",
        "2: loops: a for loop without a variable of its own, a bound or a step; "
        "expected for (int i = 0; i < bound; ++i)",
    ),
    "a loop over a range": code(
        "void f() {\n    int x[3] = {1, 2, 3};\n    for (int& y : x) y = 0;\n}",
        f"3: loops: a loop over a range; {COUNTED}",
    ),
    "a bound that a run decides": code(
        "int f(int n) {\n    int s = 0;\n    for (int i = 0; i < n; ++i) s += i;\n    return s;\n}",
        f"3: loops: the bound of i {CONSTANT}",
    ),
    "a bound that is read": code(
        "#include <hls_stream.h>\nvoid f(hls::stream<int>& in) {\n    for (int i = 0; i < in.read(); ++i) {\n    }\n}",
        f"3: loops: the bound of i {CONSTANT}",
    ),
    "a bound that a run decides in a template": code(
        "template <class C> int f(int n) {\n    int s = C::start;\n    for (int i = 0; i < n * C::size; ++i) s += i;\n"
        "    return s;\n}",
        f"3: loops: the bound of i {CONSTANT}",
    ),
    "a count that is set anew": code(
        "void f(int samples) {\n    int n = samples;\n    n = n * n;\n    for (int i = 0; i < n; ++i) {\n    }\n}",
        f"4: loops: the bound of i {CONSTANT}",
    ),
    "a count of samples behind a pointer": code(
        "void f(const int* samples) {\n    for (int i = 0; i < *samples; ++i) {\n    }\n}",
        f"2: loops: the bound of i {CONSTANT}",
    ),
    "other samples than the top function's": code(
        "void f(int samples) {\n    samples *= samples;\n    for (int i = 0; i < samples; ++i) {\n    }\n}",
        "2: loops: samples is assigned; expected it to stay what the top function was given",
    ),
    "another bound than the top function's": code(
        "void g(int samples) {\n    for (int i = 0; i < samples; ++i) {\n    }\n}\n"
        "void f(int samples, int other) {\n    g(samples);\n    g(other);\n}",
        "7: loops: g is passed another samples than the top function's",
    ),
    "a step backwards": code(
        "void f() {\n    for (int i = 0; i < 9; i += -1) {\n    }\n}",
        "2: loops: the step of i is not ++ or += a positive constant",
    ),
    "a variable that the body sets": code(
        "void f() {\n    for (int i = 0; i < 9; ++i) {\n        i = 0;\n    }\n}",
        "3: loops: i is assigned inside its loop; expected a step of the loop alone",
    ),
    "a variable that a function sets": code(
        "void g(int& x) { x = 0; }\nvoid f() {\n    for (int i = 0; i < 9; ++i) {\n        g(i);\n    }\n}",
        "4: loops: i is passed by reference inside its loop; expected a step of the loop alone",
    ),
    "a bound of another variable": code(
        "void f() {\n    int k = 0;\n    for (int i = 0; k < 9; ++i) {\n    }\n}",
        "3: loops: the bound of i is not i < a constant",
    ),
}  # fmt: skip
