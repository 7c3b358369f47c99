// convolutions: convolutions.onnx
// Made by codesign 0.1.0 from the model sha256:0.
#include "convolutions.h"

#include "config.h"
#include "codesign/inside_matvec.hpp"
#include "codesign/inside_window.hpp"
#include "codesign/matvec.hpp"
#include "codesign/pool.hpp"
#include "codesign/pragmas.hpp"
#include "codesign/shift.hpp"
#include "codesign/wide_window.hpp"
#include "weights/conv_1_weights.h"
#include "weights/conv_1_bias.h"
#include "weights/conv_2_window_rows.h"
#include "weights/conv_2_window_columns.h"
#include "weights/conv_2_weights.h"
#include "weights/conv_2_rows.h"
#include "weights/conv_2_columns.h"

// /conv_1_window
static void conv_1_window(
    hls::stream<x_beat::word>& in,
    hls::stream<conv_1_window_out_beat::word>& out) {
    codesign::wide_window<conv_1_window_config>(in, out);
}

// /conv_1
static void conv_1(
    hls::stream<conv_1_window_out_beat::word>& in,
    hls::stream<conv_1_out_beat::word>& out) {
#pragma HLS ARRAY_RESHAPE variable=conv_1_weights complete dim=2
CODESIGN_ROM_LUTRAM(conv_1_weights)
#pragma HLS ARRAY_RESHAPE variable=conv_1_bias complete dim=2
CODESIGN_ROM_LUTRAM(conv_1_bias)
    codesign::matvec<conv_1_config>(in, out, conv_1_weights, conv_1_bias);
}

// /relu
static void relu(
    hls::stream<conv_1_out_beat::word>& in,
    hls::stream<relu_out_beat::word>& out) {
    codesign::shift<relu_config>(in, out);
}

// /conv_2_window
static void conv_2_window(
    hls::stream<relu_out_beat::word>& in,
    hls::stream<conv_2_window_out_beat::word>& out) {
#pragma HLS ARRAY_RESHAPE variable=conv_2_window_rows complete dim=2
#pragma HLS ARRAY_RESHAPE variable=conv_2_window_columns complete dim=2
    codesign::inside_window<conv_2_window_config>(in, out, conv_2_window_rows, conv_2_window_columns);
}

// /conv_2
static void conv_2(
    hls::stream<conv_2_window_out_beat::word>& in,
    hls::stream<conv_2_out_beat::word>& out) {
#pragma HLS ARRAY_RESHAPE variable=conv_2_weights complete dim=2
CODESIGN_ROM_LUTRAM(conv_2_weights)
#pragma HLS ARRAY_RESHAPE variable=conv_2_rows complete dim=2
#pragma HLS ARRAY_RESHAPE variable=conv_2_columns complete dim=2
    codesign::inside_matvec<conv_2_config>(in, out, conv_2_weights, conv_2_rows, conv_2_columns);
}

// /pool_window
static void pool_window(
    hls::stream<conv_2_out_beat::word>& in,
    hls::stream<pool_window_out_beat::word>& out) {
    codesign::wide_window<pool_window_config>(in, out);
}

// /pool
static void pool(
    hls::stream<pool_window_out_beat::word>& in,
    hls::stream<y_beat::word>& out) {
    codesign::pool<pool_config>(in, out);
}

void convolutions(
    hls::stream<x_beat::word>& x,
    hls::stream<y_beat::word>& y) {
CODESIGN_AXI_STREAM(x)
CODESIGN_AXI_STREAM(y)
CODESIGN_CONTROL
#pragma HLS DATAFLOW
    hls::stream<conv_1_window_out_beat::word> conv_1_window_out("conv_1_window_out");
#pragma HLS STREAM variable=conv_1_window_out depth=2
CODESIGN_FIFO_SRL(conv_1_window_out)
    hls::stream<conv_1_out_beat::word> conv_1_out("conv_1_out");
#pragma HLS STREAM variable=conv_1_out depth=2
CODESIGN_FIFO_SRL(conv_1_out)
    hls::stream<relu_out_beat::word> relu_out("relu_out");
#pragma HLS STREAM variable=relu_out depth=2
CODESIGN_FIFO_SRL(relu_out)
    hls::stream<conv_2_window_out_beat::word> conv_2_window_out("conv_2_window_out");
#pragma HLS STREAM variable=conv_2_window_out depth=2
CODESIGN_FIFO_SRL(conv_2_window_out)
    hls::stream<conv_2_out_beat::word> conv_2_out("conv_2_out");
#pragma HLS STREAM variable=conv_2_out depth=2
CODESIGN_FIFO_SRL(conv_2_out)
    hls::stream<pool_window_out_beat::word> pool_window_out("pool_window_out");
#pragma HLS STREAM variable=pool_window_out depth=2
CODESIGN_FIFO_SRL(pool_window_out)

    conv_1_window(x, conv_1_window_out);
    conv_1(conv_1_window_out, conv_1_out);
    relu(conv_1_out, relu_out);
    conv_2_window(relu_out, conv_2_window_out);
    conv_2(conv_2_window_out, conv_2_out);
    pool_window(conv_2_out, pool_window_out);
    pool(pool_window_out, y);
}
