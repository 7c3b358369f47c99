// small_kernel: small.onnx
// The design behind memory ports, a batch of samples per start.
// Made by codesign 0.1.0 from the model abc.
#include "small_kernel.h"

#include "../src/small.cpp"

// global_in
struct x_memory {
    typedef x_beat beat;
    typedef codesign_memory memory;
    static const int beats = 1;
    static const int beats_per_word = 32;
    static const int words_per_beat = 1;
    static const int slots = 128;
};

static void load_x(const memory_word* memory, hls::stream<memory_word>& words, int samples) {
    codesign::load<x_memory>(memory, words, samples);
}

static void unpack_x(hls::stream<memory_word>& words, hls::stream<x_beat::word>& beats, int samples) {
    codesign::unpack<x_memory>(words, beats, samples);
}

// global_out
struct y_memory {
    typedef y_beat beat;
    typedef codesign_memory memory;
    static const int beats = 1;
    static const int beats_per_word = 512;
    static const int words_per_beat = 1;
    static const int slots = 512;
};

static void pack_y(hls::stream<y_beat::word>& beats, hls::stream<memory_word>& words, int samples) {
    codesign::pack<y_memory>(beats, words, samples);
}

static void store_y(hls::stream<memory_word>& words, memory_word* memory, int samples) {
    codesign::store<y_memory>(words, memory, samples);
}

// The next sample enters while those before it are still on their way.
static void compute(
    hls::stream<x_beat::word>& x,
    hls::stream<y_beat::word>& y,
    int samples) {
sample:
    for (int n = 0; n < samples; ++n) {
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
}

static void report_status(unsigned int* memory) {
    static const unsigned int words[6] = {DIGEST, 0x00000001u, 0x000003e8u};
word:
    for (int w = 0; w < 6; ++w) {
#pragma HLS PIPELINE II=1
        memory[w] = words[w];
    }
}

extern "C" void small_kernel(
    const memory_word* x,
    memory_word* y,
    unsigned int* status, int samples) {
CODESIGN_READ_MASTER(x, 0, 64)
CODESIGN_WRITE_MASTER(y, 1, 64)
CODESIGN_WRITE_MASTER(status, 2, 16)
CODESIGN_REGISTER(x)
CODESIGN_REGISTER(y)
CODESIGN_REGISTER(status)
CODESIGN_REGISTER(samples)
CODESIGN_REGISTER(return)
#pragma HLS DATAFLOW
    hls::stream<memory_word> x_words("x_words");
#pragma HLS STREAM variable=x_words depth=2
CODESIGN_FIFO_SRL(x_words)
    hls::stream<x_beat::word> x_beats("x_beats");
#pragma HLS STREAM variable=x_beats depth=2
CODESIGN_FIFO_SRL(x_beats)
    hls::stream<memory_word> y_words("y_words");
#pragma HLS STREAM variable=y_words depth=2
CODESIGN_FIFO_SRL(y_words)
    hls::stream<y_beat::word> y_beats("y_beats");
#pragma HLS STREAM variable=y_beats depth=2
CODESIGN_FIFO_SRL(y_beats)

    load_x(x, x_words, samples);
    unpack_x(x_words, x_beats, samples);
    compute(x_beats, y_beats, samples);
    pack_y(y_beats, y_words, samples);
    store_y(y_words, y, samples);
    report_status(status);
}
