// Runs a design under Verilator: all samples back to back, every beat out with its cycle, all that happened as JSON.
//
//     bench codes results report samples=N interval=N source=NAME sink=NAME seed=N silence=N patience=N [trace=FILE]
//
// `codes` holds the beats of each input, all samples of one port after the other; `results` gets the cycles (64 bits)
// and then the beats of each output. A beat is whole words of 32 bits. Cycle 0 is the first one after the reset.
#include <cstring>
#include <ctime>
#include <map>
#include <memory>

#include "ends.hpp"
#include "monitors.hpp"
#include "design.h"
#ifdef CODESIGN_TRACE
#include "verilated_vcd_c.h"
#endif

typedef std::map<std::string, std::string> Options;

static long number(const Options& options, const char* name) {
    const Options::const_iterator found = options.find(name);
    if (found == options.end()) throw std::runtime_error(std::string("the option ") + name + " is missing");
    return std::strtol(found->second.c_str(), nullptr, 10);
}

static std::vector<Word> read(std::FILE* file, std::size_t words) {
    std::vector<Word> found(words);
    if (std::fread(found.data(), sizeof(Word), words, file) != words) throw std::runtime_error("too few codes");
    return found;
}

static std::FILE* opened(const char* path, const char* mode) {
    std::FILE* file = std::fopen(path, mode);
    if (!file) throw std::runtime_error(std::string("cannot open ") + path);
    return file;
}

// The design with what is at its ends, cycle by cycle.
class Bench {
  public:
    Bench(const char* codes, const Options& options)
        : samples(number(options, "samples")), silence(number(options, "silence")),
          patience(number(options, "patience")), monitors(loops(), reads(), writes(), streams(), probes, samples) {
        // What has no reset begins with random bits: nothing may depend on them.
        context.randReset(2);
        context.randSeed((int)number(options, "seed") + 1);
        top.reset(new Top(&context));
        const bool source = options.at("source") == "random", sink = options.at("sink") == "random";
        const long interval = options.at("source") == "paced" ? number(options, "interval") : 0;
        const std::uint64_t seed = (std::uint64_t)number(options, "seed") * 1024;
        std::FILE* file = opened(codes, "rb");
        for (int i = 0; i < INPUTS; ++i) {
            const Input& p = inputs[i];
            sources.push_back(Source(p, read(file, (std::size_t)(samples * p.beats * p.words)), interval,
                                     Stalls(source, seed + (std::uint64_t)i)));
        }
        std::fclose(file);
        for (int i = 0; i < OUTPUTS; ++i)
            sinks.push_back(Sink(outputs[i], samples, Stalls(sink, seed + 512 + (std::uint64_t)i)));
#ifdef CODESIGN_TRACE
        if (options.count("trace")) {
            context.traceEverOn(true);
            trace.reset(new VerilatedVcdC);
            top->trace(trace.get(), 99);
            trace->open(options.at("trace").c_str());
        }
#endif
    }

    // Why the simulation ended: done, stuck (nothing moves), silent (nothing comes in or out).
    const char* run() {
        top->rst = 1;
        for (int i = 0; i < 2; ++i) edge();
        top->rst = 0;
        long idle = 0, quiet = 0;
        for (;; ++cycle) {
            bool held = false, moved = false, ended = true;
            for (Source& s : sources) held |= s.drive(*top, cycle);
            for (Sink& s : sinks) held |= s.drive(*top);
            settle();
            for (Source& s : sources) {
                moved |= s.taken(*top, cycle);
                ended &= s.ended();
            }
            for (Sink& s : sinks) {
                moved |= s.taken(*top, cycle);
                ended &= s.ended();
            }
            const bool issued = monitors.tick(*top, cycle);
            idle = issued || moved ? 0 : idle + !held;
            quiet = moved ? 0 : quiet + !held;
            if (ended) return "done";
            if (idle > silence) return "stuck";
            if (quiet > patience) return "silent";
            edge();
            tell();
        }
    }

    void write(const char* results) {
        std::FILE* file = opened(results, "wb");
        for (const Sink& s : sinks) {
            std::fwrite(s.cycles.data(), sizeof(std::uint64_t), s.cycles.size(), file);
            std::fwrite(s.words.data(), sizeof(Word), s.words.size(), file);
        }
        const bool failed = std::ferror(file) != 0;
        if (std::fclose(file) != 0 || failed) throw std::runtime_error(std::string("cannot write ") + results);
    }

    void report(const char* path, const char* end);

    ~Bench() {
#ifdef CODESIGN_TRACE
        if (trace) trace->close();
#endif
    }

  private:
    // Inputs reach what they decide in this cycle.
    void settle() {
        top->clk = 0;
        top->eval();
        dump();
    }

    void edge() {
        if (top->clk) settle();
        top->clk = 1;
        top->eval();
        dump();
    }

    void dump() {
#ifdef CODESIGN_TRACE
        if (trace) trace->dump(time);
#endif
        ++time;
    }

    // A line now and then, with the samples that are through.
    void tell() {
        if (cycle % 1024) return;
        const std::time_t now = std::time(nullptr);
        if (now == told) return;
        told = now;
        long least = samples;
        for (const Sink& s : sinks) least = s.sample() < least ? s.sample() : least;
        std::printf("progress %ld %ld\n", least, samples);
        std::fflush(stdout);
    }

