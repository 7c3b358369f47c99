// What the host knows of an input or output of the design: its shape, how its numbers become codes and back, and where
// the codes lie in memory. The values are printed in design.h.
#ifndef CODESIGN_HOST_PORT_HPP
#define CODESIGN_HOST_PORT_HPP

#include <cstdint>
#include <string>

namespace codesign {

// How a real number becomes an integer. half_up and half_down break ties away from and towards zero, half_ceil towards
// plus infinity.
enum class Rounding { round, ceil, floor, up, down, half_up, half_down, half_ceil };

// A plain fixed-point quantizer: clip(round(x * 2^frac)), ties to even.
struct Binary {
    int frac;
    std::int64_t low, high;
};

// An exact number, the sum of a few doubles.
struct Sum {
    const double* terms;
    int count;
};

// clip(round((x * p + q) / r)) with exact p, q and r > 0; `slope` and `intercept` are p / r and q / r, rounded.
struct Line {
    double slope, intercept;
    Sum p, q, r;
    std::int64_t low, high;
    Rounding rounding;
};

// `first`, and one more (or, where it falls, one less) for each of the ascending thresholds that x has reached.
struct Stairs {
    std::int64_t first;
    bool falls;
    const double* thresholds;
    std::int64_t count;
};

// The function of one channel: one of the three is not null.
struct Function {
    const Binary* binary;
    const Line* line;
    const Stairs* stairs;
};

// `channels` is 1 or the length of the last axis.
struct Encoder {
    const Function* functions;
    int channels;
};

// value = code * step + offset, in double precision; `channels` is 1 or the length of the last axis.
struct Decoder {
    const double* steps;
    const double* offsets;
    int channels;
};

// With r = i mod `elements`, code i of a batch lies in slot r mod `slots` of word i / `elements` * `words` + r / `slots`,
// and slot s is the bits from s * `width` of a word of `word_bytes` little-endian bytes.
struct Layout {
    int word_bytes, width;
    bool is_signed;
    int elements, words, slots;
};

struct Port {
    const char* name;
    const char* origin;  // in the user's file
    int axes;
    const std::int64_t* shape;  // of a sample as the user has it
    // The axes of a sample as the hardware has it: their lengths, and how far apart neighbours are in the user's order.
    const std::int64_t* lengths;
    const std::int64_t* strides;
    std::int64_t size;  // elements of a sample
    std::int64_t low, high;
    Layout layout;
    Encoder encoder;  // inputs only
    Decoder decoder;  // outputs only
};

// "(3, 4)", "(3,)" or "()", as numpy writes shapes.
inline std::string shape_text(const std::int64_t* shape, int axes) {
    std::string text = "(";
    for (int i = 0; i < axes; ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
    return text + (axes == 1 ? ",)" : ")");
}

}  // namespace codesign

#endif
