// small: small.onnx
// Made by codesign 0.1.0 from the model sha256:0123456789ab.
#include "small.h"

#include "config.h"
#include "codesign/argmax.hpp"
#include "codesign/matvec.hpp"
#include "codesign/pragmas.hpp"
#include "codesign/repack.hpp"
#include "codesign/shift.hpp"
#include "codesign/thresholds.hpp"
#include "weights/dense_1_weights.h"
#include "weights/dense_1_bias.h"
#include "weights/dense_2_weights.h"
#include "weights/quant_levels.h"
#include "weights/quant_base.h"
#include "weights/quant_fall.h"

// /dense/MatMul
static void dense_1(
    hls::stream<x_beat::word>& in,
    hls::stream<dense_1_out_beat::word>& out) {
#pragma HLS ARRAY_RESHAPE variable=dense_1_weights complete dim=2
CODESIGN_ROM_LUTRAM(dense_1_weights)
#pragma HLS ARRAY_RESHAPE variable=dense_1_bias complete dim=2
CODESIGN_ROM_LUTRAM(dense_1_bias)
    codesign::matvec<dense_1_config>(in, out, dense_1_weights, dense_1_bias);
}

// /act/Relu
static void relu(
    hls::stream<dense_1_out_beat::word>& in,
    hls::stream<relu_out_beat::type> (&out)[2]) {
    codesign::shift<relu_config>(in, out);
}

// /dense_2/MatMul
static void pack(
    hls::stream<relu_out_beat::type> (&in)[2],
    hls::stream<packed_beat::word>& out) {
    codesign::widen<pack_config>(in, out);
}

// /dense_2/MatMul
static void dense_2(
    hls::stream<packed_beat::word>& in,
    hls::stream<dense_2_out_beat::word>& out) {
#pragma HLS ARRAY_PARTITION variable=dense_2_weights complete dim=0
    codesign::matvec<dense_2_config>(in, out, dense_2_weights);
}

// /out/Quant
static void quant(
    hls::stream<dense_2_out_beat::word>& in,
    hls::stream<scores_beat::word>& out) {
#pragma HLS ARRAY_PARTITION variable=quant_levels complete dim=0
#pragma HLS ARRAY_PARTITION variable=quant_base complete dim=0
#pragma HLS ARRAY_PARTITION variable=quant_fall complete dim=0
    codesign::thresholds<quant_config>(in, out, quant_levels, quant_base, quant_fall);
}

// /ArgMax
static void best(
    hls::stream<scores_beat::word>& in,
    hls::stream<y_beat::word>& out) {
    codesign::argmax<best_config>(in, out);
}

void small(
    hls::stream<x_beat::word>& x,
    hls::stream<y_beat::word>& y) {
CODESIGN_AXI_STREAM(x)
CODESIGN_AXI_STREAM(y)
CODESIGN_CONTROL
#pragma HLS DATAFLOW
    hls::stream<dense_1_out_beat::word> dense_1_out("dense_1_out");
#pragma HLS STREAM variable=dense_1_out depth=2
CODESIGN_FIFO_SRL(dense_1_out)
    hls::stream<relu_out_beat::type> relu_out[2];
CODESIGN_STREAM_NAMES(relu_out)
#pragma HLS ARRAY_PARTITION variable=relu_out complete dim=1
#pragma HLS STREAM variable=relu_out depth=2
CODESIGN_FIFO_SRL(relu_out)
    hls::stream<packed_beat::word> packed("packed");
#pragma HLS STREAM variable=packed depth=2
CODESIGN_FIFO_SRL(packed)
    hls::stream<dense_2_out_beat::word> dense_2_out("dense_2_out");
#pragma HLS STREAM variable=dense_2_out depth=2
CODESIGN_FIFO_SRL(dense_2_out)
    hls::stream<scores_beat::word> scores("scores");
#pragma HLS STREAM variable=scores depth=2
CODESIGN_FIFO_SRL(scores)

    dense_1(x, dense_1_out);
    relu(dense_1_out, relu_out);
    pack(relu_out, packed);
    dense_2(packed, dense_2_out);
    quant(dense_2_out, scores);
    best(scores, y);
}
