// The user's numbers as the codes that the hardware receives, exactly as the compiler defines them, and codes as numbers.
#ifndef CODESIGN_HOST_ENCODE_HPP
#define CODESIGN_HOST_ENCODE_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "exact.hpp"
#include "port.hpp"

namespace codesign {

// The code of a number that lies below (side -1), at (0) or above (1) half * 0.5, nearer than any other multiple of 0.5.
inline std::int64_t rounded(Rounding rounding, std::int64_t half, int side) {
    const std::int64_t below = (half + (side < 0 ? -1 : 0)) >> 1;  // the integer at or below the number
    const bool whole = side == 0 && half % 2 == 0;
    if (whole) return below;
    const bool positive = half > 0 || (half == 0 && side > 0);
    const bool odd = half % 2 != 0;
    // Of the two integers around it, which one is nearer: -1 the lower, 1 the upper, 0 neither.
    const int nearer = odd ? side : (side > 0 ? -1 : 1);
    bool upper = false;
    switch (rounding) {
        case Rounding::ceil: upper = true; break;
        case Rounding::floor: upper = false; break;
        case Rounding::up: upper = positive; break;
        case Rounding::down: upper = !positive; break;
        case Rounding::round: upper = nearer ? nearer > 0 : below % 2 != 0; break;
        case Rounding::half_up: upper = nearer ? nearer > 0 : positive; break;
        case Rounding::half_down: upper = nearer ? nearer > 0 : !positive; break;
        case Rounding::half_ceil: upper = nearer >= 0; break;
    }
    return below + (upper ? 1 : 0);
}

// `x` is a number or infinite.
inline std::int64_t encoded(const Binary& f, double x) {
    const double scaled = std::ldexp(x, f.frac);  // exact, or far below a half, or infinite
    if (scaled >= double(f.high)) return f.high;
    if (scaled <= double(f.low)) return f.low;
    return std::int64_t(std::nearbyint(scaled));
}

inline std::int64_t encoded(const Line& f, double x, ExactSum& sum) {
    const double y = x * f.slope + f.intercept;
    if (y >= double(f.high + 1)) return f.high;
    if (y <= double(f.low - 1)) return f.low;
    // y is off by a few units in the last place of its terms at most; where a multiple of 0.5 is as near, that decides
    // nothing, and the sign of x * p + q - half * r * 0.5 is computed without rounding.
    const double half = std::nearbyint(2 * y);
    const double beyond = y - 0.5 * half;
    const double error = (std::fabs(x * f.slope) + std::fabs(f.intercept)) * 8.9e-16 + 1e-300;
    int side = beyond > 0 ? 1 : -1;
    if (std::fabs(beyond) <= error) {
        sum.clear();
        for (int i = 0; i < f.p.count; ++i) sum.add_product(x, f.p.terms[i]);
        for (int i = 0; i < f.q.count; ++i) sum.add(f.q.terms[i]);
        for (int i = 0; i < f.r.count; ++i) sum.add_product(-0.5 * half, f.r.terms[i]);
        side = sum.sign();
    }
    return std::min(std::max(rounded(f.rounding, std::int64_t(half), side), f.low), f.high);
}

inline std::int64_t encoded(const Stairs& f, double x) {
    const std::int64_t reached = std::upper_bound(f.thresholds, f.thresholds + f.count, x) - f.thresholds;
    return f.falls ? f.first - reached : f.first + reached;
}

// For each element of a sample as the hardware has it, which one it is as the user has it.
inline std::vector<std::int64_t> order(const Port& port) {
    std::vector<std::int64_t> found(1, 0);
    for (int axis = 0; axis < port.axes; ++axis) {
        std::vector<std::int64_t> next;
        next.reserve(found.size() * std::size_t(port.lengths[axis]));
        for (std::int64_t at : found)
            for (std::int64_t i = 0; i < port.lengths[axis]; ++i) next.push_back(at + i * port.strides[axis]);
        found.swap(next);
    }
    return found;
}

// "sample 3, element (0, 2)": where element `at` of a sample, in the user's order, is.
inline std::string place(const Port& port, std::int64_t sample, std::int64_t at) {
    std::vector<std::int64_t> index(std::size_t(port.axes));
    for (int axis = port.axes; axis-- > 0;) {
        index[std::size_t(axis)] = at % port.shape[axis];
        at /= port.shape[axis];
    }
    return "sample " + std::to_string(sample) + ", element " + shape_text(index.data(), port.axes);
}

// Encodes samples of one input. `Real` is double, float or an integer; it is read as a double.
class InputEncoder {
  public:
    explicit InputEncoder(const Port& port) : port_(port), order_(order(port)) {}

    // The codes of `samples` samples in the order of the hardware. `first` is the number of the first of them, for the
    // message: std::invalid_argument for a number that is none (NaN).
    template <class Real>
    void encode(const Real* numbers, std::int64_t samples, std::int64_t first, std::int64_t* codes) {
        const Encoder& f = port_.encoder;
        for (std::int64_t n = 0; n < samples; ++n) {
            const Real* sample = numbers + n * port_.size;
            for (std::int64_t e = 0; e < port_.size; ++e) {
                const double x = double(sample[order_[std::size_t(e)]]);
                if (std::isnan(x)) {
                    throw std::invalid_argument("input " + std::string(port_.name) + ": " +
                                                place(port_, first + n, order_[std::size_t(e)]) +
                                                " is not a number (NaN)");
                }
                const Function& function = f.functions[f.channels == 1 ? 0 : e % f.channels];
                std::int64_t& code = codes[n * port_.size + e];
                if (function.binary) code = encoded(*function.binary, x);
                else if (function.line) code = encoded(*function.line, x, sum_);
                else code = encoded(*function.stairs, x);
            }
        }
    }

  private:
    const Port& port_;
    std::vector<std::int64_t> order_;
    ExactSum sum_;
};

// The values of `samples` samples of an output. Product and sum are rounded one after the other, also where the
// processor could fuse them, as the compiler's own decoding does.
inline void decode(const Port& port, const std::int64_t* codes, std::int64_t samples, double* numbers) {
    const Decoder& f = port.decoder;
    for (std::int64_t i = 0; i < samples * port.size; ++i) {
        const std::int64_t channel = f.channels == 1 ? 0 : i % f.channels;
        const volatile double product = double(codes[i]) * f.steps[channel];
        numbers[i] = product + f.offsets[channel];
    }
}

}  // namespace codesign

#endif
