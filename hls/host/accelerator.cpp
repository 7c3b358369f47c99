#include "accelerator.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <stdexcept>

#include "design.h"
#include "encode.hpp"
#include "pack.hpp"
#include "xrt_api.hpp"

namespace codesign {

namespace {

typedef std::chrono::steady_clock Clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// What the kernel writes for every launch: the digest of the design, the version of the layout, the most samples.
const int status_words = 6;

std::string digest_text(const unsigned int* words) {
    static const char digits[] = "0123456789abcdef";
    std::string text;
    for (int word = 0; word < 4; ++word)
        for (int shift = 28; shift >= 0; shift -= 4) text += digits[words[word] >> shift & 15];
    return text;
}

// One compute unit with its buffers; arguments are the inputs, the outputs, the status and the number of samples.
class ComputeUnit {
  public:
    ComputeUnit(const xrt::device& device, const xrt::uuid& uuid, const std::string& name, unsigned int timeout_ms)
        : name_(name),
          timeout_(timeout_ms),
          kernel_(device, uuid, std::string(design::kernel) + ":{" + name + "}"),
          run_(kernel_),
          running_(false) {
        int argument = 0;
        for (const Port& port : Accelerator::inputs()) add_buffer(device, port, argument++);
        for (const Port& port : Accelerator::outputs()) add_buffer(device, port, argument++);
        status_ = xrt::bo(device, status_words * sizeof(unsigned int), memory_group(argument));
        run_.set_arg(argument, status_);
    }

    ComputeUnit(const ComputeUnit&) = delete;
    ComputeUnit& operator=(const ComputeUnit&) = delete;

    // Buffers must not go while the kernel may use them.
    ~ComputeUnit() {
        if (!running_) return;
        try {
            run_.wait(timeout_);
        } catch (const std::exception&) {
            // What was thrown first is told; there is nothing else to be done about a launch that does not end.
        }
    }

    void send(std::size_t input, const std::int64_t* codes, std::int64_t samples) {
        const Port& port = Accelerator::inputs()[input];
        const std::int64_t bytes = byte_count(port.layout, samples * port.size);
        pack(port.layout, codes, samples * port.size, buffers_[input].map<unsigned char*>());
        buffers_[input].sync(XCL_BO_SYNC_BO_TO_DEVICE, std::size_t(bytes), 0);
    }

    void receive(std::size_t output, std::int64_t* codes, std::int64_t samples) {
        const Port& port = Accelerator::outputs()[output];
        xrt::bo& buffer = buffers_[Accelerator::inputs().size() + output];
        buffer.sync(XCL_BO_SYNC_BO_FROM_DEVICE, std::size_t(byte_count(port.layout, samples * port.size)), 0);
        unpack(port.layout, buffer.map<unsigned char*>(), samples * port.size, codes);
    }

    // After a launch that did not finish in time; std::runtime_error if it still has not.
    void be_idle() {
        if (running_) running_ = !ended(run_.state());
        if (running_) throw std::runtime_error("compute unit " + name_ + " is busy with a launch that did not finish");
    }

    void start(int samples) {
        run_.set_arg(int(buffers_.size()) + 1, samples);
        run_.start();
        running_ = true;
    }

    // Returns at once where nothing was started.
    void wait() {
        if (!running_) return;
        const ert_cmd_state state = run_.wait(timeout_);
        running_ = !ended(state);
        if (running_) {
            throw std::runtime_error("compute unit " + name_ + " did not finish within " +
                                     std::to_string(timeout_.count()) + " ms; reset the card with `xbutil reset`");
        }
        if (state != ERT_CMD_STATE_COMPLETED) {
            throw std::runtime_error("compute unit " + name_ + " ended with " +
                                     (state == ERT_CMD_STATE_ERROR ? "an error" : "an abort"));
        }
    }

    // The most samples of a launch; std::runtime_error if this is not the design that the host was made for.
    std::int64_t check(const std::string& xclbin) {
        unsigned int found[status_words] = {};
        status_.write(found);
        status_.sync(XCL_BO_SYNC_BO_TO_DEVICE);
        start(0);
        wait();
        status_.sync(XCL_BO_SYNC_BO_FROM_DEVICE);
        status_.read(found);
        if (!std::equal(found, found + 4, design::digest)) {
            throw std::runtime_error(xclbin + ": compute unit " + name_ + " has the design " + digest_text(found) +
                                     ", this host was made for " + digest_text(design::digest) +
                                     "; build both from the same project");
        }
        if (found[4] != design::layout_version) {
            throw std::runtime_error(xclbin + ": compute unit " + name_ + " lays out memory by version " +
                                     std::to_string(found[4]) + ", this host by version " +
                                     std::to_string(design::layout_version) + "; build both from the same project");
        }
        return std::min<std::int64_t>(found[5], design::max_batch);
    }

