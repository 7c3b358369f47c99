// The network on the card: numbers in, numbers out.
//
//     codesign::Accelerator accelerator("top.xclbin");          // device 0
//     std::vector<const float*> x{jets.data()};                 // one array for each input: samples * size numbers
//     std::vector<double*> y{scores.data()};                    // one for each output
//     codesign::Times times = accelerator.run(x, y, samples);   // at most accelerator.max_batch() samples
//
// Errors are exceptions: std::invalid_argument for what the caller gave, std::runtime_error for what the card or its
// runtime did. The card is released when the accelerator goes out of scope, on every path. An accelerator is used by
// one thread at a time.
#ifndef CODESIGN_HOST_ACCELERATOR_HPP
#define CODESIGN_HOST_ACCELERATOR_HPP

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "port.hpp"

namespace codesign {

// Seconds. `kernel` is from the first launch to the end of the last, `end_to_end` the whole call: encode, pack, copy to
// the card, launch, copy back, unpack and decode.
struct Times {
    double kernel;
    double end_to_end;
};

class Accelerator {
  public:
    // Opens the device, loads the xclbin and checks that each compute unit is this design, by a launch of no samples.
    // A launch that takes longer than `timeout_ms` milliseconds is an error.
    explicit Accelerator(const std::string& xclbin, unsigned int device = 0, unsigned int timeout_ms = 60000);
    ~Accelerator();
    Accelerator(const Accelerator&) = delete;
    Accelerator& operator=(const Accelerator&) = delete;

    static const std::vector<Port>& inputs();
    static const std::vector<Port>& outputs();

    int compute_units() const;
    // Whether there is no card, but a device in this process: its times are those of this machine.
    static bool emulated();
    // The most samples of one call: those of all compute units together.
    std::int64_t max_batch() const;

    // The design's outputs for `samples` samples, in the order of the user's file. The samples are spread over the
    // compute units, which run at the same time.
    Times run(const std::vector<const double*>& x, const std::vector<double*>& y, std::int64_t samples);
    Times run(const std::vector<const float*>& x, const std::vector<double*>& y, std::int64_t samples);

    // The codes of the outputs for the same.
    Times run(const std::vector<const double*>& x, const std::vector<std::int64_t*>& y, std::int64_t samples);

    // Codes for codes, in the order of the hardware; inputs outside low..high of their port are refused.
    Times run_codes(const std::vector<const std::int64_t*>& x, const std::vector<std::int64_t*>& y,
                    std::int64_t samples);

    // Seconds of a launch of no samples, on all compute units at the same time.
    double launch();

  private:
    class Card;
    std::unique_ptr<Card> card_;
};

}  // namespace codesign

#endif
