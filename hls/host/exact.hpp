// The exact sign of a sum of products of doubles, by arithmetic on sums whose terms do not overlap: J. R. Shewchuk,
// Adaptive precision floating-point arithmetic and fast robust geometric predicates (1997), theorems 7 and 10.
#ifndef CODESIGN_HOST_EXACT_HPP
#define CODESIGN_HOST_EXACT_HPP

#include <cfloat>
#include <cmath>
#include <vector>

#ifdef __FAST_MATH__
#error "the host rounds exactly: compile it without -ffast-math"
#endif
#if FLT_EVAL_METHOD != 0
#error "the host rounds exactly: compile it for arithmetic in double precision (on 32-bit x86: -msse2 -mfpmath=sse)"
#endif

namespace codesign {

// A sum of doubles without rounding; nothing may overflow, and no product may be finer than the smallest double.
class ExactSum {
  public:
    void add(double x) {
        for (std::size_t i = 0; i < terms_.size(); ++i) {
            const double sum = x + terms_[i];
            const double of_term = sum - x;
            terms_[i] = (x - (sum - of_term)) + (terms_[i] - of_term);
            x = sum;
        }
        terms_.push_back(x);
    }

    void add_product(double x, double y) {
        const volatile double product = x * y;  // volatile: rounded here, not fused into a sum
        add(std::fma(x, y, -product));
        add(product);
    }

    // -1, 0 or 1: that of the largest term, the last that is not zero.
    int sign() const {
        for (std::size_t i = terms_.size(); i-- > 0;) {
            if (terms_[i] != 0) return terms_[i] > 0 ? 1 : -1;
        }
        return 0;
    }

    void clear() { terms_.clear(); }

  private:
    std::vector<double> terms_;
};

}  // namespace codesign

#endif