  private:
    static bool ended(ert_cmd_state state) {
        return state == ERT_CMD_STATE_COMPLETED || state == ERT_CMD_STATE_ERROR || state == ERT_CMD_STATE_ABORT;
    }

    xrt::memory_group memory_group(int argument) const { return xrt::memory_group(kernel_.group_id(argument)); }

    void add_buffer(const xrt::device& device, const Port& port, int argument) {
        const std::size_t bytes = std::size_t(byte_count(port.layout, design::max_batch * port.size));
        buffers_.emplace_back(device, bytes, memory_group(argument));
        run_.set_arg(argument, buffers_.back());
    }

    const std::string name_;
    const std::chrono::milliseconds timeout_;
    xrt::kernel kernel_;
    std::vector<xrt::bo> buffers_;
    xrt::bo status_;
    xrt::run run_;
    bool running_;
};

template <class Pointers> void check_pointers(const Pointers& given, const std::vector<Port>& ports, const char* what) {
    if (given.size() != ports.size()) {
        throw std::invalid_argument("got " + std::to_string(given.size()) + " " + what + "s, the design has " +
                                    std::to_string(ports.size()));
    }
    for (std::size_t i = 0; i < ports.size(); ++i) {
        if (!given[i]) throw std::invalid_argument(std::string(what) + " " + ports[i].name + " is a null pointer");
    }
}

}  // namespace

class Accelerator::Card {
  public:
    Card(const std::string& xclbin, unsigned int index, unsigned int timeout_ms) : device_(index) {
        const xrt::uuid uuid = device_.load_xclbin(xclbin);
        for (const Port& port : inputs()) encoders_.emplace_back(port);
        std::int64_t each = design::max_batch;
        for (const char* name : design::compute_units) {
            units_.emplace_back(new ComputeUnit(device_, uuid, name, timeout_ms));
            each = std::min(each, units_.back()->check(xclbin));
        }
        each_ = each;
    }

    int compute_units() const { return int(units_.size()); }
    std::int64_t max_batch() const { return each_ * std::int64_t(units_.size()); }

    // `encode(input, first, count, codes)` gives codes of samples, `decode(output, first, count, codes)` takes them.
    template <class Encode, class Decode> Times run(std::int64_t samples, Encode encode, Decode decode) {
        const Clock::time_point start = Clock::now();
        if (samples < 1 || samples > max_batch()) {
            throw std::invalid_argument("a batch of " + std::to_string(samples) + " samples; the buffers hold 1 to " +
                                        std::to_string(max_batch()) + " (" + std::to_string(each_) +
                                        " for each compute unit); run smaller batches, or compile with a larger " +
                                        "--max-batch");
        }
        for (const auto& unit : units_) unit->be_idle();
        const std::int64_t units = std::int64_t(units_.size());
        std::vector<std::int64_t> counts, first(1, 0);  // the first ones take one more where it does not divide
        for (std::int64_t u = 0; u < units; ++u) {
            counts.push_back(samples / units + (u < samples % units ? 1 : 0));
            first.push_back(first.back() + counts.back());
        }
        for (std::size_t u = 0; u < units_.size(); ++u) {
            for (std::size_t i = 0; i < inputs().size() && counts[u]; ++i) {
                codes_.resize(std::size_t(counts[u] * inputs()[i].size));
                encode(i, first[u], counts[u], codes_.data());
                units_[u]->send(i, codes_.data(), counts[u]);
            }
        }
        const double kernel = launch(counts);
        for (std::size_t u = 0; u < units_.size(); ++u) {
            for (std::size_t o = 0; o < outputs().size() && counts[u]; ++o) {
                codes_.resize(std::size_t(counts[u] * outputs()[o].size));
                units_[u]->receive(o, codes_.data(), counts[u]);
                decode(o, first[u], counts[u], codes_.data());
            }
        }
        return Times{kernel, seconds_since(start)};
    }

    // Seconds from the first start to the last end. `counts` are the samples of each compute unit; one with none is
    // left out.
    double launch(const std::vector<std::int64_t>& counts, bool with_none = false) {
        for (const auto& unit : units_) unit->be_idle();
        const Clock::time_point start = Clock::now();
        std::exception_ptr problem;
        try {
            for (std::size_t u = 0; u < units_.size(); ++u)
                if (counts[u] || with_none) units_[u]->start(int(counts[u]));
        } catch (...) {
            problem = std::current_exception();
        }
        for (const auto& unit : units_) {  // all of them, so that the next batch finds them idle
            try {
                unit->wait();
            } catch (...) {
                if (!problem) problem = std::current_exception();
            }
        }
        if (problem) std::rethrow_exception(problem);
        return seconds_since(start);
    }

