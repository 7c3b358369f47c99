"""Pragmas that say what they may not, or stand where they may not."""

from tests.tools.planted.source import changed, code

PRAGMAS = {
    "a pragma that is not on the list": changed(
        "#pragma HLS UNROLL", "#pragma HLS LOOP_MERGE",
        "12: pragmas: LOOP_MERGE is not on the list: ARRAY_PARTITION, ARRAY_RESHAPE, BIND_OP, BIND_STORAGE, DATAFLOW, "
        "DEPENDENCE, INLINE, INTERFACE, LOOP_FLATTEN, LOOP_TRIPCOUNT, PIPELINE, STREAM, UNROLL",
        "12: pragmas: LOOP_MERGE is not on the list: ARRAY_PARTITION, ARRAY_RESHAPE, DATAFLOW, DEPENDENCE, INLINE, "
        "INTERFACE, LOOP_FLATTEN, LOOP_TRIPCOUNT, PIPELINE, RESOURCE, STREAM, UNROLL",
    ),
    "a pragma of Vitis HLS alone": changed(
        "#pragma HLS ARRAY_RESHAPE variable=weights complete dim=2",
        "#pragma HLS BIND_STORAGE variable=weights type=rom_1p impl=bram",
        "19: pragmas: BIND_STORAGE is a pragma of Vitis HLS 2020.2 and later, not of Vivado HLS 2019.2 to 2020.1",
    ),
    "a pragma of Vivado HLS alone": changed(
        "#pragma HLS ARRAY_RESHAPE variable=weights complete dim=2",
        "#pragma HLS RESOURCE variable=weights core=ROM_1P_BRAM",
        "19: pragmas: RESOURCE is a pragma of Vivado HLS 2019.2 to 2020.1, not of Vitis HLS 2020.2 and later",
    ),
    "a pragma of another program": changed(
        "#pragma HLS UNROLL", "#pragma omp parallel",
        "12: pragmas: #pragma omp parallel; expected only those that begin with HLS",
    ),
    "a later spelling": changed(
        "INTERFACE axis port=x", "INTERFACE mode=axis port=x",
        "26: pragmas: INTERFACE without a mode; expected axis, ap_ctrl_hs, ap_ctrl_none, ap_ctrl_chain, s_axilite, "
        "m_axi as its first word",
    ),
    "an interval of nothing": changed(
        "PIPELINE II=1", "PIPELINE II=0", "9: pragmas: PIPELINE II=0: expected a number from 1"
    ),
    "an interval that a template decides": changed(
        "PIPELINE II=1", "PIPELINE II=N", "9: pragmas: PIPELINE II=N: expected a number from 1"
    ),
    "no interval": changed("PIPELINE II=1", "PIPELINE", "9: pragmas: PIPELINE without II="),
    "an argument that a pragma does not have": changed(
        "depth=2", "depth=2 off",
        "31: pragmas: STREAM off: expected one of variable=, depth=",
    ),
    "no argument at all": changed(
        "HLS DATAFLOW", "HLS DATAFLOW now=1", "29: pragmas: DATAFLOW now=1: expected no argument"
    ),
    "two kinds of reshaping": changed(
        "complete dim=2", "complete cyclic dim=2",
        "19: pragmas: ARRAY_RESHAPE with 2 of complete, cyclic, block; expected one",
    ),
    "a factor of a complete reshaping": changed(
        "complete dim=2", "complete factor=2 dim=2",
        "19: pragmas: ARRAY_RESHAPE: factor= goes with cyclic and block, and only with them",
    ),
    "a dimension that there is not": changed(
        "complete dim=2", "complete dim=3",
        "19: pragmas: ARRAY_RESHAPE variable=weights dim=3: weights has 2 dimensions"
    ),
    "a variable that there is not": changed(
        "variable=weights", "variable=weight",
        "19: pragmas: ARRAY_RESHAPE variable=weight: no variable of that name is declared before it",
    ),
    "a variable that comes later": changed(
        '    hls::stream<word> between("between");\n#pragma HLS STREAM variable=between depth=2\n',
        '#pragma HLS STREAM variable=between depth=2\n    hls::stream<word> between("between");\n',
        "30: pragmas: STREAM variable=between: no variable of that name is declared before it",
    ),
    "a stream that is none": changed(
        "#pragma HLS ARRAY_RESHAPE variable=weights complete dim=2", "#pragma HLS STREAM variable=weights depth=2",
        "19: pragmas: STREAM variable=weights: weights is const ap_int<4>[2][3]; expected an hls::stream",
    ),
    "a port that there is not": changed(
        "axis port=x", "axis port=z",
        "25: interface: top has no INTERFACE for x; expected one for each port and for return",
        "26: pragmas: INTERFACE port=z: top has no parameter of that name",
    ),
    "a port without an interface": changed(
        "#pragma HLS INTERFACE axis port=y\n", "",
        "25: interface: top has no INTERFACE for y; expected one for each port and for return",
    ),
    "an interface of a function within": changed(
        "static void second(hls::stream<word>& in, hls::stream<word>& out) {\n",
        "static void second(hls::stream<word>& in, hls::stream<word>& out) {\n#pragma HLS INTERFACE axis port=in\n",
        "23: interface: INTERFACE in second, which top calls; expected it in top alone",
    ),
    "a pragma outside all functions": changed(
        "static const ap_int<4>", "#pragma HLS INLINE\nstatic const ap_int<4>",
        "4: pragmas: #pragma HLS INLINE stands outside the body of a function",
    ),
    "a loop's pragma in a function": changed(
        "#pragma HLS INLINE", "#pragma HLS UNROLL",
        "6: pragmas: UNROLL stands in the body of a function; expected the body of a loop",
    ),
    "a function's pragma in a loop": changed(
        "#pragma HLS UNROLL", "#pragma HLS INLINE",
        "12: pragmas: INLINE stands in the body of a loop; expected the body of a function",
    ),
    "a pragma before its loop's braces": code(
        "int f(int x) {\n    if (x > 0)\n#pragma HLS UNROLL\n        return 1;\n    return 0;\n}",
        "3: pragmas: UNROLL stands in no block; expected it inside the braces of the body of a loop",
    ),
    "an unrolled loop that a run decides": code(
        "void f(int samples) {\n    for (int i = 0; i < samples; ++i) {\n#pragma HLS UNROLL\n    }\n}",
        "3: pragmas: UNROLL of a loop whose turns are known only while it runs",
    ),
    "a loop that a run decides in a pipeline": code(
        "void f(int samples) {\n#pragma HLS PIPELINE II=1\n    for (int i = 0; i < samples; ++i) {\n    }\n}",
        "2: pragmas: PIPELINE around a loop whose turns are known only while it runs",
    ),
    "a multiplier for no product": code(
        "#include <ap_int.h>\n#define BIND(name) _Pragma(#name)\nint f(int x) {\n    const ap_int<8> p = x;\n"
        "#ifdef __VITIS_HLS__\n    BIND(HLS BIND_OP variable=p op=mul impl=dsp)\n#else\n"
        "    BIND(HLS RESOURCE variable=p core=DSP48)\n#endif\n    return int(p);\n}",
        "6: pragmas: BIND_OP variable=p: p is not declared as a product of two values",
        "8: pragmas: RESOURCE variable=p: p is not declared as a product of two values",
    ),
}  # fmt: skip
