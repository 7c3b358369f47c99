// What the processes and streams do, counted cycle by cycle from the probes of codesign_cosim.sv. What a process does
// for a sample behind the last one does not count.
#pragma once

#include <vector>

#include "table.hpp"

// The bits of a probe in this cycle.
class Bits {
  public:
    explicit Bits(const Probe& probe) : probe(probe), words((std::size_t)(probe.bits + 63) / 32) {}

    void read(const Top& top) { probe.read(top, words.data()); }

    bool operator[](int i) const { return words[(std::size_t)i / 32] >> (i % 32) & 1; }

    bool any() const {
        for (Word w : words)
            if (w) return true;
        return false;
    }

    // Calls `f` with the number of each bit that is set.
    template <class F> void each(F f) const {
        for (std::size_t k = 0; k < words.size(); ++k)
            for (Word w = words[k]; w; w &= w - 1) f((int)k * 32 + __builtin_ctz(w));
    }

  private:
    const Probe& probe;
    std::vector<Word> words;
};

struct LoopCount {
    long issued = 0;
    long starved = 0, blocked = 0;  // cycles in which it waited for a beat; in which a result of it waited for room
    long starving = -1, blocking = -1;  // the last such cycles
    std::vector<long> starts;  // the cycle of the first iteration of each sample
};

struct StreamCount {
    long written = 0, taken = 0;
    long most = 0;  // places that were in use at once; a beat leaves its place the cycle after it is taken
    long full = 0;  // cycles
    std::vector<long> firsts, lasts;  // the cycles in which the first and the last beat of each sample were written
};

class Monitors {
  public:
    Monitors(std::vector<Loop> loops, std::vector<End> reads, std::vector<End> writes, std::vector<Stream> streams,
             const Probe* probes, long samples)
        : loops(loops), reads(reads), writes(writes), streams(streams), go(probes[0]), starved(probes[1]),
          blocked(probes[2]), put(probes[3]), take(probes[4]), samples(samples), loop(loops.size()),
          stream(streams.size()), starving(reads.size()), blocking(writes.size()) {}

    // Counts what happens in this cycle; whether an iteration was issued.
    bool tick(const Top& top, long cycle) {
        go.read(top);
        starved.read(top);
        blocked.read(top);
        put.read(top);
        take.read(top);
        blocked.each([&](int i) {
            LoopCount& l = loop[(std::size_t)writes[(std::size_t)i].loop];
            ++blocking[(std::size_t)i];
            if (l.blocking != cycle) ++l.blocked;
            l.blocking = cycle;
        });
        starved.each([&](int i) {
            LoopCount& l = loop[(std::size_t)reads[(std::size_t)i].loop];
            if (!busy(reads[(std::size_t)i].loop) || l.blocking == cycle) return;
            ++starving[(std::size_t)i];
            if (l.starving != cycle) ++l.starved;
            l.starving = cycle;
        });
        go.each([&](int i) {
            LoopCount& l = loop[(std::size_t)i];
            if (l.issued == samples * loops[(std::size_t)i].steps) return;  // of a sample that nobody asked for
            if (l.issued++ % loops[(std::size_t)i].steps == 0) l.starts.push_back(cycle);
        });
        for (std::size_t i = 0; i < stream.size(); ++i)
            stream[i].full += stream[i].written - stream[i].taken == streams[i].depth;
        put.each([&](int i) { written(stream[(std::size_t)i], streams[(std::size_t)i].beats, cycle); });
        take.each([&](int i) { ++stream[(std::size_t)i].taken; });
        return go.any();
    }

    // Between its first iteration and its last a loop has something to do.
    bool busy(int i) const {
        const long n = loop[(std::size_t)i].issued;
        return n > 0 && n < samples * loops[(std::size_t)i].steps;
    }

    const std::vector<Loop> loops;
    const std::vector<End> reads, writes;
    const std::vector<Stream> streams;
    Bits go, starved, blocked, put, take;
    const long samples;
    std::vector<LoopCount> loop;
    std::vector<StreamCount> stream;
    std::vector<long> starving, blocking;  // cycles, per read and per written stream

  private:
    void written(StreamCount& s, long beats, long cycle) {
        const long waiting = ++s.written - s.taken;
        if (s.written > samples * beats) return;
        if (waiting > s.most) s.most = waiting;
        if (s.written % beats == 1 || beats == 1) s.firsts.push_back(cycle);
        if (s.written % beats == 0) s.lasts.push_back(cycle);
    }
};
