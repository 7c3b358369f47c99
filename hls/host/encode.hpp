// The user's numbers as the codes that the hardware receives, exactly as the compiler defines them, and codes as numbers.
#ifndef CODESIGN_HOST_ENCODE_HPP
#define CODESIGN_HOST_ENCODE_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
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

// Whether the next function may be used: nothing leaves the range in which it is exact.
inline bool plain(const Binary& f) {
    const std::int64_t most = std::int64_t(1) << 50;
    return f.frac >= -1000 && f.frac <= 1000 && f.low >= -most && f.high <= most;
}

// The same for `count` numbers, without branches; whether they all are numbers. Adding 1.5 * 2^52 to a number below 2^51
// leaves no room for a fraction, so it is rounded to an integer, ties to even, which stands in the low bits of the sum.
template <class Real>
bool encode_plain(const Binary& f, const Real* numbers, std::int64_t count, std::int64_t* codes) {
    const double scale = std::ldexp(1.0, f.frac), low = double(f.low), high = double(f.high);
    const double shift = 6755399441055744.0;
    std::int64_t base, wrong = 0;
    std::memcpy(&base, &shift, sizeof base);
    for (std::int64_t i = 0; i < count; ++i) {
        double y = double(numbers[i]) * scale;
        wrong += y != y ? 1 : 0;
        y = y < low ? low : y;
        y = y > high ? high : y;
        const double moved = y + shift;
        std::int64_t bits;
        std::memcpy(&bits, &moved, sizeof bits);
        codes[i] = bits - base;
    }
    return wrong == 0;
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
    explicit InputEncoder(const Port& port) : port_(port), order_(order(port)), moves_(false) {
        for (std::size_t e = 0; e < order_.size(); ++e) moves_ = moves_ || order_[e] != std::int64_t(e);
        moved_.resize(moves_ ? order_.size() : 0);
    }

    // The codes of `samples` samples in the order of the hardware. `first` is the number of the first of them, for the
    // message: std::invalid_argument for a number that is none (NaN).
    template <class Real>
    void encode(const Real* numbers, std::int64_t samples, std::int64_t first, std::int64_t* codes) {
        if (!moves_) {
            if (!encode_ordered(numbers, samples * port_.size, codes)) refuse(numbers, samples, first);
            return;
        }
        for (std::int64_t n = 0; n < samples; ++n) {
            const Real* const sample = numbers + n * port_.size;
            for (std::size_t e = 0; e < order_.size(); ++e) moved_[e] = double(sample[order_[e]]);
            if (!encode_ordered(moved_.data(), port_.size, codes + n * port_.size)) refuse(sample, 1, first + n);
        }
    }

  private:
    // Whole samples, as the hardware has them; whether all are numbers.
    template <class Real> bool encode_ordered(const Real* numbers, std::int64_t count, std::int64_t* codes) {
        const Encoder& f = port_.encoder;
        const Binary* const binary = f.functions[0].binary;
        if (f.channels == 1 && binary && plain(*binary)) return encode_plain(*binary, numbers, count, codes);
        int channel = 0;
        for (std::int64_t i = 0; i < count; ++i) {
            const double x = double(numbers[i]);
            if (std::isnan(x)) return false;
            const Function& function = f.functions[channel];
            if (++channel == f.channels) channel = 0;
            if (function.binary) codes[i] = encoded(*function.binary, x);
            else if (function.line) codes[i] = encoded(*function.line, x, sum_);
            else codes[i] = encoded(*function.stairs, x);
        }
        return true;
    }

    // Names the first number that is none.
    template <class Real> [[noreturn]] void refuse(const Real* numbers, std::int64_t samples, std::int64_t first) const {
        std::int64_t at = 0;
        while (at + 1 < samples * port_.size && !std::isnan(double(numbers[at]))) ++at;
        throw std::invalid_argument("input " + std::string(port_.name) + ": " +
                                    place(port_, first + at / port_.size, at % port_.size) + " is not a number (NaN)");
    }

    const Port& port_;
    std::vector<std::int64_t> order_;
    bool moves_;  // whether the user's order is another one
    std::vector<double> moved_;
    ExactSum sum_;
};

// The values of `samples` samples of an output. Product and sum are rounded one after the other, also where the
// processor could fuse them, as the compiler's own decoding does.
inline void decode(const Port& port, const std::int64_t* codes, std::int64_t samples, double* numbers) {
    const Decoder& f = port.decoder;
    int channel = 0;
    for (std::int64_t i = 0; i < samples * port.size; ++i) {
        if (f.offsets[channel] == 0) {
            numbers[i] = double(codes[i]) * f.steps[channel] + 0.0;  // rounded once, fused or not
        } else {
            const volatile double product = double(codes[i]) * f.steps[channel];
            numbers[i] = product + f.offsets[channel];
        }
        if (++channel == f.channels) channel = 0;
    }
}

}  // namespace codesign

#endif