    std::vector<InputEncoder>& encoders() { return encoders_; }

  private:
    // Members go in the reverse of this order: buffers and runs before the device.
    xrt::device device_;
    std::vector<InputEncoder> encoders_;
    std::vector<std::unique_ptr<ComputeUnit>> units_;
    std::vector<std::int64_t> codes_;
    std::int64_t each_;
};

Accelerator::Accelerator(const std::string& xclbin, unsigned int device, unsigned int timeout_ms)
    : card_(new Card(xclbin, device, timeout_ms)) {}

Accelerator::~Accelerator() = default;

const std::vector<Port>& Accelerator::inputs() {
    static const std::vector<Port> ports(std::begin(design::inputs), std::end(design::inputs));
    return ports;
}

const std::vector<Port>& Accelerator::outputs() {
    static const std::vector<Port> ports(std::begin(design::outputs), std::end(design::outputs));
    return ports;
}

int Accelerator::compute_units() const { return card_->compute_units(); }

bool Accelerator::emulated() {
#ifdef CODESIGN_IN_PROCESS
    return true;
#else
    return false;
#endif
}

std::int64_t Accelerator::max_batch() const { return card_->max_batch(); }

double Accelerator::launch() {
    return card_->launch(std::vector<std::int64_t>(std::size_t(compute_units()), 0), true);
}

namespace {

// What is done with the samples that come to, or come from, one compute unit: `count` samples from number `first` on.
template <class Real> auto encoding(std::vector<InputEncoder>& encoders, const std::vector<const Real*>& x) {
    return [&encoders, &x](std::size_t i, std::int64_t first, std::int64_t count, std::int64_t* codes) {
        encoders[i].encode(x[i] + first * Accelerator::inputs()[i].size, count, first, codes);
    };
}

auto decoding(const std::vector<double*>& y) {
    return [&y](std::size_t o, std::int64_t first, std::int64_t count, const std::int64_t* codes) {
        const Port& port = Accelerator::outputs()[o];
        decode(port, codes, count, y[o] + first * port.size);
    };
}

auto copying(const std::vector<std::int64_t*>& y) {
    return [&y](std::size_t o, std::int64_t first, std::int64_t count, const std::int64_t* codes) {
        const std::int64_t size = Accelerator::outputs()[o].size;
        std::copy(codes, codes + count * size, y[o] + first * size);
    };
}

template <class X, class Y> void check_arrays(const X& x, const Y& y) {
    check_pointers(x, Accelerator::inputs(), "input");
    check_pointers(y, Accelerator::outputs(), "output");
}

}  // namespace

Times Accelerator::run(const std::vector<const double*>& x, const std::vector<double*>& y, std::int64_t samples) {
    check_arrays(x, y);
    return card_->run(samples, encoding(card_->encoders(), x), decoding(y));
}

Times Accelerator::run(const std::vector<const float*>& x, const std::vector<double*>& y, std::int64_t samples) {
    check_arrays(x, y);
    return card_->run(samples, encoding(card_->encoders(), x), decoding(y));
}

Times Accelerator::run(const std::vector<const double*>& x, const std::vector<std::int64_t*>& y, std::int64_t samples) {
    check_arrays(x, y);
    return card_->run(samples, encoding(card_->encoders(), x), copying(y));
}

Times Accelerator::run_codes(const std::vector<const std::int64_t*>& x, const std::vector<std::int64_t*>& y,
                             std::int64_t samples) {
    check_arrays(x, y);
    const auto checked = [&x](std::size_t i, std::int64_t first, std::int64_t count, std::int64_t* codes) {
        const Port& port = inputs()[i];
        const std::int64_t* const given = x[i] + first * port.size;
        for (std::int64_t k = 0; k < count * port.size; ++k) {
            if (given[k] < port.low || given[k] > port.high) {
                throw std::invalid_argument("input " + std::string(port.name) + ": the code " +
                                            std::to_string(given[k]) + " of sample " +
                                            std::to_string(first + k / port.size) + " is outside " +
                                            std::to_string(port.low) + ".." + std::to_string(port.high));
            }
            codes[k] = given[k];
        }
    };
    return card_->run(samples, checked, copying(y));
}

}  // namespace codesign
