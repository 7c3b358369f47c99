"""DATAFLOW regions that not every tool takes as they stand."""

from tests.tools.planted.source import changed, code

DATAFLOW = {
    "a stream with two readers": changed(
        "    second(between, y);", "    second(between, y);\n    second(between, y);",
        "30: dataflow: between has 2 readers in its DATAFLOW region; expected one",
        "34: dataflow: y is used by second and second; expected one process",
    ),
    "a stream with two writers": changed(
        "    first(x, between);", "    first(x, between);\n    first(x, between);",
        "30: dataflow: between has 2 writers in its DATAFLOW region; expected one",
        "33: dataflow: x is used by first and first; expected one process",
    ),
    "a stream that nobody reads": changed(
        "    second(between, y);", "",
        "30: dataflow: between has 0 readers in its DATAFLOW region; expected one",
    ),
    "a stream that is read before it is written": changed(
        "    first(x, between);\n    second(between, y);", "    second(between, y);\n    first(x, between);",
        "30: dataflow: between is read before it is written in its DATAFLOW region",
    ),
    "a condition around a process": changed(
        "    second(between, y);", "    if (true) second(between, y);",
        "30: dataflow: between has 0 readers in its DATAFLOW region; expected one",
        "33: dataflow: something else than a declaration or a call in a DATAFLOW region",
    ),
    "a value in a region": changed(
        "    first(x, between);", "    int start = 3;\n    first(x, between);",
        "32: dataflow: start starts with a value in a DATAFLOW region; expected none",
    ),
    "a process that gives a value": code(
        "static int g() { return 1; }\nvoid f() {\n#pragma HLS DATAFLOW\n    g();\n}",
        "4: dataflow: g gives a value in a DATAFLOW region; expected a function that gives none",
    ),
    "an expression for a process": code(
        "static void g(int x) { (void)x; }\nvoid f(int x) {\n#pragma HLS DATAFLOW\n    g(x + 1);\n}",
        "4: dataflow: g is passed an expression in a DATAFLOW region; expected a variable",
    ),
    "an array with two writers": code(
        "static void g(int x[4]) { x[0] = 1; }\nstatic void h(const int x[4], int y[4]) { y[0] = x[0]; }\n"
        "void f(int y[4]) {\n#pragma HLS DATAFLOW\n    int x[4];\n    g(x);\n    g(x);\n    h(x, y);\n}",
        "5: dataflow: x has 2 writers in its DATAFLOW region; expected one",
    ),
    "more than the loop of a region": code(
        "static void g() {}\nvoid f(int samples) {\n    g();\n    for (int n = 0; n < samples; ++n) {\n"
        "#pragma HLS DATAFLOW\n        g();\n    }\n}",
        "3: dataflow: f has more than its DATAFLOW loop and declarations",
    ),
    "a region's loop from 1": code(
        "static void g() {}\nvoid f(int samples) {\n    for (int n = 1; n < samples; ++n) {\n#pragma HLS DATAFLOW\n"
        "        g();\n    }\n}",
        "3: dataflow: a DATAFLOW loop that does not count from 0 in ones",
    ),
    "a region's loop to something computed": code(
        "static void g() {}\nvoid f(int samples) {\n    for (int n = 0; n < samples * 2; ++n) {\n#pragma HLS DATAFLOW\n"
        "        g();\n    }\n}",
        "3: dataflow: a DATAFLOW loop up to neither a constant nor a parameter of f",
    ),
}  # fmt: skip