    const long samples, silence, patience;
    VerilatedContext context;
    std::unique_ptr<Top> top;
#ifdef CODESIGN_TRACE
    std::unique_ptr<VerilatedVcdC> trace;
#endif
    std::vector<Source> sources;
    std::vector<Sink> sinks;
    Monitors monitors;
    long cycle = 0;
    std::uint64_t time = 0;
    std::time_t told = 0;
};

// Prints a JSON object by its parts; names are identifiers, so nothing needs an escape.
class Json {
  public:
    explicit Json(std::FILE* file) : file(file) {}

    void open(char bracket) {
        comma();
        std::fputc(bracket, file);
        first = true;
    }

    void close(char bracket) {
        std::fputc(bracket, file);
        first = false;
    }

    void key(const char* name) {
        comma();
        std::fprintf(file, "\"%s\":", name);
        first = true;
    }

    void value(long n) {
        comma();
        std::fprintf(file, "%ld", n);
    }

    void value(const char* text) {
        comma();
        std::fprintf(file, "\"%s\"", text);
    }

    void value(const std::vector<long>& numbers) {
        open('[');
        for (long n : numbers) value(n);
        close(']');
    }

    template <class T> void field(const char* name, const T& x) {
        key(name);
        value(x);
    }

  private:
    void comma() {
        if (!first) std::fputs(",", file);
        first = false;
    }

    std::FILE* file;
    bool first = true;
};

// The first samples and the last one.
static std::vector<long> shown(const std::vector<long>& cycles) {
    if (cycles.size() <= 4) return cycles;
    return {cycles[0], cycles[1], cycles[2], cycles.back()};
}

void Bench::report(const char* path, const char* end) {
    std::FILE* file = opened(path, "w");
    Json json(file);
    json.open('{');
    json.field("end", end);
    json.field("cycles", cycle);
    json.key("inputs");
    json.open('[');
    for (const Source& s : sources) {
        json.open('{');
        json.field("name", s.port.name);
        json.field("beats", s.beats());
        json.field("ended", (long)s.ended());
        json.field("starts", s.starts);
        json.close('}');
    }
    json.close(']');
    json.key("outputs");
    json.open('[');
    for (const Sink& s : sinks) {
        json.open('{');
        json.field("name", s.port.name);
        json.field("beats", (long)s.cycles.size());
        json.field("ended", (long)s.ended());
        json.close('}');
    }
    json.close(']');
    json.key("loops");
    json.open('[');
    for (std::size_t i = 0; i < monitors.loop.size(); ++i) {
        json.open('{');
        json.field("process", processes[monitors.loops[i].process]);
        json.field("issued", monitors.loop[i].issued);
        json.field("starved", monitors.loop[i].starved);
        json.field("blocked", monitors.loop[i].blocked);
        json.field("starts", shown(monitors.loop[i].starts));
        json.close('}');
    }
    json.close(']');
    const std::vector<End>* ends[] = {&monitors.reads, &monitors.writes};
    const std::vector<long>* counts[] = {&monitors.starving, &monitors.blocking};
    const Bits* bits[] = {&monitors.starved, &monitors.blocked};
    for (int side = 0; side < 2; ++side) {
        json.key(side ? "writes" : "reads");
        json.open('[');
        for (std::size_t i = 0; i < ends[side]->size(); ++i) {
            const End& e = (*ends[side])[i];
            json.open('{');
            json.field("process", processes[e.process]);
            json.field("stream", monitors.streams[(std::size_t)e.stream].name);
            json.field("waited", (*counts[side])[i]);
            json.field("waits", (long)(*bits[side])[(int)i]);
            json.close('}');
        }
        json.close(']');
    }
    json.key("streams");
    json.open('[');
    for (std::size_t i = 0; i < monitors.stream.size(); ++i) {
        const StreamCount& s = monitors.stream[i];
        json.open('{');
        json.field("name", monitors.streams[i].name);
        json.field("depth", monitors.streams[i].depth);
        json.field("written", s.written);
        json.field("left", s.written - s.taken);
        json.field("most", s.most);
        json.field("full", s.full);
        json.field("firsts", shown(s.firsts));
        json.field("lasts", shown(s.lasts));
        json.close('}');
    }
    json.close(']');
    json.close('}');
    std::fputs("\n", file);
    const bool failed = std::ferror(file) != 0;
    if (std::fclose(file) != 0 || failed) throw std::runtime_error(std::string("cannot write ") + path);
}

int main(int count, char** words) {
    try {
        if (count < 4) throw std::runtime_error("usage: bench codes results report name=value ...");
        Options options;
        for (int i = 4; i < count; ++i) {
            const char* equals = std::strchr(words[i], '=');
            if (!equals) throw std::runtime_error(std::string("no option: ") + words[i]);
            options[std::string(words[i], (std::size_t)(equals - words[i]))] = equals + 1;
        }
        Bench bench(words[1], options);
        const char* end = bench.run();
        bench.write(words[2]);
        bench.report(words[3], end);
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "error: %s\n", problem.what());
        return 1;
    }
    return 0;
}
