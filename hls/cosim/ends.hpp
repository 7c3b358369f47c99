// Both ends of the design: sources that offer beats, and sinks that take them, as fast as asked or with random stalls.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "table.hpp"

// Says at each cycle whether to stall: never, or in random phases of which some are quick, some slow, some still.
class Stalls {
  public:
    Stalls(bool random, std::uint64_t seed) : random(random), state(seed * 0x9e3779b97f4a7c15ull + 1) {}

    bool next() {
        if (!random) return false;
        if (left == 0) {
            left = 1 + draw() % 48;
            level = draw() % 5;  // quarters of the time
        }
        --left;
        return draw() % 4 < level;
    }

  private:
    // xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled" (2016).
    std::uint64_t draw() {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return (state * 0x2545f4914f6cdd1dull) >> 33;
    }

    bool random;
    std::uint64_t state;
    std::uint64_t left = 0, level = 0;
};

// Offers all beats of an input. Sample k is offered from cycle k * interval on: 0 offers all at once. What is offered
// stays until it is taken, as AXI4-Stream demands.
class Source {
  public:
    Source(const Input& port, std::vector<Word> words, long interval, Stalls stalls)
        : port(port), words(words), interval(interval), stalls(stalls), total((long)this->words.size() / port.words) {}

    // Drives the port for this cycle; whether the source held a beat back for which there is room.
    bool drive(Top& top, long cycle) {
        const bool stalled = stalls.next();
        if (sent == total) {
            port.valid(top, false);
            return false;
        }
        if (!offered) {
            offered = cycle >= sent / port.beats * interval && !stalled;
            if (offered) port.data(top, &words[(std::size_t)(sent * port.words)]);
            port.valid(top, offered);
        }
        return !offered && port.ready(top);
    }

    // Whether the beat that is offered is taken in this cycle.
    bool taken(const Top& top, long cycle) {
        if (!offered || !port.ready(top)) return false;
        if (sent % port.beats == 0) starts.push_back(cycle);
        ++sent;
        offered = false;
        return true;
    }

    const Input& port;
    std::vector<long> starts;  // the cycle of the first beat of each sample
    bool ended() const { return sent == total; }
    long beats() const { return sent; }

  private:
    std::vector<Word> words;
    long interval;
    Stalls stalls;
    long total, sent = 0;
    bool offered = false;
};

// Takes the beats of an output and keeps them with their cycles.
class Sink {
  public:
    Sink(const Output& port, long samples, Stalls stalls) : port(port), expected(samples * port.beats), stalls(stalls) {
        words.reserve((std::size_t)(expected * port.words));
        cycles.reserve((std::size_t)expected);
    }

    // Drives the port for this cycle; whether there is a beat that the sink does not take.
    bool drive(Top& top) {
        ready = !stalls.next();
        port.ready(top, ready);
        return !ready && port.valid(top);
    }

    bool taken(const Top& top, long cycle) {
        if (!ready || !port.valid(top)) return false;
        if (ended()) return false;  // of the next sample: what needs no input, such as padding, may come before it
        words.resize(words.size() + (std::size_t)port.words);
        port.data(top, &words[words.size() - (std::size_t)port.words]);
        cycles.push_back(cycle);
        return true;
    }

    const Output& port;
    std::vector<Word> words;
    std::vector<std::uint64_t> cycles;
    bool ended() const { return (long)cycles.size() == expected; }
    long sample() const { return (long)cycles.size() / port.beats; }

  private:
    long expected;
    Stalls stalls;
    bool ready = false;
};
