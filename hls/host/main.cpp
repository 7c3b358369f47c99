// Runs the network on the card, on arrays of numpy.
#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "accelerator.hpp"
#include "encode.hpp"
#include "npy.hpp"

using codesign::Accelerator;
using codesign::Port;

namespace {

const char usage[] =
    "  --xclbin FILE          the xclbin of this design\n"
    "  --device N             the card, as `xbutil examine` counts them (0)\n"
    "  --input [NAME=]FILE    samples of an input, a .npy array (samples, *shape); once for each input\n"
    "  --output [NAME=]FILE   where an output is written, a .npy array of float64 (samples, *shape)\n"
    "  --codes                write the codes of the outputs, as int64, instead of their values\n"
    "  --batch N              samples per call (as many as the buffers hold)\n"
    "  --repeat N             go over the samples N times, for the timing (1)\n"
    "  --check FOLDER         run the codes in FOLDER, made by the compiler (tb/vectors), and compare\n"
    "  --timeout MS           milliseconds that a launch may take (60000; 0, and where the vendor emulates: any time)\n";

[[noreturn]] void fail(const std::string& what) { throw std::invalid_argument(what); }

struct Options {
    std::string xclbin, check;
    unsigned int device = 0, timeout_ms = 60000;
    long long batch = 0, repeat = 1;
    bool codes = false, help = false;
    std::vector<std::string> inputs, outputs;  // files, by port; empty where none was given
};

long long number(const std::string& option, const std::string& text, long long least, long long most) {
    char* end = nullptr;
    errno = 0;
    const long long value = std::strtoll(text.c_str(), &end, 10);
    if (text.empty() || *end || errno || value < least || value > most || std::isspace((unsigned char)text[0])) {
        fail(option + " " + text + ": expected a whole number from " + std::to_string(least) + " to " +
             std::to_string(most));
    }
    return value;
}

std::string names(const std::vector<Port>& ports) {
    std::string text;
    for (const Port& port : ports) text += (text.empty() ? "" : ", ") + std::string(port.name);
    return text;
}

// Each port with its shape, and its name in the user's file.
std::string described(const std::vector<Port>& ports) {
    std::string text;
    for (const Port& port : ports) {
        text += "  " + std::string(port.name) + "  " + codesign::shape_text(port.shape, port.axes) + "  " + port.origin + "\n";
    }
    return text;
}

// "NAME=FILE" or, where there is one port, "FILE".
void assign(const std::string& option, const std::string& text, const std::vector<Port>& ports,
            std::vector<std::string>& files) {
    for (std::size_t i = 0; i < ports.size(); ++i) {
        const std::string start = std::string(ports[i].name) + "=";
        const bool named = text.compare(0, start.size(), start) == 0;
        if (!named && ports.size() > 1) continue;
        if (!files[i].empty()) fail(option + " " + text + ": " + ports[i].name + " was already given");
        files[i] = named ? text.substr(start.size()) : text;
        if (files[i].empty()) fail(option + " " + text + ": expected a file");
        return;
    }
    fail(option + " " + text + ": expected NAME=FILE, with one of the names " + names(ports));
}

Options parse(int argc, char** argv) {
    Options found;
    if (std::getenv("XCL_EMULATION_MODE")) found.timeout_ms = 0;  // of XRT: sw_emu or hw_emu
    found.inputs.resize(Accelerator::inputs().size());
    found.outputs.resize(Accelerator::outputs().size());
    std::vector<std::string> seen;
    for (int i = 1; i < argc; ++i) {
        const std::string option = argv[i];
        if (option == "--help" || option == "-h") {
            found.help = true;
            return found;
        }
        if (option == "--codes") {
            found.codes = true;
            continue;
        }
        static const char* const known[] = {"--xclbin", "--device", "--input",  "--output",
                                            "--batch",  "--repeat", "--check", "--timeout"};
        if (std::find(std::begin(known), std::end(known), option) == std::end(known)) {
            fail("unknown option " + option + "; --help tells which there are");
        }
        if (i + 1 == argc) fail(option + ": expected a value");
        const std::string value = argv[++i];
        if (option == "--input") assign(option, value, Accelerator::inputs(), found.inputs);
        else if (option == "--output") assign(option, value, Accelerator::outputs(), found.outputs);
        else if (std::find(seen.begin(), seen.end(), option) != seen.end()) fail(option + " was already given");
        else if (option == "--xclbin") found.xclbin = value;
        else if (option == "--check") found.check = value;
        else if (option == "--device") found.device = unsigned(number(option, value, 0, 1023));
        else if (option == "--timeout") found.timeout_ms = unsigned(number(option, value, 0, 86400000));
        else if (option == "--batch") found.batch = number(option, value, 1, 2147483647);
        else found.repeat = number(option, value, 1, 1000000000);
        seen.push_back(option);
    }
    if (found.xclbin.empty()) fail("--xclbin FILE is needed");
    bool none = true, missing = false;
    for (const std::string& file : found.inputs) (file.empty() ? missing : none) = file.empty();
    if (none && found.check.empty()) fail("--input FILE or --check FOLDER is needed");
    if (!none && missing) fail("--input is needed for each of " + names(Accelerator::inputs()));
    for (const std::string& file : found.outputs)
        if (none && !file.empty()) fail("--output " + file + ": there is no --input");
    return found;
}

// Latencies of calls, and what they make of them.
class Latencies {
  public:
    void add(double seconds, long long samples) {
        seconds_.push_back(seconds);
        total_ += seconds;
        samples_ += samples;
    }

    void print(const char* name) {
        std::sort(seconds_.begin(), seconds_.end());
        std::printf("%-12s min %10.1f us   median %10.1f us   p99 %10.1f us", name, 1e6 * seconds_.front(),
                    1e6 * quantile(0.5), 1e6 * quantile(0.99));
        if (samples_) std::printf("   %12.0f samples/s", double(samples_) / total_);
        std::printf("\n");
    }

  private:
    // The least latency that at least this fraction of the calls does not exceed.
    double quantile(double fraction) const {
        const std::size_t rank = std::size_t(std::ceil(fraction * double(seconds_.size())));
        return seconds_[std::max<std::size_t>(rank, 1) - 1];
    }

    std::vector<double> seconds_;
    double total_ = 0;
    long long samples_ = 0;
};

// The samples of each input; all have the same number.
long long load(const Options& options, std::vector<codesign::NpyArray>& arrays) {
    long long samples = -1;
    for (std::size_t i = 0; i < options.inputs.size(); ++i) {
        const Port& port = Accelerator::inputs()[i];
        const std::string& file = options.inputs[i];
        arrays.push_back(codesign::read_npy(file));
        const std::vector<std::int64_t>& shape = arrays.back().shape;
        if (int(shape.size()) != port.axes + 1 || !std::equal(shape.begin() + 1, shape.end(), port.shape)) {
            std::string expected = "(samples";
            for (int axis = 0; axis < port.axes; ++axis) expected += ", " + std::to_string(port.shape[axis]);
            expected += port.axes ? ")" : ",)";
            fail(file + ": has shape " + codesign::shape_text(shape.data(), int(shape.size())) + ", the input " +
                 port.name + " expects " + expected);
        }
        const std::vector<double>& numbers = arrays.back().numbers;
        for (std::size_t k = 0; k < numbers.size(); ++k) {
            if (std::isnan(numbers[k])) {
                fail(file + ": " + codesign::place(port, std::int64_t(k) / port.size, std::int64_t(k) % port.size) +
                     " is not a number (NaN)");
            }
        }
        if (samples >= 0 && shape[0] != samples) {
            fail(file + ": has " + std::to_string(shape[0]) + " samples, " + options.inputs[0] + " has " +
                 std::to_string(samples));
        }
        samples = shape[0];
    }
    if (samples == 0) fail(options.inputs[0] + ": has no samples");
    return samples;
}

// The codes of a port: one line for each sample.
std::vector<std::int64_t> vectors(const std::string& folder, const Port& port) {
    const std::string path = folder + "/" + port.name + ".dat";
    std::ifstream file(path);
    if (!file) fail(path + ": cannot be read: " + std::strerror(errno));
    std::vector<std::int64_t> codes;
    for (std::int64_t code; file >> code;) codes.push_back(code);
    if (!file.eof()) fail(path + ": has something that is no code after " + std::to_string(codes.size()) + " codes");
    if (codes.empty() || codes.size() % std::size_t(port.size) != 0) {
        fail(path + ": has " + std::to_string(codes.size()) + " codes, no whole samples of " + std::to_string(port.size));
    }
    return codes;
}

template <class T> std::vector<T*> pointers(std::vector<std::vector<T>>& arrays, const std::vector<Port>& ports,
                                            long long sample) {
    std::vector<T*> found;
    for (std::size_t i = 0; i < ports.size(); ++i) found.push_back(arrays[i].data() + sample * ports[i].size);
    return found;
}

// Whether the card gives the codes that the compiler has computed.
bool check(Accelerator& accelerator, const Options& options) {
    const std::vector<Port>&inputs = Accelerator::inputs(), &outputs = Accelerator::outputs();
    std::vector<std::vector<std::int64_t>> x, expected, y;
    for (const Port& port : inputs) x.push_back(vectors(options.check, port));
    for (const Port& port : outputs) expected.push_back(vectors(options.check, port));
    const long long samples = (long long)(x[0].size()) / inputs[0].size;
    for (std::size_t i = 0; i < inputs.size() + outputs.size(); ++i) {
        const Port& port = i < inputs.size() ? inputs[i] : outputs[i - inputs.size()];
        const std::vector<std::int64_t>& codes = i < inputs.size() ? x[i] : expected[i - inputs.size()];
        if ((long long)(codes.size()) != samples * port.size) {
            fail(options.check + "/" + port.name + ".dat: expected " + std::to_string(samples) + " samples, as " +
                 inputs[0].name + ".dat has");
        }
    }
    for (const auto& codes : expected) y.emplace_back(codes.size());
    const long long batch = options.batch ? options.batch : accelerator.max_batch();
    for (long long first = 0; first < samples; first += batch) {
        std::vector<const std::int64_t*> from;
        for (const std::int64_t* p : pointers(x, inputs, first)) from.push_back(p);
        accelerator.run_codes(from, pointers(y, outputs, first), std::min(batch, samples - first));
    }
    for (std::size_t o = 0; o < outputs.size(); ++o) {
        for (std::size_t i = 0; i < y[o].size(); ++i) {
            if (y[o][i] == expected[o][i]) continue;
            std::printf("%s: sample %lld, element %lld: got %lld, expected %lld\n", outputs[o].name,
                        (long long)(i) / outputs[o].size, (long long)(i) % outputs[o].size, (long long)(y[o][i]),
                        (long long)(expected[o][i]));
            return false;
        }
    }
    std::printf("%lld samples agree\n", samples);
    return true;
}

// Goes over the samples, prints the timing and writes the outputs, which are of the type Number: double for values,
// std::int64_t for codes.
template <class Number>
void run(Accelerator& accelerator, const Options& options, const std::vector<codesign::NpyArray>& arrays,
         long long samples) {
    const std::vector<Port>&inputs = Accelerator::inputs(), &outputs = Accelerator::outputs();
    const long long batch = std::min(samples, options.batch ? options.batch : (long long)(accelerator.max_batch()));
    std::vector<std::vector<Number>> y;
    for (const Port& port : outputs) y.emplace_back(std::size_t(samples * port.size));
    Latencies kernel, end_to_end, launch;
    for (int i = 0; i < 100; ++i) launch.add(accelerator.launch(), 0);
    for (long long round = 0; round < options.repeat; ++round) {
        for (long long first = 0; first < samples; first += batch) {
            const long long count = std::min(batch, samples - first);
            std::vector<const double*> x;
            for (std::size_t i = 0; i < inputs.size(); ++i) x.push_back(arrays[i].numbers.data() + first * inputs[i].size);
            const codesign::Times times = accelerator.run(x, pointers(y, outputs, first), count);
            if (count < batch) continue;  // the last, smaller batch is no measurement
            kernel.add(times.kernel, count);
            end_to_end.add(times.end_to_end, count);
        }
    }
    for (std::size_t o = 0; o < outputs.size(); ++o) {
        if (options.outputs[o].empty()) continue;
        std::vector<std::int64_t> shape(outputs[o].shape, outputs[o].shape + outputs[o].axes);
        shape.insert(shape.begin(), samples);
        codesign::write_npy(options.outputs[o], options.codes ? "<i8" : "<f8", shape, y[o].data(),
                            y[o].size() * sizeof(Number));
    }
    std::printf("%lld samples in batches of %lld on %d compute units, %lld times\n", samples, batch,
                accelerator.compute_units(), options.repeat);
    if (Accelerator::emulated()) std::printf("no card: a device in this process, and the times of this machine\n");
    launch.print("empty launch");
    kernel.print("kernel");
    end_to_end.print("end to end");
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const Options options = parse(argc, argv);
        if (options.help) {
            std::printf("usage: %s --xclbin FILE [options]\n%s\ninputs:\n%soutputs:\n%s", argv[0], usage,
                        described(Accelerator::inputs()).c_str(), described(Accelerator::outputs()).c_str());
            return 0;
        }
        std::vector<codesign::NpyArray> arrays;
        const bool given = !options.inputs[0].empty();
        const long long samples = given ? load(options, arrays) : 0;  // before the card is touched
        Accelerator accelerator(options.xclbin, options.device, options.timeout_ms);
        if (!options.check.empty() && !check(accelerator, options)) return 1;
        if (given && options.codes) run<std::int64_t>(accelerator, options, arrays, samples);
        else if (given) run<double>(accelerator, options, arrays, samples);
        return 0;
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "error: %s\n", problem.what());
        return 2;
    }
}
